"""The log of a run and who follows it."""

import os
import threading

from movierec import progress
from movierec.paths import RunPaths
from movierec.progress import LOG, track
from movierec.runs.log import RunLog


def test_what_is_noted_stands_behind_its_time_and_stays():
    for text in ("began", "ended"):
        RunLog(RunPaths("mine")).note(text)

    lines = (RunPaths("mine").artifacts / "run.log").read_text().splitlines()
    assert [line[21:] for line in lines] == ["began", "ended"]
    assert lines[0][:4].isdigit()


def test_stages_that_start_while_it_is_open_know_it(monkeypatch):
    monkeypatch.delenv(LOG, raising=False)
    with RunLog(RunPaths("mine")).open() as log:
        assert os.environ[LOG] == str(log.path.resolve())

    assert LOG not in os.environ


def test_who_follows_hears_of_progress_and_of_nothing_else():
    heard, told = [], threading.Event()

    def follow(text: str) -> None:
        heard.append(text)
        told.set()

    with RunLog(RunPaths("mine"), follow).open() as log:
        log.note("03_als_training began")
        for _ in track(["als"], "model", str.upper):
            assert told.wait(10)

    assert heard == ["model 1 of 1, ALS"]


def test_the_last_of_several_steps_is_heard_though_the_log_was_long_before():
    log = RunLog(RunPaths("mine"))
    log.note(progress.INDENT + "model 9 of 9")
    heard, told = [], threading.Event()
    log = RunLog(RunPaths("mine"), lambda text: (heard.append(text), told.set()))
    with log.open():
        log.note(progress.INDENT + "model 1 of 2")
        assert told.wait(10)

    assert "model 9 of 9" not in heard
