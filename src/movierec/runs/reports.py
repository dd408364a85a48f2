"""From executed notebooks to HTML that needs nothing but a browser."""

import base64
import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pandas as pd
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pygments.formatters import HtmlFormatter

from movierec import paths
from movierec.paths import RunPaths, atomic_write
from movierec.runs import executed
from movierec.stages import STAGES, Stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Cells with this tag are shown in the run's index too.
HEADLINE = "headline"

_NUMBER = r"(&lt; )?[-+]?[\d,.]+(e[-+]\d+| ± [\d.]+|%| \[[-\d., ]+\])?|nan"
_NUMBER_CELL = re.compile(rf"<td\b([^>]*)>(?=\s*({_NUMBER})\s*</td>)")


def render_stage(run: RunPaths, stage: Stage) -> None:
    """Write the HTML report of an executed stage."""
    notebook = nbformat.read(run.notebook(stage.name), as_version=4)
    page = {"stage": stage, "failure": executed.failure(notebook)}
    _write(run.report(stage.name), _title(notebook), _prepared(notebook), _of_run(run) | page)


def render_run(run: RunPaths) -> None:
    """Render every executed stage anew, now that the others can be linked, and the index.

    The index holds each stage's headline figures and numbers and how it went: the last stages
    first, optional ones at the end. The figures lie beside it as PNG files too, in `figures/`.
    """
    notebooks = executed.read_executed(run)
    if not notebooks:
        return
    cells = []
    for name in sorted(notebooks, key=lambda one: (not STAGES[one].optional, one), reverse=True):
        render_stage(run, STAGES[name])
        cells.append(new_markdown_cell(f"## [{_title(notebooks[name])}]({name}.html)"))
        prepared = _prepared(notebooks[name]).cells
        headlines = [cell for cell in prepared if HEADLINE in cell.metadata.get("tags", [])]
        for cell in headlines:
            cell["id"] = f"{name}-{cell['id']}"
            # The index has the stages' headings only.
            cell.outputs = [one for one in cell.outputs if not _markdown(one).startswith("#")]
        _save_figures(headlines, run.reports / "figures", name)
        cells += headlines
    index = new_notebook(cells=cells, metadata=notebooks[max(notebooks)].metadata)
    page = {
        "states": {name: executed.state(run, stage, notebooks) for name, stage in STAGES.items()},
        "times": {name: notebook.metadata.papermill for name, notebook in notebooks.items()},
    }
    _write(run.index, f"Run {run.name}", index, _of_run(run) | page)
    runs = sorted(path.parent.name for path in paths.reports().glob("*/index.html"))
    _write(paths.reports() / "index.html", "Runs", new_notebook(), {"runs": runs})


def render_page(
    path: Path,
    title: str,
    sections: Mapping[str, "Sequence[str | pd.DataFrame | Axes]"],
    about: Mapping[str, object] | None = None,
) -> Path:
    """Write a page that is no notebook's; return its path.

    sections: by heading, what stands below it: Markdown, tables, figures, which are closed;
    about: what stands below the title, as executed notebooks tell it of theirs.
    """
    cells = []
    for heading, contents in sections.items():
        cells.append(new_markdown_cell(f"## {heading}"))
        cells += map(_cell, contents)
    notebook = new_notebook(cells=cells, metadata={"movierec": about or {}})
    _write(path, title, _prepared(notebook), {})
    return path


def _cell(content: "str | pd.DataFrame | Axes") -> NotebookNode:
    if isinstance(content, str):
        return new_markdown_cell(content)
    if isinstance(content, pd.DataFrame):
        data = {"text/html": content.to_html(border=0)}
    else:
        import matplotlib.pyplot as plt  # which reports of notebooks do without
        from IPython.core.pylabtools import print_figure

        data = {"image/png": print_figure(content.figure, base64=True)}
        plt.close(content.get_figure(root=True))
    return new_code_cell(outputs=[new_output("display_data", data)])


def _save_figures(cells: list[NotebookNode], folder: Path, stage: str) -> None:
    """The figures of some cells as PNG files, for slides and pages of other people's."""
    data = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    figures = [one["image/png"] for one in data if "image/png" in one]
    for number, figure in enumerate(figures, start=1):
        with atomic_write(folder / f"{stage}-{number}.png") as draft:
            draft.write_bytes(base64.b64decode(figure))


def _write(path: Path, title: str, notebook: NotebookNode, page: dict) -> None:
    resources = {"page": {"title": title, **page}}
    body, _ = _exporter().from_notebook_node(notebook, resources)
    with atomic_write(path) as draft:
        draft.write_text(body, encoding="utf-8")


@cache
def _exporter() -> HTMLExporter:
    """One for all pages, since compiling the template takes longer than filling it in."""
    templates = Path(__file__).with_name("templates")
    exporter = HTMLExporter(
        template_name="report", extra_template_basedirs=[str(templates)], embed_images=True
    )
    mark_numbers = partial(_NUMBER_CELL.sub, r"<td\1 data-number>")
    exporter.environment.filters["mark_numbers"] = mark_numbers
    exporter.environment.globals["css"] = (
        (templates / "report" / "report.css").read_text(encoding="utf-8"),
        HtmlFormatter(style="default").get_style_defs(".highlight"),
    )
    return exporter


def _prepared(notebook: NotebookNode) -> NotebookNode:
    """The notebook as a report shows it: no title twice, figures described."""
    notebook = nbformat.from_dict(notebook)
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\A# .*\n?", "", cell.source)
            heading = _last_heading(cell.source) or heading
        else:
            heading = _last_heading("\n".join(map(_markdown, cell.outputs))) or heading
            cell.metadata["alt"] = f"Figure: {heading}"
    return notebook


def _markdown(output: NotebookNode) -> str:
    return output.get("data", {}).get("text/markdown", "")


def _last_heading(markdown: str) -> str:
    return "".join(re.findall(r"^#+ (.*)$", markdown, flags=re.MULTILINE)[-1:])


def _title(notebook: NotebookNode) -> str:
    found = (re.match(r"# (.*)", cell.source) for cell in notebook.cells)
    return next((one[1] for one in found if one), "Untitled")


def _of_run(run: RunPaths) -> dict:
    return {"run": run.name, "made": {name: run.notebook(name).exists() for name in STAGES}}
