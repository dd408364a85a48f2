"""From executed notebooks to HTML that needs nothing but a browser."""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
from IPython.core.pylabtools import print_figure
from matplotlib.axes import Axes
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from movierec import paths
from movierec.paths import RunPaths, atomic_write
from movierec.runs import executed
from movierec.stages import STAGES, Stage, upstream

# Cells with this tag are shown in the run's index too.
HEADLINE = "headline"

_WIDGET = "application/vnd.jupyter.widget-view+json"
_NUMBER = r"(&lt; )?[-+]?[\d,.]+(e[-+]\d+| ± [\d.]+|%| \[[-\d., ]+\])?|nan"
_NUMBER_CELL = re.compile(rf"<td\b([^>]*)>(?=\s*({_NUMBER})\s*</td>)")


def render_stage(run: RunPaths, stage: Stage) -> Path:
    """Write the HTML report of an executed stage; return its path."""
    notebook = nbformat.read(run.notebook(stage.name), as_version=4)
    page = {
        "title": _title(notebook),
        "run": run.name,
        "links": _links(run, stage.name),
        **_provenance(notebook),
        "failure": executed.failure(notebook),
        "parameters": _parameters(stage, notebook),
        "versions": notebook.metadata.get("movierec", {}).get("versions", {}),
    }
    path = run.report(stage.name)
    _write(path, _prepared(notebook), page)
    return path


def render_run(run: RunPaths) -> None:
    """Render every executed stage anew, now that the others can be linked, and the index.

    The index holds each stage's headline figures and numbers and how it went: the last stages
    first, optional ones at the end. The figures lie beside it as PNG files too, in `figures/`.
    """
    notebooks = executed.read_executed(run)
    if not notebooks:
        return
    for name in notebooks:
        render_stage(run, STAGES[name])
    cells = []
    for name in sorted(notebooks, key=lambda one: (not STAGES[one].optional, one), reverse=True):
        notebook, link = notebooks[name], run.report(name).name
        cells.append(nbformat.v4.new_markdown_cell(f"## [{_title(notebook)}]({link})"))
        headlines = [cell for cell in _prepared(notebook).cells if HEADLINE in _tags(cell)]
        for cell in headlines:
            cell["id"] = f"{name}-{cell['id']}"
            # The index has the stages' headings only.
            cell.outputs = [one for one in cell.outputs if not _markdown(one).startswith("#")]
        _save_figures(headlines, run.reports / "figures", name)
        cells += headlines
    cells.append(nbformat.v4.new_markdown_cell(_stage_table(notebooks)))
    page = {
        "title": f"Run {run.name}",
        "links": _links(run, None),
        "hide_code": True,
        **_provenance(notebooks[max(notebooks)]),
    }
    _write(run.index, nbformat.v4.new_notebook(cells=cells), page)
    _render_list_of_runs()


def render_page(
    path: Path,
    title: str,
    sections: Mapping[str, Sequence[str | pd.DataFrame | Axes]],
    facts: Mapping[str, str] | None = None,
    simulated: bool = False,
) -> Path:
    """Write a page that is no notebook's; return its path.

    sections: by heading, what stands below it: Markdown, tables, figures, which are closed;
    facts: by name, what stands below the title; simulated: whether the audience is.
    """
    cells = []
    for heading, contents in sections.items():
        cells.append(nbformat.v4.new_markdown_cell(f"## {heading}"))
        cells += [_cell(content) for content in contents]
    page = {
        "title": html.escape(title),
        "facts": {name: html.escape(value) for name, value in (facts or {}).items()},
        "simulated": simulated,
    }
    _write(path, _prepared(nbformat.v4.new_notebook(cells=cells)), page)
    return path


def _cell(content: str | pd.DataFrame | Axes) -> NotebookNode:
    if isinstance(content, str):
        return nbformat.v4.new_markdown_cell(content)
    if isinstance(content, pd.DataFrame):
        data = {"text/html": content.to_html(border=0)}
    else:
        data = {"image/png": print_figure(content.figure, base64=True)}
        plt.close(content.get_figure(root=True))
    return nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data)])


