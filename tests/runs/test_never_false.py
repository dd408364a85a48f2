"""What would make a run claim what is not so, or lose what it made. Eleven faults, and their tests:

1. Two datasets in one run, after a kill inside 01.
   runs/test_never_false.py::test_two_datasets_are_not_mixed_when_the_first_stage_is_killed_between_its_files
   runs/test_never_false.py::test_a_stage_made_from_another_dataset_than_the_one_there_is_not_read
   runs/test_kills.py::test_a_killed_run_comes_to_the_same_files_by_the_same_command_and_leaves_nothing_else
2. Two processes at work on one run or search.
   runs/test_never_false.py::test_a_second_run_of_one_name_is_refused_and_names_the_first
   runs/test_never_false.py::test_a_search_is_kept_to_one_process_too
3. A flipped bit in a stage's files or in the cache of what was read.
   runs/test_never_false.py::test_a_flipped_bit_of_a_stage_s_files_is_noticed
   runs/test_sample_run.py::test_a_flipped_bit_of_any_file_of_a_run_is_noticed_and_nothing_false_is_read
   data/test_cache.py::test_a_flipped_bit_of_the_cache_is_noticed_and_the_files_are_read_again
4. A full disk leaves half a notebook; one unreadable old file blocks the rest.
   test_paths.py::test_a_full_disk_is_named_with_the_file
   runs/test_full_disk.py::test_a_full_disk_is_named_with_its_file_and_the_run_goes_on_once_there_is_room
   runs/test_full_disk.py::test_a_full_disk_leaves_no_half_notebook_and_two_movies_come_to_a_model
   runs/test_never_false.py::test_an_old_notebook_that_cannot_be_read_blocks_nothing
5. A drawing decides whether there is a model: a similarity of 1.0004, hardly any movies.
   runs/test_never_false.py::test_a_drawing_does_not_decide_whether_there_is_a_result
   models/test_similarity.py::test_a_similarity_that_rounding_takes_to_1_0004_is_clipped
   readings/test_similarity.py::test_a_similarity_that_rounding_takes_to_1_0004_is_clipped
   data/test_interactions.py::test_a_single_movie_or_user_is_refused
   runs/test_full_disk.py::test_a_full_disk_leaves_no_half_notebook_and_two_movies_come_to_a_model
6. A damaged manifest, half a model, or a file changed between its check and its reading.
   serving/test_bundle.py::test_a_manifest_that_is_not_whole_is_a_bundle_error
   serving/test_bundle.py::test_a_manifest_nested_too_deeply_is_a_bundle_error
   serving/test_bundle.py::test_a_manifest_with_a_setting_out_of_range_is_refused
   serving/test_bundle.py::test_a_flipped_bit_of_a_manifest_is_a_bundle_error
   serving/test_bundle.py::test_files_beside_the_pickle_are_read_once
7. Leftovers of dead processes pile up.
   test_paths.py::test_leftovers_of_dead_processes_are_cleared_and_those_of_living_ones_kept
   runs/test_never_false.py::test_a_killed_run_leaves_no_kernel_and_the_next_clears_what_it_left
   data/test_download.py::test_after_an_interrupted_unpacking_a_fetch_works
8. No writable home folder.
   test_caches.py::test_without_a_writable_home_importing_works_and_caches_lie_in_a_temporary_folder
9. Names that collide.
   test_paths.py::test_names_that_collide_with_files_or_options_are_refused
   runs/test_plan.py::test_names_that_collide_folders_of_one_name_do_not_share_a_default_run
10. Braces in a path are taken for places to fill in; a kernel spec runs another interpreter.
   runs/test_never_false.py::test_braces_in_a_path_and_a_foreign_kernel_change_nothing
11. Papermill with a run named by a number, or into a folder that is missing.
   test_stages.py::test_a_run_may_be_named_by_a_number
   runs/test_never_false.py::test_papermill_takes_a_run_named_by_a_number
   runs/test_never_false.py::test_papermill_into_a_missing_folder_names_it_and_runs_nothing
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest

from movierec import locks, paths
from movierec.cli import main
from movierec.locks import RunInUse
from movierec.paths import RunPaths
from movierec.runs import executed as executions, ledger
from movierec.runs.ledger import Ledger
from movierec.runs.plan import plan_run
from movierec.settings import ALSSettings, ContentSettings, DataSettings
from movierec.stages import DamagedArtifact, OpenStage, artifact, find_stage

RUN = RunPaths("mine")


def _leave(stage: str, content: str, *settings) -> OpenStage:
    """Leave what a stage leaves, its files of some content."""
    opened = OpenStage(stage, "mine")
    for file in opened.stage.writes[:-1]:
        about = json.dumps({"sha256": {"ratings.csv": content}})
        opened.output(file).write_text(about if file == "dataset.json" else content)
    opened.commit(*settings)
    return opened


def test_two_datasets_are_not_mixed_when_the_first_stage_is_killed_between_its_files(capsys):
    _leave("01_eda", "B", DataSettings(dataset="B"))
    Ledger(dataset="B").write(RUN)
    # What a run on dataset A has done when it is killed inside 01.
    OpenStage("01_eda", "mine").output("interactions.npz").write_text("A")
    locks.release(RUN)
    with pytest.raises(FileNotFoundError, match=r"01_eda\.json is missing"):
        OpenStage("02_content_features", "mine")


def test_a_stage_made_from_another_dataset_than_the_one_there_is_not_read():
    _leave("01_eda", "B", DataSettings())
    _leave("02_content_features", "of B", ContentSettings())
    _leave("03_als_training", "of B", ALSSettings())
    _leave("01_eda", "A", DataSettings())
    with pytest.raises(RuntimeError, match=r"02_content_features was made from another movies"):
        OpenStage("04_hybrid_similarity", "mine")


HOLDER = """
import sys
from movierec import locks
from movierec.paths import RunPaths
locks.acquire(RunPaths("mine"), whole=True)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder():
    """Another process that works on the run."""
    command = [sys.executable, "-c", HOLDER, "run", "--run", "mine"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_second_run_of_one_name_is_refused_and_names_the_first(holder):
    with pytest.raises(RunInUse, match=rf"process {holder.pid} \(movierec run --run mine\)"):
        locks.acquire(RUN, whole=True)
    with pytest.raises(RunInUse):
        OpenStage("01_eda", "mine").output("interactions.npz")
    locks.acquire(RunPaths("other"))
    locks.release(RunPaths("other"))


def test_a_killed_process_holds_no_run(holder):
    holder.kill()
    holder.wait()
    locks.acquire(RUN, whole=True)
    locks.release(RUN, whole=True)


def test_a_kernel_of_the_process_that_holds_a_run_may_write_to_it():
    write = (
        "from movierec.stages import OpenStage\n"
        "OpenStage('01_eda', 'mine').output('interactions.npz').touch()"
    )
    with locks.whole_run(RUN):
        subprocess.run([sys.executable, "-c", write], check=True)


def test_a_search_is_kept_to_one_process_too(holder, monkeypatch, capsys):
    from movierec.tuning import search

    monkeypatch.setattr(search, "load_task", lambda *_: None)
    assert main(["tune", "--run", "mine"]) == 1
    assert f"at work in process {holder.pid}" in capsys.readouterr().err


@pytest.mark.parametrize("stage", ["01_eda", "02_content_features", "03_als_training"])
def test_a_flipped_bit_of_a_stage_s_files_is_noticed(stage):
    _leave("01_eda", "A", DataSettings())
    if stage != "01_eda":
        _leave(stage, "B", *(kind() for kind in find_stage(stage).settings))
    rng = np.random.default_rng(0)
    for file in find_stage(stage).writes:
        path = RUN.artifacts / file
        whole = path.read_bytes()
        for bit in rng.choice(8 * len(whole), min(150, 8 * len(whole)), replace=False):
            damaged = bytearray(whole)
            damaged[bit // 8] ^= 1 << bit % 8
            path.write_bytes(damaged)
            with pytest.raises(DamagedArtifact):
                _ = artifact(RUN, file) and artifact(RUN, find_stage(stage).writes[0])
        path.write_bytes(whole)


def test_an_old_notebook_that_cannot_be_read_blocks_nothing(executed):
    run = executed("01_eda")
    executed("02_content_features")
    run.notebook("02_content_features").write_text('{"cells": [')
    assert list(executions.read_executed(run)) == ["01_eda"]
    plan_run(run="mine", dataset=str(_dataset()), first="01", last="02")


def _dataset() -> Path:
    folder = paths.datasets() / "mine"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,1\n")
    (folder / "movies.csv").write_text("movieId,title,genres\n1,A (2000),Drama\n")
    return folder


COMMIT = """
from movierec.settings import DataSettings
from movierec.stages import OpenStage
stage = OpenStage("01_eda", run)
for file in stage.stage.writes[:-1]:
    stage.output(file).write_text('{"sha256": {}}')
stage.commit(DataSettings(dataset=dataset))
import sys; print("interpreter", sys.executable)
"""


@pytest.mark.slow
def test_braces_in_a_path_and_a_foreign_kernel_change_nothing(stand_ins, tmp_path, monkeypatch):
    spec = tmp_path / "share" / "kernels" / "python3"
    spec.mkdir(parents=True)
    foreign = {"argv": ["/bin/false"], "display_name": "foreign", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(foreign))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share"))
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "ho{me}"))
    stand_ins(_01=COMMIT)
    assert main(["run", "--dataset", str(_dataset()), "--run", "mine", "--to", "01"]) == 0
    text = RUN.notebook("01_eda").read_text()
    assert f"interpreter {sys.executable}" in text


