"""Singular vectors are those of a dense decomposition."""

import numpy as np
import pytest
from scipy import sparse

from movierec.models.spectral import right_singular_vectors


@pytest.fixture
def matrix() -> sparse.csr_array:
    """Sixty rows by twelve columns, three strong directions and some noise."""
    rng = np.random.default_rng(0)
    strong = rng.random((60, 3)) @ np.diag([9, 5, 3]) @ rng.normal(size=(3, 12))
    some = np.where(rng.random((60, 12)) < 0.7, strong + 0.1 * rng.normal(size=(60, 12)), 0)
    return sparse.csr_array(some.astype(np.float32))


def test_the_leading_right_singular_vectors_come_times_roots(matrix):
    found = right_singular_vectors(matrix, 3)

    _, singular, vectors = np.linalg.svd(matrix.toarray())
    expected = vectors[:3].T * np.sqrt(singular[:3])
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-3)
    assert np.abs((found * expected).sum(axis=0)) == pytest.approx(singular[:3], rel=1e-3)


def test_a_sketch_narrower_than_the_matrix_finds_them_too():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(200, 3)) @ np.diag([9, 5, 3]) @ rng.normal(size=(3, 100))
    dense = (dense + 0.1 * rng.normal(size=dense.shape)).astype(np.float32)

    found = right_singular_vectors(sparse.csr_array(dense), 3)

    _, singular, vectors = np.linalg.svd(dense)
    expected = vectors[:3].T * np.sqrt(singular[:3])
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-2)


def test_the_largest_entry_of_each_vector_is_positive(matrix):
    found = right_singular_vectors(matrix, 5)

    assert (np.take_along_axis(found, np.abs(found).argmax(axis=0)[None], axis=0) > 0).all()


def test_beyond_the_rank_there_is_nothing(matrix):
    found = right_singular_vectors(matrix, 20)

    assert found.shape == (12, 20)
    assert found[:, :12].any(axis=0).all()
    assert not found[:, 12:].any()


def test_they_repeat_exactly(matrix):
    one, other = right_singular_vectors(matrix, 4), right_singular_vectors(matrix.copy(), 4)

    assert one.tobytes() == other.tobytes()
