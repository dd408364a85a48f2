"""Runs that are removed, and what counts as old."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from movierec import locks, paths
from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs.plan import plan_run
from movierec.runs.removing import old_runs


@pytest.fixture
def unfinished(executed, finished, tiny) -> RunPaths:
    """A run of 2026-05-04 that has only its first stage."""
    finished(plan_run(tiny, "mine"), "01_eda")
    return executed("01_eda")


def days_ago() -> float:
    return (datetime.now(UTC) - datetime(2026, 5, 4, 12, tzinfo=UTC)) / timedelta(days=1)


def test_a_run_is_removed_with_its_reports_and_from_the_home(unfinished, capsys):
    assert main(["rm", "mine"]) == 0

    assert "removed mine" in capsys.readouterr().out
    assert not unfinished.artifacts.exists()
    assert not unfinished.reports.exists()
    assert "mine" not in (paths.reports() / "index.html").read_text(encoding="utf-8")


def test_a_search_is_removed(capsys):
    RunPaths("tune-mine").output("tuning.db").touch()

    assert main(["rm", "tune-mine"]) == 0

    assert not RunPaths("tune-mine").artifacts.exists()


@pytest.mark.parametrize("name", ["never", "comparisons", "../x"])
def test_what_is_no_run_is_not_removed(unfinished, name, capsys):
    (paths.reports() / "comparisons").mkdir()

    assert main(["rm", name]) == 1

    assert capsys.readouterr().err.startswith("error: ")
    assert (paths.reports() / "comparisons").exists()
    assert unfinished.artifacts.exists()


def test_a_run_at_work_is_not_removed(unfinished, monkeypatch, capsys):
    def refuse(*_, **__):
        raise locks.RunInUse("run 'mine' is at work")

    monkeypatch.setattr(locks, "acquire", refuse)

    assert main(["rm", "mine"]) == 1
    assert "at work" in capsys.readouterr().err
    assert unfinished.artifacts.exists()


def test_what_is_old_and_not_whole_is_removed(unfinished, capsys):
    assert main(["gc", "--days", str(days_ago() - 1)]) == 0

    assert "mine: unfinished" in capsys.readouterr().out
    assert not unfinished.artifacts.exists()


def test_what_is_young_stays(unfinished, capsys):
    assert main(["gc", "--days", str(days_ago() + 1)]) == 0

    assert capsys.readouterr().out == "nothing is old\n"
    assert unfinished.artifacts.exists()


def test_a_dry_run_removes_nothing(unfinished, capsys):
    assert main(["gc", "--days", "0", "--dry-run"]) == 0

    assert "mine: unfinished" in capsys.readouterr().out
    assert unfinished.artifacts.exists()


def test_whole_runs_are_old_on_demand_only(finished, tiny):
    finished(plan_run(tiny, "mine"))

    assert old_runs(0) == []
    assert [run.name for run in old_runs(0, whole=True)] == ["mine"]


def test_a_dataset_that_was_not_read_for_long_leaves_the_cache():
    used, unused = (paths.datasets() / ".cache" / name for name in ("used", "unused"))
    for folder, days in ((used, 0), (unused, 40)):
        folder.mkdir(parents=True)
        (folder / "ratings.arrow").touch()
        then = datetime.now(UTC).timestamp() - days * 86_400
        os.utime(folder / "ratings.arrow", (then, then))

    assert main(["gc"]) == 0

    assert used.exists()
    assert not unused.exists()