@pytest.mark.slow
def test_a_drawing_does_not_decide_whether_there_is_a_result(stand_ins, capsys):
    fails = "raise ValueError('similarity is 1.0004')"
    stand_ins(_01=[COMMIT, fails, "print('the end')"])
    assert main(["run", "--dataset", str(_dataset()), "--run", "mine", "--to", "01"]) == 0
    said = "a section cannot be shown: ValueError: similarity is 1.0004"
    assert capsys.readouterr().err == f"01_eda: {said}\n"
    report = RUN.report("01_eda").read_text()
    assert "cannot be shown" in report
    assert "the end" in report
    assert "This stage failed" not in report


@pytest.mark.slow
def test_an_error_before_the_results_are_written_fails_the_stage(stand_ins):
    stand_ins(_01=["1 / 0", COMMIT])
    assert main(["run", "--dataset", str(_dataset()), "--run", "mine", "--to", "01"]) == 1
    assert not (RUN.artifacts / "01_eda.json").exists()


SLEEPER = """
import os, pathlib, time
pathlib.Path({!r}).write_text(str(os.getpid()))
time.sleep(600)
"""


@pytest.mark.slow
def test_a_killed_run_leaves_no_kernel_and_the_next_clears_what_it_left(stand_ins, tmp_path):
    began = tmp_path / "began"
    stand_ins(_01=SLEEPER.format(str(began)))
    code = (
        "import pathlib, sys\n"
        "from movierec import cli, paths\n"
        "paths.notebooks = lambda: pathlib.Path(sys.argv[1])\n"
        "cli.main(sys.argv[2:])"
    )
    arguments = ["run", "--dataset", str(_dataset()), "--run", "mine", "--to", "01"]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", code, paths.notebooks(), *arguments],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": str(scratch)},
    ) as run:
        while not (began.exists() and began.read_text()) and run.poll() is None:
            time.sleep(0.01)
        kernel = int(began.read_text())
        run.kill()
    assert list(scratch.glob("movierec-kernels-*"))
    clear = "from movierec import locks; locks.clear_leftovers()"
    subprocess.run(
        [sys.executable, "-c", clear], env=os.environ | {"TMPDIR": str(scratch)}, check=True
    )
    assert not list(scratch.glob("movierec-kernels-*"))
    status = Path(f"/proc/{kernel}/status")
    assert not status.exists() or "(zombie)" in status.read_text()


