"""Reports, rendered from executed notebooks, and pages of other contents."""

import base64
import html
import re

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest

from movierec.datasets import DatasetFacts
from movierec.paths import RunPaths
from movierec.runs import executed as executions
from movierec.runs.reports import render_page, render_run
from movierec.settings import ALSSettings, ContentSettings, DataSettings, Settings
from movierec.stages import STAGES, OpenStage

_PNG = base64.b64encode(b"not really a picture").decode()


def _shows(data: dict[str, str], *tags: str) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("display_data", data)
    return nbformat.v4.new_code_cell("show()", outputs=[output], metadata={"tags": list(tags)})


def _table(frame: pd.DataFrame) -> nbformat.NotebookNode:
    return _shows({"text/html": frame.to_html()})


def _report(run: RunPaths, stage: str = "01_eda") -> str:
    render_run(run)
    return run.report(stage).read_text(encoding="utf-8")


def _index(run: RunPaths) -> str:
    render_run(run)
    return run.index.read_text(encoding="utf-8")


def test_a_run_without_notebooks_has_no_reports():
    render_run(RunPaths("mine"))
    assert not RunPaths("mine").index.exists()


def test_a_report_names_its_title_once_and_its_time(executed):
    text = _report(executed("01_eda", minute=5))
    assert text.count("<h1>All about 01_eda</h1>") == 1
    assert not re.search(r"<h1 id", text)
    assert "<dd>2026-05-04 12:05 UTC</dd>" in text


def test_a_report_lists_all_parameters_with_values_and_meanings(executed):
    text = _report(executed("01_eda", values={"top_movies": 50}))
    assert re.search(r"<code>top_movies</code></td><td><code>50</code></td><td>most rated", text)
    assert re.search(r"<code>ratings_fraction</code></td><td><code>1.0</code>", text)


def test_a_report_shows_the_error_that_ended_its_stage(executed):
    error = nbformat.v4.new_output("error", ename="KeyError", evalue="'x'", traceback=["in cell"])
    run = executed("01_eda", [nbformat.v4.new_code_cell("{}['x']", outputs=[error])])
    text = _report(run)
    assert re.search(r"This stage failed.*KeyError: 'x'", html.unescape(text))
    assert "in cell" in text
    assert re.search(r"01_eda</a></td>.*<td>failed</td>", _index(run), re.DOTALL)


def test_a_progress_bar_is_left_out(executed):
    bar = {"application/vnd.jupyter.widget-view+json": "{}", "text/plain": "HBox(children"}
    assert "HBox" not in _report(executed("01_eda", [_shows(bar)]))


@pytest.mark.parametrize(
    "heading",
    [
        nbformat.v4.new_markdown_cell("## Who rates?\n\nAll do."),
        _shows({"text/markdown": "## Who rates?\n\nAll do."}),
    ],
    ids=["in a cell", "in an output"],
)
def test_a_figure_is_described_by_the_heading_above_it(executed, heading):
    text = _report(executed("01_eda", [heading, _shows({"image/png": _PNG})]))
    assert re.search(r'<img[^>]*alt="Figure: Who rates\?"', text)


def test_numbers_in_a_table_are_marked_to_stand_right_and_text_is_not(executed):
    numbers = "12|1,234|-0.5|1e-05|0.1 ± 0.01|37%|< 0.001|0.4 [0.3, 0.5]|nan".split("|")
    texts = ["Alien (1979)", "user 12", "12 Monkeys (1995)", ""]
    frame = pd.DataFrame({"number": numbers, "text": (texts * 3)[: len(numbers)]})
    text = _report(executed("01_eda", [_table(frame)]))
    marked = re.findall(r'<td data-number="">([^<]*)</td>', text)
    assert [html.unescape(one) for one in marked] == numbers


def test_a_report_goes_on_naming_the_data_it_was_made_from(executed):
    run, stage = executed("01_eda"), STAGES["01_eda"]
    facts = DatasetFacts("first", True, 1234, 2, 3, 4, 0, 0, 0, 0, {})
    facts.save(run.output("dataset.json"))
    notebook = nbformat.read(run.notebook("01_eda"), as_version=4)
    described = executions.describe(run, notebook, stage.parameters(dataset="first"))
    executions.save(run, stage, described)
    run.output("dataset.json").write_text("{}")
    text = _report(run)
    assert "<dd>first</dd>" in text
    assert "<dd>1,234</dd>" in text
    assert "Simulated audience" in text


def test_reports_are_linked_and_one_not_made_yet_leads_nowhere(executed):
    executed("01_eda")
    text = _report(executed("02_content_features"))
    assert '<span aria-current="page" class="current">01_eda</span>' in text
    assert '<a href="02_content_features.html">02_content_features</a>' in text
    assert re.search(r'<span class="absent"[^>]*>03_als_training</span>', text)


def test_the_index_shows_headlines_optional_stages_last_and_keeps_their_figures(executed):
    for stage in ("01_eda", "03_als_training", "06_recommend"):
        run = executed(stage, [_shows({"image/png": _PNG}, "headline"), _shows({"text/html": "x"})])
    text = _index(run)
    titles = re.findall(r"All about (\w+)", text)
    assert titles == ["03_als_training", "01_eda", "06_recommend"]
    assert text.count("<img") == 3
    assert "show()" not in text
    assert (run.reports / "figures" / "03_als_training-1.png").read_bytes() == base64.b64decode(
        _PNG
    )


def _commit(stage: str, settings: Settings) -> None:
    opened = OpenStage(stage, "mine")
    for file in opened.stage.writes:
        opened.output(file).write_text('{"sha256": {}}')
    opened.commit(settings)


def test_the_index_tells_which_stages_were_made_from_what_is_no_longer_there(executed):
    _commit("01_eda", DataSettings(seed=1))
    _commit("02_content_features", ContentSettings())
    _commit("01_eda", DataSettings())
    _commit("03_als_training", ALSSettings())
    for stage in ("01_eda", "02_content_features", "03_als_training"):
        run = executed(stage)
    states = dict(re.findall(r">(\w+)</a></td>.*?<td>([^<]*)</td>\s*</tr>", _index(run), re.DOTALL))
    assert states["02_content_features"] == "made from 01_eda with seed 1 (now 0): run it again"
    assert states["03_als_training"] == "done"


def test_the_index_tells_which_stages_were_interrupted_and_which_never_ran(executed):
    text = _index(executed("01_eda", status="pending"))
    assert "<td>interrupted</td>" in text
    assert re.search(r"<td>02_content_features</td>.*?<td>not run</td>", text, re.DOTALL)


def test_the_list_of_runs_leads_to_each(executed):
    run = executed("01_eda")
    render_run(run)
    assert 'href="mine/index.html"' in (run.reports.parent / "index.html").read_text()


def test_a_page_shows_text_tables_and_figures_below_their_headings(tmp_path):
    _, ax = plt.subplots()
    frame = pd.DataFrame({"trials": [7]})
    path = render_page(
        tmp_path / "page.html",
        "A & B",
        {"One": ["*words*", frame], "Two": [ax]},
        {"dataset": {"name": "<7>", "simulated": True}},
    )
    text = path.read_text(encoding="utf-8")
    assert "<h1>A &amp; B</h1>" in text
    assert "<dd>&lt;7&gt;</dd>" in text
    assert "Simulated audience" in text
    assert re.search(r'One.*<em>words</em>.*<td data-number="">7</td>.*Two.*<img', text, re.DOTALL)
    assert not plt.get_fignums()
