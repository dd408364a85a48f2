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


def test_the_most_active_tenth_of_the_users_is_weighed():
    said = readings.ratings_per_user(pd.Series([1] * 9 + [11]))
    assert said.startswith("A user has 1 ratings at the median, 1 at least and 11 at most")
    assert said.endswith("the most active tenth gave 55% of all ratings.")


def test_number_and_mean_of_ratings_are_related():
    means = pd.DataFrame({"ratings": [1, 2, 3, 40], "mean": [1.0, 2.0, 3.0, 4.0]})
    assert "correlate by 1.00 (ranks)" in readings.mean_by_number(means)


def test_genres_that_gain_and_lose_are_named():
    shares = pd.DataFrame({"War": [0.5, 0.1], "*Drama*": [0.25, 0.5]}, ["1980s", "1990s"])
    said = readings.genres_by_decade(shares).data
    assert "&#42;Drama&#42; gained most (25% to 50% of the movies) and War lost most" in said
    assert readings.genres_by_decade(shares[:1]).data == "Movies of one decade only."


def test_tags_are_counted_and_the_most_used_named():
    tags = pd.DataFrame(
        {"uses": [3, 2, 1], "users": [1, 2, 1], "movies": [3, 2, 1]}, ["a_b", "c", "d"]
    )
    said = readings.tag_uses(tags).data
    assert said.startswith("3 different tags were given 6 times; 33% of them were given once.")
    assert "*a&#95;b* (3 times, on 3 movies); most users, 2, gave *c*." in said


def test_what_is_missing_most_is_named():
    found = pd.DataFrame({"share": [0.1, 0.5]}, ["movies without a year", "users without a tag"])
    assert readings.missing(found) == "What is lacking most: users without a tag (50%)."


def test_returning_users_are_a_share_of_those_active():
    users = pd.DataFrame({"new": [2, 1], "returning": [0, 1]})
    said = readings.active_users(users)
    assert said.startswith("2 users rate in a month at the median; 25% of")


def test_numbers_of_ratings_correlate_with_no_mean_where_all_are_the_same():
    movies = pd.DataFrame({"ratings": [1, 2, 3], "mean": [5.0, 5.0, 5.0]})
    assert readings.mean_by_number(movies).endswith("nothing correlates.")
