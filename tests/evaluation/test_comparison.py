"""Metrics of several runs, read from what evaluations leave."""

import json

import numpy as np
import pandas as pd
import pytest

from movierec.evaluation.comparison import (
    differing,
    only_models,
    poolable,
    pooled_differences,
    read_metrics,
    report_tables,
    side_by_side,
)
from movierec.evaluation.results import save_metrics, save_per_user
from movierec.evaluation.summary import differences, metrics_table
from movierec.paths import RunPaths
from movierec.stages import MissingArtifact


@pytest.fixture
def run_with():
    """Leave a metrics.json of some models in a run."""

    def made(run: str, models: dict, **protocol) -> RunPaths:
        document = {"protocol": protocol, "models": models}
        RunPaths(run).output("metrics.json").write_text(json.dumps(document))
        return RunPaths(run)

    return made


def ndcg(mean: float) -> dict:
    return {"ndcg@10": {"mean": mean, "se": 0.01, "ci95": [mean - 0.02, mean + 0.02]}}


@pytest.fixture
def two_runs(run_with) -> pd.DataFrame:
    """Metrics of a small and a large run; als is in the second only, gini has no interval."""
    gini = {"gini@10": {"value": 0.75}}
    small = run_with("small", {"popularity": ndcg(0.2), "hybrid": ndcg(0.3) | gini})
    large = run_with("large", {"popularity": ndcg(0.1), "als": ndcg(0.4), "hybrid": ndcg(0.35)})
    return read_metrics([small, large])[0]


def test_every_metric_of_every_run_has_a_row(two_runs):
    assert two_runs.columns.tolist() == ["run", "model", "metric", "mean", "low", "high"]
    assert two_runs[["run", "model", "metric"]].apply(tuple, axis=1).tolist() == [
        ("small", "popularity", "ndcg@10"),
        ("small", "hybrid", "ndcg@10"),
        ("small", "hybrid", "gini@10"),
        ("large", "popularity", "ndcg@10"),
        ("large", "als", "ndcg@10"),
        ("large", "hybrid", "ndcg@10"),
    ]


def test_metrics_have_their_interval_or_none(two_runs):
    numbers = two_runs.loc[1:2, ["mean", "low", "high"]].to_numpy()

    expected = np.array([[0.3, 0.28, 0.32], [0.75, np.nan, np.nan]])
    assert numbers == pytest.approx(expected, nan_ok=True)


def test_what_is_not_defined_is_nan(run_with):
    nothing = {"popularity_lift@10": {"mean": None, "se": None, "ci95": [None, None]}}

    [metrics, _] = read_metrics([run_with("one", {"als": ndcg(0.4) | nothing})])

    assert metrics.loc[1, ["mean", "low", "high"]].isna().all()


def test_protocols_have_a_row_for_every_run(run_with):
    a = run_with("a", {}, name="user-random", seed=0)
    b = run_with("b", {}, name="global-time", seed=0)

    _, protocols = read_metrics([a, b])

    assert protocols.to_dict("index") == {
        "a": {"name": "user-random", "seed": 0},
        "b": {"name": "global-time", "seed": 0},
    }
    assert protocols.index.name == "run"


def test_what_an_evaluation_saves_can_be_read_and_pooled(evaluation, settings):
    gini = pd.DataFrame([("ease", "Gini", 10, 0.5)], columns=["model", "metric", "k", "mean"])
    metrics = metrics_table(evaluation.per_user, gini)
    gains = differences(evaluation.values("NDCG"), "ease")
    run = RunPaths("saved")
    about = {"name": "user-random"}
    save_metrics(run.output("metrics.json"), about, settings, metrics, {"ndcg@10": gains}, "ease")
    save_per_user(run.output("per_user.parquet"), evaluation.per_user, evaluation)

    read = read_metrics([run])[0]

    assert len(read) == len(metrics)
    assert read["mean"].to_numpy() == pytest.approx(metrics["mean"].to_numpy(), abs=1e-6)
    assert read["low"].to_numpy() == pytest.approx(metrics["low"].to_numpy(), abs=1e-6, nan_ok=True)
    pooled = pooled_differences([run, run], "ndcg@10", "ease")
    assert pooled.to_numpy() == pytest.approx(gains.to_numpy(), abs=1e-6)


