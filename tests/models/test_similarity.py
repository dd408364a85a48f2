"""Item similarity against plain computations with everything dense."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from movierec.models.kernels import ranking
from movierec.models.similarity import ItemSimilarity

N = 12
ALL = np.arange(N)


@pytest.fixture
def content() -> np.ndarray:
    """Twelve movies, few of six terms each; movie 4 has none."""
    rng = np.random.default_rng(0)
    words = rng.random((N, 6)) * (rng.random((N, 6)) < 0.5)
    words[4] = 0
    return words.astype(np.float32)


@pytest.fixture
def factors() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(N, 3)).astype(np.float32)


@pytest.fixture
def similarity(content, factors) -> ItemSimilarity:
    return ItemSimilarity.of(sparse.csr_array(content), factors)


def scaled(rows: np.ndarray) -> np.ndarray:
    """Cosines moved so that over different movies the lowest is 0 and the highest 1."""
    cosine = cosine_similarity(rows.astype(np.float64))
    pairs = [cosine[i, j] for i in range(len(rows)) for j in range(len(rows)) if i != j]
    return (cosine - min(pairs)) / (max(pairs) - min(pairs))


def off_diagonal(values: np.ndarray) -> np.ndarray:
    return values[~np.eye(N, dtype=bool)]


def test_content_is_scaled_over_different_movies(similarity, content):
    found, expected = similarity.hybrid(ALL, 0), scaled(content)

    assert off_diagonal(found) == pytest.approx(off_diagonal(expected), abs=1e-5)


def test_factors_are_scaled_over_different_movies(similarity, factors):
    found, expected = similarity.hybrid(ALL, 1), scaled(factors)

    assert off_diagonal(found) == pytest.approx(off_diagonal(expected), abs=1e-5)


def test_the_hybrid_is_a_weighted_mean(similarity, content, factors):
    expected = 0.3 * scaled(factors) + 0.7 * scaled(content)

    found = similarity.hybrid(ALL, 0.3)

    assert off_diagonal(found) == pytest.approx(off_diagonal(expected), abs=1e-5)


def test_rows_are_those_asked_for(similarity):
    some = np.array([7, 2])

    assert similarity.hybrid(some, 0.3) == pytest.approx(similarity.hybrid(ALL, 0.3)[some])


@pytest.mark.parametrize("cf_weight", [-0.01, 1.01, float("nan")])
def test_a_weight_out_of_range_is_refused(similarity, cf_weight):
    with pytest.raises(ValueError, match=f"cf_weight is {cf_weight}"):
        similarity.hybrid(ALL, cf_weight)


def test_neighbours_are_a_full_sort_of_the_hybrid(similarity):
    dense = similarity.hybrid(ALL, 0.4)
    expected = [
        sorted((j for j in range(N) if j != i), key=lambda j, i=i: (-dense[i, j], j))[:5]
        for i in range(N)
    ]

    columns, values = similarity.neighbours(ALL, 5, 0.4)

    assert columns.tolist() == expected
    assert values.tolist() == [[dense[i, j] for j in row] for i, row in enumerate(expected)]


def test_a_movie_is_never_its_own_neighbour(similarity):
    some = np.array([9, 4, 0])

    columns, _ = similarity.neighbours(some, N, 0.4)

    assert not (columns == some[:, None]).any()


def test_more_neighbours_than_movies_are_padded(similarity):
    columns, values = similarity.neighbours(ALL, N + 2, 0.4)

    assert (columns[:, N - 1 :] == -1).all()
    assert np.isnan(values[:, N - 1 :]).all()
    assert np.isfinite(values[:, : N - 1]).all()


def test_a_movie_without_content_has_neighbours_by_factors(similarity, factors):
    expected = np.delete(scaled(factors)[4], 4).max()

    _, values = similarity.neighbours(np.array([4]), 1, 0.5)

    # Cosine 0 is the lowest content gives here, so the factors' half is all there is.
    assert values[0, 0] == pytest.approx(0.5 * expected, abs=1e-5)


def test_a_movie_alone_has_no_neighbours():
    alone = ItemSimilarity.of(sparse.csr_array(np.ones((1, 2))), np.ones((1, 3)))

    columns, _ = alone.neighbours(np.array([0]), 2, 0.5)

    assert columns.tolist() == [[-1, -1]]


def test_movies_all_alike_are_equally_near():
    alike = ItemSimilarity.of(sparse.csr_array(np.ones((3, 1))), np.ones((3, 1)))

    columns, values = alike.neighbours(np.arange(3), 2, 0.5)

    assert columns.tolist() == [[1, 2], [0, 2], [0, 1]]
    assert np.ptp(values) == 0


def test_neighbours_are_saved_by_movie_and_rank(tmp_path):
    content = sparse.csr_array(np.array([[1, 0], [1, 0], [0, 1]]))
    similarity = ItemSimilarity.of(content, np.array([[1, 0], [0, 1], [1, 0]]))

    similarity.save_neighbours(tmp_path / "n.parquet", np.array([10, 20, 30]), k=5, cf_weight=0.3)

    saved = pd.read_parquet(tmp_path / "n.parquet")
    assert saved["movieId"].tolist() == [10, 10, 20, 20, 30, 30]
    assert saved["rank"].tolist() == [1, 2] * 3
    assert saved["neighbourId"].tolist() == [20, 30, 10, 30, 10, 20]
    assert saved["similarity"].tolist() == pytest.approx([0.7, 0.3, 0.7, 0.0, 0.3, 0.0])


def test_sizes_that_differ_are_named():
    with pytest.raises(ValueError, match="item_content 3, item_factors 2"):
        ItemSimilarity.of(sparse.csr_array(np.eye(3)), np.ones((2, 4)))


def test_blocks_change_nothing(similarity, content, factors, monkeypatch):
    columns, values = similarity.neighbours(ALL, 5, 0.4)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 4 * N)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    in_blocks = ItemSimilarity.of(sparse.csr_array(content), factors)
    block_columns, block_values = in_blocks.neighbours(ALL, 5, 0.4)

    assert in_blocks.content_range == pytest.approx(similarity.content_range)
    assert in_blocks.factors_range == pytest.approx(similarity.factors_range)
    assert block_columns.tolist() == columns.tolist()
    assert block_values == pytest.approx(values)


def test_a_similarity_that_rounding_takes_to_1_0004_is_clipped(similarity, monkeypatch):
    monkeypatch.setattr(
        ItemSimilarity, "hybrid", lambda _, items, __: np.full((len(items), N), 1.0004, np.float32)
    )

    _, values = similarity.neighbours(ALL, 3, 0.5)

    assert values.max() == 1
