"""What 06_recommend says of small data."""

import pandas as pd
import pytest

from movierec.readings import recommend as readings

RECOMMENDED = pd.DataFrame({"title": ["Orbit", "Comet"], "score": [1.5, 1.0]})
REASONS = pd.DataFrame(
    [
        ("movie", "Alien", 2.0),
        ("feature", "space", 0.5),
        ("movie", "Heat", -0.25),
        ("recent popularity", "", 0.25),
        ("offset", "", -1.0),
    ],
    columns=["kind", "what", "contribution"],
)


def test_a_user_s_ratings_are_summarised():
    said = readings.user_history(7, pd.DataFrame({"rating": [4.0, 5.0]})).data
    assert said == "User 7 rated 2 movies, 4.5 stars on average."


def test_a_score_is_summed_by_kind():
    said = readings.score_components(RECOMMENDED, REASONS).data
    assert said.startswith("**Orbit**: +1.75 from rated movies, +0.50 from terms")
    assert said.endswith("+0.25 from recent popularity, -1.00 as for every movie; together 1.50.")


def test_a_score_without_features_has_none_of_them():
    reasons = REASONS[REASONS["kind"] != "feature"]
    assert "+0.00 from terms" in readings.score_components(RECOMMENDED, reasons).data


def test_where_nothing_is_explained_it_says_so():
    assert readings.score_components(RECOMMENDED, REASONS[:0]).data.startswith("There is no score")


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ({1: 5.0}, "For a user who rates *Alien: 5*:"),
        ({}, "For a user who rates *Alien: 5*, none of which is in the data; the most rated"),
    ],
)
def test_ratings_of_unknown_movies_only_are_pointed_out(history, said):
    assert readings.cold_start("Alien: 5", history).data.startswith(said)


def test_the_title_found_is_named():
    resolved = pd.DataFrame({"title": ["Alien (1979)"]}, index=[1])
    said = readings.title_match("alen", resolved).data
    assert said == 'The title nearest to "alen" is **Alien (1979)**.'
