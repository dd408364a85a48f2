"""Executed notebooks: what they tell of their run, and what is noted in them for their reports."""

import importlib.metadata
import json
import platform
from contextlib import suppress
from functools import cache
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from movierec.data.movielens import SAMPLE
from movierec.paths import RunPaths, atomic_write
from movierec.settings import Settings
from movierec.stages import STAGES, MissingArtifact, Stage, read_record, superseded

_VERSIONS = ("movierec", "implicit", "scikit-learn", "numpy", "scipy", "pandas", "pyarrow")
_INJECTED = "injected-parameters"  # papermill's cell below the parameters
_UNTIMED = {"status": "completed", "start_time": None, "end_time": None, "duration": None}


def read_executed(run: RunPaths) -> dict[str, NotebookNode]:
    """By name, the executed notebooks of the stages that have run, in order.

    One that cannot be read is left out, as if it were not there.
    """
    found = {}
    for name in STAGES:
        try:
            notebook = nbformat.read(run.notebook(name), as_version=4)
        except (OSError, ValueError, AttributeError, KeyError, nbformat.ValidationError):
            continue
        if "papermill" in notebook.metadata:
            found[name] = notebook
    return found


def save(run: RunPaths, stage: Stage, notebook: NotebookNode) -> None:
    with atomic_write(run.notebook(stage.name)) as draft:
        draft.write_text(nbformat.writes(notebook), encoding="utf-8")


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


def state(run: RunPaths, stage: Stage, notebooks: dict[str, NotebookNode]) -> str:
    """How a stage of a run went; one made from files that are no longer there says so."""
    if stage.name not in notebooks:
        return "not run"
    if (how := outcome(notebooks[stage.name])) != "done":
        return how
    try:
        other = superseded(run, stage, read_record(run, stage))
    except MissingArtifact:
        return "its files are gone or damaged: run it again"
    return f"made from {other}: run it again" if other else how


def describe(
    run: RunPaths, notebook: NotebookNode, told: Settings, died: bool = False
) -> NotebookNode:
    """Note in an executed notebook what it ran on, since files may change; and where it died."""
    if died:
        message = "The kernel died while this cell ran."
        started = [cell for cell in notebook.cells if cell.metadata.papermill.start_time]
        error = new_output("error", ename="DeadKernelError", evalue=message, traceback=[message])
        started[-1].outputs.append(error)
    about: dict[str, Any] = {"versions": _versions()}
    dataset = getattr(told, "dataset", None)
    if dataset and outcome(notebook) != "done":
        about["dataset"] = {"name": dataset, "simulated": dataset == SAMPLE}
    else:
        with suppress(OSError, ValueError):
            about["dataset"] = json.loads((run.artifacts / "dataset.json").read_bytes())
    notebook.metadata["movierec"] = about
    return notebook


@cache
def _versions() -> dict[str, str]:
    found = {name: importlib.metadata.version(name) for name in _VERSIONS}
    return {"Python": platform.python_version()} | found


def with_text(notebook: NotebookNode, template: NotebookNode) -> NotebookNode:
    """An executed notebook with the words, comments and layout of another, whose code is the same.

    So they reach a report without running anything.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    injected = [cell for cell in code if _INJECTED in cell.metadata.get("tags", ())]
    executed = iter(cell for cell in code if cell not in injected)
    cells = []
    for cell in template.cells:
        done = next(executed) if cell.cell_type == "code" else cell
        about = {"papermill": done.metadata.get("papermill", _UNTIMED)}
        done |= {"id": cell.id, "source": cell.source, "metadata": cell.metadata | about}
        cells += [done, *(injected if "parameters" in cell.metadata.get("tags", ()) else [])]
    notebook.cells = cells
    return notebook
