"""A compiled Gram matrix of sparse rows, on all cores."""

import numba
import numpy as np
from scipy import sparse


def gram(matrix: sparse.csr_array, row_weights: np.ndarray) -> np.ndarray:
    """M' diag(row_weights) M, dense: (n_columns, n_columns) float64. M: indices ascending."""
    numbered = (np.arange(matrix.nnz), matrix.indices, matrix.indptr)
    by_column = sparse.csr_array(numbered, shape=matrix.shape).T.tocsr()
    found = np.zeros((matrix.shape[1],) * 2)
    rows = matrix.indptr, matrix.indices, matrix.data
    columns = by_column.indptr, by_column.indices, by_column.data
    with numba.parallel_chunksize(4):
        _gram(rows, columns, row_weights.astype(np.float64), found)
    return found


@numba.njit(parallel=True, cache=True)
def _gram(matrix, columns, weights, found):
    """columns: where each begins; the row of each entry, and its place in the matrix."""
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
