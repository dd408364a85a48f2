"""Products of sparse matrices are those of numpy."""

import numpy as np
import pytest
from scipy import sparse

from movierec.models.kernels.sparse import gram, times_dense, transpose


@pytest.fixture
def matrix() -> sparse.csr_array:
    """Forty rows by nine columns; a row and a column are empty."""
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((40, 9)) < 0.4, rng.normal(size=(40, 9)), 0)
    dense[7], dense[:, 3] = 0, 0
    return sparse.csr_array(dense.astype(np.float32))


def test_transposing_keeps_every_entry(matrix):
    found = transpose(matrix)

    assert found.shape == (9, 40)
    assert found.toarray().tolist() == matrix.toarray().T.tolist()


def test_indices_of_a_transpose_ascend(matrix):
    assert transpose(matrix).has_sorted_indices


def test_the_gram_matrix_weighs_rows(matrix):
    weights = np.random.default_rng(1).random(40)

    dense = matrix.toarray().astype(np.float64)
    assert gram(matrix, weights) == pytest.approx(dense.T @ np.diag(weights) @ dense)


def test_a_product_with_a_dense_matrix(matrix):
    dense = np.random.default_rng(2).normal(size=(9, 5)).astype(np.float32)

    assert times_dense(matrix, dense) == pytest.approx(matrix.toarray() @ dense, abs=1e-5)