def test_a_run_without_an_evaluation_is_named():
    with pytest.raises(MissingArtifact, match="05_evaluation"):
        read_metrics([RunPaths("never")])


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"protocol": {}, "models": {"als": {"ndcg@10": {"mean": 0.',
        "[]",
        '"metrics"',
        "{}",
        '{"protocol": {}}',
        '{"protocol": {}, "models": ["als"]}',
        '{"protocol": {}, "models": {"als": {"ndcg@10": 0.4}}}',
        '{"protocol": {}, "models": {"als": {"ndcg@10": {"se": 0.4}}}}',
        '{"protocol": {}, "models": {"als": {"ndcg@10": {"mean": 0.4, "ci95": [0.3]}}}}',
    ],
)
def test_a_malformed_metrics_json_is_named(text):
    path = RunPaths("broken").output("metrics.json")
    path.write_text(text)

    with pytest.raises(ValueError, match=r"broken.metrics\.json is not what stage 05_evaluation"):
        read_metrics([RunPaths("broken")])


def test_runs_of_one_protocol_do_not_differ(run_with):
    a, b = (run_with(name, {}, name="user-random", seed=0) for name in "ab")

    assert differing(read_metrics([a, b])[1]) == []


def test_in_what_protocols_differ_is_told(run_with):
    a = run_with("a", {}, name="user-random", seed=0, threshold=0)
    b = run_with("b", {}, name="user-random", seed=1)

    assert differing(read_metrics([a, b])[1]) == ["seed", "threshold"]


def test_models_can_be_chosen(two_runs):
    found = only_models(two_runs, ["als", "popularity"])

    assert found["model"].tolist() == ["popularity", "popularity", "als"]


def test_a_model_that_no_run_has_is_told(two_runs):
    with pytest.raises(
        ValueError, match="no run has a model bpr; there are popularity, hybrid, als"
    ):
        only_models(two_runs, ["als", "bpr"])


def test_runs_stand_side_by_side_the_best_model_first(two_runs):
    table = side_by_side(two_runs, "ndcg@10")

    assert table.columns.tolist() == ["small", "large", "mean"]
    assert table[["small", "large"]].to_dict("index") == {
        "als": {"small": "", "large": "0.4000 [0.3800, 0.4200]"},
        "hybrid": {"small": "0.3000 [0.2800, 0.3200]", "large": "0.3500 [0.3300, 0.3700]"},
        "popularity": {"small": "0.2000 [0.1800, 0.2200]", "large": "0.1000 [0.0800, 0.1200]"},
    }
    assert table.index.tolist() == ["als", "hybrid", "popularity"]


def test_the_mean_is_of_models_that_all_runs_have(two_runs):
    table = side_by_side(two_runs, "ndcg@10")

    assert table["mean"].to_dict() == {"als": "", "hybrid": "0.3250", "popularity": "0.1500"}


def test_what_has_no_interval_stands_alone(two_runs):
    assert side_by_side(two_runs, "gini@10").to_numpy().tolist() == [["0.7500"]]


def test_more_runs_than_models_stand_below_each_other(two_runs):
    table = side_by_side(only_models(two_runs, ["hybrid"]), "ndcg@10")

    assert table["hybrid"].to_dict() == {
        "small": "0.3000 [0.2800, 0.3200]",
        "large": "0.3500 [0.3300, 0.3700]",
        "mean": "0.3250",
    }


@pytest.fixture
def two_splits() -> list[RunPaths]:
    """Users 1 and 2 in one run, 2 and 3 in another; the hybrid is always better than als."""
    values = {"a": {1: (0.5, 0.2), 2: (0.9, 0.1)}, "b": {2: (0.3, 0.1), 3: (0.6, 0.4)}}
    for run, users in values.items():
        rows = [
            (user, model, value, 0.0)
            for user, pair in users.items()
            for model, value in zip(("hybrid", "als"), pair, strict=True)
        ]
        frame = pd.DataFrame(rows, columns=["userId", "model", "ndcg@10", "ndcg@5"])
        frame.to_parquet(RunPaths(run).output("per_user.parquet"))
    return [RunPaths("a"), RunPaths("b")]


def test_a_user_counts_once_over_several_splits(two_splits):
    found = pooled_differences(two_splits, "ndcg@10")

    # User 2 gains 0.8 and 0.2, 0.5 on average; users 1 and 3 gain 0.3 and 0.2 in their only run.
    assert found.index.tolist() == ["als"]
    assert found.loc["als", "mean"] == pytest.approx((0.3 + 0.5 + 0.2) / 3)
    assert found.loc["als", "better"] == 1


def pooled(*runs: RunPaths) -> bool:
    return poolable(*read_metrics(runs), "ndcg@10")


def test_runs_that_differ_in_their_seed_can_be_pooled(run_with):
    hybrid = {"hybrid": ndcg(0.3)}
    a, b = (run_with(name, hybrid, name="user-random", seed=n) for n, name in enumerate("ab"))

    assert pooled(a, b)
    assert not pooled(a)


def test_runs_of_two_protocols_cannot_be_pooled(run_with):
    a = run_with("a", {"hybrid": ndcg(0.3)}, name="user-random", seed=0)
    b = run_with("b", {"hybrid": ndcg(0.3)}, name="global-time", seed=0)

    assert not pooled(a, b)


@pytest.mark.parametrize(("fraction", "same"), [(1.0, True), (0.5, False)])
def test_another_draw_of_ratings_is_another_question(run_with, fraction, same):
    a, b = (
        run_with(
            name,
            {"hybrid": ndcg(0.3)},
            selection={"ratings_fraction": fraction, "seed": n},
            seed=n,
        )
        for n, name in enumerate("ab")
    )

    assert pooled(a, b) == same


@pytest.mark.parametrize(
    ("models", "metric", "pooled"),
    [
        ({"hybrid": ndcg(0.3)}, "ndcg@10", True),
        ({"als": ndcg(0.3)}, "ndcg@10", False),
        ({"hybrid": {"gini@10": {"value": 0.75}}}, "gini@10", False),
    ],
    ids=["per-user values", "no hybrid", "no per-user values"],
)
def test_only_per_user_values_of_the_target_model_can_be_pooled(run_with, models, metric, pooled):
    runs = [run_with(name, models, seed=seed) for seed, name in enumerate("ab")]

    assert poolable(*read_metrics(runs), metric) == pooled


def test_a_report_has_the_protocols_and_all_metrics_at_the_cutoff(run_with):
    metrics = ndcg(0.3) | {f"mrr@{k}": {"mean": 0.5, "ci95": [0.4, 0.6]} for k in (5, 10)}
    run = run_with("a", {"als": metrics}, seed=0, sha256={"ratings.csv": "abc"})

    tables = report_tables(*read_metrics([run]), "mrr@10")

    assert list(tables) == ["Protocols", "mrr@10", "ndcg@10"]
    assert tables["Protocols"].to_dict() == {"a": {"seed": 0}}
    assert tables["mrr@10"].to_dict() == {"a": {"als": "0.5000 [0.4000, 0.6000]"}}


def test_a_metric_that_no_run_has_is_told(two_runs):
    with pytest.raises(ValueError, match=r"no run has a metric 'auc'; there are ndcg@10, gini@10"):
        side_by_side(two_runs, "auc")
