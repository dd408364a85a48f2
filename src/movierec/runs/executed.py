"""Executed notebooks: what they tell of their run, and what is noted in them for their reports."""

import importlib.metadata
import json
import platform

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from movierec.data.movielens import SAMPLE
from movierec.paths import RunPaths
from movierec.settings import Settings
from movierec.stages import STAGES, Stage, upstream

_VERSIONS = ("movierec", "implicit", "scikit-learn", "numpy", "scipy", "pandas", "pyarrow")


def read_executed(run: RunPaths) -> dict[str, NotebookNode]:
    """By name, the executed notebooks of the stages that have run, in order."""
    there = {name: path for name in STAGES if (path := run.notebook(name)).exists()}
    return {name: nbformat.read(path, as_version=4) for name, path in there.items()}


def failure(notebook: NotebookNode) -> str | None:
    """The error that ended a notebook, if one did."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    errors = [one for one in outputs if one.output_type == "error"]
    return f"{errors[0].ename}: {errors[0].evalue}" if errors else None


def outcome(notebook: NotebookNode) -> str:
    """How an execution went: done, failed or interrupted."""
    if failure(notebook):
        return "failed"
    completed = all(cell.metadata.papermill.status == "completed" for cell in notebook.cells)
    return "done" if completed else "interrupted"


def state(stage: Stage, notebooks: dict[str, NotebookNode]) -> str:
    """How a stage of a run went; one that is older than what it reads says so."""
    if stage.name not in notebooks:
        return "not run"
    how = outcome(notebooks[stage.name])
    began = notebooks[stage.name].metadata.papermill.start_time
    for read in upstream(stage) if how == "done" else ():
        ended = read.name in notebooks and notebooks[read.name].metadata.papermill.end_time
        if ended and ended > began:
            return f"older than {read.name}: run it again"
    return how


def note_origin(run: RunPaths, stage: Stage, told: Settings, died: bool = False) -> None:
    """Keep in an executed notebook what it ran on, since files may change; and where it died."""
    notebook = nbformat.read(run.notebook(stage.name), as_version=4)
    if died:
        message = "The kernel died while this cell ran."
        started = [cell for cell in notebook.cells if cell.metadata.papermill.start_time]
        error = new_output("error", ename="DeadKernelError", evalue=message, traceback=[message])
        started[-1].outputs.append(error)
    versions = {name: importlib.metadata.version(name) for name in _VERSIONS}
    about: dict[str, dict] = {"versions": {"Python": platform.python_version()} | versions}
    dataset = getattr(told, "dataset", None)
    if dataset and outcome(notebook) != "done":
        about["dataset"] = {"name": dataset, "simulated": dataset == SAMPLE}
    elif (facts := run.artifacts / "dataset.json").exists():
        about["dataset"] = json.loads(facts.read_text(encoding="utf-8"))
    notebook.metadata["movierec"] = about
    nbformat.write(notebook, run.notebook(stage.name))
