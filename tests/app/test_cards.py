"""Movies as HTML."""

import re

import pytest

from movierec.app import cards
from movierec.serving.recommender import SELDOM, Part


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Matrix, The (1999)", ("The Matrix", "1999")),
        ("Misérables, Les (1995)", ("Les Misérables", "1995")),
        ("Avventura, L' (1960)", ("L'Avventura", "1960")),
        ("Godfather, The (Padrino, Il) (1972)", ("The Godfather (Padrino, Il)", "1972")),
        ("Sex, Lies (1989)", ("Sex, Lies", "1989")),
        ("Babylon 5", ("Babylon 5", "")),
        ("", ("", "")),
    ],
)
def test_titles_read_as_people_say_them(title, shown):
    assert cards.name_and_year(title) == shown


@pytest.mark.parametrize(
    ("rating", "text"), [(0.5, "½ ★"), (1.0, "1 ★"), (4.5, "4½ ★"), (5, "5 ★")]
)
def test_half_stars_are_written_as_halves(rating, text):
    assert cards.stars(rating) == text


NASTY = "<script>alert('1')</script> & \"q\" (1999)"


def test_text_of_the_data_is_escaped_everywhere():
    parts = [Part("movie", NASTY, "5.0 stars", 1.0), Part("feature", NASTY, "", 0.5)]
    made = cards.card(NASTY, f"{NASTY}|Drama", *cards.reasons(parts, parts))
    assert set(re.findall(r"</?([a-z]\w*)", made)) == set("article h4 span p i".split())
    assert made.count("&lt;script&gt;") == 6


def test_reasons_say_what_speaks_for_a_film_and_what_against_it():
    up = [Part("movie", "Alien (1979)", "4.5 stars", 1.0), Part("feature", "space", "", 0.5)]
    down = [Part("movie", "Heat", "5.0 stars" + SELDOM, -1.0)]
    lines = [re.sub("<[^>]+>", "", line) for line in cards.reasons(up, down)]
    assert lines == [
        "In its favour: Alien (4½ ★) · space",
        "Against it: Heat (5 ★, seldom liked together)",
    ]


def test_without_reasons_there_are_no_lines():
    assert cards.reasons([], []) == []


def test_a_genre_that_nobody_foresaw_has_a_colour_that_stays():
    assert cards.colour("Kaiju") == cards.colour("Kaiju") != cards.colour("Drama")
