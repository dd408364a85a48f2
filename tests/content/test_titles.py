"""Movies selected by title, and others drawn beside them."""

import pandas as pd
import pytest

from movierec.content.titles import matching


@pytest.fixture
def movies() -> pd.DataFrame:
    """By ratings: rows 3, 1, 0, 4, 2. Under an index that is not 0, 1, 2."""
    return pd.DataFrame(
        {
            "title": ["Star Trek", "STAR WARS", "Se7en", "What? (1972)", "A Star Is Born"],
            "ratings": [20, 30, 5, 90, 10],
        },
        index=[7, 5, 3, 1, 0],
    )


def test_matches_come_most_rated_first_whatever_their_case(movies):
    rows, matched = matching(movies, "star", most=10)
    assert matched
    assert rows.tolist() == [1, 0, 4]


def test_at_most_so_many_match(movies):
    assert matching(movies, "star", most=2)[0].tolist() == [1, 0]


@pytest.mark.parametrize(("query", "row"), [("what?", 3), ("(1972)", 3)])
def test_a_query_is_plain_text(movies, query, row):
    rows, matched = matching(movies, query, most=10)
    assert matched
    assert rows.tolist() == [row]


@pytest.mark.parametrize("query", ["", "Titanic", "s.ar", "star|what"])
def test_without_a_match_the_most_rated_stand_in(movies, query):
    rows, matched = matching(movies, query, most=2)
    assert not matched
    assert rows.tolist() == [3, 1]


def test_equally_rated_movies_keep_their_order():
    movies = pd.DataFrame({"title": ["B", "A", "C"], "ratings": [1, 1, 1]})
    assert matching(movies, "", most=3)[0].tolist() == [0, 1, 2]
