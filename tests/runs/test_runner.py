"""Stages executed one after another, and how they fail; the notebooks are stand-ins."""

import re
import subprocess
import sys
import time
from contextlib import nullcontext

import pytest

from movierec import paths
from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs import reports, runner
from movierec.runs.plan import Plan
from movierec.runs.runner import StageFailed, StageResult, run_stages
from movierec.stages import Stage, find_stage

RUN = RunPaths("sample")


@pytest.fixture(autouse=True)
def _data(tmp_path, monkeypatch) -> None:
    """The dataset is located in a moment, not simulated: the stand-ins do not read it."""
    monkeypatch.setattr("movierec.runs.plan.locate", lambda dataset: tmp_path / dataset)


def _report(stage: str) -> str:
    return RUN.report(stage).read_text(encoding="utf-8")


def test_a_failing_stage_ends_the_run_and_shows_its_error(stand_ins, capsys):
    stand_ins(_01="assert top_movies == 50", _02="1 / 0")
    assert main(["run", "-p", "top_movies=50"]) == 1
    said = capsys.readouterr()
    assert re.fullmatch(r"01_eda +[\d.]+ s +[\d,]+ MB\n02_content_features +failed\n", said.out)
    assert said.err == (
        "error: 02_content_features: ZeroDivisionError: division by zero\n"
        f"report: {RUN.report('02_content_features')}\n"
    )
    assert "This stage failed" in _report("02_content_features")
    assert "This stage failed" not in _report("01_eda")
    assert not RUN.notebook("03_als_training").exists()
    assert "<td>failed</td>" in RUN.index.read_text()


def test_a_kernel_that_dies_is_reported_as_that(stand_ins):
    stand_ins(_01="import os; os._exit(1)")
    with pytest.raises(StageFailed, match="01_eda: its kernel died"):
        list(run_stages(_plan("01"), print))
    assert "The kernel died while this cell ran." in _report("01_eda")


# Sleeps where it is executed for the first time.
SLEEPER = """
import pathlib, time
begun = pathlib.Path({!r})
again = begun.exists()
begun.touch()
time.sleep(0 if again else 600)
"""
RUNNER = """
import pathlib, sys
from movierec import cli, paths
paths.notebooks = lambda: pathlib.Path(sys.argv[1])
cli.main(sys.argv[2:])
"""


@pytest.mark.slow
def test_a_run_killed_midway_can_be_started_again(stand_ins, tmp_path):
    begun = tmp_path / "begun"
    stand_ins(_01=SLEEPER.format(str(begun)))
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n")
    arguments = ["run", "--dataset", str(tmp_path), "--run", RUN.name, "--to", "01"]
    command = [sys.executable, "-c", RUNNER, paths.notebooks(), *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as run:
        while not begun.exists() and run.poll() is None:
            time.sleep(0.01)
        run.kill()
    assert not RUN.index.exists()
    assert main(arguments) == 0
    assert RUN.index.exists()


def _plan(*stages: str) -> Plan:
    return Plan(RUN, {find_stage(name): find_stage(name).parameters() for name in stages})


@pytest.fixture
def failing(monkeypatch) -> set[str]:
    """The numbers of stages that fail, where no stage is executed and nothing rendered."""
    numbers: set[str] = set()

    def run_stage(stage: Stage, *_: object) -> StageResult:
        return StageResult(stage.name, 1.0, 0, "no" if stage.number in numbers else None)

    monkeypatch.setattr(runner, "_run_stage", run_stage)
    monkeypatch.setattr(runner, "KernelsAhead", nullcontext)
    monkeypatch.setattr(reports, "render_stage", lambda *_: None)
    return numbers


def test_a_run_goes_on_after_an_optional_stage_that_fails(failing):
    failing.add("06")
    announced: list[str] = []
    results = list(run_stages(_plan("06", "01"), announced.append))
    assert [result.failure for result in results] == ["no", None]
    assert announced == ["06_recommend", "01_eda"]


@pytest.mark.parametrize("stages", [["06"], ["01", "06"]])
def test_a_stage_that_something_depends_on_or_asked_for_alone_must_not_fail(failing, stages):
    failing.add(stages[0])
    with pytest.raises(StageFailed, match=f"{stages[0]}_.*: no\nreport: "):
        list(run_stages(_plan(*stages), print))