def _save_figures(cells: list[NotebookNode], folder: Path, stage: str) -> None:
    """The figures of some cells as PNG files, for slides and pages of other people's."""
    figures = [
        output.data["image/png"]
        for cell in cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    folder.mkdir(exist_ok=True)
    for number, figure in enumerate(figures, start=1):
        with atomic_write(folder / f"{stage}-{number}.png") as draft:
            draft.write_bytes(base64.b64decode(figure))


def _render_list_of_runs() -> None:
    runs = sorted(paths.reports().glob("*/index.html"), key=lambda path: path.parent.name)
    lines = [f"- [{path.parent.name}]({path.parent.name}/index.html)" for path in runs]
    cell = nbformat.v4.new_markdown_cell("\n".join(lines))
    _write(
        paths.reports() / "index.html",
        nbformat.v4.new_notebook(cells=[cell]),
        {"title": "Runs"},
    )


def _write(path: Path, notebook: NotebookNode, page: dict) -> None:
    body, _ = _exporter().from_notebook_node(notebook, resources={"page": page})
    with atomic_write(path) as draft:
        draft.write_text(body, encoding="utf-8")


@cache
def _exporter() -> HTMLExporter:
    """One for all pages, since compiling the template takes longer than filling it in."""
    templates = resources.files("movierec.runs") / "templates"
    exporter = HTMLExporter(
        template_name="report", extra_template_basedirs=[str(templates)], embed_images=True
    )
    exporter.environment.globals["css"] = (
        (templates / "report" / "report.css").read_text(encoding="utf-8"),
        HtmlFormatter(style="default").get_style_defs(".highlight"),
    )
    return exporter


def _prepared(notebook: NotebookNode) -> NotebookNode:
    """The notebook as a report shows it: no title twice, no live widgets, figures described."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata.pop("widgets", None)
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\A# .*\n?", "", cell.source)
            heading = _last_heading(cell.source) or heading
        else:
            # A progress bar is live or nothing.
            cell.outputs = [one for one in cell.outputs if _WIDGET not in one.get("data", {})]
            heading = _last_heading("\n".join(map(_markdown, cell.outputs))) or heading
            cell.metadata["alt"] = f"Figure: {heading}"
            for output in cell.outputs:
                data = output.get("data", {})
                if "text/html" in data:
                    data["text/html"] = _NUMBER_CELL.sub(r"<td\1 data-number>", data["text/html"])
    return notebook


def _markdown(output: NotebookNode) -> str:
    return output.get("data", {}).get("text/markdown", "")


def _last_heading(markdown: str) -> str:
    return next(iter(re.findall(r"^#+ (.*)$", markdown, flags=re.MULTILINE)[::-1]), "")


def _title(notebook: NotebookNode) -> str:
    for cell in notebook.cells:
        if found := re.match(r"# (.*)", cell.source):
            return found[1]
    return "Untitled"


def _links(run: RunPaths, current: str | None) -> list[dict]:
    """The index and all reports; one not made yet is shown but leads nowhere."""
    index = {"text": f"run {run.name}", "href": run.index.name, "current": current is None}
    return [index] + [
        {
            "text": stage,
            "href": run.report(stage).name if run.notebook(stage).exists() else None,
            "current": stage == current,
        }
        for stage in STAGES
    ]


def _provenance(notebook: NotebookNode) -> dict:
    """When a notebook ran, and on what data, as it was recorded then."""
    facts = {"run of": _when(notebook.metadata.papermill.start_time)}
    dataset = notebook.metadata.get("movierec", {}).get("dataset", {})
    if dataset:
        facts["dataset"] = dataset["name"]
    if "ratings" in dataset:
        facts["ratings"] = f"{dataset['ratings']:,}"
    return {"facts": facts, "simulated": dataset.get("simulated", False)}


def _parameters(stage: Stage, notebook: NotebookNode) -> list[dict]:
    """Every parameter with the value this run had."""
    told = executed.parameters(notebook)
    known = stage.parameters
    return [
        {"name": name, "value": repr(told.get(name, field.default)), "help": known.meaning(name)}
        for name, field in known.model_fields.items()
    ]


def _stage_table(notebooks: dict[str, NotebookNode]) -> str:
    """How each stage went, as Markdown; one that is older than what it reads says so."""
    lines = ["## How the stages went", "", "| stage | ended | seconds | |", "|---|---|---:|---|"]
    times = {name: notebook.metadata.papermill for name, notebook in notebooks.items()}
    for name, stage in STAGES.items():
        if name not in notebooks:
            lines.append(f"| {name} | | | not run |")
            continue
        state = executed.outcome(notebooks[name])
        newer = [
            read.name
            for read in upstream(stage)
            if read.name in times and (times[read.name].end_time or "") > times[name].start_time
        ]
        if state == "done" and newer:
            state = f"older than {newer[0]}: run it again"
        ended = _when(times[name].end_time) if times[name].end_time else ""
        seconds = f"{times[name].duration:.1f}" if times[name].duration else ""
        lines.append(f"| [{name}]({name}.html) | {ended} | {seconds} | {state} |")
    return "\n".join(lines)


def _when(stamp: str) -> str:
    return datetime.fromisoformat(stamp).strftime("%Y-%m-%d %H:%M UTC")


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])
