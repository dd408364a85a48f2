"""Files of an evaluation, as other tools read them."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from movierec.datasets import DatasetFacts
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.results import (
    comparisons,
    describe,
    key,
    save_metrics,
    save_per_user,
    save_recommendations,
    save_test,
)
from movierec.evaluation.summary import differences, metrics_table
from movierec.models.popularity import Popularity
from movierec.settings import ContentSettings, ProtocolSettings


@pytest.fixture(scope="module")
def metrics(evaluation) -> pd.DataFrame:
    rows = [(model, "Gini", 10, 0.25) for model in evaluation.lists]
    overall = pd.DataFrame(rows, columns=["model", "metric", "k", "mean"])
    return metrics_table(evaluation.per_user, overall)


@pytest.fixture
def gains(evaluation) -> pd.DataFrame:
    return differences(evaluation.values("NDCG"), "ease")


@pytest.fixture
def save(tmp_path, settings, metrics, gains):
    """Save metrics, some of them other than those of the evaluation, and read the file."""

    def saved(**other) -> str:
        given = {
            "protocol": {"name": "user-random"},
            "settings": [ContentSettings(max_features=7), settings],
            "adapted": {"alpha": 3.5},
            "metrics": metrics,
            "comparisons": {"ndcg@10": gains},
            "target": "ease",
        }
        save_metrics(tmp_path / "metrics.json", **given | other)
        return (tmp_path / "metrics.json").read_text()

    return saved


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("NDCG", "ndcg@10"),
        ("HitRate", "hitrate@10"),
        ("CappedRecall", "capped_recall@10"),
        ("PopularityLift", "popularity_lift@10"),
    ],
)
def test_names_of_metrics(metric, name):
    assert key(metric, 10) == name


def test_the_protocol_is_described(evaluation):
    facts = DatasetFacts("mine", False, *[0] * 8, {"ratings.csv": "abc"}, {"top_movies": 13})

    about = describe(ProtocolSettings(test_share=0.3, seed=4), evaluation, facts, 7)

    assert about == {
        "name": "user-random",
        "dataset": "mine",
        "sha256": {"ratings.csv": "abc"},
        "selection": {"top_movies": 13},
        "test_share": 0.3,
        "test_from": "",
        "relevance_threshold": 0.0,
        "seed": 4,
        "film_facts": 7,
        "test_users": len(evaluation.users),
        "test_ratings": evaluation.split.test.nnz,
    }


def test_metrics_json_has_protocol_and_settings(save, settings):
    document = json.loads(save())

    assert document["protocol"] == {"name": "user-random"}
    content = ContentSettings(max_features=7).model_dump()
    assert document["settings"] == content | settings.model_dump()
    assert document["adapted"] == {"alpha": 3.5}


def test_metrics_json_has_every_metric_of_every_model(save, metrics):
    models = json.loads(save())["models"]

    expected = [key(metric, k) for metric in METRICS for k in (5, 10)]
    expected += ["liked_ndcg@10", "disliked_hits@10", "gini@10"]
    assert list(models) == ["popularity", "ease"]
    assert all(list(of_one) == expected for of_one in models.values())
    row = metrics.set_index(["model", "metric", "k"]).loc["ease", "CappedRecall", 10]
    assert models["ease"]["capped_recall@10"] == {
        "mean": pytest.approx(row["mean"], abs=1e-6),
        "se": pytest.approx(row["se"], abs=1e-6),
        "ci95": pytest.approx([row["low"], row["high"]], abs=1e-6),
    }
    assert models["ease"]["gini@10"] == {"value": 0.25}


def test_metrics_json_has_the_differences_of_the_target_model(save, gains):
    hits = gains.assign(p=1.23456e-12)

    found = json.loads(save(comparisons={"ndcg@10": gains, "hitrate@5": hits}))["comparisons"]

    row = gains.loc["popularity"]
    assert found[0] == {
        "model": "ease",
        "against": "popularity",
        "metric": "ndcg@10",
        "difference": pytest.approx(row["mean"], abs=1e-6),
        "ci95": pytest.approx([row["low"], row["high"]], abs=1e-6),
        "p_holm": pytest.approx(row["p"], rel=1e-2),
        "better": pytest.approx(row["better"], abs=1e-6),
        "worse": pytest.approx(row["worse"], abs=1e-6),
    }
    assert (found[1]["metric"], found[1]["p_holm"]) == ("hitrate@5", 1.23e-12)


def test_undefined_values_are_null(save, metrics):
    text = save(metrics=metrics.assign(mean=np.nan, low=np.nan, high=np.nan))

    ease = json.loads(text)["models"]["ease"]
    assert ease["ndcg@10"]["ci95"] == [None, None]
    assert ease["gini@10"] == {"value": None}
    assert "NaN" not in text


def test_per_user_values_have_a_row_per_user_and_model(tmp_path, evaluation):
    lift = evaluation.values("NDCG").mask(evaluation.values("NDCG") > 0)
    lift.columns = pd.MultiIndex.from_product([lift.columns, ["PopularityLift"], [10]])

    save_per_user(tmp_path / "p.parquet", evaluation.per_user.join(lift), evaluation)

    kept = pd.read_parquet(tmp_path / "p.parquet")
    users = (100 + 3 * evaluation.users).tolist()
    assert kept["userId"].tolist() == users * 2
    assert kept["model"].unique().tolist() == ["popularity", "ease"]
    assert kept.dtypes.drop("model").unique().tolist() == [np.int32, np.float32]
    ease = kept[kept["model"] == "ease"]
    expected = evaluation.per_user["ease", "HitRate", 5]
    assert ease["hitrate@5"].tolist() == pytest.approx(expected.tolist())
    # Undefined values stay so.
    assert ease["popularity_lift@10"].isna().tolist() == (ease["ndcg@10"] > 0).tolist()


def test_recommendations_are_ranked_lists_of_ids(tmp_path, evaluation):
    save_recommendations(tmp_path / "lists.parquet", evaluation)

    lists = pd.read_parquet(tmp_path / "lists.parquet")
    ranked, row = evaluation.lists["ease"], 2
    one = lists[(lists["model"] == "ease") & (lists["userId"] == 100 + 3 * evaluation.users[row])]
    assert lists.columns.tolist() == ["model", "userId", "rank", "movieId", "score"]
    assert lists["model"].unique().tolist() == ["popularity", "ease"]
    assert one["rank"].tolist() == list(range(1, 11))
    assert one["movieId"].tolist() == [7 * column + 5 for column in ranked.items[row]]
    assert one["score"].tolist() == ranked.scores[row].tolist()


def test_recommendations_name_users_and_movies_as_the_data_did(tmp_path, evaluation):
    split = evaluation.split
    n_users, n_movies = split.train.shape
    named = replace(
        split.training,
        user_names=np.array([f"u{row}" for row in range(n_users)]),
        movie_names=np.array([f"m{column}" for column in range(n_movies)]),
    )
    evaluation = replace(evaluation, split=replace(split, training=named))

    save_recommendations(tmp_path / "lists.parquet", evaluation)

    lists = pd.read_parquet(tmp_path / "lists.parquet")
    assert lists["user"].tolist() == [f"u{(user - 100) // 3}" for user in lists["userId"]]
    assert lists["movie"].tolist() == [f"m{(movie - 5) // 7}" for movie in lists["movieId"]]


def test_recommendations_hold_no_padding(tmp_path, split):
    evaluation = evaluate([Popularity()], split, cutoffs=(35,))

    save_recommendations(tmp_path / "lists.parquet", evaluation)

    lists = pd.read_parquet(tmp_path / "lists.parquet").groupby("userId")["movieId"]
    unseen = 30 - np.diff(split.train.indptr)[evaluation.users]
    assert lists.nunique().tolist() == lists.size().tolist() == unseen.tolist()


@pytest.mark.parametrize("threshold", [0, 3.5])
def test_the_saved_test_set_is_the_relevant_ratings(tmp_path, split, threshold):
    save_test(tmp_path / "test.parquet", evaluate([Popularity()], split, threshold, cutoffs=(5,)))

    held_out = pd.read_parquet(tmp_path / "test.parquet")
    expected = [
        (100 + 3 * user, 5 + 7 * movie, stars)
        for user, row in enumerate(split.test.toarray().tolist())
        for movie, stars in enumerate(row)
        if stars and stars >= threshold
    ]
    assert held_out.columns.tolist() == ["userId", "movieId", "rating"]
    assert sorted(held_out.itertuples(index=False, name=None)) == expected


def test_held_out_ratings_without_stars_are_kept(tmp_path, split_of, fixed):
    split = split_of([[3, 0, 0]], [[0, np.nan, np.nan]])

    save_test(tmp_path / "test.parquet", evaluate([fixed(np.eye(3))], split, cutoffs=(2,)))

    held_out = pd.read_parquet(tmp_path / "test.parquet")
    assert held_out["movieId"].tolist() == [12, 19]
    assert held_out["rating"].isna().all()


def test_the_target_model_is_compared_by_both_questions_and_by_hits(evaluation):
    found = comparisons(evaluation)

    assert list(found) == ["ndcg@10", "liked_ndcg@10", "hitrate@10"]
    liked = evaluation.values("LikedNDCG").dropna()
    expected = (liked["ease"] - liked["popularity"]).mean()
    assert found["liked_ndcg@10"].loc["popularity", "mean"] == pytest.approx(expected)
