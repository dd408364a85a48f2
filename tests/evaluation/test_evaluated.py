"""What is read of evaluated runs, which of them answer one question, and which are pooled."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from movierec.evaluation.evaluated import by_question, read_run
from movierec.evaluation.results import save_metrics, save_per_user
from movierec.evaluation.summary import differences, metrics_table
from movierec.paths import RunPaths
from movierec.settings import ContentSettings
from movierec.stages import MissingArtifact


def labels(*runs) -> list[list[str]]:
    return [[one.label for one in configurations] for configurations in by_question(runs)]


def test_metrics_have_their_interval_or_none(evaluated):
    metrics = evaluated("a").metrics.set_index(["model", "metric"])

    assert metrics.loc[("hybrid", "ndcg@10")].to_list() == pytest.approx([0.4, 0.38, 0.42])
    gini = metrics.loc[("hybrid", "gini@10")].to_list()
    assert gini == pytest.approx([0.75, np.nan, np.nan], nan_ok=True)


def test_what_is_not_defined_is_nan(evaluated):
    nothing = {"als": {"popularity_lift@10": {"mean": None, "se": None, "ci95": [None, None]}}}

    run = evaluated("a", models=nothing)

    assert run.metrics[["mean", "low", "high"]].isna().all(axis=None)


def test_what_an_evaluation_saves_can_be_read(evaluation, settings, recorded):
    gini = pd.DataFrame([("ease", "Gini", 10, 0.5)], columns=["model", "metric", "k", "mean"])
    metrics = metrics_table(evaluation.per_user, gini)
    gains = differences(evaluation.values("NDCG"), "ease")
    run = RunPaths("saved")
    told = [ContentSettings(max_features=7), settings]
    about = {"name": "user-random"}
    by_metric = {"ndcg@10": gains}
    save_metrics(run.output("metrics.json"), about, told, {}, metrics, by_metric, "ease")
    save_per_user(run.output("per_user.parquet"), evaluation.per_user, evaluation)
    recorded(run, "05_evaluation")

    read = read_run(run)

    assert read.target == "ease"
    assert read.answer["max_features"] == 7
    assert read.metrics["mean"].to_numpy() == pytest.approx(metrics["mean"].to_numpy(), abs=1e-6)
    [[one]] = by_question([read])
    values = one.per_user("ndcg@10")[["popularity", "ease"]]
    assert values.to_numpy() == pytest.approx(evaluation.values("NDCG").to_numpy(), abs=1e-6)


def test_a_run_without_an_evaluation_is_named():
    with pytest.raises(MissingArtifact, match="05_evaluation"):
        read_run(RunPaths("never"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"protocol": {}, "models": {"als": {"ndcg@10": {"mean": 0.',
        "[]",
        '"metrics"',
        "{}",
        '{"protocol": {}}',
        '{"protocol": {}, "models": {}}',
        '{"protocol": [], "models": {"als": {}}}',
        '{"protocol": {}, "models": ["als"]}',
        '{"protocol": {}, "models": {"als": {"ndcg@10": 0.4}}}',
        '{"protocol": {}, "models": {"als": {"ndcg@10": {"se": 0.4}}}}',
        '{"protocol": {}, "models": {"als": {"ndcg@10": {"mean": 0.4, "ci95": [0.3]}}}}',
    ],
)
def test_a_malformed_metrics_json_is_named(text, recorded):
    path = RunPaths("broken").output("metrics.json")
    path.write_text(text)
    recorded(RunPaths("broken"), "05_evaluation")

    with pytest.raises(ValueError, match=r"broken.metrics\.json is not what stage 05_evaluation"):
        read_run(RunPaths("broken"))


def test_runs_that_differ_in_their_seed_alone_are_one_configuration(evaluated):
    a = evaluated("a", seed=0, test_users=3, settings={"seed": 0})
    b = evaluated("b", seed=1, test_users=4, settings={"seed": 1})

    assert labels(a, b) == [["a, b"]]


def test_runs_that_differ_in_a_setting_are_not_pooled(evaluated):
    assert labels(evaluated("a"), evaluated("b", settings={"factors": 16})) == [["a", "b"]]


def test_runs_that_differ_in_a_setting_are_pooled_on_demand(evaluated):
    a, b = evaluated("a", seed=0), evaluated("b", settings={"factors": 16}, seed=1)

    assert [[one.label for one in asked] for asked in by_question([a, b], pool=True)] == [["a, b"]]


def test_runs_of_one_seed_are_never_pooled(evaluated):
    with pytest.raises(ValueError, match="only runs of different seeds can be pooled: a, b"):
        by_question([evaluated("a"), evaluated("b", settings={"factors": 16})], pool=True)


def test_runs_of_the_same_settings_and_seed_are_not_pooled(evaluated):
    assert labels(evaluated("a"), evaluated("b")) == [["a", "b"]]


@pytest.mark.parametrize(
    "protocol",
    [{"name": "global-time"}, {"test_share": 0.5}, {"sha256": {"ratings.csv": "abc"}}],
    ids=["protocol", "share", "data"],
)
def test_runs_of_another_protocol_or_dataset_answer_another_question(evaluated, protocol):
    whole = {"test_share": 0.2, "sha256": {"ratings.csv": "def"}}
    a, b = evaluated("a", **whole), evaluated("b", **whole | protocol)

    assert labels(a, b) == [["a"], ["b"]]


@pytest.mark.parametrize(("fraction", "questions"), [(1.0, 1), (0.5, 2)])
def test_another_draw_of_ratings_is_another_question(evaluated, fraction, questions):
    a, b = (
        evaluated(name, selection={"ratings_fraction": fraction, "seed": seed}, seed=seed)
        for seed, name in enumerate("ab")
    )

    assert len(by_question([a, b])) == questions


def test_a_setting_that_only_one_run_wrote_tells_no_runs_apart(evaluated):
    old, new = evaluated("old"), evaluated("new", settings={"max_features": 7}, seed=1)

    assert labels(old, new) == [["old, new"]]


def test_many_seeds_are_named_by_the_first_and_the_last(evaluated):
    runs = [evaluated(f"s{seed}", seed=seed) for seed in range(5)]

    assert labels(*runs) == [["s0 to s4 (5 seeds)"]]


def test_a_user_counts_once_over_several_seeds(evaluated):
    a = evaluated("a", {1: (0.2, 0.5), 2: (0.1, 0.9)}, seed=0)
    b = evaluated("b", {2: (0.3, 0.3), 3: (0.4, 0.6)}, seed=1)

    [[one]] = by_question([a, b])

    assert one.per_user("ndcg@10")["hybrid"].to_dict() == pytest.approx({1: 0.5, 2: 0.6, 3: 0.6})
    assert one.values("ndcg@10").loc["hybrid", "mean"] == pytest.approx((0.5 + 0.6 + 0.6) / 3)


def test_means_without_a_run_are_those_of_the_others(evaluated):
    a = evaluated("a", {1: (0.2, 0.5), 2: (0.1, 0.9)}, seed=0)
    b = evaluated("b", {2: (0.3, 0.3), 3: (0.4, 0.6)}, seed=1)
    [[both]], [[alone]] = by_question([a, b]), by_question([a])

    found = both.without_splits("ndcg@10")

    assert found["hybrid"].tolist() == pytest.approx([0.45, 0.7])
    assert found["als"].tolist() == pytest.approx([0.35, 0.15])
    assert alone.without_splits("ndcg@10") is None


def test_over_several_seeds_intervals_are_of_users_and_of_splits(evaluated):
    runs = [evaluated(f"s{n}", {1: (0, 0.2 * n), 2: (0, 0.2 * n + 0.1)}, seed=n) for n in (1, 2, 3)]
    [[one]] = by_question(runs)

    low, high = one.values("ndcg@10").loc["hybrid", ["low", "high"]]

    # Errors of users 0.05, of splits 0.2 / sqrt(3), with one and two degrees of freedom.
    squares = np.array([0.05**2, 0.2**2 / 3])
    freedom = squares.sum() ** 2 / (squares[0] ** 2 + squares[1] ** 2 / 2)
    expected = stats.t.interval(0.95, freedom, 0.45, np.sqrt(squares.sum()))
    assert (low, high) == pytest.approx(expected)
