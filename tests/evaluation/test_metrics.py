"""Metrics against scikit-learn and by hand; against ranx in test_against_ranx."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from movierec.evaluation.metrics import METRICS


@pytest.mark.parametrize("k", [5, 10, 40])
def test_ndcg_is_that_of_scikit_learn(k):
    rng = np.random.default_rng(0)
    relevant = rng.random((40, 60)) < rng.uniform(0.05, 0.9, (40, 1))
    scores = rng.permuted(np.tile(np.arange(60), (40, 1)), axis=1)
    hits = np.take_along_axis(relevant, np.argsort(-scores)[:, :40], axis=1)

    found = METRICS["NDCG"](hits, relevant.sum(axis=1), k)

    expected = [ndcg_score([a], [b], k=k) for a, b in zip(relevant, scores, strict=True)]
    assert found == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("HitRate", 1),
        # (1/log2(3) + 1/log2(4)) / (1/log2(2) + 1/log2(3) + 1/log2(4) + 1/log2(5)), which is
        # (0.630930 + 0.5) / (1 + 0.630930 + 0.5 + 0.430677)
        ("NDCG", 0.441492),
        ("Recall", 2 / 6),
        ("CappedRecall", 2 / 4),
        ("Precision", 2 / 4),
        # One of two, then two of three are right, of six.
        ("MAP", (1 / 2 + 2 / 3) / 6),
        ("MRR", 1 / 2),
    ],
)
def test_by_hand(metric, expected):
    # Of six relevant movies two stand at ranks 2 and 3, and one below the cutoff of 4.
    hits = np.array([[False, True, True, False, True]])

    assert METRICS[metric](hits, np.array([6]), 4) == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_without_a_hit_the_value_is_zero(metric):
    assert METRICS[metric](np.zeros((1, 3), dtype=bool), np.array([2]), 3).tolist() == [0]


@pytest.mark.parametrize("metric", METRICS)
def test_positions_beyond_the_end_of_a_list_are_misses(metric):
    hits = np.array([[True, False, True], [False, False, True]])
    with_misses = np.pad(hits, ((0, 0), (0, 2)))
    n_relevant = np.array([4, 1])

    assert METRICS[metric](hits, n_relevant, 5) == pytest.approx(
        METRICS[metric](with_misses, n_relevant, 5)
    )


@pytest.mark.parametrize("metric", METRICS)
def test_a_user_without_a_relevant_movie_is_refused(metric):
    with pytest.raises(ValueError, match="users without a relevant item"):
        METRICS[metric](np.zeros((2, 3), dtype=bool), np.array([1, 0]), 3)
