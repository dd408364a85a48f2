"""What the report of recommendations shows."""

import re
from dataclasses import replace

import numpy as np
import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.stages import find_stage, notebook_of

STAGE = "06_recommend"
pytestmark = pytest.mark.slow


def _text(html: str) -> str:
    """What a page says, without tags and line breaks."""
    without_style = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", without_style).split())


def _html(run: RunPaths) -> str:
    return run.report(STAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(world, tmp_path_factory) -> tuple[str, str]:
    """Report and index of a run whose notebook was asked for a user and for ratings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOVIEREC_HOME", str(tmp_path_factory.mktemp("home")))
        names = np.array([f"u-{row}" for row in range(41)])
        run = replace(world, interactions=replace(world.interactions, user_names=names)).save()
        typed = "ratings=comet=5; roses: 1; zzz=3"
        assert main(["run", "--from", "06", "-p", "user_id=u-1", "-p", typed]) == 0
        return _html(run), run.index.read_text(encoding="utf-8")


def test_the_report_shows_a_user_s_recommendations_and_reasons(pages):
    text = _text(pages[0])
    assert "User u-1 rated 5 movies" in text
    assert re.search(r"kind movie .*offset sum -?\d", text)


def test_the_report_shows_what_was_understood(pages):
    text = _text(pages[0])
    assert "1 comet 5.0 Comet (1997)" in text
    assert "2 roses 1.0 Roses (1988)" in text
    assert "3 zzz 3.0 no title is like it" in text
    assert re.search(r"\d Star Harbor \(1999\) Sci-Fi", text)


def test_the_report_leaves_out_the_widget_with_its_heading(pages):
    assert "## Try it" in notebook_of(find_stage(STAGE)).read_text(encoding="utf-8")
    assert "Try it" not in _text(pages[0])
    assert "widget-view" not in pages[0]
    assert "Explorer(children" not in pages[0]


def test_recommendations_for_what_was_typed_are_in_the_index(pages):
    assert "For a user who rates <em>comet=5; roses: 1; zzz=3</em>" in pages[1]


def test_ratings_of_unknown_movies_leave_the_popular_ones(world):
    run = world.save()
    assert main(["run", "--from", "06"]) == 0
    assert "none of which is in the data" in _text(_html(run))
    assert "User 501 rated 5 movies" in _text(_html(run))
