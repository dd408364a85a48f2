"""What an evaluation leaves: as it was, as other tools read it, and as they score it."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import ranx
from scipy import sparse

from movierec.evaluation.evaluate import Evaluation, evaluate, list_qualities
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.results import (
    key,
    save_metrics,
    save_per_user,
    save_recommendations,
    save_test,
)
from movierec.evaluation.summary import differences, summarise
from movierec.models.ease import EASE
from movierec.models.popularity import Popularity


@pytest.fixture(scope="module")
def summary(evaluation) -> pd.DataFrame:
    return summarise(evaluation.per_user)


@pytest.fixture(scope="module")
def overall(evaluation) -> pd.DataFrame:
    n_movies = evaluation.split.train.shape[1]
    content = sparse.csr_array(np.eye(n_movies, dtype=np.float32))
    return list_qualities(evaluation, content, np.ones((n_movies, 1)))[1]


@pytest.fixture
def save(tmp_path, settings, evaluation, summary, overall):
    """Save metrics, some of them other than those of the evaluation, and read the file."""

    def saved(name: str = "metrics.json", **other) -> str:
        given = {
            "protocol": {"name": "user-random"},
            "settings": settings,
            "summary": summary,
            "overall": overall,
            "comparisons": {"ndcg@10": differences(evaluation.per_user, "ease", "NDCG")},
            "chosen": "ease",
        }
        save_metrics(tmp_path / name, **given | other)
        return (tmp_path / name).read_text()

    return saved


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("NDCG", "ndcg@10"),
        ("MAP", "map@10"),
        ("MRR", "mrr@10"),
        ("Recall", "recall@10"),
        ("HitRate", "hitrate@10"),
        ("CappedRecall", "capped_recall@10"),
        ("PopularityLift", "popularity_lift@10"),
    ],
)
def test_names_of_metrics(metric, name):
    assert key(metric, 10) == name


def test_metrics_json_says_how_it_was_evaluated(save, settings):
    document = json.loads(save())

    assert document["protocol"] == {"name": "user-random"}
    assert document["settings"] == asdict(settings)


@pytest.mark.parametrize("name", ["two  spaces", "{braces  and} spaces", "[a, b]", "Amélie"])
def test_metrics_json_keeps_the_protocol_word_for_word(save, name):
    protocol = {"dataset": name, "selection": {"name": name}, "movies": [name, name]}

    assert json.loads(save(protocol=protocol))["protocol"] == protocol


def test_metrics_json_holds_every_mean_with_its_error(save, summary):
    models = json.loads(save())["models"]

    row = summary.loc["ease", "CappedRecall", 10]
    assert list(models) == ["popularity", "ease"]
    assert models["ease"]["capped_recall@10"] == {
        "mean": pytest.approx(row["mean"], abs=1e-6),
        "se": pytest.approx(row["se"], abs=1e-6),
        "ci95": pytest.approx([row["low"], row["high"]], abs=1e-6),
    }


def test_metrics_json_holds_every_metric_of_every_model(save):
    models = json.loads(save())["models"]

    expected = {key(metric, k) for metric in METRICS for k in (5, 10)} | {"coverage@10", "gini@10"}
    assert set(models["popularity"]) == set(models["ease"]) == expected


def test_metrics_json_holds_what_describes_all_lists_together(save, overall):
    ease = json.loads(save())["models"]["ease"]

    assert ease["coverage@10"] == {
        "value": pytest.approx(overall.loc["ease", ("Coverage", 10)], abs=1e-6)
    }
    assert ease["gini@10"] == {"value": pytest.approx(overall.loc["ease", ("Gini", 10)], abs=1e-6)}


def test_metrics_json_compares_the_chosen_model(save, evaluation):
    by_ndcg = differences(evaluation.per_user, "ease", "NDCG")
    by_hits = differences(evaluation.per_user, "ease", "HitRate", k=5)

    found = json.loads(save(comparisons={"ndcg@10": by_ndcg, "hitrate@5": by_hits}))["comparisons"]

    assert [one["metric"] for one in found] == ["ndcg@10", "hitrate@5"]
    row = by_ndcg.loc["popularity"]
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


def test_p_values_are_kept_however_small(save, evaluation):
    gains = differences(evaluation.per_user, "ease", "NDCG").assign(p=1.23456e-12)

    [found] = json.loads(save(comparisons={"ndcg@10": gains}))["comparisons"]

    assert found["p_holm"] == 1.23e-12


def test_what_is_not_defined_is_null(save, summary, overall):
    text = save(summary=summary.assign(low=np.nan, high=np.nan), overall=overall * np.nan)

    ease = json.loads(text)["models"]["ease"]
    assert ease["ndcg@10"]["ci95"] == [None, None]
    assert ease["gini@10"] == {"value": None}
    assert "NaN" not in text


def test_metrics_json_has_one_metric_a_line(save):
    lines = [line for line in save().splitlines() if "@5" in line]

    assert len(lines) == 2 * len(METRICS)
    assert all("mean" in line and "se" in line and "ci95" in line for line in lines)


def test_metrics_json_has_one_setting_a_line(save, settings):
    lines = [line.strip().rstrip(",") for line in save().splitlines()]

    expected = [f'"{name}": {json.dumps(value)}' for name, value in asdict(settings).items()]
    assert [line for line in lines if line in expected] == expected


def test_metrics_json_is_the_same_when_made_again(save, split):
    again = evaluate(
        [Popularity(), EASE(regularization=5.0, positive_threshold=2.0)], split, cutoffs=(5, 10)
    )

    assert save("again.json", summary=summarise(again.per_user)) == save()


def test_values_of_every_user_are_kept(tmp_path, interactions, evaluation):
    users = interactions.user_ids[evaluation.users]

    save_per_user(tmp_path / "per_user.parquet", evaluation.per_user, users)

    kept = pd.read_parquet(tmp_path / "per_user.parquet")
    assert kept["userId"].tolist() == users.tolist()
    assert kept.columns[1] == "popularity hitrate@5"
    assert kept.dtypes[1:].unique().tolist() == [np.float32]
    assert kept.iloc[:, 1:].to_numpy() == pytest.approx(evaluation.per_user.to_numpy(), abs=1e-6)


def test_values_that_are_not_defined_stay_so(tmp_path):
    columns = pd.MultiIndex.from_tuples([("als", "PopularityLift", 10)])
    per_user = pd.DataFrame([[0.5], [np.nan]], columns=columns)

    save_per_user(tmp_path / "per_user.parquet", per_user, np.array([7, 9]))

    kept = pd.read_parquet(tmp_path / "per_user.parquet")
    assert kept["als popularity_lift@10"].isna().tolist() == [False, True]


def test_recommendations_are_ranked_lists_of_ids(tmp_path, interactions, evaluation):
    save_recommendations(tmp_path / "lists.parquet", evaluation, interactions)

    lists = pd.read_parquet(tmp_path / "lists.parquet")
    given, row = evaluation.lists["ease"], 2
    user = interactions.user_ids[evaluation.users[row]]
    one = lists[(lists["model"] == "ease") & (lists["userId"] == user)]
    assert lists.columns.tolist() == ["model", "userId", "rank", "movieId", "score"]
    assert lists["model"].unique().tolist() == ["popularity", "ease"]
    assert one["rank"].tolist() == list(range(1, 11))
    assert one["movieId"].tolist() == [7 * column + 5 for column in given.items[row]]
    assert one["score"].tolist() == given.scores[row].tolist()


def test_recommendations_hold_no_padding(tmp_path, interactions, split):
    evaluation = evaluate([Popularity()], split, cutoffs=(35,))

    save_recommendations(tmp_path / "lists.parquet", evaluation, interactions)

    lists = pd.read_parquet(tmp_path / "lists.parquet").groupby("userId")["movieId"]
    unseen = 30 - np.diff(split.train.indptr)[evaluation.users]
    assert lists.nunique().tolist() == lists.size().tolist() == unseen.tolist()


def kept_test(path: Path, evaluation: Evaluation, interactions) -> pd.DataFrame:
    save_test(path / "test.parquet", evaluation, interactions)
    return pd.read_parquet(path / "test.parquet")


@pytest.mark.parametrize("threshold", [0, 3.5])
def test_the_saved_test_set_is_the_relevant_ratings(tmp_path, interactions, split, threshold):
    evaluation = evaluate([Popularity()], split, threshold, cutoffs=(5,))

    held_out = kept_test(tmp_path, evaluation, interactions)

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
    evaluation = evaluate([fixed(np.eye(3))], split, cutoffs=(2,))

    held_out = kept_test(tmp_path, evaluation, split.training)

    assert held_out["movieId"].tolist() == [12, 19]
    assert held_out["rating"].isna().all()


# ranx compiles itself when first called, and numba has this to say of it.
@pytest.mark.filterwarnings("ignore:unsafe cast from uint64 to int64")
@pytest.mark.parametrize("threshold", [0, 3.5])
def test_an_outside_scorer_finds_the_same(tmp_path, interactions, split, threshold):
    models = [Popularity(), EASE(regularization=5.0, positive_threshold=2.0)]
    evaluation = evaluate(models, split, threshold, cutoffs=(5, 10))
    save_recommendations(tmp_path / "lists.parquet", evaluation, interactions)
    relevant = kept_test(tmp_path, evaluation, interactions)
    qrels = ranx.Qrels(by_user(relevant.assign(value=1)))

    for model, lists in pd.read_parquet(tmp_path / "lists.parquet").groupby("model"):
        # Equal scores would leave it to the scorer who goes first, which ranks do not.
        run = ranx.Run(by_user(lists.assign(value=1 / lists["rank"])))
        found = ranx.evaluate(qrels, run, ["ndcg@10", "recall@10", "map@10"])

        expected = summarise(evaluation.per_user)["mean"][model]
        assert found["ndcg@10"] == pytest.approx(expected["NDCG", 10], abs=1e-6)
        assert found["recall@10"] == pytest.approx(expected["Recall", 10], abs=1e-6)
        assert found["map@10"] == pytest.approx(expected["MAP", 10], abs=1e-6)


def by_user(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {
        str(user): dict(zip(theirs["movieId"].astype("str"), theirs["value"], strict=True))
        for user, theirs in rows.groupby("userId")
    }
