"""Stand-ins for the project's notebooks, and notebooks as an execution leaves them."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from movierec import paths
from movierec.paths import RunPaths
from movierec.stages import STAGES

_KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}


def _notebook(stage: str, cells: list[NotebookNode]) -> NotebookNode:
    fields = STAGES[stage].parameters.model_fields
    source = "\n".join(f"{name} = {field.default!r}" for name, field in fields.items())
    parameters = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    title = nbformat.v4.new_markdown_cell(f"# All about {stage}")
    return nbformat.v4.new_notebook(cells=[title, parameters, *cells], metadata=_KERNEL)


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put notebooks of one cell in the place of the project's: `stand_ins(stage="source")`.

    The name of a stage is its number with an underscore before it; by default a cell does nothing.
    """
    folder = tmp_path / "notebooks"

    def write(**sources: str) -> None:
        folder.mkdir()
        for name, stage in STAGES.items():
            cell = nbformat.v4.new_code_cell(sources.get(f"_{stage.number}", "0"))
            nbformat.write(_notebook(name, [cell]), folder / f"{name}.ipynb")

    monkeypatch.setattr(paths, "notebooks", lambda: folder)
    return write


@pytest.fixture
def executed() -> Callable[..., RunPaths]:
    """Leave a notebook as papermill does: `executed(stage, cells, minute, values, status)`.

    It ran for half a minute from that minute after noon; the run is "mine".
    """

    def leave(
        stage: str,
        cells: tuple[NotebookNode, ...] = (),
        minute: int = 0,
        values: dict[str, object] | None = None,
        status: str = "completed",
    ) -> RunPaths:
        run = RunPaths("mine")
        run.reports.mkdir(parents=True, exist_ok=True)
        notebook = _notebook(stage, list(cells))
        for cell in notebook.cells:
            cell.metadata["papermill"] = {"status": status}
        notebook.metadata["papermill"] = {
            "parameters": {"run": "mine"} | (values or {}),
            "start_time": f"2026-05-04T12:{minute:02}:00+00:00",
            "end_time": f"2026-05-04T12:{minute:02}:30+00:00",
            "duration": 30.0,
        }
        nbformat.write(notebook, run.notebook(stage))
        return run

    return leave
