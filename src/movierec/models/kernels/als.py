"""The least squares of ALS, compiled.

It and `implicit` solve the same equations (Hu, Koren and Volinsky 2008), short rows by the same
conjugate gradient (Takacs et al. 2011). Long rows are solved exactly: their normal equations take
one pass over the other side's factors, where conjugate gradient takes one a step, and those
factors rarely fit the processor's cache. `tests/benchmarks/als.py` measures both.
"""

from typing import Any

import numba
import numpy as np
from scipy import sparse

# From so many entries on the normal equations cost less than gradient steps, unless factors are
# many: their cost grows with the square.
_LONG, _FEW_FACTORS = 256, 64
# Rows of a product: both its operands stay in the second-level cache.
_CHUNK = 256
# Literals would promote everything to double precision.
_NONE, _ONE = np.float32(0), np.float32(1)
# Sums may be taken in any order, or the compiler could not use vector instructions.
_FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
# An exception in one of several threads may get lost; nan marks what went wrong instead.
_COMPILED: dict[str, Any] = {"cache": True, "fastmath": _FASTMATH, "error_model": "numpy"}


def solve_rows(
    confidences: sparse.csr_array,
    factors: np.ndarray,
    others: np.ndarray,
    regularization: float,
    num_threads: int = 0,
    steps: int = 3,
    exact: bool = False,
    wanted: np.ndarray | None = None,
) -> None:
    """Solve for the factors of the rows of a matrix, given those of its columns, in place.

    confidences  (n_rows, n_columns) CSR; an entry c < 0 has preference 0, confidence -c
    factors      (n_rows, factors) float32, initial values, overwritten
    others       (n_columns, factors) float32
    num_threads  ignored, as numba has its own setting; `implicit`'s solver takes it here
    steps        of conjugate gradient for short rows; exact: solve these exactly too
    wanted       with exact: confidence x preference of each entry, if not max(c, 0)
    BLAS should be bounded to one thread: rows are spread over the cores already. Rows whose
    equations have no finite solution become nan.
    """
    matrix = (
        confidences.indptr.astype(np.int64),
        confidences.indices.astype(np.int32, copy=False),
        confidences.data.astype(np.float32, copy=False),
    )
    gram = others.T @ others + np.float32(regularization) * np.eye(others.shape[1], dtype="f4")
    lengths = np.diff(confidences.indptr)
    few = others.shape[1] <= _FEW_FACTORS
    long = lengths > 0 if exact else (lengths >= _LONG) & few
    factors[lengths == 0] = 0
    wanted = np.maximum(matrix[2], _NONE) if wanted is None else wanted.astype(np.float32)
    with numba.parallel_chunksize(4):
        _solve_exactly(np.flatnonzero(long), *matrix, wanted, factors, others, gram)
    with numba.parallel_chunksize(256):
        _descend(np.flatnonzero(~long & (lengths > 0)), *matrix, factors, others, gram, steps)


