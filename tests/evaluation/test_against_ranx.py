"""Metrics, and the files that an evaluation leaves, as ranx scores them."""

import numpy as np
import pandas as pd
import pytest

from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.results import save_recommendations, save_test
from movierec.models.popularity import Popularity

pytestmark = [
    pytest.mark.slow,
    # ranx compiles itself when first called, and numba has this to say of it.
    pytest.mark.filterwarnings("ignore:unsafe cast from uint64 to int64"),
]

CUTOFFS = range(5, 41)
IN_RANX = {
    "HitRate": "hit_rate",
    "NDCG": "ndcg",
    "Recall": "recall",
    "Precision": "precision",
    "MAP": "map",
    "MRR": "mrr",
}


def score_by_ranx(relevant: pd.DataFrame, ranked: pd.DataFrame, metrics: list[str]) -> dict:
    """Per-user values, in the order of the users; both frames have userId, movieId and value."""
    import ranx

    def by_user(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
        # Names of one length sort like numbers; ranx compiles itself anew for other lengths.
        return {
            f"{user:03}": dict(zip(own["movieId"].map("{:03}".format), own["value"], strict=True))
            for user, own in rows.groupby("userId")
        }

    qrels, run = ranx.Qrels(by_user(relevant.assign(value=1))), ranx.Run(by_user(ranked))
    return ranx.evaluate(qrels, run, metrics, return_mean=False)


@pytest.fixture(scope="module")
def relevant() -> np.ndarray:
    """Forty users with 1 to 50 relevant ones of sixty movies; movie m is at rank m."""
    rng = np.random.default_rng(0)
    table = np.zeros((40, 60), dtype=bool)
    for row in table:
        row[rng.choice(60, size=rng.integers(1, 51), replace=False)] = True
    return table


def frame(users_by_movies: np.ndarray) -> pd.DataFrame:
    users, movies = np.nonzero(users_by_movies)
    return pd.DataFrame({"userId": users, "movieId": movies, "value": 1 / (1 + movies)})


def test_per_user_values_are_those_of_ranx(relevant):
    names = [f"{name}@{k}" for name in IN_RANX.values() for k in CUTOFFS]

    expected = score_by_ranx(frame(relevant), frame(np.ones((40, 60))), names)

    for metric, name in IN_RANX.items():
        for k in CUTOFFS:
            found = METRICS[metric](relevant[:, :40], relevant.sum(axis=1), k)
            assert found == pytest.approx(expected[f"{name}@{k}"], abs=1e-8)


def test_capped_recall_is_hits_over_those_of_the_ideal_list(relevant):
    # ranx has no capped recall, but counts hits, of the ideal list too.
    names = [f"hits@{k}" for k in CUTOFFS]
    hits = score_by_ranx(frame(relevant), frame(np.ones((40, 60))), names)
    ideal = score_by_ranx(frame(relevant), frame(relevant), names)

    for k in CUTOFFS:
        found = METRICS["CappedRecall"](relevant[:, :40], relevant.sum(axis=1), k)
        assert found == pytest.approx(hits[f"hits@{k}"] / ideal[f"hits@{k}"], abs=1e-8)


@pytest.mark.parametrize("threshold", [0, 3.5])
def test_saved_lists_and_test_ratings_give_the_same_values(tmp_path, split, threshold):
    evaluation = evaluate([Popularity()], split, threshold, cutoffs=(10,))
    save_recommendations(tmp_path / "lists.parquet", evaluation)
    save_test(tmp_path / "test.parquet", evaluation)
    lists = pd.read_parquet(tmp_path / "lists.parquet")

    # The scores have ties, which the ranks settle.
    ranked = lists.assign(value=1 / lists["rank"])
    found = score_by_ranx(
        pd.read_parquet(tmp_path / "test.parquet"), ranked, ["ndcg@10", "recall@10", "map@10"]
    )

    for metric, name in (("NDCG", "ndcg@10"), ("Recall", "recall@10"), ("MAP", "map@10")):
        expected = evaluation.values(metric)["popularity"].to_numpy()
        assert found[name] == pytest.approx(expected, abs=1e-6)
