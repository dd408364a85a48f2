"""The leading singular vectors of a sparse matrix."""

import numpy as np
from scipy import linalg, sparse

# Halko, Martinsson and Tropp 2011, "Finding structure with randomness": vectors beyond those asked
# for, and power iterations.
_OVERSAMPLING, _POWER_ITERATIONS = 10, 6


def right_singular_vectors(matrix: sparse.csr_array, number: int) -> np.ndarray:
    """V sqrt(S) of the rank-`number` singular value decomposition U S V': (n_columns, number).

    matrix: (n_rows, n_columns) CSR float32. Returns float32, strongest first; columns beyond the
    rank are 0. Deterministic: the sketch has a fixed seed, and each vector's largest entry is
    positive.
    """
    width = min(number + _OVERSAMPLING, *matrix.shape)
    sketch = np.random.default_rng(0).standard_normal((matrix.shape[1], width), dtype=np.float32)
    basis = _orthonormal(sketch)
    for _ in range(_POWER_ITERATIONS):
        basis = _orthonormal(matrix.T @ (matrix @ basis))
    _, singular, rotation = linalg.svd(matrix @ basis, full_matrices=False)
    vectors = basis @ rotation[:number].T * np.sqrt(singular[:number])
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=0)[None, :], axis=0)
    found = np.zeros((matrix.shape[1], number), dtype=np.float32)
    found[:, : vectors.shape[1]] = vectors * np.sign(largest)
    return found


def _orthonormal(columns: np.ndarray) -> np.ndarray:
    return linalg.qr(columns, mode="economic", check_finite=False)[0]
