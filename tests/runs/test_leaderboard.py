"""The leaderboard of a sweep: order, differences, what failed, and where it is left."""

import pandas as pd
import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs import leaderboard, sweep
from movierec.runs.log import RunLog
from movierec.runs.sweep import Progress, make_sweep

USERS = {1: (0.1, 0.4), 2: (0.1, 0.5), 3: (0.2, 0.6)}


def gaining(gain: float) -> dict[int, tuple[float, float]]:
    return {user: (als, hybrid + gain) for user, (als, hybrid) in USERS.items()}


@pytest.fixture
def board(evaluated):
    """Of three values of factors, 16 is best and 32 failed."""
    swept = make_sweep(name="night", assignments=["factors=8,16,32"])
    evaluated("night-factors-8", gaining(0.0), {"factors": 8})
    evaluated("night-factors-16", gaining(0.2), {"factors": 16})
    log = RunLog(RunPaths("night-factors-8"))
    log.note("01_eda 3.0 s 200 MB, shared with night-factors-16")
    log.note("05_evaluation 40.0 s 1,500 MB")
    whole = ["night-factors-8", "night-factors-16"]
    failed = {"night-factors-32": "03_als_training: FloatingPointError: no numbers"}
    return swept, leaderboard.make_leaderboard(swept, whole, failed)


def test_the_best_comes_first_with_differences_settings_time_and_memory(board):
    table = leaderboard.table(board[1], "ndcg@10")

    assert table.index.tolist() == ["factors 16", "factors 8"]
    assert table["factors"].tolist() == [16, 8]
    assert table["mean"].tolist() == pytest.approx([0.7, 0.5])
    assert table.loc["factors 8", "difference mean"] == pytest.approx(-0.2)
    assert table.loc["factors 8", ["seconds", "megabytes"]].tolist() == [43, 1500]


def test_a_failure_is_explained(board):
    found = leaderboard.sections(*board, "ndcg@10")

    assert found["Failed"] == [
        "- night-factors-32: 03_als_training: FloatingPointError: no numbers"
    ]


def test_one_or_two_swept_settings_have_a_figure(board):
    swept, differences = leaderboard.sections(*board, "ndcg@10")["Leaderboard"][2:]

    assert swept.get_xlabel() == "factors"
    assert differences.get_xlabel().startswith("mean paired difference of ndcg@10")


def test_a_run_without_an_evaluation_is_told(board):
    swept, _ = board
    found = leaderboard.make_leaderboard(swept, ["night-factors-32"], {})

    assert "05_evaluation" in found.unevaluated["night-factors-32"]


def test_seeds_are_pooled(evaluated):
    swept = make_sweep(name="night", assignments=["factors=8,16", "seed=0,1"])
    for factors in (8, 16):
        for seed in (0, 1):
            told = {"factors": factors, "seed": seed}
            evaluated(f"night-factors-{factors}-seed-{seed}", USERS, told, seed=seed)
    runs = [swept.run_name(one) for one in swept.combinations]

    table = leaderboard.table(leaderboard.make_leaderboard(swept, runs, {}), "ndcg@10")

    assert sorted(table.index) == ["factors 16", "factors 8"]
    assert table.loc["factors 8", "runs"] == "night-factors-8-seed-0, night-factors-8-seed-1"


def test_different_questions_are_ranked_apart(evaluated):
    swept = make_sweep(name="night", assignments=["protocol=user-random,global-time"])
    evaluated("night-protocol-user-random", USERS)
    evaluated("night-protocol-global-time", gaining(0.3), name="global-time")
    runs = [swept.run_name(one) for one in swept.combinations]

    board = leaderboard.make_leaderboard(swept, runs, {})

    assert leaderboard.table(board, "ndcg@10")["question"].tolist() == [1, 2]
    said = leaderboard.sections(swept, board, "ndcg@10")["Different questions"]
    assert said == ["Shown apart, since they differ in protocol user-random / global-time."]


def test_the_command_prints_ranks_and_leaves_page_and_table(board, monkeypatch, capsys):
    def done(swept, jobs, tell):
        progress = Progress(["night-factors-8", "night-factors-16"], {"night-factors-32": "no"})
        tell("night-factors-32", progress)
        return progress

    monkeypatch.setattr(sweep, "run_sweep", done)

    assert main(["sweep", "--name", "night", "-p", "factors=8,16,32", "--jobs", "2"]) == 1

    said = capsys.readouterr().out
    assert "3 of 3  night-factors-32  failed: no" in said
    assert said.index("factors 16  ") < said.index("factors 8  ")
    folder = board[0].folder
    assert pd.read_csv(folder / "leaderboard.csv")["factors"].tolist() == [16, 8]
    page = (folder / "leaderboard.html").read_text(encoding="utf-8")
    assert "night-factors-32" in page
    assert 'href="../../night-factors-16/index.html"' in page
    assert make_sweep(folder / "sweep.toml", name="night") == board[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "factors=8"], "nothing is swept"),
        (["-p", "factors=8,16", "--jobs", "0"], "at least one run"),
        (["-p", "factors=8,x"], "factors = x is not possible"),
        (["no.toml"], "no.toml"),
    ],
)
def test_what_cannot_be_swept_is_refused(arguments, message, capsys):
    assert main(["sweep", *arguments]) == 1

    assert message in capsys.readouterr().err
