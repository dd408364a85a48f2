"""Kernels that start while the stage before runs: what they begin with, and that all end."""

import gc

import psutil
import pytest

from movierec import paths
from movierec.paths import RunPaths
from movierec.runs.plan import Plan
from movierec.runs.runner import StageFailed, run_stages
from movierec.stages import find_stage

pytestmark = pytest.mark.slow


def _plan(*stages: str) -> Plan:
    steps = {find_stage(name): find_stage(name).parameters() for name in stages}
    return Plan(RunPaths("sample"), steps)


def _kernels() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    # A child that ended and was not waited for has no command line any more.
    alive = [one for one in children if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in alive if "ipykernel_launcher" in one.cmdline()]


def test_the_next_kernel_is_there_while_a_stage_runs_and_none_after_the_last(stand_ins):
    stand_ins()
    there = [len(_kernels()) for _ in run_stages(_plan("01", "02"), print)]
    assert there == [1, 0]
    assert not _kernels()


def test_a_stage_that_fails_leaves_no_kernel(stand_ins):
    stand_ins(_01="1 / 0")
    with pytest.raises(StageFailed):
        list(run_stages(_plan("01", "02"), print))
    assert not _kernels()


def test_an_interrupt_leaves_no_kernel_and_says_nothing(stand_ins, caplog):
    stand_ins(_01="import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(600)")
    with pytest.raises(KeyboardInterrupt):
        list(run_stages(_plan("01", "02"), print))
    assert not _kernels()
    gc.collect()  # asyncio tells of a failure that nobody asked for when it is collected
    assert not caplog.records


IMPORTED_AHEAD = """
import sys
assert "wave" in sys.modules
assert "wave" not in globals()
import wave
"""


@pytest.mark.parametrize("stage", ["01", "02"], ids=["the first", "a later one"])
def test_a_kernel_begins_with_its_notebooks_imports_but_none_of_their_names(stand_ins, stage):
    stand_ins(**{f"_{stage}": IMPORTED_AHEAD})
    assert not any(one.failure for one in run_stages(_plan("01", stage), print))


def test_imports_that_fail_ahead_are_the_stages_own_failure(stand_ins):
    stand_ins(_01="import no_such_module")
    with pytest.raises(StageFailed, match="ModuleNotFoundError: No module named 'no_such_module'"):
        list(run_stages(_plan("01"), print))


def test_a_notebook_changed_after_its_kernel_started_runs_as_it_is_then(stand_ins):
    stand_ins(_02="assert False")

    def mend(stage: str) -> None:
        path = paths.notebooks() / f"{stage}.ipynb"
        path.write_text(path.read_text().replace("assert False", "assert True"))

    assert [one.failure for one in run_stages(_plan("01", "02"), mend)] == [None, None]


def test_magics_among_imports_do_not_hinder_a_stage(stand_ins):
    stand_ins(_01="%time import wave")
    assert [one.failure for one in run_stages(_plan("01"), print)] == [None]
