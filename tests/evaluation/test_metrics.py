"""Metrics against ranx and scikit-learn, and against sums done by hand."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
import ranx
from sklearn.metrics import ndcg_score

from movierec.evaluation.metrics import METRICS
from movierec.models.kernels.ranking import top_k

# ranx compiles itself when first called, and numba has this to say of it.
pytestmark = pytest.mark.filterwarnings("ignore:unsafe cast from uint64 to int64")

N_MOVIES = 60
CUTOFFS = range(5, 41)
IN_RANX = {
    "HitRate": "hit_rate",
    "NDCG": "ndcg",
    "Recall": "recall",
    "Precision": "precision",
    "MAP": "map",
    "MRR": "mrr",
}


@dataclass(frozen=True)
class Ranked:
    """Which movies are relevant to whom, unique scores that order them, and the lists' hits."""

    relevant: np.ndarray
    scores: np.ndarray
    hits: np.ndarray

    @property
    def n_relevant(self) -> np.ndarray:
        return self.relevant.sum(axis=1)

    def by_ranx(self, metrics: list[str], scores: np.ndarray | None = None) -> Mapping:
        """Values of each user, by names such as "ndcg@10"."""
        scores = self.scores if scores is None else scores
        # ranx gives the values in the order of the users' names, and compiles itself anew for
        # movies' names of another length than test_results gives it.
        users = [f"{user:02}" for user in range(len(scores))]
        qrels = {
            user: {f"{movie:03}": 1 for movie in np.flatnonzero(row)}
            for user, row in zip(users, self.relevant, strict=True)
        }
        run = {
            user: {f"{movie:03}": float(score) for movie, score in enumerate(row)}
            for user, row in zip(users, scores, strict=True)
        }
        return ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), metrics, return_mean=False)


@pytest.fixture(scope="module", params=["no ties", "ties"])
def ranked(request) -> Ranked:
    """Forty users with 1 to 50 relevant movies; scores all different, or of five values only."""
    rng = np.random.default_rng(0)
    relevant = np.zeros((40, N_MOVIES), dtype=bool)
    for row in relevant:
        row[rng.choice(N_MOVIES, size=rng.integers(1, 51), replace=False)] = True
    if request.param == "ties":
        scores = rng.integers(5, size=relevant.shape)
    else:
        scores = rng.permuted(np.tile(np.arange(N_MOVIES), (40, 1)), axis=1)
    lists = top_k(scores.astype(np.float32), max(CUTOFFS))
    # Of equal scores the lower column goes first, which these say in numbers.
    unique = scores * N_MOVIES - np.arange(N_MOVIES)
    return Ranked(relevant, unique, np.take_along_axis(relevant, lists, axis=1))


@pytest.fixture(scope="module")
def of_ranx(ranked: Ranked) -> Mapping:
    return ranked.by_ranx([f"{name}@{k}" for name in IN_RANX.values() for k in CUTOFFS])


@pytest.mark.parametrize("metric", IN_RANX)
def test_every_user_s_value_is_that_of_ranx(ranked, of_ranx, metric):
    found = [METRICS[metric](ranked.hits, ranked.n_relevant, k) for k in CUTOFFS]

    expected = [of_ranx[f"{IN_RANX[metric]}@{k}"] for k in CUTOFFS]
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-8)


@pytest.mark.parametrize("metric", IN_RANX)
def test_the_mean_is_that_of_ranx(ranked, of_ranx, metric):
    found = [METRICS[metric](ranked.hits, ranked.n_relevant, k).mean() for k in CUTOFFS]

    assert found == pytest.approx(
        [np.mean(of_ranx[f"{IN_RANX[metric]}@{k}"]) for k in CUTOFFS], abs=1e-8
    )


def test_capped_recall_is_the_share_of_the_hits_that_the_best_list_has(ranked):
    names = [f"hits@{k}" for k in CUTOFFS]
    # ranx has no capped recall, but counts hits, of the best possible list too.
    hits, most = ranked.by_ranx(names), ranked.by_ranx(names, ranked.relevant)

    found = [METRICS["CappedRecall"](ranked.hits, ranked.n_relevant, k) for k in CUTOFFS]

    expected = [hits[name] / most[name] for name in names]
    assert np.array(found) == pytest.approx(np.array(expected), abs=1e-8)


@pytest.mark.parametrize("k", CUTOFFS)
def test_ndcg_is_that_of_scikit_learn(ranked, k):
    found = METRICS["NDCG"](ranked.hits, ranked.n_relevant, k)

    expected = [
        ndcg_score([user], [score], k=k)
        for user, score in zip(ranked.relevant, ranked.scores, strict=True)
    ]
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
def test_without_a_hit_all_are_zero(metric):
    assert METRICS[metric](np.zeros((1, 3), dtype=bool), np.array([2]), 3).tolist() == [0]


@pytest.mark.parametrize("metric", METRICS)
def test_a_hit_below_the_cutoff_is_none(metric):
    assert METRICS[metric](np.array([[False, False, True]]), np.array([2]), 2).tolist() == [0]


@pytest.mark.parametrize("metric", ["HitRate", "NDCG", "CappedRecall", "Precision", "MRR"])
def test_a_list_of_hits_is_perfect_though_it_holds_not_all_there_is(metric):
    assert METRICS[metric](np.ones((1, 2), dtype=bool), np.array([8]), 2) == pytest.approx([1])


@pytest.mark.parametrize("metric", ["Recall", "MAP"])
def test_over_all_relevant_movies_a_list_of_hits_is_as_good_as_it_is_long(metric):
    assert METRICS[metric](np.ones((1, 2), dtype=bool), np.array([8]), 2) == pytest.approx([0.25])


@pytest.mark.parametrize("metric", METRICS)
def test_a_list_shorter_than_the_cutoff_is_filled_up_with_misses(metric):
    hits = np.array([[True, False, True], [False, False, True]])
    with_misses = np.pad(hits, ((0, 0), (0, 2)))
    n_relevant = np.array([4, 1])

    assert METRICS[metric](hits, n_relevant, 5) == pytest.approx(
        METRICS[metric](with_misses, n_relevant, 5)
    )


@pytest.mark.parametrize("metric", METRICS)
def test_a_user_without_a_relevant_movie_is_refused(metric):
    with pytest.raises(ValueError, match="without a relevant item"):
        METRICS[metric](np.zeros((2, 3), dtype=bool), np.array([1, 0]), 3)
