"""Evaluation on worlds whose right numbers are known, and what it leaves for others to score."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import ndcg_score

from movierec.data.interactions import Interactions
from movierec.data.splits import Split, user_random
from movierec.evaluation.experiment import (
    Evaluation,
    evaluate,
    mean_and_error,
    save_metrics,
    save_recommendations,
    save_test,
)
from movierec.models import ranking
from movierec.models.ease import EASE
from movierec.models.popularity import Popularity

# User u has rated movie u, and what is hidden is: nothing of user 0, one movie of user 1, two
# of user 2.
KNOWN = np.eye(3, 6, dtype=np.float32)
HIDDEN = np.array(
    [[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 4, 0], [0, 0, 0, 2, 0, 5]],
    dtype=np.float32,
)
WORLD = Split(sparse.csr_array(KNOWN), sparse.csr_array(HIDDEN), question="")


class Fixed:
    """Scores the user who has rated movie u with row u of a table."""

    def __init__(self, scores: np.ndarray, name: str = "fixed"):
        self.name = name
        self._scores = np.asarray(scores, dtype=np.float32)

    def fit(self, train):
        return self

    def score(self, user_items):
        return self._scores[user_items.indices]


PERFECT = Fixed(HIDDEN, "perfect")
WORST = Fixed(-HIDDEN, "worst")


@pytest.fixture
def interactions() -> Interactions:
    """Forty users by thirty movies, ids with gaps; the first user rated one movie only."""
    rng = np.random.default_rng(0)
    stars = np.where(rng.random((40, 30)) < 0.3, rng.integers(1, 11, (40, 30)) / 2, 0)
    stars[0] = 0
    stars[0, 3] = 4
    matrix = sparse.csr_array(stars.astype(np.float32))
    return Interactions(
        user_ids=np.arange(40, dtype=np.int32) * 3 + 100,
        movie_ids=np.arange(30, dtype=np.int32) * 7 + 5,
        user_items=matrix,
        timestamps=np.zeros(matrix.nnz, dtype=np.int32),
    )


@pytest.fixture
def split(interactions) -> Split:
    return user_random(interactions.user_items, 0.3)


@pytest.fixture
def evaluation(split) -> Evaluation:
    models = [Popularity(), EASE(regularization=5.0, like_from=2.0)]
    return evaluate(models, split, cutoffs=(5, 10))


def test_a_perfect_model_gets_one():
    values = evaluate([PERFECT], WORLD, cutoffs=(1, 2, 3)).per_user["perfect"]

    assert values.to_numpy() == pytest.approx(1)


def test_the_worst_model_gets_zero():
    # Five movies are unseen, of which the worst model puts the hidden one or two last.
    values = evaluate([WORST], WORLD, cutoffs=(1, 3)).per_user["worst"]

    assert values.to_numpy().tolist() == [[0] * 4] * 2


def test_users_without_a_test_item_count_nowhere():
    evaluation = evaluate([PERFECT], WORLD, cutoffs=(2,))

    assert evaluation.users.tolist() == [1, 2]
    assert len(evaluation.per_user) == 2
    assert evaluation.rankings["perfect"].items.shape == (2, 2)


def test_all_users_are_counted():
    assert evaluate([PERFECT], WORLD, cutoffs=(2,)).n_users == 3


def test_models_learn_from_the_training_part_of_all_users():
    fitted_on = []

    class Curious(Fixed):
        def fit(self, train):
            fitted_on.append(train.toarray())
            return self

    evaluate([Curious(HIDDEN)], WORLD, cutoffs=(2,))

    assert np.array_equal(fitted_on, [KNOWN])


def test_seen_movies_are_never_recommended():
    # The model likes best what the user has rated.
    items = evaluate([Fixed(KNOWN)], WORLD, cutoffs=(6,)).rankings["fixed"].items

    assert items.tolist() == [[0, 2, 3, 4, 5, -1], [0, 1, 3, 4, 5, -1]]


def test_places_without_a_movie_hold_no_score_and_no_hit():
    padded = evaluate([PERFECT], WORLD, cutoffs=(8,)).rankings["perfect"]

    assert np.isnan(padded.scores[:, 5:]).all()
    assert not padded.hits[:, 5:].any()


def test_scores_and_hits_stand_beside_their_items():
    ranked = evaluate([PERFECT], WORLD, cutoffs=(3,)).rankings["perfect"]

    assert ranked.items.tolist() == [[4, 0, 2], [5, 3, 0]]
    assert ranked.scores.tolist() == [[4, 0, 0], [5, 2, 0]]
    assert ranked.hits.tolist() == [[True, False, False], [True, True, False]]


def test_an_empty_test_set_is_refused():
    empty = Split(WORLD.train, sparse.csr_array((3, 6), dtype=np.float32), question="")

    with pytest.raises(ValueError, match="test set is empty"):
        evaluate([PERFECT], empty)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused(wrong):
    with pytest.raises(ValueError, match="broken"):
        evaluate([Fixed(np.full((3, 6), wrong), "broken")], WORLD)


def test_scores_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="narrow"):
        evaluate([Fixed(np.ones((3, 5)), "narrow")], WORLD)


def test_blocks_change_nothing(split, evaluation, monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 7 * 4 * 30)

    in_blocks = evaluate([Popularity()], split, cutoffs=(5, 10))

    assert in_blocks.per_user["popularity"].equals(evaluation.per_user["popularity"])


def test_the_summary_has_means_over_users_within_their_interval(evaluation):
    summary = evaluation.summary()

    assert summary["mean"].to_dict() == pytest.approx(dict(evaluation.per_user.mean()))
    assert (summary["low"] < summary["mean"]).all()
    assert (summary["mean"] < summary["high"]).all()


def test_differences_by_hand():
    columns = pd.MultiIndex.from_product(
        [["other", "chosen"], ["NDCG"], [10]], names=["model", "metric", "k"]
    )
    # The chosen model is better for one of four users, by 0.4, worse for two, by 0.1 each.
    values = [[0.2, 0.6], [0.5, 0.4], [0.3, 0.2], [0.7, 0.7]]
    evaluation = Evaluation(np.arange(4), 4, {}, pd.DataFrame(values, columns=columns))

    found = evaluation.differences("chosen", "NDCG", 10)

    assert found.index.tolist() == ["other"]
    assert found.loc["other", ["mean", "better", "worse"]].tolist() == pytest.approx(
        [0.05, 0.25, 0.5]
    )


def test_the_table_of_means_has_the_best_model_first():
    index = pd.MultiIndex.from_product(
        [["weak", "strong"], ["NDCG"], [5, 10]], names=["model", "metric", "k"]
    )
    summary = pd.DataFrame({"mean": [0.5, 0.1, 0.2, 0.3], "se": [0.01, 0.02, 0.03, 0.04]}, index)

    table = mean_and_error(summary, "NDCG")

    assert table.to_dict("index") == {
        "strong": {"NDCG@5": "0.200 ± 0.030", "NDCG@10": "0.300 ± 0.040"},
        "weak": {"NDCG@5": "0.500 ± 0.010", "NDCG@10": "0.100 ± 0.020"},
    }
    assert table.index.tolist() == ["strong", "weak"]


def test_timings_cover_every_model(evaluation):
    timings = evaluation.timings()

    assert timings.index.tolist() == ["popularity", "ease"]
    assert (timings.to_numpy() >= 0).all()


def saved_metrics(path: Path, evaluation: Evaluation) -> str:
    summary, chosen = evaluation.summary(), "ease"
    comparisons = evaluation.differences(chosen, "NDCG", 10)
    save_metrics(path, {"split": "user-random"}, summary, comparisons, chosen)
    return path.read_text()


def test_metrics_json_holds_every_mean_with_its_error(tmp_path, evaluation):
    document = json.loads(saved_metrics(tmp_path / "metrics.json", evaluation))

    ndcg = document["models"]["ease"]["ndcg@10"]
    row = evaluation.summary().loc["ease", "NDCG", 10]
    assert document["protocol"] == {"split": "user-random"}
    assert list(document["models"]) == ["popularity", "ease"]
    assert set(document["models"]["ease"]) == {"ndcg@5", "ndcg@10", "hitrate@5", "hitrate@10"}
    assert ndcg == {
        "mean": pytest.approx(row["mean"], abs=1e-6),
        "se": pytest.approx(row["se"], abs=1e-6),
        "ci95": pytest.approx([row["low"], row["high"]], abs=1e-6),
    }


@pytest.mark.parametrize("name", ["two  spaces", "{braces  and} spaces"])
def test_metrics_json_keeps_the_protocol_word_for_word(tmp_path, evaluation, name):
    protocol = {"dataset": name}
    nothing = evaluation.differences("ease", "NDCG", 10).iloc[:0]

    save_metrics(tmp_path / "metrics.json", protocol, evaluation.summary(), nothing, "ease")

    assert json.loads((tmp_path / "metrics.json").read_text())["protocol"] == protocol


def test_metrics_json_compares_the_chosen_model(tmp_path, evaluation):
    [comparison] = json.loads(saved_metrics(tmp_path / "metrics.json", evaluation))["comparisons"]

    row = evaluation.differences("ease", "NDCG", 10).loc["popularity"]
    assert comparison == {
        "model": "ease",
        "against": "popularity",
        "metric": "ndcg@10",
        "difference": pytest.approx(row["mean"], abs=1e-6),
        "ci95": pytest.approx([row["low"], row["high"]], abs=1e-6),
        "better": pytest.approx(row["better"], abs=1e-6),
        "worse": pytest.approx(row["worse"], abs=1e-6),
    }


def test_metrics_json_has_one_metric_a_line(tmp_path, evaluation):
    lines = saved_metrics(tmp_path / "metrics.json", evaluation).splitlines()

    metrics = [line for line in lines if "@5" in line]
    assert len(metrics) == 4
    assert all("mean" in line and "se" in line and "ci95" in line for line in metrics)


def test_metrics_json_is_the_same_when_made_again(tmp_path, evaluation, split):
    again = evaluate([Popularity(), EASE(regularization=5.0, like_from=2.0)], split, (5, 10))

    assert saved_metrics(tmp_path / "a.json", evaluation) == saved_metrics(
        tmp_path / "b.json", again
    )


def test_recommendations_are_ranked_lists_of_ids(tmp_path, interactions, evaluation):
    save_recommendations(tmp_path / "lists.parquet", evaluation, interactions)

    lists = pd.read_parquet(tmp_path / "lists.parquet")
    ranked, row = evaluation.rankings["ease"], 2
    user = interactions.user_ids[evaluation.users[row]]
    one = lists[(lists["model"] == "ease") & (lists["userId"] == user)]
    assert lists.columns.tolist() == ["model", "userId", "rank", "movieId", "score"]
    assert one["rank"].tolist() == list(range(1, 11))
    assert one["movieId"].tolist() == [7 * column + 5 for column in ranked.items[row]]
    assert one["score"].tolist() == ranked.scores[row].tolist()


def test_recommendations_hold_no_padding(tmp_path, interactions, split):
    evaluation = evaluate([Popularity()], split, cutoffs=(30,))

    save_recommendations(tmp_path / "lists.parquet", evaluation, interactions)

    lists = pd.read_parquet(tmp_path / "lists.parquet").groupby("userId")["movieId"]
    unseen = 30 - np.diff(split.train.indptr)[evaluation.users]
    assert lists.nunique().tolist() == lists.size().tolist() == unseen.tolist()


def test_the_saved_test_set_is_the_held_out_ratings(tmp_path, interactions, split):
    save_test(tmp_path / "test.parquet", split, interactions)

    held_out = pd.read_parquet(tmp_path / "test.parquet")
    found = set(held_out.itertuples(index=False, name=None))
    expected = {
        (100 + 3 * user, 5 + 7 * movie, stars)
        for user, row in enumerate(split.test.toarray().tolist())
        for movie, stars in enumerate(row)
        if stars
    }
    assert held_out.columns.tolist() == ["userId", "movieId", "rating"]
    assert found == expected
    assert len(held_out) == len(expected)


def test_an_outside_scorer_finds_the_same_ndcg(tmp_path, interactions, split, evaluation):
    save_recommendations(tmp_path / "lists.parquet", evaluation, interactions)
    save_test(tmp_path / "test.parquet", split, interactions)
    lists = pd.read_parquet(tmp_path / "lists.parquet")
    held_out = pd.read_parquet(tmp_path / "test.parquet")

    movies = sorted({*lists["movieId"], *held_out["movieId"]})
    relevant = held_out.assign(relevant=1).pivot(
        index="userId", columns="movieId", values="relevant"
    )
    relevant = relevant.reindex(columns=movies).fillna(0)
    for model, listed in lists.groupby("model"):
        # What is not on the list ranks below all that is.
        scores = -listed.pivot(index="userId", columns="movieId", values="rank")
        scores = scores.reindex(index=relevant.index, columns=movies).fillna(-1_000)
        expected = ndcg_score(relevant, scores, k=10)

        assert evaluation.summary().loc[(model, "NDCG", 10), "mean"] == pytest.approx(expected)
