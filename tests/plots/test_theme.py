"""Movie titles as labels of figures."""

import matplotlib.pyplot as plt
import pytest

from movierec.plots.theme import shorten_title


@pytest.mark.parametrize(
    "title",
    [
        "Lord of the Rings: The Fellowship of the Ring, The (2001)",
        # MovieLens leaves blanks after some titles.
        "From Dusk Till Dawn 2: Texas Blood Money (1999) ",
    ],
)
def test_long_titles_keep_their_year(title):
    shortened = shorten_title(title)

    assert len(shortened) <= 44
    assert shortened.endswith("…" + title.strip()[-7:])


def test_long_titles_without_a_year_are_cut():
    assert shorten_title("a" * 50) == "a" * 43 + "…"


def test_short_titles_are_left_whole():
    assert shorten_title("Heat (1995)") == "Heat (1995)"


def test_characters_that_the_font_lacks_become_question_marks():
    assert shorten_title("千と千尋 (2001)") == "???? (2001)"


def test_dollars_in_a_title_enclose_no_formula():
    figure = plt.figure()
    figure.suptitle(shorten_title(r"Rich $\money$ (1999)"))

    figure.canvas.draw()
