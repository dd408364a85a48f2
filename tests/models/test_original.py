import numpy as np
import pytest
from scipy import sparse

from movierec.models.original import OriginalMean, OriginalSimilarity, original_als

WORDS = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(10) % 2])


class Factors:
    """A factorisation that finds three movies' factors as they are here."""

    name = "factors"
    item_factors = np.array([[1, 0], [0, 2], [3, 1]], dtype=np.float32)

    def fit(self, train):
        return self


@pytest.fixture
def original(two_tastes) -> OriginalSimilarity:
    return OriginalSimilarity(WORDS, original_als(seed=0)).fit(two_tastes)


@pytest.fixture
def mean() -> OriginalMean:
    return OriginalMean(Factors()).fit(sparse.csr_array((1, 3), dtype=np.float32))


def rated(**stars: float) -> sparse.csr_array:
    row = np.zeros((1, 10), dtype=np.float32)
    for movie, given in stars.items():
        row[0, int(movie.removeprefix("movie"))] = given
    return sparse.csr_array(row)


def test_scores_are_finite(original, two_tastes):
    scores = original.score(two_tastes)

    assert scores.shape == (20, 10)
    assert np.isfinite(scores).all()


def test_half_a_star_counts_as_much_as_five(original):
    half, five = original.score(rated(movie2=0.5)), original.score(rated(movie2=5.0))

    assert half.tolist() == five.tolist()


def test_scores_are_sums_over_the_users_movies(original):
    together = original.score(rated(movie2=4.0, movie5=1.0))

    apart = original.score(rated(movie2=4.0)) + original.score(rated(movie5=1.0))
    assert together == pytest.approx(apart)


def test_a_movie_is_most_like_itself(original):
    # Its own likeness is part of the scaling, so it is exactly the top of the scale.
    scores = original.score(sparse.eye_array(10, dtype=np.float32, format="csr"))

    assert np.diag(scores) == pytest.approx(1.0, abs=1e-6)
    assert scores.max() == pytest.approx(1.0, abs=1e-6)


def test_a_user_is_the_mean_of_their_movies(mean):
    users = sparse.csr_array(np.array([[4, 4, 0], [0, 0, 4]], dtype=np.float32))

    # The first user is (0.5, 1), the second (3, 1).
    assert mean.score(users).tolist() == [[0.5, 2, 2.5], [3, 2, 10]]


def test_stars_do_not_move_the_mean(mean):
    users = sparse.csr_array(np.array([[0.5, 5, 0], [5, 0.5, 0]], dtype=np.float32))

    assert mean.score(users).tolist() == [[0.5, 2, 2.5]] * 2


def test_a_user_without_ratings_is_at_the_origin(mean):
    assert mean.score(sparse.csr_array((1, 3), dtype=np.float32)).tolist() == [[0, 0, 0]]


def test_half_a_star_is_a_like_of_the_factorisation(two_tastes):
    # One user's only rating is half a star; nobody else rated movie 9.
    train = two_tastes.toarray()
    train[:, 9] = 0
    train[0] = 0
    train[0, 9] = 0.5

    scores = original_als(seed=0).fit(sparse.csr_array(train)).score(rated(movie9=0.5))

    assert scores[0].argmax() == 9


def test_both_originals_are_made_of_one_factorisation(two_tastes):
    als = original_als(seed=0)

    OriginalMean(als).fit(two_tastes)
    factors = als.item_factors
    OriginalSimilarity(WORDS, als).fit(two_tastes)

    assert als.item_factors is factors
