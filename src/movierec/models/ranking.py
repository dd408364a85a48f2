"""The best columns of rows of scores."""

from collections.abc import Iterator

import numba
import numpy as np
from scipy import sparse

# A block of dense scores takes about this much: little enough to stay near the processor. But a
# few rows at a time would make less of a matrix product than they cost to begin with.
BLOCK_BYTES = 8 << 20
FEWEST_ROWS = 128
# Up to so many places a list is kept in order as it fills; a longer one is sorted.
_SHORT = 500


def row_blocks(n_rows: int, row_length: int) -> Iterator[slice]:
    """Slices over rows, each so short that float32 rows of this length fit BLOCK_BYTES.

    But none shorter than FEWEST_ROWS, however long its rows.
    """
    size = max(FEWEST_ROWS, BLOCK_BYTES // (4 * max(row_length, 1)))
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def top_k(
    scores: np.ndarray,
    k: int,
    seen: sparse.csr_array | None = None,
    tie_order: np.ndarray | None = None,
) -> np.ndarray:
    """Column numbers of the k best items of each row, best first, those in `seen` left out.

    scores     (n_rows, n_items), no nan; compared as float32, not changed
    seen       (n_rows, n_items) CSR; stored entries are left out
    tie_order  (n_items,) all columns: of equal scores, that of the column further ahead in it
               goes first; without it that of the lower column. Either way a run repeats exactly.
    Returns (n_rows, k) int32; -1 where a row has fewer than k items to give.
    """
    n_rows, n_items = scores.shape
    if tie_order is None:
        tie_order = np.arange(n_items)
    if seen is None:
        seen = sparse.csr_array((n_rows, n_items), dtype=bool)
    scores = scores.astype(np.float32, copy=False)
    if k > _SHORT:
        return _top_k_of_sorted(scores, k, seen, tie_order)
    return _top_k(
        scores,
        k,
        seen.indptr.astype(np.int64),
        seen.indices.astype(np.int32, copy=False),
        tie_order.astype(np.int32),
    )


def _top_k_of_sorted(scores, k, seen, tie_order):
    left = -scores
    left[np.repeat(np.arange(len(left)), np.diff(seen.indptr)), seen.indices] = np.nan
    left = left[:, tie_order]
    places = np.argsort(left, axis=1, kind="stable")[:, :k]
    best = np.full((len(left), k), -1, np.int32)
    there = ~np.isnan(np.take_along_axis(left, places, axis=1))
    best[:, : places.shape[1]] = np.where(there, tie_order[places], -1)
    return best


@numba.njit(parallel=True, cache=True)
def _top_k(scores, k, indptr, indices, tie_order):
    best = np.full((len(scores), k), -1, np.int32)
    for row in numba.prange(len(scores)):
        left = scores[row].copy()
        for entry in range(indptr[row], indptr[row + 1]):
            left[indices[entry]] = np.nan
        values, columns = np.empty(k, np.float32), np.full(k, -1, np.int32)
        filled, least = 0, np.float32(-np.inf)
        for column in tie_order:
            value = left[column]
            # Not a number is neither greater than anything nor equal to itself.
            if not (value > least or (filled < k and value == value)):
                continue
            # Only what is less makes way, so of equals the one that came first stays ahead.
            place = min(filled, k - 1)
            while place > 0 and value > values[place - 1]:
                values[place], columns[place] = values[place - 1], columns[place - 1]
                place -= 1
            values[place], columns[place] = value, column
            filled = min(filled + 1, k)
            if filled == k:
                least = values[k - 1]
        best[row] = columns
    return best
