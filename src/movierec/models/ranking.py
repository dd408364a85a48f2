"""The best columns of rows of scores."""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

# A block of dense scores takes about this much.
BLOCK_BYTES = 64 << 20


def row_blocks(n_rows: int, row_length: int) -> Iterator[slice]:
    """Slices over rows, each so short that float32 rows of this length fit BLOCK_BYTES."""
    size = max(1, BLOCK_BYTES // (4 * max(row_length, 1)))
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))


def top_k(scores: np.ndarray, k: int, seen: sparse.csr_array | None = None) -> np.ndarray:
    """Column numbers of the k best items of each row, best first, those in `seen` left out.

    scores  (n_rows, n_items), finite; not changed
    seen    (n_rows, n_items) CSR; stored entries are left out
    Returns (n_rows, k) int32; -1 where a row has fewer than k items to give.
    Ties go to the lower column, so a run repeats exactly.
    """
    n_items = scores.shape[1]
    # Adding zero makes -0.0 the same bits as 0.0.
    bits = (scores.astype(np.float32) + np.float32(0)).view(np.int32)
    # Float bits with the lower 31 flipped below zero order as the floats do.
    order = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    # Score above, reversed column below: one plain sort settles both.
    keys = order.astype(np.int64) << 32
    keys |= np.arange(n_items - 1, -1, -1, dtype=np.int64)
    if seen is not None:
        rows = np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))
        keys[rows, seen.indices] = np.iinfo(np.int64).min
    if k < n_items:
        keys.partition(n_items - k, axis=1)
    best = np.sort(keys[:, max(n_items - k, 0) :], axis=1)[:, ::-1]
    columns = (n_items - 1 - (best & 0xFFFFFFFF)).astype(np.int32)
    columns[best == np.iinfo(np.int64).min] = -1
    if k > n_items:
        columns = np.pad(columns, ((0, 0), (0, k - n_items)), constant_values=-1)
    return columns
