"""Which film of the catalogue a title is: tolerant of how it is written, never a guess."""

import numpy as np
import pandas as pd
import pytest

from movierec.facts import catalogue
from movierec.facts.catalogue import match

FILMS = [
    "Matrix, The (1999)",
    "Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)",
    "Seven (a.k.a. Se7en) (1995)",
    "Rocky II (1979)",
    "Hairspray (1988)",
    "Twin, The (1990)",
    "Twins (a.k.a. Twin) (1992)",
]


@pytest.fixture
def known(monkeypatch):
    """A catalogue of the films above."""
    monkeypatch.setattr(catalogue, "films", lambda: pd.DataFrame({"title": FILMS}))
    index = catalogue._by_name_and_year.__wrapped__()
    monkeypatch.setattr(catalogue, "_by_name_and_year", lambda: index)


def found(*titles: str) -> list[str | None]:
    return [FILMS[film] if film >= 0 else None for film in match(titles)]


@pytest.mark.parametrize(
    ("title", "film"),
    [
        ("Matrix, The (1999)", "Matrix, The (1999)"),
        ("The Matrix (1999)", "Matrix, The (1999)"),
        ("MATRIX (1999) ", "Matrix, The (1999)"),
        ("Amelie (2001)", FILMS[1]),
        ("Le fabuleux destin d'Amélie Poulain (2001)", FILMS[1]),
        ("Amélie from Montmartre (Amelie) (2001)", FILMS[1]),
        ("Se7en (1995)", "Seven (a.k.a. Se7en) (1995)"),
        ("Seven (Se7en) (1995)", "Seven (a.k.a. Se7en) (1995)"),
        ("Rocky 2 (1979)", "Rocky II (1979)"),
    ],
)
def test_a_film_is_found_by_any_of_its_names(known, title, film):
    assert found(title) == [film]


@pytest.mark.parametrize(
    ("year", "there"), [(1997, False), (1998, True), (1999, True), (2000, True), (2001, False)]
)
def test_a_year_may_be_off_by_one(known, year, there):
    assert found(f"The Matrix ({year})") == ["Matrix, The (1999)" if there else None]


@pytest.mark.parametrize("title", ["Matrix", "The Matrix (199)", "Hairspray (2007)", "", "(1999)"])
def test_other_titles_are_no_film(known, title):
    assert found(title) == [None]


def test_a_title_between_two_films_is_neither(known):
    assert found("Twin (1991)") == [None]


def test_each_of_two_films_is_found_by_its_own_year(known):
    assert found("Twin (1990)", "Twin (1992)") == ["Twin, The (1990)", "Twins (a.k.a. Twin) (1992)"]


def test_of_two_titles_a_year_apart_the_one_of_the_same_year_is_the_film(known):
    assert found("Matrix, The (1998)", "Matrix, The (1999)") == [None, "Matrix, The (1999)"]


def test_of_two_titles_that_could_both_be_the_film_none_is(known):
    assert found("Hairspray (1988)", "Hairspray (1988)", "Hairspray (1989)") == [None] * 3
    assert found("Hairspray (1987)", "Hairspray (1989)") == [None] * 2


def test_no_titles_match_nothing():
    assert match([]).tolist() == []


def test_every_film_of_the_catalogue_is_itself():
    titles = catalogue.films()["title"]
    np.testing.assert_array_equal(match(titles), np.arange(len(titles)))


@pytest.mark.parametrize(
    ("edition", "title"),
    [
        ("100K", "Star Wars (1977)"),
        ("100K", "Empire Strikes Back, The (1980)"),
        ("100K", "Seven (Se7en) (1995)"),
        ("1M", "Star Wars: Episode IV - A New Hope (1977)"),
        ("32M", "The Hunger Games (2012)"),
        ("32M", "Black Panther (2017)"),
    ],
)
def test_titles_of_every_edition_are_found(edition, title):
    assert match([title])[0] >= 0


def test_the_most_rated_movies_are_all_known(ml_latest_small):
    movies = pd.read_csv(ml_latest_small / "movies.csv")
    ratings = pd.read_csv(ml_latest_small / "ratings.csv")
    most_rated = ratings["movieId"].value_counts().index[:1_000]

    assert (match(movies.set_index("movieId")["title"][most_rated[:900]]) >= 0).all()
