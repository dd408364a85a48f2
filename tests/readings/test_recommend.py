"""What 06_recommend says of small data."""

import pandas as pd
import pytest

from movierec.readings import recommend as readings


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ({1: 5.0}, "For a user who rates *Alien: 5*:"),
        ({}, "For a user who rates *Alien: 5*, none of which is in the data; the most rated"),
    ],
)
def test_ratings_of_unknown_movies_only_are_pointed_out(history, said):
    assert readings.cold_start("Alien: 5", history).data.startswith(said)


def test_a_user_s_ratings_are_counted_and_averaged():
    rated = pd.DataFrame({"rating": [5.0, 4.0, 4.5]})
    said = readings.user_ratings(7, rated)
    assert said == "User 7 rated 3 movies, 4.5 stars on average."


def test_a_query_is_said_to_be_taken_for_a_movie_or_absent():
    movies = pd.DataFrame({"title": ["*Heat* (1995)"]})
    assert readings.found("heat", movies).data == '"heat" is taken for &#42;Heat&#42; (1995).'
    assert readings.found("h_t", movies[:0]).data == 'No title in the data is like "h&#95;t".'
