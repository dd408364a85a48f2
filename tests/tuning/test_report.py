"""What a search leaves: the preset and the content of the report."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from optuna import Study
from optuna.distributions import FloatDistribution

from movierec.settings import read_preset
from movierec.stages import STAGES
from movierec.tuning.report import importance, page, preset_text, trials_table
from movierec.tuning.search import TuningTask


@pytest.fixture(autouse=True)
def _figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def presented(hill: TuningTask, explore) -> tuple[TuningTask, Study]:
    """A task and its study of 12 trials with given values: best is the fifth."""
    values = [0.2, 0.1, 0.3, 0.25, 0.4, 0.35, *[0.15] * 6]
    task = replace(hill, scores=lambda _: iter([values.pop(0)] * 2))
    return task, explore(task, 12)


def test_a_preset_holds_the_starts_values_in_their_order_with_the_best_instead(presented):
    task, study = presented
    task = replace(task, preset={"ease_weight": 0.5, "models": "all", "cf_weight": 0.25})

    best = study.trials[4].params
    assert list(tomllib.loads(preset_text(task, study, "")).items()) == [
        ("ease_weight", best["ease_weight"]),
        ("models", "all"),
        ("cf_weight", 0.25),
        ("bpr_iterations", best["bpr_iterations"]),
    ]


def test_fixed_values_go_into_a_preset_unless_they_say_what_is_asked(presented):
    task, study = presented
    task = replace(task, fixed={"max_features": 7, "alpha": 2.5, "test_share": 0.3, "seed": 3})

    preset = tomllib.loads(preset_text(task, study, ""))
    assert list(preset) == ["cf_weight", "ease_weight", "max_features", "alpha", "bpr_iterations"]
    assert (preset["max_features"], preset["alpha"]) == (7, 2.5)


def test_a_preset_is_one_that_runs_take(presented, tmp_path):
    task, study = presented
    path = tmp_path / "preset.toml"
    path.write_text(preset_text(task, study, "tune"), encoding="utf-8")

    read = read_preset(str(path), [stage.parameters for stage in STAGES.values()])
    assert read == {"cf_weight": 0.25} | study.trials[4].params


def test_a_preset_says_how_it_was_made(presented):
    head = preset_text(*presented, "movierec tune --trials 12").partition("\n\n")[0]

    assert head.splitlines() == [
        "# Made by: movierec tune --trials 12",
        "# Model hill, dataset hills, protocol user-random (share 0.2, relevant from 0 stars,"
        " seed 0).",
        "# The best of 12 trials, number 5, has a mean NDCG@10 of 0.4000 over 2 validation splits;"
        " the start, number 1, has 0.2000. No trial has seen the test part.",
    ]


def test_a_dataset_may_be_called_anything(presented):
    task, study = presented
    odd = 'x\n= "y"\x85\x01<b>'
    task = replace(task, facts=replace(task.facts, name=odd))

    assert tomllib.loads(preset_text(task, study, f"tune '{odd}'"))["cf_weight"] == 0.25


def test_a_page_shows_the_best_two_figures_and_all_trials(presented):
    task, study = presented
    title, sections, about = page(task, study)

    assert title == "Tuning hill"
    assert "number 5, has a mean NDCG@10 of 0.4000" in sections["Which settings are best?"][0]
    table = sections["Which settings are best?"][-1]
    assert table.loc["ease_weight"].tolist() == [
        "0.5",
        f"{study.trials[4].params['ease_weight']:g}",
        "0",
        "1",
    ]
    assert isinstance(sections["How did the search go?"][0], Axes)
    assert isinstance(sections["Which parameters mattered?"][0], Axes)
    [trials] = sections["All trials, best first"]
    assert trials.index.tolist() == [5, 6, 3, 4, 1, 7, 8, 9, 10, 11, 12, 2]
    assert about["dataset"]["ratings"] == 7
    assert not about["dataset"]["simulated"]


def test_a_page_of_few_trials_does_without_importance(hill, explore):
    [text] = page(hill, explore(hill, 2))[1]["Which parameters mattered?"]

    assert "Too few trials" in text


def test_the_table_of_trials_holds_a_start_outside_the_space(hill, explore):
    narrow = replace(hill, space={"ease_weight": FloatDistribution(0.6, 1)})
    table = trials_table(explore(narrow, 2))

    assert table.index.tolist() == [1, 2]
    assert table.loc[1, "ease_weight"] == 0.5
    assert table.loc[2, "ease_weight"] >= 0.6
    assert table["NDCG@10"].tolist() == [
        next(narrow.scores(narrow.settings)),
        table.loc[2, "NDCG@10"],
    ]
    assert (table["seconds"] >= 0).all()
    assert table["splits"].tolist() == [2, 2]


def test_the_parameter_that_matters_is_the_important_one(hill, explore):
    shares = importance(hill, explore(hill, 25))

    assert shares.index.tolist() == ["ease_weight", "bpr_iterations"]
    assert shares["ease_weight"] > 0.8
    assert shares.sum() == pytest.approx(1)


def test_a_start_outside_the_space_has_no_part_in_importance(hill, explore):
    narrow = replace(hill, space={"ease_weight": FloatDistribution(0.6, 1)})

    assert importance(narrow, explore(narrow, 10)).empty
    assert importance(narrow, explore(narrow, 11)).to_dict() == {"ease_weight": 1}


def test_equal_trials_say_nothing_of_importance(hill, explore):
    level = replace(hill, scores=lambda _: iter([0.5, 0.5]))

    pd.testing.assert_series_equal(importance(level, explore(level, 12)), pd.Series(dtype=float))
