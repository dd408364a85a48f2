"""The list of runs, from files as stages leave them."""

import json
import os
from datetime import UTC, datetime

import pytest
from nbformat.v4 import new_code_cell, new_output

from movierec import locks
from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs.listing import changed_settings, list_runs, settings_text, summarise_run
from movierec.runs.log import RunLog
from movierec.runs.plan import plan_run
from movierec.stages import STAGES

_MUST = [name for name, stage in STAGES.items() if not stage.optional]


def _fails(message: str):
    error = new_output("error", ename="ValueError", evalue=message, traceback=[])
    return (new_code_cell("1 / 0", outputs=[error]),)


def _evaluated(run: RunPaths) -> None:
    document = {
        "protocol": {"name": "global-time", "dataset": "mine"},
        "models": {
            "hybrid": {"ndcg@10": {"mean": 0.4, "se": 0.01, "ci95": [0.38, 0.42]}},
            "random": {"ndcg@10": {"mean": 0.1, "se": 0.01, "ci95": [0.08, 0.12]}},
        },
        "comparisons": [{"model": "hybrid", "against": "random", "metric": "ndcg@10"}],
    }
    run.output("metrics.json").write_text(json.dumps(document))


@pytest.fixture
def whole(executed, finished, tiny) -> RunPaths:
    """Every stage that must run has, one a minute; only factors are not the default."""
    finished(plan_run(tiny, "mine", None, ["factors=128"]), *_MUST)
    for minute, name in enumerate(_MUST):
        run = executed(name, minute=minute)
    _evaluated(run)
    return run


def test_without_runs_there_is_no_list():
    assert list_runs() == []


def test_a_run_tells_what_it_was_told_and_what_came_of_it(whole):
    [found] = list_runs()

    assert (found.name, found.state, found.reason) == ("mine", "whole", "")
    assert found.date == datetime(2026, 5, 4, 12, len(_MUST) - 1, tzinfo=UTC)
    assert found.protocol == "global-time"
    assert found.changed == {"factors": 128}
    assert (found.model, found.headline) == ("hybrid", "0.4000 [0.3800, 0.4200]")


def test_another_metric_that_a_run_lacks_leaves_its_headline_empty(whole):
    assert summarise_run(whole, "mrr@10").headline == ""


def test_the_latest_run_comes_first(whole, executed):
    before = [run.name for run in list_runs()]
    RunPaths("older").reports.mkdir()
    text = whole.notebook("01_eda").read_text().replace("2026-05-04", "2025-05-04")
    RunPaths("older").notebook("01_eda").write_text(text)

    assert [run.name for run in list_runs()] == [*before, "older"]


def test_a_failed_stage_is_named_with_its_error(executed):
    run = executed("03_als_training", _fails("the loss grew"))

    found = summarise_run(run)

    assert (found.state, found.reason) == ("failed", "03_als_training: ValueError: the loss grew")


def test_a_failure_of_an_optional_stage_leaves_a_run_whole(whole, executed):
    executed("06_recommend", _fails("no such user"), minute=30)

    found = summarise_run(whole)

    assert (found.state, found.reason) == ("whole", "06_recommend: ValueError: no such user")


def test_an_interrupted_stage_is_named(executed):
    found = summarise_run(executed("01_eda", status="pending"))

    assert (found.state, found.reason) == ("interrupted", "in 01_eda")


def test_a_stage_made_from_what_was_since_made_again_is_stale(whole, finished, tiny):
    finished(plan_run(tiny, "mine", None, ["factors=64"]), "03_als_training")

    found = summarise_run(whole)

    assert found.state == "stale"
    assert found.reason.startswith("04_hybrid_similarity was made from 03_als_training with")


def test_a_stage_made_again_alike_makes_nothing_stale(whole, finished, tiny):
    finished(plan_run(tiny, "mine", None, ["factors=128"]), "03_als_training")

    assert summarise_run(whole).state == "whole"


def test_a_damaged_record_is_told(whole):
    (whole.artifacts / "02_content_features.json").write_text("{}")

    found = summarise_run(whole)

    assert (found.state, found.reason) == ("stale", "02_content_features.json is damaged")


def test_a_run_that_a_process_works_on_is_running(whole):
    RunLog(whole).note("03_als_training began")
    with locks.whole_run(whole):
        found = summarise_run(whole)

    assert (found.state, found.reason) == ("running", "03_als_training began")
    assert summarise_run(whole).state == "whole"


def test_folders_that_are_no_runs_are_passed_over(whole):
    (whole.artifacts.parent / "two words").mkdir()
    (whole.artifacts.parent / "two words" / "metrics.json").touch()
    (whole.artifacts.parent / "empty").mkdir()

    assert [run.name for run in list_runs()] == ["mine"]


def test_missing_stages_are_named(finished, tiny):
    finished(plan_run(tiny, "mine"), "01_eda")
    found = summarise_run(RunPaths("mine"))

    assert found.state == "unfinished"
    assert found.reason == f"without {', '.join(_MUST[1:])}"


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"metadata": {"papermill": 1}}', "\0"])
def test_files_that_cannot_be_read_hide_no_run(whole, text):
    broken = RunPaths("broken")
    broken.reports.mkdir()
    broken.notebook("01_eda").write_text(text)
    broken.output("metrics.json").write_text(text)

    assert {run.name for run in list_runs()} == {"mine", "broken"}


def test_a_hard_linked_file_counts_once(whole):
    before = summarise_run(whole).size
    os.link(whole.artifacts / "metrics.json", whole.artifacts / "again.json")

    assert summarise_run(whole).size == before


def test_what_only_changes_the_show_is_no_changed_setting():
    told = {"02_content_features": {"title_query": "Alien", "run": "x", "max_features": 7}}
    assert changed_settings(told) == {"max_features": 7}


def test_many_settings_are_counted():
    text = settings_text({"factors": 8, "alpha": 2.0, "models": "", "seed": 3}, most=3)
    assert text == 'factors 8, alpha 2, models "", 1 more'


def test_the_command_prints_a_line_a_run_and_why_one_is_not_whole(whole, finished, tiny, capsys):
    finished(plan_run(tiny, "mine", None, ["factors=64"]), "03_als_training")

    capsys.readouterr()

    assert main(["runs"]) == 0

    header, line, reason = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["run", "began", "dataset"]
    assert line.split()[0] == "mine"
    assert "0.4000 [0.3800, 0.4200]  stale" in line
    assert reason.startswith("mine: 04_hybrid_similarity was made from 03_als_training")