def test_words_of_a_notebook_reach_its_report_without_a_run(executed):
    run = executed("01_eda", [nbformat.v4.new_code_cell("1 + 1", outputs=[])])
    done = nbformat.read(run.notebook("01_eda"), as_version=4)
    template = nbformat.from_dict(done)
    template.cells[0].source = "# Another title"
    template.cells.insert(1, nbformat.v4.new_markdown_cell("More words."))
    told = executions.with_text(done, template)
    assert [cell.source for cell in told.cells][:2] == ["# Another title", "More words."]
    assert [cell.cell_type for cell in told.cells] == ["markdown", "markdown", "code", "code"]


def test_a_stage_rests_while_its_record_holds_and_says_what_changed(stand_ins):
    stand_ins()
    _leave("01_eda", "A", DataSettings(dataset=str(_dataset())))
    [reason, *_] = ledger.changes(RUN, find_stage("01"), find_stage("01").parameters(top_movies=5))
    assert "top_movies 1000 (now 5)" in reason


def _papermill(quick: dict[str, str], dataset: Path, output: Path, run: str = "mine"):
    """The command papermill on the first stage."""
    words = [quick["NOTEBOOKS"] + "/01_eda.ipynb", output, "-p", "dataset", dataset, "-p", "run"]
    return subprocess.run(
        [sys.executable, "-m", "papermill", *words, run, "--no-progress-bar"],
        env=os.environ | quick,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_papermill_takes_a_run_named_by_a_number(quick, two_tastes_dataset, tmp_path):
    done = _papermill(quick, two_tastes_dataset, tmp_path / "out.ipynb", run="2024")
    assert done.returncode == 0, done.stderr
    assert artifact(RunPaths("2024"), "interactions.npz").exists()


@pytest.mark.slow
def test_papermill_into_a_missing_folder_names_it_and_runs_nothing(
    quick, two_tastes_dataset, tmp_path
):
    done = _papermill(quick, two_tastes_dataset, tmp_path / "missing" / "out.ipynb")
    assert done.returncode != 0
    assert f"output folder {tmp_path / 'missing'} doesn't exist" in done.stderr.splitlines()[-1]
    assert not RUN.artifacts.exists()


def test_the_tests_named_above_exist():
    tests = Path(__file__).parents[1]
    named = re.findall(r"^   (\S+)::(\w+)$", __doc__, flags=re.MULTILINE)
    assert len(named) > 11
    for file, test in named:
        assert f"def {test}(" in (tests / file).read_text(encoding="utf-8"), test
