"""Stand-ins for the project's notebooks, notebooks as an execution leaves them, a browser."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

from movierec import paths
from movierec.data.cache import file_hashes
from movierec.paths import RunPaths, sha256_of
from movierec.runs.ledger import Execution, Ledger, told_of
from movierec.runs.plan import Plan
from movierec.stages import STAGES, OpenStage, Stage, notebook_of, read_record

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}


def _notebook(stage: str, cells: list[NotebookNode]) -> NotebookNode:
    fields = STAGES[stage].parameters.model_fields
    source = "\n".join(f"{name} = {field.default!r}" for name, field in fields.items())
    parameters = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    title = nbformat.v4.new_markdown_cell(f"# All about {stage}")
    return nbformat.v4.new_notebook(cells=[title, parameters, *cells], metadata=_KERNEL)


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put notebooks of a cell or some in the place of the project's: `stand_ins(stage="source")`.

    The name of a stage is its number with an underscore before it; by default a cell does nothing.
    """
    folder = tmp_path / "notebooks"

    def write(**sources: str | list[str]) -> None:
        folder.mkdir()
        for name, stage in STAGES.items():
            source = sources.get(f"_{stage.number}", "0")
            cells = [source] if isinstance(source, str) else source
            code = [nbformat.v4.new_code_cell(cell) for cell in cells]
            nbformat.write(_notebook(name, code), folder / f"{name}.ipynb")

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


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    """A folder with a dataset of two ratings."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4,9\n2,1,3,9\n")
    (folder / "movies.csv").write_text("movieId,title,genres\n1,Alien (1979),Horror\n")
    return str(folder)


@pytest.fixture
def finished() -> Callable[..., None]:
    """Leave stages of a plan as a run that did them: `finished(plan, "01_eda", ...)`, or all."""

    def leave(plan: Plan, *names: str) -> None:
        for stage, told in plan.steps.items():
            if stage.name in (names or [*STAGES]):
                _finish(plan, stage, told)

    def _finish(plan: Plan, stage: Stage, told: object) -> None:
        opened = OpenStage(stage.name, plan.run.name)
        for file in set(stage.writes) - {stage.record}:
            text = f"{file} {told_of(told)}"
            if file == "dataset.json":
                text = json.dumps({"name": "tiny", "sha256": file_hashes(Path(plan.dataset))})
            opened.output(file).write_text(text)
        opened.commit(*(kind.of(iter(told)) for kind in stage.settings))
        plan.run.reports.mkdir(parents=True, exist_ok=True)
        with paths.atomic_write(plan.run.notebook(stage.name)) as draft:
            draft.write_text(f"{stage.name} of {plan.run.name}")
        book = Ledger.read(plan.run)
        book.dataset = plan.dataset
        book.stages[stage.name] = Execution(
            told=told_of(told),
            record=read_record(plan.run, stage).checksum,
            notebook=sha256_of(plan.run.notebook(stage.name)),
            text=sha256_of(notebook_of(stage)),
        )
        book.write(plan.run)

    return leave


@dataclass
class Opened:
    """A page in the browser, and what it did beside being read."""

    page: "Page"
    noticed: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium; tests of it skip without."""
    from playwright.sync_api import sync_playwright

    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    if not (path := next(found, None)):
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Opened]]:
    """Open a page, offline: `visit(path, width, scheme)`."""
    contexts = []

    def open_page(path: Path, width: int = 1400, scheme: str = "light", scripts: bool = True):
        context = browser.new_context(
            offline=True,
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.set_default_timeout(5_000)
        opened = Opened(context.new_page())
        notice = opened.noticed.append
        opened.page.on("console", lambda message: notice(f"console: {message.text}"))
        opened.page.on("pageerror", lambda error: notice(f"error: {error}"))
        opened.page.on("dialog", lambda dialog: (notice("dialog"), dialog.dismiss()))
        opened.page.on("request", lambda one: notice(one.url) if _leaves(one.url) else None)
        opened.page.goto(path.as_uri())
        return opened

    yield open_page
    for context in contexts:
        context.close()


def _leaves(url: str) -> bool:
    return not url.startswith(("file:", "data:"))


@pytest.fixture(scope="session")
def quick(tmp_path_factory) -> dict[str, str]:
    """An environment in which stages end with what they write, and draw nothing after it.

    Commands, their runs and the kernels of these all take the project's notebooks in this form,
    which lie in NOTEBOOKS.
    """
    place = tmp_path_factory.mktemp("quick")
    folder = place / "notebooks"
    folder.mkdir()
    for name in STAGES:
        notebook = nbformat.read(paths.project() / "notebooks" / f"{name}.ipynb", as_version=4)
        ends = [n for n, cell in enumerate(notebook.cells) if "stage.commit(" in cell.source]
        notebook.cells = notebook.cells[: ends[0] + 1]
        nbformat.write(notebook, folder / f"{name}.ipynb")
    # Python reads it as it starts.
    (place / "sitecustomize.py").write_text(
        "import pathlib\nfrom movierec import paths\n"
        f"paths.notebooks = lambda: pathlib.Path({str(folder)!r})\n"
    )
    search = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(search), "NOTEBOOKS": str(folder)}


@pytest.fixture(scope="session")
def two_tastes_dataset(tmp_path_factory) -> Path:
    """Sixty users by two hundred movies: even users like odd movies, odd ones even."""
    folder = tmp_path_factory.mktemp("datasets") / "tastes"
    folder.mkdir()
    rng = np.random.default_rng(1)
    rows = [
        f"{user},{movie},{(rng.integers(7, 11) if (user + movie) % 2 else 2) / 2},{10**9 + user}"
        for user in range(60)
        for movie in rng.choice(200, 40, replace=False)
    ]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *rows, ""]))
    movies = [f"{movie},Film {movie} ({1820 + movie}),Drama" for movie in range(200)]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *movies, ""]))
    return folder