def normal_equations(
    confidences: sparse.csr_array, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the entries of rows bring to their normal equations; sums over blocks of columns add up.

    Of row r: sum (c - 1) y y', (n_rows, factors, factors) float32, and sum c y over its entries
    with preference 1, (n_rows, factors), for the factors y, `others`, of its columns.
    """
    size = others.shape[1]
    left = np.zeros((confidences.shape[0], size, size), np.float32)
    right = np.zeros((confidences.shape[0], size), np.float32)
    data = confidences.data.astype(np.float32, copy=False)
    matrix = confidences.indptr.astype(np.int64), confidences.indices.astype(np.int32, copy=False)
    with numba.parallel_chunksize(4):
        _normal_equations(*matrix, data, np.maximum(data, _NONE), others, left, right)
    return left, right


def solve_equations(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions (n, size) of symmetric equations (n, size, size); nan unless positive definite."""
    found = right.copy()
    _solve_each(left.copy(), found)
    return found


def entry_products(
    confidences: sparse.csr_array, others: np.ndarray, vectors: np.ndarray
) -> np.ndarray:
    """sum (c - 1) (y . v) y over the entries of each row, for its vector v: (n_rows, factors).

    With the Gram matrix of all columns it is the product of the row's normal matrix with v, which
    conjugate gradient needs; vectors: (n_rows, factors) float32.
    """
    found = np.zeros_like(vectors)
    matrix = confidences.indptr.astype(np.int64), confidences.indices.astype(np.int32, copy=False)
    data = confidences.data.astype(np.float32, copy=False)
    with numba.parallel_chunksize(256):
        _entry_products(*matrix, data, others, vectors, found)
    return found


def squared_misfit(confidences: sparse.csr_array, users: np.ndarray, items: np.ndarray) -> float:
    """What the entries of a matrix add to the squared error of an empty one."""
    matrix = confidences.indptr, confidences.indices, confidences.data
    return float(_misfit(*matrix, users, items).sum())


def training_loss(
    confidences: sparse.csr_array, users: np.ndarray, items: np.ndarray, regularization: float
) -> float:
    """The objective of training over the sum of confidences: squared error and L2 penalty.

    confidences  (n_users, n_items) CSR, as in `solve_rows`
    As `implicit`'s own, but on all cores, and all pairs without an entry in one product.
    """
    entries = squared_misfit(confidences, users, items)
    everywhere = np.vdot(users.T @ users, items.T @ items)
    penalty = regularization * (np.vdot(users, users) + np.vdot(items, items))
    n_pairs = np.prod(confidences.shape, dtype=float)
    weight = np.abs(confidences.data).sum(dtype=float) + n_pairs - confidences.nnz
    return float((entries + everywhere + penalty) / weight)


@numba.njit(parallel=True, **_COMPILED)
def _misfit(indptr, indices, data, users, items):
    """By row, what its entries add to the squared error of an empty row: (n_rows,) double."""
    by_row = np.empty(len(users))
    for row in numba.prange(len(users)):
        total = 0.0
        for entry in range(indptr[row], indptr[row + 1]):
            item, score = items[indices[entry]], _NONE
            for k in range(len(item)):
                score += users[row, k] * item[k]
            missing = score - (_ONE if data[entry] > 0 else _NONE)
            total += abs(data[entry]) * missing * missing - score * score
        by_row[row] = total
    return by_row


@numba.njit(parallel=True, **_COMPILED)
def _solve_exactly(rows, indptr, indices, data, wanted, factors, others, gram):
    """Normal equations, accumulated chunk by chunk, solved by Cholesky decomposition."""
    size = gram.shape[0]
    for place in numba.prange(len(rows)):
        entries = indptr[rows[place]], indptr[rows[place] + 1]
        left, right = gram.copy(), np.zeros(size, np.float32)
        _add_entries(entries, indices, data, wanted, others, left, right)
        _solve_symmetric(left, right)
        # To assign a whole row compiles its error's text too, for more than a second.
        for i in range(size):
            factors[rows[place], i] = right[i]


@numba.njit(**_COMPILED)
def _add_entries(entries, indices, data, wanted, others, left, right):
    """Add what a row's entries bring to its normal equations, chunk by chunk."""
    size = len(right)
    first, end = entries
    plain = np.empty((_CHUNK, size), np.float32)
    weighted = np.empty((_CHUNK, size), np.float32)
    for start in range(first, end, _CHUNK):
        number = min(_CHUNK, end - start)
        for k in range(number):
            other, more = others[indices[start + k]], abs(data[start + k]) - _ONE
            for i in range(size):
                plain[k, i] = other[i]
                weighted[k, i] = more * other[i]
        right += np.dot(wanted[start : start + number], plain[:number])
        left += np.dot(plain[:number].T, weighted[:number])


@numba.njit(parallel=True, **_COMPILED)
def _normal_equations(indptr, indices, data, wanted, others, left, right):
    for row in numba.prange(len(left)):
        entries = indptr[row], indptr[row + 1]
        _add_entries(entries, indices, data, wanted, others, left[row], right[row])


@numba.njit(parallel=True, **_COMPILED)
def _solve_each(left, right):
    for row in numba.prange(len(left)):
        _solve_symmetric(left[row], right[row])


@numba.njit(parallel=True, **_COMPILED)
def _entry_products(indptr, indices, data, others, vectors, found):
    size = vectors.shape[1]
    for row in numba.prange(len(found)):
        total, vector = found[row], vectors[row]
        for entry in range(indptr[row], indptr[row + 1]):
            other, along = others[indices[entry]], _NONE
            for i in range(size):
                along += other[i] * vector[i]
            along *= abs(data[entry]) - _ONE
            for i in range(size):
                total[i] += along * other[i]


@numba.njit(**_COMPILED)
def _solve_symmetric(left, right):
    """Overwrite `right` with the solution; nan unless `left` is positive definite.

    Cholesky decomposition, in the lower triangle of `left`.
    """
    size = len(right)
    for i in range(size):
        for j in range(i):
            rest = left[i, j]
            for k in range(j):
                rest -= left[i, k] * left[j, k]
            left[i, j] = rest / left[j, j]
            right[i] -= left[i, j] * right[j]
        pivot = left[i, i]
        for k in range(i):
            pivot -= left[i, k] * left[i, k]
        if not pivot > 0:
            for k in range(size):
                right[k] = np.nan
            return
        left[i, i] = np.sqrt(pivot)
        right[i] /= left[i, i]
    for i in range(size - 1, -1, -1):
        right[i] /= left[i, i]
        for j in range(i):
            right[j] -= left[i, j] * right[i]


@numba.njit(parallel=True, **_COMPILED)
def _descend(rows, indptr, indices, data, factors, others, gram, steps):
    for place in numba.prange(len(rows)):
        entries = slice(indptr[rows[place]], indptr[rows[place] + 1])
        _descend_from(factors[rows[place]], indices[entries], data[entries], others, gram, steps)


@numba.njit(**_COMPILED)
def _descend_from(found, columns, confidence, others, gram, steps):
    """Conjugate gradient in place; the normal matrix is never formed."""
    size = len(found)
    residual = _missing(found, columns, confidence, others, gram, _ONE)
    direction, length = residual.copy(), np.dot(residual, residual)
    for _ in range(steps):
        if length < 1e-20:
            break
        product = _missing(direction, columns, confidence, others, gram, _NONE)
        step = length / np.dot(direction, product)
        for i in range(size):
            found[i] -= step * direction[i]
            residual[i] -= step * product[i]
        before, length = length, np.dot(residual, residual)
        for i in range(size):
            direction[i] = residual[i] + length / before * direction[i]


@numba.njit(**_COMPILED)
def _missing(vector, columns, confidence, others, gram, aim):
    """aim * b - A v, for normal equations A x = b and a vector v."""
    size = len(vector)
    missing = np.zeros(size, np.float32)
    for j in range(size):
        row, value = gram[j], vector[j]
        for i in range(size):
            missing[i] -= row[i] * value
    for k in range(len(columns)):
        other, along = others[columns[k]], _NONE
        for i in range(size):
            along += other[i] * vector[i]
        weight = aim * max(confidence[k], _NONE) - (abs(confidence[k]) - _ONE) * along
        for i in range(size):
            missing[i] += weight * other[i]
    return missing
