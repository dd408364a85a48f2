"""The command `compare`: what it prints and leaves."""

import pandas as pd
import pytest

from movierec import paths
from movierec.cli import main

NARROW = {1: (0.2, 0.6), 2: (0.2, 0.1), 3: (0.3, 0.5), 4: (0.1, 0.4)}
WIDE = {1: (0.2, 0.9), 2: (0.2, 0.5), 3: (0.3, 0.8), 4: (0.3, 0.7)}


@pytest.fixture
def two(evaluated) -> None:
    evaluated("narrow", NARROW, {"factors": 16})
    evaluated("wide", WIDE)


def test_runs_of_different_settings_are_paired_and_never_averaged(two, capsys):
    assert main(["compare", "narrow", "wide"]) == 0

    said = capsys.readouterr().out
    assert "narrow / wide differ in: factors 16 / 64." in said
    assert "minus wide" in said
    assert "-0.3250 [-0.3" in said
    assert "splits" not in said
    # The mean of 0.725 and 0.4 has no meaning.
    assert "0.5625" not in said


def test_seeds_are_pooled_and_models_compared_within(evaluated, capsys):
    evaluated("s0", {1: (0.1, 0.5), 2: (0.2, 0.6)}, seed=0)
    evaluated("s1", {1: (0.3, 0.3), 2: (0.2, 0.6)}, seed=1)

    assert main(["compare", "s0", "s1"]) == 0

    said = capsys.readouterr().out
    assert "hybrid minus others, ndcg@10, mean over 2 splits" in said
    # User 1 gains 0.4 and 0, user 2 gains 0.4 twice.
    assert said.partition("\nals")[2].split()[0] == "0.3"


def test_runs_that_are_pooled_on_demand_say_in_what_they_differ(evaluated, capsys):
    evaluated("s0", seed=0)
    evaluated("s1", settings={"factors": 16}, seed=1)

    assert main(["compare", "s0", "s1", "--pool"]) == 0

    assert "Pooled though they differ in: factors 64 / 16." in capsys.readouterr().out


def test_different_questions_are_shown_apart(two, evaluated, capsys):
    evaluated("later", WIDE, name="global-time")

    assert main(["compare", "narrow", "wide", "later"]) == 0

    said = capsys.readouterr().out
    assert "differ in protocol user-random / global-time." in " ".join(said.split())
    first, second = said.split("Question 2: ", 1)
    assert "minus wide" in first
    assert "minus" not in second.partition("hybrid minus others")[0]


def test_a_comparison_leaves_a_page_and_a_table(two, capsys):
    assert main(["compare", "narrow", "wide", "--name", "widths"]) == 0

    folder = paths.reports() / "comparisons" / "widths"
    page = (folder / "comparison.html").read_text(encoding="utf-8")
    assert "factors 16 / 64" in page
    assert "minus wide" in page
    table = pd.read_csv(folder / "comparison.csv")
    assert set(table["run"]) == {"narrow", "wide"}
    assert f"report: {folder / 'comparison.html'}" in capsys.readouterr().out


def test_a_comparison_does_not_overwrite_the_last(two, capsys):
    assert main(["compare", "narrow", "wide"]) == main(["compare", "narrow", "wide"]) == 0

    left = sorted(path.name for path in (paths.reports() / "comparisons").iterdir())
    assert left == ["narrow-wide", "narrow-wide-2"]

    assert main(["compare", "narrow", "wide", "--name", "narrow-wide"]) == 1
    assert "give another --name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["narrow", "never"], "never"),
        (["narrow", "wide", "--metric", "auc"], "no run has a metric 'auc'"),
        (["narrow", "wide", "--model", "bpr"], "no run has a model 'bpr'"),
        (["narrow", "wide", "--against", "original"], "original is none of the runs"),
        (["narrow", "wide", "--name", "../x"], "plain name"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_leaves_nothing(two, arguments, message, capsys):
    assert main(["compare", *arguments]) == 1

    assert message in capsys.readouterr().err
    assert not paths.reports().exists()


def test_of_one_metric_that_has_no_values_by_user_nothing_is_paired(two, capsys):
    assert main(["compare", "narrow", "wide", "--metric", "gini@10"]) == 0

    assert "Nothing is paired" in capsys.readouterr().out


def test_many_runs_have_their_settings_in_a_table(two, evaluated, capsys):
    for factors in (8, 32):
        evaluated(f"f{factors}", WIDE, {"factors": factors})

    assert main(["compare", "narrow", "wide", "f8", "f32"]) == 0

    table = capsys.readouterr().out.partition("factors\n")[2].splitlines()
    assert [line.split() for line in table[:4]] == [
        ["narrow", "16"],
        ["wide", "64"],
        ["f8", "8"],
        ["f32", "32"],
    ]
