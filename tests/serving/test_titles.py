"""Fuzzy search over titles."""

import pandas as pd
import pytest

from movierec.serving.titles import Titles

# Title and number of ratings.
FILMS = {
    "Matrix, The (1999)": 278,
    "Matrix Reloaded, The (2003)": 90,
    "Alien (1979)": 146,
    "Aliens (1986)": 126,
    "Alien: Resurrection (1997)": 60,
    "Godfather, The (1972)": 192,
    "Godfather: Part II, The (1974)": 129,
    "Seven (a.k.a. Se7en) (1995)": 203,
    "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)": 133,
    "Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)": 120,
    "Thing, The (1982)": 50,
    "Thing, The (2011)": 70,
    "Star Wars: Episode V - The Empire Strikes Back (1980)": 211,
    "Star Wars: Episode IV - A New Hope (1977)": 251,
    "2001: A Space Odyssey (1968)": 109,
    "Wonder Woman 1984 (2020)": 20,
    "Wonder Woman (2017)": 40,
    "Star": 1,
    "Go (1999)": 30,
    "Spirited Away (Sen to Chihiro no kamikakushi) (2001)": 87,
    "WALL·E (2008)": 104,
    "!!! (2005)": 2,
}


@pytest.fixture(scope="module")
def titles() -> Titles:
    return Titles(pd.DataFrame({"title": FILMS.keys(), "ratings": FILMS.values()}))


def _closest(titles: Titles, query: str, most: int = 1) -> list[str]:
    return [list(FILMS)[row] for row in titles.closest(query, most)[0]]


@pytest.mark.parametrize(
    "query",
    [
        "Matrix, The (1999)",
        "The Matrix",
        "matrix",
        "the matrix 1999",
        "MATRIX (1999)",
        "  The  Matrix! ",
    ],
)
def test_a_title_is_found_whatever_its_article_case_and_year(titles, query):
    assert _closest(titles, query) == ["Matrix, The (1999)"]
    assert titles.closest(query, 1)[1].tolist() == [100]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Se7en", "Seven (a.k.a. Se7en) (1995)"),
        ("seven", "Seven (a.k.a. Se7en) (1995)"),
        ("leon", "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"),
        ("The Professional", "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)"),
        ("Le fabuleux destin d'Amelie Poulain", list(FILMS)[9]),
        ("Godfather Part 2", "Godfather: Part II, The (1974)"),
        ("Godfather II", "Godfather: Part II, The (1974)"),
        ("wall e", "WALL·E (2008)"),
        ("sen to chihiro no kamikakushi", list(FILMS)[19]),
    ],
)
def test_other_names_accents_and_numerals_make_no_difference(titles, query, title):
    assert _closest(titles, query) == [title]
    assert titles.closest(query, 1)[1][0] >= 95


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("matirx", "Matrix, The (1999)"),
        ("godfahter", "Godfather, The (1972)"),
        ("spirted away", "Spirited Away (Sen to Chihiro no kamikakushi) (2001)"),
        ("empire strike back", "Star Wars: Episode V - The Empire Strikes Back (1980)"),
        ("2001 space odissey", "2001: A Space Odyssey (1968)"),
        ("wonder woman 1984", "Wonder Woman 1984 (2020)"),
        ("wonder woman", "Wonder Woman (2017)"),
    ],
)
def test_a_title_nearly_right_is_found(titles, query, title):
    assert _closest(titles, query) == [title]
    assert titles.closest(query, 1)[1][0] >= 75


def test_an_exact_name_goes_before_longer_ones(titles):
    assert _closest(titles, "alien", 3) == [
        "Alien (1979)",
        "Alien: Resurrection (1997)",
        "Aliens (1986)",
    ]
    assert _closest(titles, "star") == ["Star"]


def test_of_equally_near_ones_the_most_rated_goes_first(titles):
    assert _closest(titles, "star wars", 2) == [
        "Star Wars: Episode IV - A New Hope (1977)",
        "Star Wars: Episode V - The Empire Strikes Back (1980)",
    ]
    assert _closest(titles, "the thing") == ["Thing, The (2011)"]


@pytest.mark.parametrize("query", ["the thing (1982)", "Thing 1982", "Thing, The (1982)"])
def test_a_year_decides_between_movies_of_one_name(titles, query):
    assert _closest(titles, query) == ["Thing, The (1982)"]


def test_a_wrong_year_does_not_hide_a_name(titles):
    assert _closest(titles, "Alien (1980)") == ["Alien (1979)"]
    assert 60 <= titles.closest("Alien (1980)", 1)[1][0] < 100


def test_the_beginning_of_a_title_suggests_it(titles):
    assert _closest(titles, "godf") == ["Godfather, The (1972)"]
    assert _closest(titles, "matrix rel") == ["Matrix Reloaded, The (2003)"]


@pytest.mark.parametrize("query", ["Notting Hill", "Solaris", "godf", "m", "qqq", "City of God"])
def test_what_is_not_there_is_like_nothing(titles, query):
    assert titles.closest(query, 1)[1][0] < 60


@pytest.mark.parametrize("query", ["", "  ", "?"])
def test_without_a_letter_the_most_rated_come_and_match_nothing(titles, query):
    rows, match = titles.closest(query, 2)
    assert rows.tolist() == [0, 13]
    assert match.tolist() == [0, 0]


def test_there_are_never_more_titles_than_there_are(titles):
    assert sorted(titles.closest("matrix", 99)[0]) == list(range(len(FILMS)))
