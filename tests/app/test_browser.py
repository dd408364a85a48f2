"""The app in a real browser: the main path, three widths, dark and light, by keyboard, offline."""

import shutil

import pytest

from movierec.app import profile as profiles
from movierec.app.profile import Profile

pytestmark = pytest.mark.slow

SPACE = profiles.to_text(Profile({10: 5.0, 20: 4.5}), "two.genres")
PAGES = ["", "similar?movie=10", "user?user=502", "two-runs", "about"]


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the app needs pip install -r requirements-app.txt"
    )
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser, server):
    """A page of 1,000 x 800 pixels; `page.asked` are the addresses that it asked for."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    context.close()


def _open(page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("h2")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def _search_and_rate(page) -> None:
    page.get_by_label("Search for a film").fill("star harbor")
    page.get_by_text("4½", exact=True).first.click()
    page.get_by_role("heading", name="Your ratings (1)").wait_for()


def test_somebody_who_rates_a_film_sees_others_and_why_also_after_a_reload(page, server):
    _open(page, server)
    _search_and_rate(page)
    first = page.locator("article", has_text="1. ").first
    first.get_by_text("Star Harbor (4½ ★)").wait_for()
    assert "profile=two.genres~9-a" in page.url
    page.reload()
    page.locator("article", has_text="1. ").first.get_by_text("Star Harbor (4½ ★)").wait_for()


def test_a_film_leads_to_more_like_it_and_back_with_the_profile_kept(page, server):
    _open(page, f"{server}/?profile={SPACE}")
    page.get_by_role("link", name="More like this").nth(1).click()
    page.get_by_role("heading", name="By words").wait_for()
    page.locator("canvas, svg.marks").first.wait_for()
    page.get_by_role("link", name="For you").click()
    page.get_by_role("heading", name="Your ratings (2)").wait_for()


def test_all_of_it_works_by_keyboard(page, server):
    _open(page, server)
    field = page.get_by_label("Search for a film")
    field.wait_for()
    # A page that is drawn again while somebody tabs begins at its top again.
    for _ in range(100):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.ariaLabel") == "Search for a film":
            break
        page.wait_for_timeout(50)
    page.keyboard.type("star harbor", delay=20)
    page.wait_for_function("field => field.value === 'star harbor'", arg=field.element_handle())
    page.get_by_text("4½").first.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") in ("½", "1", "5"):
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your ratings (1)").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_phones_and_screens_in_dark_and_light(page, server, scheme):
    page.emulate_media(color_scheme=scheme)
    separator = {True: "&", False: "?"}
    for path in PAGES:
        _open(page, f"{server}/{path}{separator['?' in path]}profile={SPACE}")
        for width in (400, 800, 1400):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(100)  # the layout follows the width with a transition
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        colour = page.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        red = int(colour.removeprefix("rgb(").split(",")[0])
        assert (red > 200) == (scheme == "light"), (path, colour)
        assert page.get_by_text("Traceback").count() == 0


def test_every_field_has_a_label(page, server):
    for path in ("", "similar?movie=10", "user"):
        _open(page, f"{server}/{path}{'&' if '?' in path else '?'}profile={SPACE}")
        unnamed = page.evaluate(
            """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
            .filter(one => one.offsetParent && !one.ariaLabel && !one.labels?.length
                    && !one.getAttribute('aria-labelledby')).map(one => one.outerHTML)"""
        )
        assert unnamed == [], path


def test_nothing_is_asked_of_another_machine(page, server):
    for path in PAGES:
        _open(page, f"{server}/{path}")
    page.wait_for_timeout(500)
    outside = [one for one in page.asked if not one.startswith((server, "data:", "blob:"))]
    assert outside == []
    assert len(page.asked) > len(PAGES)
