"""The start of a factorisation is its matrix's singular value decomposition, cut short."""

import numpy as np
import pytest
from scipy import sparse

from movierec.models import spectral
from movierec.models.spectral import initial_item_factors


@pytest.fixture
def matrix() -> sparse.csr_array:
    """Sixty rows by twelve columns, three strong directions and some noise."""
    rng = np.random.default_rng(0)
    strong = rng.random((60, 3)) @ np.diag([9, 5, 3]) @ rng.normal(size=(3, 12))
    some = np.where(rng.random((60, 12)) < 0.7, strong + 0.1 * rng.normal(size=(60, 12)), 0)
    return sparse.csr_array(some.astype(np.float32))


@pytest.mark.parametrize("gram_columns", [3_000, 0], ids=["of the Gram matrix", "of a subspace"])
def test_it_is_the_leading_right_singular_vectors_times_roots(matrix, gram_columns, monkeypatch):
    monkeypatch.setattr(spectral, "_GRAM_COLUMNS", gram_columns)

    found = initial_item_factors(matrix, 3)

    _, singular, vectors = np.linalg.svd(matrix.toarray())
    expected = vectors[:3].T * np.sqrt(singular[:3])
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-3)
    assert np.abs((found * expected).sum(axis=0)) == pytest.approx(singular[:3], rel=1e-3)


def test_the_largest_entry_of_each_vector_is_positive(matrix):
    found = initial_item_factors(matrix, 5)

    assert (np.take_along_axis(found, np.abs(found).argmax(axis=0)[None], axis=0) > 0).all()


@pytest.mark.parametrize("gram_columns", [3_000, 0])
def test_beyond_the_rank_there_is_nothing(matrix, gram_columns, monkeypatch):
    monkeypatch.setattr(spectral, "_GRAM_COLUMNS", gram_columns)

    found = initial_item_factors(matrix, 20)

    assert found.shape == (12, 20)
    assert found[:, :12].any(axis=0).all()
    assert not found[:, 12:].any()


@pytest.mark.parametrize("gram_columns", [3_000, 0])
def test_it_repeats_exactly(matrix, gram_columns, monkeypatch):
    monkeypatch.setattr(spectral, "_GRAM_COLUMNS", gram_columns)

    one, other = initial_item_factors(matrix, 4), initial_item_factors(matrix.copy(), 4)

    assert one.tobytes() == other.tobytes()
