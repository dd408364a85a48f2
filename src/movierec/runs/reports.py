"""From executed notebooks to HTML that needs nothing but a browser."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pandas as pd
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from movierec import markup
from movierec.paths import RunPaths, atomic_write
from movierec.runs import executed
from movierec.runs.body import markdown_of, render_body
from movierec.runs.home import render_home
from movierec.runs.page import write_page
from movierec.runs.try_page import render_try
from movierec.stages import STAGES, Stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Cells with this tag are shown in the run's index too, with the text above them; those that have
# the other as well come first.
HEADLINE, ANSWER = "headline", "answer"


def render_stage(run: RunPaths, stage: Stage) -> None:
    """Write the HTML report of an executed stage."""
    notebook = nbformat.read(run.notebook(stage.name), as_version=4)
    _write(
        run.report(stage.name),
        _title(notebook),
        _without_title(notebook.cells),
        **_of_run(run),
        **_about(notebook),
        stage=stage,
        parameters=notebook.metadata.papermill.parameters,
        failure=executed.failure(notebook),
    )


def render_run(run: RunPaths) -> None:
    """Render every executed stage anew, now that the others can be linked, and the index.

    The index holds each stage's headline figures and numbers and how it went. The figures lie
    beside it as PNG files too, in `figures/`. The home of all runs is written last.
    """
    notebooks = executed.read_executed(run)
    if not notebooks:
        return
    cells = []
    for name, part, heading in _order(notebooks):
        cells += [new_markdown_cell(f"## [{heading}]({name}.html)"), *part]
    last = notebooks[max(notebooks)]
    render_try(run, _of_run(run) | _about(last))
    for name in notebooks:
        render_stage(run, STAGES[name])
        _save_figures(_headlines(notebooks[name]), run.reports / "figures", name)
    _write(
        run.index,
        f"Run {run.name}",
        cells,
        **_of_run(run),
        **_about(last),
        states={name: executed.state(run, stage, notebooks) for name, stage in STAGES.items()},
        times={name: notebook.metadata.papermill for name, notebook in notebooks.items()},
    )
    render_home()


def render_page(
    path: Path,
    title: str,
    sections: Mapping[str, "Sequence[str | pd.DataFrame | Axes]"],
    about: Mapping[str, object] | None = None,
) -> Path:
    """Write a page that is no notebook's, and the home of all runs anew; return its path.

    sections: by heading, what stands below it: Markdown, tables, figures, which are closed;
    about: what stands below the title, as executed notebooks tell it of theirs.
    """
    cells = []
    for heading, contents in sections.items():
        cells.append(new_markdown_cell(f"## {markup.markdown(heading)}"))
        cells += map(_cell, contents)
    _write(path, title, cells, about=about or {})
    render_home()
    return path


def _write(path: Path, title: str, cells: list[NotebookNode], **values: object) -> None:
    defaults: dict = {"run": "", "stage": None, "failure": None, "states": {}, "times": {}}
    write_page(path, defaults | {"title": title, "body": render_body(cells)} | values)


def _order(notebooks: dict[str, NotebookNode]) -> Iterator[tuple[str, list[NotebookNode], str]]:
    """What the index shows: stage, cells, heading.

    The answer, recommendations, how the model was made, and the rest of the evaluation.
    """
    answers = {name: _with_text(one, answer=True) for name, one in notebooks.items()}
    others = {name: _with_text(one, answer=False) for name, one in notebooks.items()}
    titles = {name: _title(notebook) for name, notebook in notebooks.items()}
    for name, cells in answers.items():
        if cells:
            yield name, cells, titles[name]
    by_worth = sorted(notebooks, key=lambda name: (bool(answers[name]), not STAGES[name].optional))
    for name in by_worth:
        more = ": in detail" if answers[name] else ""
        if others[name] or not answers[name]:
            yield name, others[name], titles[name] + more


def _headlines(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if HEADLINE in cell.metadata.get("tags", [])]


def _with_text(notebook: NotebookNode, answer: bool) -> list[NotebookNode]:
    """Headline cells that answer, or the others, each below the text of its section; no code."""
    found, text = [], None
    for cell in _without_title(notebook.cells):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            text = _lowered(cell.source)
        elif HEADLINE in tags and (ANSWER in tags) == answer:
            # A cell that displays a heading of its own begins another section.
            if text and not any(markdown_of(one).startswith("#") for one in cell.outputs):
                found.append(new_markdown_cell(text))
                text = None
            outputs = [_output_lowered(one) for one in cell.outputs]
            found.append(new_code_cell(outputs=outputs))
    return found


def _lowered(markdown: str) -> str:
    return re.sub(r"^## ", "### ", markdown, flags=re.MULTILINE)


def _output_lowered(output: NotebookNode) -> NotebookNode:
    if not markdown_of(output):
        return output
    lowered = nbformat.from_dict(output)
    lowered.data["text/markdown"] = _lowered(markdown_of(output))
    return lowered


def _cell(content: "str | pd.DataFrame | Axes") -> NotebookNode:
    if isinstance(content, str):
        return new_markdown_cell(content)
    metadata: dict = {}
    if isinstance(content, pd.DataFrame):
        data = {"text/html": str(markup.table(content).data)}
    else:
        from movierec.plots.theme import image  # which reports of notebooks do without

        data, metadata = image(content)
    return new_code_cell(outputs=[new_output("display_data", data, metadata=metadata)])


def _save_figures(cells: list[NotebookNode], folder: Path, stage: str) -> None:
    """The figures of some cells as PNG files, for slides and pages of other people's."""
    data = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    figures = [one["image/png"] for one in data if "image/png" in one]
    for number, figure in enumerate(figures, start=1):
        with atomic_write(folder / f"{stage}-{number}.png") as draft:
            draft.write_bytes(base64.b64decode(figure))


def _without_title(cells: list[NotebookNode]) -> list[NotebookNode]:
    cells = [nbformat.from_dict(cell) for cell in cells]
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\A# .*\n?", "", cell.source)
    return cells


def _title(notebook: NotebookNode) -> str:
    found = (re.match(r"# (.*)", cell.source) for cell in notebook.cells)
    return next((one[1] for one in found if one), "Untitled")


def _of_run(run: RunPaths) -> dict:
    made = {name: run.notebook(name).exists() for name in STAGES}
    return {"run": run.name, "made": made, "tryable": run.report("try").exists()}


def _about(notebook: NotebookNode) -> dict:
    """What a page tells of what it was made from; a run's begin is that of its notebook."""
    started = notebook.metadata.get("papermill", {}).get("start_time")
    return {"about": {"started": started} | notebook.metadata.get("movierec", {})}
