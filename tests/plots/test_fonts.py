"""Characters beyond the usual font: drawn with one that has them, or said once."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from movierec.plots import fonts
from movierec.plots.heatmaps import similarity_clustermap
from movierec.plots.theme import image

# An arc, which only the fixed-width one of matplotlib's own fonts has, a letter of a script that no
# font is likely to have, and a sign that is not seen.
ARC, LEPCHA, TAG = "\u2312", "\u1c00", "\U000e0020"


@pytest.fixture(autouse=True)
def _anew(monkeypatch):
    monkeypatch.setattr(fonts, "_UNDRAWN", set())
    monkeypatch.setattr(fonts, "_SAID", set())
    with plt.rc_context():
        yield


def test_letters_of_the_usual_font_need_no_other():
    before = list(plt.rcParams["font.family"])
    assert fonts.drawable("Amélie $_^ Сталкер") == "Amélie $_^ Сталкер"
    assert plt.rcParams["font.family"] == before


def test_a_font_that_has_a_letter_is_fallen_back_to(recwarn):
    families = {name for name in fonts._families() if fonts._has(name, ARC)}
    assert families
    assert fonts.drawable(ARC) == ARC
    assert plt.rcParams["font.family"][-1] in families
    figure = plt.figure()
    figure.suptitle(ARC)
    figure.canvas.draw()
    assert not recwarn.list


def test_texts_made_before_a_font_was_needed_are_drawn_with_it(recwarn):
    ax = plt.figure().subplots()
    ax.set_title("before")
    ax.set_title(fonts.drawable(ARC))
    image(ax)
    assert not recwarn.list


def test_what_no_font_has_is_replaced_and_said_once(monkeypatch):
    monkeypatch.setattr(fonts, "_family_with", lambda letter: None)
    assert fonts.drawable(f"{LEPCHA}{LEPCHA}{TAG} (2001)") == "?? (2001)"
    assert LEPCHA in fonts.undrawn()
    assert fonts.undrawn() == ""


def test_a_clustermap_is_drawn_with_the_fonts_that_its_titles_need(recwarn):
    titles = [f"{ARC} {number}" for number in range(3)]
    image(similarity_clustermap(pd.DataFrame(np.eye(3), titles, titles)))
    assert not [one for one in recwarn.list if "Glyph" in str(one.message)]
