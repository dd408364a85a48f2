"""What 03_als_training says of small data."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.readings import factors as readings


def test_likes_are_counted_and_their_confidence_averaged():
    ratings = sparse.csr_array(np.array([[5.0, 1.0], [3.0, 4.0]]))
    liked = sparse.csr_array(np.array([[5.0, 0.0], [3.0, 4.0]]))
    said = readings.likes(ratings, liked, alpha=2.0).data
    assert said.startswith("3 of 4 ratings (75.0%) are likes. Their mean confidence is 8.00")


def test_a_training_is_logged_by_iteration_from_1():
    log = readings.TrainingLog()
    log(0, 0.2, 4.0)
    log(1, 0.1, 2.0)
    assert log[1] == {"iteration": 2, "seconds": 0.1, "loss": 2.0}


def test_norms_are_correlated_with_numbers_of_ratings():
    item_factors = np.array([[3.0, 4.0], [0.0, 1.0], [0.0, 3.0]])
    said = readings.factor_norms(np.ones((7, 2)), item_factors, np.array([10, 2, 6])).data
    assert said.startswith("Users: 7 x 2. Movies: 3 x 2.")
    assert said.endswith("correlate by 1.00.")


@pytest.mark.parametrize(
    ("values", "needed"),
    # Squares 90 + 10, and 80 + 10 + 10.
    [([90**0.5, 10**0.5, 0], 1), ([80**0.5, 10**0.5, 10**0.5], 2), ([1, 1, 1], 3)],
)
def test_dimensions_needed_for_nine_tenths_are_counted(values, needed):
    said = readings.factor_spectrum(1.001 * np.diag(values)).data
    assert said.startswith(f"{needed} of 3 dimensions hold 90%")


def test_norms_correlate_with_nothing_where_all_movies_have_as_many_ratings():
    said = readings.factor_norms(np.eye(3), np.eye(4), np.full(4, 7)).data
    assert said.endswith("nothing correlates.")


def test_the_ends_of_the_strongest_direction_are_the_movies_furthest_along_it():
    factors = np.array([[3.0, 0.1], [-4.0, 0.1], [0.0, 0.1], [1.0, 0.1]])
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])  # which changes nothing
    found = readings.extremes(factors @ turn, pd.Series(list("abcd")), directions=1, n=2)
    assert set(found.loc[1, ["one end", "other end"]]) == {"b; c", "a; d"}
    assert found.loc[1, "share"] == "100%"
