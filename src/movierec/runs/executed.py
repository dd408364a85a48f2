"""Executed notebooks: what they tell of their run, and what is noted in them for their reports."""

import importlib.metadata
import platform

import nbformat
from nbformat import NotebookNode

from movierec.data.movielens import SAMPLE
from movierec.datasets import DatasetFacts
from movierec.paths import RunPaths
from movierec.settings import Settings, Value
from movierec.stages import STAGES, Stage, artifact

_VERSIONS = ("movierec", "implicit", "scikit-learn", "numpy", "scipy", "pandas", "pyarrow")


def read_executed(run: RunPaths) -> dict[str, NotebookNode]:
    """By name, the executed notebooks of the stages that have run, in order."""
    return {
        name: nbformat.read(run.notebook(name), as_version=4)
        for name in STAGES
        if run.notebook(name).exists()
    }


def failure(notebook: NotebookNode) -> str | None:
    """The error that ended a notebook, if one did."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return f"{output.ename}: {output.evalue}"
    return None


def outcome(notebook: NotebookNode) -> str:
    """How an execution went: done, failed or interrupted."""
    if failure(notebook):
        return "failed"
    completed = all(cell.metadata.papermill.status == "completed" for cell in notebook.cells)
    return "done" if completed else "interrupted"


def parameters(notebook: NotebookNode) -> dict[str, Value]:
    """The values a notebook was executed with."""
    return dict(notebook.metadata.papermill.parameters)


def note_provenance(run: RunPaths, stage: Stage, told: Settings) -> None:
    """Keep in an executed notebook what it ran on, since the files may change after it."""
    notebook = nbformat.read(run.notebook(stage.name), as_version=4)
    versions = {name: importlib.metadata.version(name) for name in _VERSIONS}
    about: dict[str, dict] = {"versions": {"Python": platform.python_version()} | versions}
    dataset = getattr(told, "dataset", None)
    if dataset and outcome(notebook) != "done":
        about["dataset"] = {"name": dataset, "simulated": dataset == SAMPLE}
    elif (run.artifacts / "dataset.json").exists():
        facts = DatasetFacts.load(artifact(run, "dataset.json"))
        about["dataset"] = {
            "name": facts.name,
            "simulated": facts.simulated,
            "ratings": facts.ratings,
        }
    notebook.metadata["movierec"] = about
    nbformat.write(notebook, run.notebook(stage.name))


def note_death(run: RunPaths, stage: Stage) -> None:
    """Say in an executed notebook where its kernel died, as an error would."""
    notebook = nbformat.read(run.notebook(stage.name), as_version=4)
    message = "The kernel died while this cell ran."
    started = [cell for cell in notebook.cells if cell.metadata.papermill.start_time]
    started[-1].outputs.append(
        nbformat.v4.new_output(
            "error", ename="DeadKernelError", evalue=message, traceback=[message]
        )
    )
    nbformat.write(notebook, run.notebook(stage.name))
