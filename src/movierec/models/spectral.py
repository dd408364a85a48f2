"""Spectral initialisation of a factorisation: the leading singular vectors of its matrix."""

import numpy as np
from scipy import linalg, sparse

from movierec.models.kernels.sparse import gram, times_dense, transpose

# Up to so many columns their Gram matrix is decomposed; beyond, a random subspace is iterated.
_GRAM_COLUMNS = 3_000
# Columns beyond those asked for, and power iterations (Halko, Martinsson and Tropp 2011, "Finding
# Structure with Randomness").
_OVERSAMPLING, _POWER_ITERATIONS = 10, 3


def initial_item_factors(matrix: sparse.csr_array, factors: int) -> np.ndarray:
    """V sqrt(S) of the rank-`factors` singular value decomposition U S V': (n_items, factors).

    matrix: (n_rows, n_items) CSR float32. Returns float32; columns beyond the rank are 0.
    Deterministic: the largest entry of each vector is positive.
    """
    n_items = matrix.shape[1]
    if n_items <= _GRAM_COLUMNS:
        squares = gram(matrix, np.ones(matrix.shape[0]))
        first = max(0, n_items - factors)
        eigenvalues, vectors = linalg.eigh(squares, subset_by_index=(first, n_items - 1))
    else:
        eigenvalues, vectors = _leading_eigenvectors(matrix, factors)
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None, :], axis=0)
    found = np.zeros((n_items, factors), dtype=np.float32)
    scaled = vectors * np.sign(largest) * np.maximum(eigenvalues, 0) ** 0.25
    found[:, : scaled.shape[1]] = scaled[:, ::-1]
    return found


def _leading_eigenvectors(matrix: sparse.csr_array, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Of M'M, ascending, by subspace iteration from a fixed random start."""
    by_item = transpose(matrix)
    width = min(number + _OVERSAMPLING, *matrix.shape)
    basis = np.random.default_rng(0).standard_normal((matrix.shape[1], width), dtype=np.float32)
    for _ in range(1 + _POWER_ITERATIONS):
        basis, _ = linalg.qr(basis, mode="economic", overwrite_a=True, check_finite=False)
        basis = times_dense(by_item, times_dense(matrix, basis))
    # basis = M'M Q for the last orthonormal Q: Rayleigh-Ritz needs Q itself.
    basis, _ = linalg.qr(basis, mode="economic", overwrite_a=True, check_finite=False)
    products = times_dense(matrix, basis)
    eigenvalues, rotation = linalg.eigh(products.T @ products)
    return eigenvalues[-number:], basis @ rotation[:, -number:]
