"""From executed notebooks to HTML that needs nothing but a browser."""

import base64
import html
import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
from bs4 import BeautifulSoup
from matplotlib.axes import Axes
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from movierec import paths
from movierec.paths import RunPaths, atomic_write
from movierec.runs import parameters
from movierec.runs.runner import OPTIONAL, READS, STAGES

# Cells with this tag are shown in the run's index too.
HEADLINE = "headline"

_WIDGET = "application/vnd.jupyter.widget-view+json"
_NUMBER = re.compile(r"(< )?[-+]?[\d,.]+(e[-+]\d+| ± [\d.]+|%| \[[-\d., ]+\])?|nan")


def render_stage(run: RunPaths, stage: str) -> Path:
    """Write the HTML report of an executed stage; return its path."""
    notebook = nbformat.read(run.notebook(stage), as_version=4)
    page = {
        "title": _title(notebook),
        "run": run.name,
        "links": _links(run, stage),
        **_provenance(notebook),
        "failure": _failure(notebook),
        "parameters": _parameters(run.notebook(stage), notebook),
        "versions": notebook.metadata.get("movierec", {}).get("versions", {}),
    }
    path = run.report(stage)
    _write(path, _prepared(notebook), page)
    return path


def render_run(run: RunPaths) -> Path:
    """Render every executed stage anew, now that the others can be linked, and the index."""
    for stage in STAGES:
        if run.notebook(stage).exists():
            render_stage(run, stage)
    return render_index(run)


def render_index(run: RunPaths) -> Path:
    """Write the run's index: each stage's headline figures and numbers, and how it went.

    The last stages stand first, optional ones at the end. The headline figures lie beside it as
    PNG files too, in `figures/`.
    """
    executed = {
        stage: nbformat.read(run.notebook(stage), as_version=4)
        for stage in STAGES
        if run.notebook(stage).exists()
    }
    cells = []
    for stage in sorted(executed, key=lambda name: (name not in OPTIONAL, name), reverse=True):
        notebook, link = executed[stage], run.report(stage).name
        cells.append(nbformat.v4.new_markdown_cell(f"## [{_title(notebook)}]({link})"))
        headlines = [cell for cell in _prepared(notebook).cells if HEADLINE in _tags(cell)]
        for cell in headlines:
            cell["id"] = f"{stage}-{cell['id']}"
        _save_figures(headlines, run.reports / "figures", stage)
        cells += headlines
    cells.append(nbformat.v4.new_markdown_cell(_stage_table(executed)))
    page = {
        "title": f"Run {run.name}",
        "links": _links(run, None),
        "hide_code": True,
        **_provenance(executed[max(executed)]),
    }
    _write(run.index, nbformat.v4.new_notebook(cells=cells), page)
    _render_list_of_runs()
    return run.index


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
        data = {"image/png": _png(content)}
    return nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data)])


def _png(ax: Axes) -> str:
    """The figure of an Axes as a notebook keeps it: PNG, base64."""
    file = io.BytesIO()
    ax.figure.savefig(file, format="png", bbox_inches="tight")
    plt.close(ax.figure)
    return base64.b64encode(file.getvalue()).decode()


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
    templates = resources.files("movierec.runs") / "templates"
    page["css"] = (templates / "report" / "report.css").read_text(encoding="utf-8")
    page["highlight_css"] = HtmlFormatter(style="default").get_style_defs(".highlight")
    exporter = HTMLExporter(
        template_name="report", extra_template_basedirs=[str(templates)], embed_images=True
    )
    body, _ = exporter.from_notebook_node(notebook, resources={"page": page})
    with atomic_write(path) as draft:
        draft.write_text(body, encoding="utf-8")


def _prepared(notebook: NotebookNode) -> NotebookNode:
    """The notebook as a report shows it: no title twice, no live widgets, figures described."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata.pop("widgets", None)
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\A# .*\n?", "", cell.source)
            headings = re.findall(r"^#+ (.*)$", cell.source, flags=re.MULTILINE)
            heading = headings[-1] if headings else heading
        else:
            # A progress bar is live or nothing.
            cell.outputs = [one for one in cell.outputs if _WIDGET not in one.get("data", {})]
            cell.metadata["alt"] = f"Figure: {heading}"
            for output in cell.outputs:
                if "text/html" in output.get("data", {}):
                    output.data["text/html"] = _align_numbers(output.data["text/html"])
    return notebook


def _align_numbers(tables: str) -> str:
    """Mark the columns of tables that hold numbers, head and body, for the style sheet."""
    soup = BeautifulSoup(tables, "html.parser")
    for table in soup.find_all("table"):
        rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
        for column in zip(*[row for row in rows if len(row) == len(rows[0])], strict=True):
            values = [cell.get_text(strip=True) for cell in column if cell.name == "td"]
            if values and all(_NUMBER.fullmatch(value) for value in values):
                for cell in column:
                    cell["data-number"] = ""
    return str(soup)


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


def _parameters(path: Path, notebook: NotebookNode) -> list[dict]:
    """Every parameter with the value this run had."""
    given = notebook.metadata.papermill.parameters
    return [
        {"name": one.name, "value": repr(given.get(one.name, one.default)), "help": one.help}
        for one in parameters.of_notebook(path).values()
    ]


def _failure(notebook: NotebookNode) -> str | None:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return f"{output.ename}: {output.evalue}"
    return None


def _stage_table(executed: dict[str, NotebookNode]) -> str:
    """How each stage went, as Markdown; one that is older than what it reads says so."""
    lines = ["## How the stages went", "", "| stage | ended | seconds | |", "|---|---|---|---|"]
    times = {stage: notebook.metadata.papermill for stage, notebook in executed.items()}
    for stage in STAGES:
        if stage not in executed:
            lines.append(f"| {stage} | | | not run |")
            continue
        newer = [
            read
            for read in READS[stage]
            if read in times and (times[read].end_time or "") > times[stage].start_time
        ]
        if _failure(executed[stage]):
            state = "failed"
        elif any(cell.metadata.papermill.status != "completed" for cell in executed[stage].cells):
            state = "cut short"
        elif newer:
            state = f"older than {newer[0]}: run it again"
        else:
            state = "done"
        ended = _when(times[stage].end_time) if times[stage].end_time else ""
        seconds = f"{times[stage].duration:.1f}" if times[stage].duration else ""
        lines.append(f"| [{stage}]({stage}.html) | {ended} | {seconds} | {state} |")
    return "\n".join(lines)


def _when(stamp: str) -> str:
    return datetime.fromisoformat(stamp).strftime("%Y-%m-%d %H:%M UTC")


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])
