"""What 01_eda says of small data."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.datasets import DatasetFacts
from movierec.readings import eda as readings

FACTS = DatasetFacts(
    name="small",
    simulated=False,
    ratings=3_000,
    users=4,
    movies=20,
    tags=0,
    duplicate_ratings=0,
    missing_tags=0,
    unknown_movies=0,
    unknown_movie_ratings=0,
    sha256={},
)
# Two users by five movies, four ratings.
INTERACTIONS = Interactions(
    np.array([1, 2]),
    np.arange(5),
    sparse.csr_array(np.array([[4, 0, 0, 1, 0], [0, 5, 3, 0, 0]], dtype=np.float32)),
    np.zeros(4, dtype=np.int32),
)
COUNTS = pd.Series([1, 6, 1, 2])


def test_stars_are_summarised():
    said = readings.rating_histogram(pd.Series(1, [0.5, 3.0, 4.0, 5.0])).data
    assert "mean is 3.12 stars, the median 3.5" in said
    assert "50% of the ratings are four stars or more, 25% fewer than two" in said


@pytest.mark.parametrize("stars", [[4.0], [0.5, 3.0, 3.0, 4.5], [1.0, 2.0, 5.0], [2.0, 2.0, 3.0]])
def test_the_median_of_counts_is_that_of_the_ratings(stars):
    said = readings.rating_histogram(pd.Series(stars).value_counts().sort_index()).data

    assert f"the median {np.median(stars):.1f};" in said


def test_the_busiest_month_is_named():
    months = pd.to_datetime(["1999-12-01", "2000-01-01", "2000-02-01"])
    said = readings.ratings_over_time(pd.Series([1, 1, 2], months)).data

    assert "span December 1999 to February 2000" in said
    assert "50.0% of them fall into the busiest month, February 2000" in said


@pytest.mark.parametrize(
    ("counts", "half"), [([1, 6, 1, 2], "1 of the 4"), ([1, 1, 1, 1], "2 of the 4")]
)
def test_half_of_the_ratings_are_located(counts, half):
    assert f"belong to {half} rated movies" in readings.long_tail(pd.Series(counts)).data


def test_what_is_left_out_is_the_rest():
    shown = readings.left_out_table(FACTS, INTERACTIONS).data
    rows = re.findall(r"<th>(\w+)</th>((?:\s*<td>[^<]*</td>)+)", shown)
    assert {name: re.findall("<td>(.*)</td>", row) for name, row in rows} == {
        "ratings": ["3,000", "4", "2,996", "0.1"],
        "users": ["4", "2", "2", "50.0"],
        "movies": ["20", "5", "15", "25.0"],
    }


def test_sizes_are_means_over_users_and_movies():
    assert readings.dataset_size(FACTS) == (
        "A user rated 750 movies on average; a movie has 150.0 ratings."
    )


def test_movies_with_a_single_rating_are_counted():
    said = readings.ratings_per_movie(pd.Series([1_200, 3, 1, 1]))
    assert said == "2 of the 4 rated movies have a single rating; the most rated one has 1,200."


def test_the_matrix_says_how_empty_it_is():
    said = readings.interaction_matrix(INTERACTIONS)
    assert said == "2 users x 5 movies: 60.00% of it is empty."
