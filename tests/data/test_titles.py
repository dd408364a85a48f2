"""The names and the year of a title, in the form they are compared in."""

import pandas as pd
import pytest

from movierec.data.titles import labels, names_and_year, plain


@pytest.mark.parametrize(
    ("title", "names", "year"),
    [
        ("Heat (1995)", ["heat"], "1995"),
        ("Seven (a.k.a. Se7en) (1995)", ["seven", "se7en"], "1995"),
        ("Untold", ["untold"], ""),
        ("1984 (2001)", ["1984"], "2001"),
        ("M*A*S*H (a.k.a. MASH) (1970) ", ["m a s h", "mash"], "1970"),
    ],
)
def test_a_title_has_names_and_a_year(title, names, year):
    assert names_and_year(title) == (names, year)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Matrix, The", "matrix"),
        ("The Matrix", "matrix"),
        ("Léon", "leon"),
        ("Godfather: Part II, The", "godfather part 2"),
        ("Lilo & Stitch", "lilo and stitch"),
        ("The", "the"),
    ],
)
def test_a_name_has_a_plain_form(name, form):
    assert plain(name) == form


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, ["Emma (1996) [1]", "Heat (1995)", "Emma (1996) [3]"]),
        (
            {"original": ["tt1", "tt2", "tt3"]},
            ["Emma (1996) [tt1]", "Heat (1995)", "Emma (1996) [tt3]"],
        ),
    ],
    ids=["numbers", "ids of their own"],
)
def test_movies_of_one_title_are_told_apart_by_id(columns, expected):
    titles = ["Emma (1996)", "Heat (1995)", "Emma (1996)"]
    movies = pd.DataFrame({"movieId": [1, 2, 3], "title": titles, **columns})
    assert labels(movies).tolist() == expected
