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
    assert "<dd>2026-05-04 12:05 UTC</dd>" in text


def test_a_report_lists_all_parameters_with_values_and_meanings(executed):
    text = _report(executed("01_eda", values={"top_movies": 50}))
    assert re.search(r"<code>top_movies</code></th><td><code>50</code></td><td[^>]*>most", text)
    assert re.search(r"<code>ratings_fraction</code></th><td><code>1.0</code>", text)


def test_a_report_shows_the_error_that_ended_its_stage(executed):
    error = nbformat.v4.new_output("error", ename="KeyError", evalue="'x'", traceback=["in cell"])
    run = executed("01_eda", [nbformat.v4.new_code_cell("{}['x']", outputs=[error])])
    text = _report(run)
    assert re.search(r"This stage failed.*KeyError: 'x'", html.unescape(text))
    assert "in cell" in text
    assert re.search(r"01_eda</a></th>.*<td>failed</td>", _index(run), re.DOTALL)


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
def test_a_figure_without_a_description_has_the_heading_above_it(executed, heading):
    text = _report(executed("01_eda", [heading, _shows({"image/png": _PNG})]))
    assert re.search(r'<img[^>]*alt="Figure: Who rates\?"', text)


def test_numbers_in_a_table_are_marked_to_stand_right_and_text_is_not(executed):
    numbers = "12|1,234|-0.5|1e-05|0.1 ± 0.01|37%|< 0.001|0.4 [0.3, 0.5]|nan".split("|")
    texts = ["Alien (1979)", "user 12", "12 Monkeys (1995)", ""]
    frame = pd.DataFrame({"number": numbers, "text": (texts * 3)[: len(numbers)]})
    text = _report(executed("01_eda", [_table(frame)]))
    marked = re.findall(r'<td class="number">([^<]*)</td>', text.split('id="parameters"')[0])
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
    assert '<a href="#main" aria-current="page">01_eda</a>' in text
    assert '<a href="02_content_features.html">02_content_features</a>' in text
    assert re.search(r'<span class="absent"[^>]*>03_als_training</span>', text)


def test_the_index_opens_with_the_answer_then_what_is_recommended_then_how_it_was_made(executed):
    for stage in ("01_eda", "03_als_training", "06_recommend"):
        run = executed(stage, [_shows({"image/png": _PNG}, "headline"), _shows({"text/html": "x"})])
    answer = _shows({"text/markdown": "It is better."}, "headline", "answer")
    executed("05_evaluation", [_shows({"image/png": _PNG}, "headline"), answer])
    text = _index(run).split("<main")[1]
    assert re.findall(r">All about (\w+)( in detail)?", text.replace(": in", " in")) == [
        ("05_evaluation", ""),
        ("06_recommend", ""),
        ("01_eda", ""),
        ("03_als_training", ""),
        ("05_evaluation", " in detail"),
    ]
    assert text.index("It is better.") < text.index("<img")
    assert text.count("<img") == 4
    assert "show()" not in text


def test_headlines_bring_the_text_of_their_section_once_and_are_kept_as_pictures(executed):
    section = nbformat.v4.new_markdown_cell("## Why?\n\nBecause.")
    figure = _shows({"image/png": _PNG}, "headline")
    below = _shows({"text/html": "x"}, "headline")
    run = executed("03_als_training", [section, figure, below])
    text = _index(run)
    assert text.count("Because.") == 1
    assert re.search(r"<h3[^>]*>Why\?</h3>", text)
    kept = run.reports / "figures" / "03_als_training-1.png"
    assert kept.read_bytes() == base64.b64decode(_PNG)


def test_a_headline_with_a_heading_of_its_own_does_not_bring_the_text_above(executed):
    section = nbformat.v4.new_markdown_cell("## Why?\n\nBecause.")
    other = _shows({"text/markdown": "## How?"}, "headline")
    text = _index(executed("03_als_training", [section, other]))
    assert "Because." not in text
    assert re.search(r"<h3[^>]*>How\?</h3>", text)


def test_a_heading_above_cells_that_show_nothing_goes_and_their_code_is_shown_as_one(executed):
    silent = [nbformat.v4.new_code_cell("a = 1") for _ in range(2)]
    bar = _shows({"application/vnd.jupyter.widget-view+json": "{}"})
    heading = nbformat.v4.new_markdown_cell("## For the next stages")
    rows = nbformat.v4.new_markdown_cell("## Why?")
    empty = _table(pd.DataFrame({"kind": []}))
    text = _report(executed("01_eda", [*silent, heading, bar, rows, empty]))
    assert "For the next stages" not in text
    assert "Why?" not in text
    assert text.count('<details class="code">') == 1


