"""Numbers of ratings, users and tags."""

import numpy as np
import pandas as pd

from movierec.data import counts as counted
from movierec.data.counts import ratings_per_month


def test_ratings_are_counted_in_the_month_of_their_second():
    stamps = pd.to_datetime(
        ["2000-02-29 23:59:59", "2000-03-01", "1999-12-31", "2000-02-01"], format="ISO8601"
    )
    seconds = (stamps - pd.Timestamp(0)).total_seconds()

    counts = ratings_per_month(pd.Series(seconds).astype(np.int32))

    assert {f"{month:%Y-%m-%d}": n for month, n in counts.items()} == {
        "1999-12-01": 1,
        "2000-01-01": 0,
        "2000-02-01": 2,
        "2000-03-01": 1,
    }


def _ratings(*rows: tuple[int, int, float, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["userId", "movieId", "rating", "timestamp"])
    days = pd.to_datetime(frame["timestamp"]) - pd.Timestamp(0)
    return frame.assign(timestamp=days.dt.total_seconds().astype(np.int32))


RATINGS = _ratings(
    (7, 1, 4.0, "2000-01-31"),
    (7, 5, 1.0, "2000-03-01"),
    (9, 1, 3.0, "2000-03-31"),
    (9, 5, 2.0, "2000-03-02"),
    (3, 1, 2.0, "2000-03-09"),
)


def test_ratings_of_a_movie_are_counted_and_averaged():
    found = counted.ratings_and_mean(RATINGS)
    assert found["ratings"].to_dict() == {1: 3, 5: 2}
    assert found["mean"].to_dict() == {1: 3.0, 5: 1.5}


def test_a_user_is_new_in_the_first_month_and_returns_in_later_ones():
    found = counted.active_users(RATINGS)
    assert [f"{month:%Y-%m}" for month in found.index] == ["2000-01", "2000-02", "2000-03"]
    assert found["new"].tolist() == [1, 0, 2]
    assert found["returning"].tolist() == [0, 0, 1]


def test_tags_are_counted_whatever_their_case():
    tags = pd.DataFrame(
        {"userId": [1, 1, 2, 2], "movieId": [5, 6, 5, 5], "tag": ["Fun", "fun", "FUN", "dark"]}
    )
    found = counted.tag_uses(tags)
    assert found.loc["fun"].to_dict() == {"uses": 3, "users": 2, "movies": 2}
    assert found.index.tolist() == ["fun", "dark"]


def test_what_is_missing_is_counted():
    movies = pd.DataFrame(
        {
            "movieId": [1, 5, 6, 8],
            "title": ["A (1990)", "B", "C (2000) ", "D (1999)"],
            "genres": ["Drama", "(no genres listed)", "", "War"],
        }
    )
    tags = pd.DataFrame({"userId": [7], "movieId": [1]})
    found = counted.missing(RATINGS, movies, tags)
    assert found["count"].to_dict() == {
        "movies without a year": 1,
        "movies without a genre": 2,
        "movies without a rating": 2,
        "movies without a tag": 3,
        "users without a tag": 2,
    }
    assert found["share"]["movies without a year"] == 0.25
    assert found["of"]["users without a tag"] == 3
