"""Compiled products of sparse matrices in CSR form, on all cores."""

import numba
import numpy as np
from scipy import sparse


def transpose(matrix: sparse.csr_array) -> sparse.csr_array:
    """The transpose of a CSR matrix, in CSR form with indices ascending."""
    starts, rows, entries = _transpose(matrix.indptr, matrix.indices, matrix.shape[1])
    return sparse.csr_array((matrix.data[entries], rows, starts), shape=matrix.shape[::-1])


def gram(matrix: sparse.csr_array, row_weights: np.ndarray) -> np.ndarray:
    """M' diag(row_weights) M, dense: (n_columns, n_columns) float64. M: indices ascending."""
    found = np.zeros((matrix.shape[1],) * 2)
    columns = _transpose(matrix.indptr, matrix.indices, matrix.shape[1])
    rows = matrix.indptr, matrix.indices, matrix.data
    with numba.parallel_chunksize(4):
        _gram(rows, columns, row_weights.astype(np.float64), found)
    return found


def times_dense(matrix: sparse.csr_array, dense: np.ndarray) -> np.ndarray:
    """M @ dense: (n_rows, k) float32, rows spread over the cores."""
    found = np.zeros((matrix.shape[0], dense.shape[1]), dtype=np.float32)
    with numba.parallel_chunksize(256):
        _times_dense(matrix.indptr, matrix.indices, matrix.data, dense, found)
    return found


@numba.njit(cache=True)
def _transpose(indptr, indices, n_columns):
    """By columns: where each begins; the row of each entry, and its place in the CSR arrays."""
    starts = np.zeros(n_columns + 1, np.int64)
    for column in indices:
        starts[column + 1] += 1
    starts = np.cumsum(starts)
    free = starts[:-1].copy()
    rows = np.empty(len(indices), np.int32)
    entries = np.empty(len(indices), np.int64)
    for row in range(len(indptr) - 1):
        for entry in range(indptr[row], indptr[row + 1]):
            place = free[indices[entry]]
            free[indices[entry]] += 1
            rows[place], entries[place] = row, entry
    return starts, rows, entries


@numba.njit(parallel=True, cache=True)
def _gram(matrix, columns, weights, found):
    indptr, indices, data = matrix
    starts, rows, entries = columns
    # A column of the result stays in cache while the rows that hold it are visited.
    for column in numba.prange(len(found)):
        total = found[column]
        for place in range(starts[column], starts[column + 1]):
            row, first = rows[place], entries[place]
            scale = weights[row] * data[first]
            for entry in range(first, indptr[row + 1]):
                total[indices[entry]] += scale * data[entry]
    for column in numba.prange(len(found)):
        for other in range(column):
            found[column, other] = found[other, column]


@numba.njit(parallel=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
def _times_dense(indptr, indices, data, dense, found):
    for row in numba.prange(len(found)):
        total = found[row]
        for entry in range(indptr[row], indptr[row + 1]):
            value, other = data[entry], dense[indices[entry]]
            for k in range(len(total)):
                total[k] += value * other[k]