def test_a_heading_above_text_alone_stays(executed):
    heading = nbformat.v4.new_markdown_cell("## Why?\n\nBecause.")
    assert "Because." in _report(executed("01_eda", [heading]))


def test_the_contents_lead_to_every_section(executed):
    cells = [nbformat.v4.new_markdown_cell(f"## {name}") for name in ("Why?", "Why?", "How?")]
    text = _report(executed("01_eda", cells))
    links = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', text)
    assert [name for _, name in links] == ["Why?", "Why?", "How?", "Parameters and versions"]
    assert len({target for target, _ in links}) == 4
    assert all(text.count(f'id="{target}"') == 1 for target, _ in links)


def test_a_term_is_explained_once_after_the_block_that_holds_it_first(executed):
    first = nbformat.v4.new_markdown_cell("NDCG@10 of all.")
    again = nbformat.v4.new_markdown_cell("NDCG again. Coverage: share of candidates.")
    text = _report(executed("01_eda", [first, again]))
    terms = re.findall(r"<dt>(\w+)</dt>", text.split("<main")[1])
    assert terms == ["NDCG", "candidates"]
    assert text.index("NDCG@10 of all.") < text.index("<dt>NDCG</dt>") < text.index("NDCG again")


def test_a_word_in_a_film_s_title_is_no_term(executed):
    films = _table(pd.DataFrame({"title": ["Total Recall (1990)"]}))
    assert "<dt>Recall</dt>" not in _report(executed("01_eda", [films]))


def test_the_name_of_an_index_heads_its_column_and_no_header_is_empty(executed):
    named = pd.DataFrame({"n": [1]}, pd.Index(["a"], name="model"))
    numbered, words = pd.DataFrame({"n": [1]}, [1]), pd.DataFrame({"n": [1]}, ["a"])
    text = _report(executed("01_eda", [_table(one) for one in (named, numbered, words)]))
    heads = [
        re.findall(r'<th [^>]*scope="col"[^>]*>(.*?)</th>', one) for one in text.split("<thead>")
    ]
    assert heads[1:4] == [["model", "n"], ["#", "n"], ['<span class="unseen">row</span>', "n"]]
    assert re.findall(r'<th scope="row">(\w)</th>', text) == ["a", "1", "a"]


HOSTILE = """<meta http-equiv=refresh content="0;url=https://evil.example">
<base href="https://evil.example/"><style>main{display:none}</style><script>alert(1)</script>
<form action="https://evil.example"><input name=a></form><iframe src="https://evil.example"></iframe>
<a href="https://evil.example">a</a><a href="javascript:alert(1)">b</a>
<a href="//evil.example">c</a>
<img src="https://evil.example/a.png" onerror="alert(1)"><svg onload="alert(1)"></svg>
<p onclick="alert(1)" style="x" id="contents">kept</p>"""


@pytest.mark.parametrize("kind", ["text/html", "text/markdown"])
def test_markup_in_an_output_loses_all_that_acts_or_leads_elsewhere(executed, kind):
    text = _report(executed("01_eda", [_shows({kind: HOSTILE})]))
    assert "kept" in text
    body = text.split("<main")[1].split("<footer")[0]
    assert "evil.example" not in body
    assert not re.search(r"<(meta|base|form|input|script|style|svg|iframe)\b", body)
    assert not re.search(r"\son\w+=|javascript:|id=.contents|style=", body)


def test_markup_in_an_error_is_text(executed):
    error = nbformat.v4.new_output("error", ename="E", evalue="<b>x</b>", traceback=["<i>y</i>"])
    text = _report(executed("01_eda", [nbformat.v4.new_code_cell("", outputs=[error])]))
    assert "E: &lt;b&gt;x&lt;/b&gt;" in text
    assert "&lt;i&gt;y&lt;/i&gt;" in text


def test_markup_in_a_parameter_is_text(executed):
    run = executed("02_content_features", values={"title_query": "<b>x</b>"})
    text = _report(run, "02_content_features")
    assert "<code>&#39;&lt;b&gt;x&lt;/b&gt;&#39;</code>" in text


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
    states = dict(re.findall(r">(\w+)</a></th>.*?<td>([^<]*)</td></tr>", _index(run), re.DOTALL))
    assert states["02_content_features"] == "made from 01_eda with seed 1 (now 0): run it again"
    assert states["03_als_training"] == "done"


def test_the_index_tells_which_stages_were_interrupted_and_which_never_ran(executed):
    text = _index(executed("01_eda", status="pending"))
    assert "<td>interrupted</td>" in text
    assert re.search(r"02_content_features</th>.*?<td>not run</td>", text, re.DOTALL)


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
    assert re.search(r'One.*<em>words</em>.*<td class="number">7</td>.*Two.*<img', text, re.DOTALL)
    assert not plt.fignum_exists(ax.figure.number)
