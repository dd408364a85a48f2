"""What was rated lately, at any moment."""

from functools import cached_property

import numba
import numpy as np

from movierec.data.interactions import Interactions
from movierec.memory import require_memory

_YEAR = 365.25 * 86_400  # seconds
# What is held for a rating at most: its place in order, time, movie, and counts.
_RATING_BYTES = 20


class RecentPopularity:
    """Movies by their ratings up to a moment, each rating the less the older it is then.

    half_life: years after which a rating counts half. The ratings that fade are counted
    beforehand as of many query_times, between two of which there are as many ratings as movies: so
    another moment costs a row of movies and no more, and all of them the memory of the ratings.
    That is done when the first moment is asked for.
    """

    def __init__(self, training: Interactions, half_life: float):
        self._training = training
        self._half_life = half_life * _YEAR

    def at(self, query_times: np.ndarray) -> np.ndarray:
        """(n_rows, n_items) float32, log(1 + fading count) as of each moment.

        query_times: (n_rows,) seconds since 1970; a rating of that very second is known.
        Raises NotEnoughMemory before the first counting.
        """
        times, items, counted = self._ready
        known = np.searchsorted(times, query_times, side="right")
        return _log_counts(counted, times, items, query_times, known, self._half_life)

    @cached_property
    def _ready(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times and movies of the ratings in order of time, and what is counted of them."""
        training = self._training
        require_memory(
            _RATING_BYTES * training.user_items.nnz,
            "Counting what was rated lately",
            "keep fewer ratings (ratings_fraction, top_movies)",
        )
        order = np.argsort(training.timestamps, kind="stable")
        times, items = training.timestamps[order], training.user_items.indices[order]
        return times, items, _counted(times, items, len(training.movie_ids), self._half_life)


@numba.njit(cache=True)
def _counted(times, items, n_items, half_life):
    """(1 + n_ratings // n_items, n_items) float32: row s has the first s * n_items ratings.

    As of the last of them.
    """
    counted = np.zeros((1 + len(times) // n_items, n_items), np.float32)
    counts, as_of = np.zeros(n_items), np.zeros(n_items)
    for entry in range(len(times)):
        item, time = items[entry], times[entry]
        counts[item] = 1 + counts[item] * 2.0 ** ((as_of[item] - time) / half_life)
        as_of[item] = time
        if (entry + 1) % n_items == 0:
            counted[(entry + 1) // n_items] = counts * 2.0 ** ((as_of - time) / half_life)
    return counted


@numba.njit(parallel=True, cache=True)
def _log_counts(counted, times, items, query_times, known, half_life):
    n_items = counted.shape[1]
    logs = np.empty((len(query_times), n_items), np.float32)
    for row in numba.prange(len(query_times)):
        begun = known[row] // n_items
        first = begun * n_items
        since = query_times[row] - times[first - 1] if first else 0
        counts = counted[begun] * np.float32(2.0 ** (-since / half_life))
        for entry in range(first, known[row]):
            counts[items[entry]] += 2.0 ** ((times[entry] - query_times[row]) / half_life)
        logs[row] = np.log1p(counts)
    return logs
