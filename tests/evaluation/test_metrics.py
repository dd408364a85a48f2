"""Metrics against scikit-learn, and against sums done by hand."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from movierec.evaluation.metrics import hit_rate, ndcg


@pytest.fixture(scope="module")
def ranked() -> tuple[np.ndarray, np.ndarray]:
    """Relevance and untied scores of 60 movies for 40 users with 1 to 50 relevant ones."""
    rng = np.random.default_rng(0)
    relevant = np.zeros((40, 60), dtype=bool)
    for row in relevant:
        row[rng.choice(60, size=rng.integers(1, 51), replace=False)] = True
    return relevant, rng.permuted(np.tile(np.arange(60), (40, 1)), axis=1)


@pytest.mark.parametrize("k", range(5, 41))
def test_ndcg_agrees_with_scikit_learn_user_by_user(ranked, k):
    relevant, scores = ranked
    hits = np.take_along_axis(relevant, np.argsort(-scores, axis=1)[:, :40], axis=1)

    found = ndcg(hits, relevant.sum(axis=1), k)

    expected = [ndcg_score([user], [score], k=k) for user, score in zip(*ranked, strict=True)]
    assert found == pytest.approx(expected, abs=1e-8)


def test_ndcg_by_hand():
    # Hits at ranks 2 and 3 of three relevant movies:
    # (1/log2(3) + 1/log2(4)) / (1/log2(2) + 1/log2(3) + 1/log2(4)) = 1.1309298 / 2.1309298
    hits = np.array([[False, True, True, False]])

    assert ndcg(hits, np.array([3]), 4) == pytest.approx([0.530721], abs=1e-6)


def test_ndcg_without_a_hit_is_zero():
    assert ndcg(np.zeros((1, 3), dtype=bool), np.array([2]), 3).tolist() == [0]


def test_ndcg_does_not_expect_more_hits_than_the_list_holds():
    assert ndcg(np.ones((1, 2), dtype=bool), np.array([9]), 2) == pytest.approx([1])


def test_ndcg_beyond_the_list_counts_misses():
    hits = np.array([[True, False, True]])
    with_misses = np.array([[True, False, True, False, False]])

    n_relevant = np.array([4])

    assert ndcg(hits, n_relevant, 5) == pytest.approx(ndcg(with_misses, n_relevant, 5))


def test_a_user_without_a_relevant_movie_is_refused():
    with pytest.raises(ValueError, match="without a relevant item"):
        ndcg(np.zeros((2, 3), dtype=bool), np.array([1, 0]), 3)


def test_hit_rate_by_hand():
    hits = np.array([[0, 0, 1], [1, 1, 0], [0, 0, 0]], dtype=bool)

    assert hit_rate(hits, 2).tolist() == [0, 1, 0]


def test_hit_rate_beyond_the_list_takes_all_of_it():
    hits = np.array([[0, 0, 1], [0, 0, 0]], dtype=bool)

    assert hit_rate(hits, 10).tolist() == [1, 0]
