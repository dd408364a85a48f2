"""Reports in a browser without network, made from a catalogue whose every text is an attack."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from movierec.simulation.simulator import Shape, simulate
from movierec.stages import STAGES

pytestmark = pytest.mark.slow

WIDTHS = 400, 800, 1400
NASTY = [
    'x <meta http-equiv=refresh content="0;url=https://evil.example">',
    "<script>alert(1)</script>",
    '<img src="https://evil.example/a.png" onerror="alert(1)">',
    '<base href="https://evil.example/"><form action="https://evil.example"><input></form>',
    "<style>main { display: none }</style>",
    "*stars* _under_ `code` [link](https://evil.example) https://evil.example",
    r"$\money$ and $x^2$ \\(y\\)",
    "</td></table></main><h1>mine</h1>",
    "a & b &lt; c",
]


@pytest.fixture(scope="module")
def home(browser, tmp_path_factory) -> Path:
    """The home of a run on hostile data; none without a browser."""
    home = tmp_path_factory.mktemp("home")
    data = home / "data" / "a<b>$x$*y*"
    simulate(data, Shape(ratings=8_000, users=200))
    _spoil(data)
    command = [sys.executable, "-m", "movierec", "run", "--dataset", str(data), "--run", "hostile"]
    told = ["title_query=<", f"ratings={NASTY[2]} 1: 5; {NASTY[5]}: 1", "bpr_iterations=20"]
    subprocess.run(
        [*command, *(f"-p{one}" for one in told)],
        env=os.environ | {"MOVIEREC_HOME": str(home)},
        check=True,
        capture_output=True,
    )
    return home


def _spoil(data: Path) -> None:
    """Give the most rated movies, their genres and all tags texts that want to be more."""
    movies, tags = pd.read_csv(data / "movies.csv"), pd.read_csv(data / "tags.csv")
    counts = pd.read_csv(data / "ratings.csv")["movieId"].value_counts()
    most_rated = movies["movieId"].isin(counts.index[: 2 * len(NASTY)])
    texts = [f"{NASTY[n % len(NASTY)]} {n} (1999)" for n in range(int(most_rated.sum()))]
    movies.loc[most_rated, "title"] = texts
    movies.loc[most_rated, "genres"] = "Drama|<script>alert(1)</script>|$a_b$"
    tags["tag"] = [NASTY[n % len(NASTY)] for n in range(len(tags))]
    movies.to_csv(data / "movies.csv", index=False)
    tags.to_csv(data / "tags.csv", index=False)


@pytest.fixture(scope="module")
def pages(home) -> list[Path]:
    return [home / "reports" / "index.html", *sorted((home / "reports" / "hostile").glob("*.html"))]


@pytest.fixture
def evaluation(home) -> Path:
    return home / "reports" / "hostile" / "05_evaluation.html"


def test_the_run_has_all_its_pages(pages):
    assert {path.stem for path in pages} >= {"index", *STAGES}


def test_pages_say_nothing_on_the_console_and_ask_nobody(pages, visit):
    for path in pages:
        opened = visit(path)
        opened.page.wait_for_timeout(100)
        assert opened.noticed == [], path.name
        assert opened.page.url == path.as_uri()


def test_a_page_that_asks_or_complains_would_be_noticed(tmp_path, visit):
    path = tmp_path / "asks.html"
    path.write_text('<img src="https://example.org/a.png"><script>throw Error("no")</script>')
    noticed = visit(path).noticed
    assert "https://example.org/a.png" in noticed
    assert "error: no" in noticed


def test_every_text_of_the_catalogue_is_seen_as_it_is(home, visit):
    path = home / "reports" / "hostile"
    listed = visit(path / "01_eda.html").page.inner_text("main")
    titles = set(re.findall(r"\d+\t\d+\t(.* \(1999\))\t", listed))
    assert len(titles) >= 9
    assert all(any(title.startswith(text) for text in NASTY) for title in titles)
    recommended = visit(path / "06_recommend.html").page.inner_text("main")
    assert f"For a user who rates {NASTY[2]} 1: 5; {NASTY[5]}: 1" in recommended
    assert "a<b>$x$*y*" in visit(path / "index.html").page.inner_text("dl.facts")


def test_no_page_scrolls_sideways_at_any_width(pages, visit):
    for path in pages:
        page = visit(path).page
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert over <= 0, (path.name, width)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 400)])
def test_nothing_hinders_readers_with_a_disability(pages, visit, scheme, width):
    for path in pages:
        found = Axe().run(visit(path, width, scheme).page).response["violations"]
        grave = [(one["impact"], one["id"]) for one in found if one["impact"] != "minor"]
        assert grave == [], path.name


def test_what_hinders_them_would_be_noticed(tmp_path, visit):
    path = tmp_path / "bad.html"
    path.write_text('<html lang="en"><title>t</title><main><h1>t</h1><img src="data:,"></main>')
    assert "image-alt" in [one["id"] for one in Axe().run(visit(path).page).response["violations"]]


def test_contents_are_a_drawer_on_a_phone_and_stand_beside_the_text_on_a_desk(evaluation, visit):
    page = visit(evaluation, 400).page
    contents = page.locator("#contents")
    assert not contents.is_visible()
    page.get_by_role("button", name="Contents").click()
    link = contents.get_by_role("link").nth(2)
    target = link.get_attribute("href")
    link.click()
    assert not contents.is_visible()
    assert page.evaluate("location.hash") == target
    page.wait_for_function(
        "id => Math.abs(document.querySelector(id).getBoundingClientRect().top) < 100", arg=target
    )
    page.set_viewport_size({"width": 1400, "height": 900})
    assert contents.is_visible()
    text = page.locator("main").bounding_box()
    assert contents.bounding_box()["width"] <= text["x"]


def test_one_switch_shows_all_code_and_hides_it(evaluation, visit):
    page = visit(evaluation).page
    code = page.locator("details.code")
    for wanted in (True, False):
        page.get_by_role("button", name="Show all code").click()
        shown = [code.nth(n).evaluate("one => one.open") for n in range(code.count())]
        assert shown == [wanted] * len(shown)


def test_no_two_lines_of_code_stand_below_each_other(pages, visit):
    for path in pages:
        page = visit(path).page
        alone = page.locator(".block:has(> details.code:only-child) + .block > details.code")
        assert alone.count() == 0, path.name


def test_a_column_of_numbers_sorts_highest_first_then_lowest(evaluation, visit):
    page = visit(evaluation).page
    table = page.locator("table", has=page.get_by_role("button", name="HitRate", exact=True)).first
    header = table.get_by_role("columnheader", name="HitRate", exact=True)
    for direction in ("descending", "ascending"):
        header.get_by_role("button").click()
        texts = table.locator("td:nth-child(2)").all_inner_texts()
        shown = [float(text.split()[0]) for text in texts]
        assert header.get_attribute("aria-sort") == direction
        assert shown == sorted(shown, reverse=direction == "descending")
        assert len(set(shown)) > 3


def test_a_wide_table_scrolls_inside_itself_by_keyboard(evaluation, visit):
    page = visit(evaluation, 400).page
    box = page.locator(".scroll", has=page.get_by_text("CappedRecall", exact=True)).first
    box.focus()
    page.keyboard.press("ArrowRight")
    handle = box.element_handle()
    page.wait_for_function("box => box.scrollLeft > 0", arg=handle)


def test_dark_pages_are_dark_figures_included(evaluation, visit):
    for scheme, dark in (("light", False), ("dark", True)):
        page = visit(evaluation, 1400, scheme).page
        figure = page.locator("figure img").first
        figure.scroll_into_view_if_needed()
        picture = Image.open(io.BytesIO(figure.screenshot())).convert("L")
        levels = sorted(picture.get_flattened_data())
        # Most of a figure is ground; its text is the other end.
        assert (levels[len(levels) // 2] < 60) == dark
        assert (levels[-1] > 200) if dark else (levels[0] < 60)


def test_a_figure_is_enlarged_and_closed_by_keyboard(evaluation, visit):
    page = visit(evaluation, 800).page
    figure = page.locator("figure button").first
    width = figure.locator("img").bounding_box()["width"]
    figure.focus()
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog").locator("img")
    assert large.bounding_box()["width"] > width
    assert large.get_attribute("alt") == figure.locator("img").get_attribute("alt")
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0


def test_on_a_phone_the_type_of_figures_stays_legible(pages, visit):
    for path in pages:
        page = visit(path, 400).page
        scales = page.eval_on_selector_all(
            "figure img",
            "all => all.map(one => one.getBoundingClientRect().width / one.naturalWidth)",
        )
        assert all(scale >= 0.75 for scale in scales), path.name


def test_the_first_stop_of_the_keyboard_skips_to_the_content(evaluation, visit):
    page = visit(evaluation).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_everything_can_be_read_without_scripts(evaluation, visit):
    page = visit(evaluation, scripts=False).page
    assert page.locator("figure img").first.is_visible()
    assert page.get_by_role("heading", name="Parameters and versions").is_visible()
    assert not page.get_by_role("button", name="Show all code").is_visible()
    code = page.locator("details.code").first
    code.locator("summary").click()
    assert code.locator(".highlight").is_visible()


def test_nothing_is_cut_off_on_paper(pages, visit):
    for path in pages:
        page = visit(path, 680).page  # A4 between margins of 15 mm
        page.emulate_media(media="print")
        right = page.eval_on_selector_all(
            "main td, main th, main img", "all => all.map(one => one.getBoundingClientRect().right)"
        )
        assert max(right, default=0) <= 681, path.name


def test_the_home_of_all_runs_filters_them(home, visit):
    page = visit(home / "reports" / "index.html").page
    rows = page.locator("table.runs tbody tr")
    page.get_by_label("Show only runs with").fill("no such run")
    assert not rows.first.is_visible()
    assert page.locator("#shown").inner_text() == "0 of 1"
    page.get_by_label("Show only runs with").fill("hostile bpr_iterations")
    assert rows.first.is_visible()


def test_all_pages_of_a_run_take_ten_megabytes_at_most(home):
    pages = (home / "reports" / "hostile").glob("*.html")
    assert sum(path.stat().st_size for path in pages) <= 10_000_000
