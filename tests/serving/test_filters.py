"""Which movies meet the conditions of a list."""

import pandas as pd
import pytest

from movierec.serving.filters import FilterIndex, Filters


@pytest.fixture(scope="module")
def index() -> FilterIndex:
    titles = ["A (1994)", "B (1999)", "C (2001)", "D"]
    genres = ["Comedy|Drama", "Drama", "Comedy", "(no genres listed)"]
    return FilterIndex(
        pd.DataFrame(
            {"movieId": [1, 2, 3, 4], "title": titles, "genres": genres, "ratings": [5, 50, 10, 9]}
        )
    )


@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        (Filters(), "1111"),
        (Filters(genres=frozenset({"Drama"})), "1100"),
        (Filters(genres=frozenset({"Drama", "Comedy"})), "1110"),
        (Filters(decades=frozenset({"1990s"})), "1100"),
        (Filters(decades=frozenset({"1990s", "2000s"})), "1110"),
        (Filters(min_ratings=10), "0110"),
        (Filters(excluded=frozenset({2, 4, 99})), "1010"),
        (Filters(genres=frozenset({"Drama"}), min_ratings=10), "0100"),
    ],
)
def test_movies_meet_all_conditions(index, filters, allowed):
    assert "".join(str(int(one)) for one in index.allowed(filters)) == allowed


def test_what_can_be_asked_for_is_listed(index):
    assert index.genres.columns.tolist() == ["Comedy", "Drama"]
    assert sorted(index.decades.dropna().unique()) == ["1990s", "2000s"]
