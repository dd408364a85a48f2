"""Compiled counts of ratings that decay with age.

Rows are filled number by number, since to assign an array to a row compiles its error's text too,
for more than a second.
"""

import numba
import numpy as np


@numba.njit(cache=True)
def decayed_counts(times, items, n_items, half_life):
    """Decayed counts after each block of n_items ratings: (1 + n_ratings // n_items, n_items).

    Row s counts the first s * n_items ratings at the time of the last of them, float32.
    times     (n_ratings,) seconds, ascending
    items     (n_ratings,) columns
    half_life seconds
    """
    counted = np.zeros((1 + len(times) // n_items, n_items), np.float32)
    counts, as_of = np.zeros(n_items), np.zeros(n_items)
    for entry in range(len(times)):
        item, time = items[entry], times[entry]
        counts[item] = 1 + counts[item] * 2.0 ** ((as_of[item] - time) / half_life)
        as_of[item] = time
        if (entry + 1) % n_items == 0:
            for column in range(n_items):
                decay = 2.0 ** ((as_of[column] - time) / half_life)
                counted[(entry + 1) // n_items, column] = counts[column] * decay
    return counted


@numba.njit(parallel=True, cache=True)
def log_counts_at(counted, times, items, query_times, known, half_life):
    """log(1 + decayed count) at each query time: (n_rows, n_items) float32.

    counted  `decayed_counts` of the same ratings
    known    (n_rows,) how many of the ratings each row knows
    """
    n_items = counted.shape[1]
    logs = np.empty((len(query_times), n_items), np.float32)
    for row in numba.prange(len(query_times)):
        begun = known[row] // n_items
        first = begun * n_items
        since = query_times[row] - times[first - 1] if first else 0
        counts, decay = logs[row], np.float32(2.0 ** (-since / half_life))
        for column in range(n_items):
            counts[column] = counted[begun, column] * decay
        for entry in range(first, known[row]):
            counts[items[entry]] += 2.0 ** ((times[entry] - query_times[row]) / half_life)
        for column in range(n_items):
            counts[column] = np.log1p(counts[column])
    return logs
