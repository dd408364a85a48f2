"""The best columns of rows of scores."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

# A block of dense scores takes about this much: little enough to stay near the processor.
BLOCK_BYTES = 8 << 20

_LEFT_OUT = np.float32(-np.inf)


def row_blocks(n_rows: int, row_length: int) -> Iterator[slice]:
    """Slices over rows, each so short that float32 rows of this length fit BLOCK_BYTES."""
    size = max(1, BLOCK_BYTES // (4 * max(row_length, 1)))
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def top_k(
    scores: np.ndarray,
    k: int,
    seen: sparse.csr_array | None = None,
    tie_order: np.ndarray | None = None,
) -> np.ndarray:
    """Column numbers of the k best items of each row, best first, those in `seen` left out.

    scores     (n_rows, n_items), finite; not changed
    seen       (n_rows, n_items) CSR; stored entries are left out
    tie_order  (n_items,) all columns: of equal scores, that of the column further ahead in it
               goes first; without it that of the lower column. Either way a run repeats exactly.
    Returns (n_rows, k) int32; -1 where a row has fewer than k items to give.
    """
    n_items = scores.shape[1]
    tie_order = np.arange(n_items) if tie_order is None else tie_order
    places = np.empty(n_items, dtype=np.int64)
    places[tie_order] = np.arange(n_items - 1, -1, -1)
    values = scores.astype(np.float32)
    if seen is not None:
        rows = np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))
        values[rows, seen.indices] = _LEFT_OUT
    best = np.empty((len(values), min(k, n_items)), dtype=np.int64)
    if k < n_items:
        # Most rows have k values at or above their k-th; only where equal values lie on both
        # sides of the cut, or too few are left, must all of a row be ordered.
        reached = values >= np.partition(values, n_items - k, axis=1)[:, [n_items - k]]
        clear = np.count_nonzero(reached, axis=1) == k
        columns = (np.flatnonzero(reached[clear]) % n_items).reshape(-1, k)
        best[clear] = _keys(np.take_along_axis(values[clear], columns, axis=1), places[columns])
        rest = _keys(values[~clear], places)
        rest.partition(n_items - k, axis=1)
        best[~clear] = rest[:, n_items - k :]
    else:
        best[:] = _keys(values, places)
    best = np.sort(best, axis=1)[:, ::-1]
    columns = tie_order[n_items - 1 - (best & 0xFFFFFFFF)].astype(np.int32)
    columns[best >> 32 == _keys(_LEFT_OUT, np.int64(0)) >> 32] = -1
    if k > n_items:
        columns = np.pad(columns, ((0, 0), (0, k - n_items)), constant_values=-1)
    return columns


def _keys(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Whole numbers that order as (value, place) do: one plain sort settles both."""
    # Adding zero makes -0.0 the same bits as 0.0.
    bits = (values + np.float32(0)).view(np.int32)
    # Float bits with the lower 31 flipped below zero order as the floats do.
    order = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    return order.astype(np.int64) << 32 | places
