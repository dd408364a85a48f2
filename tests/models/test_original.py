import numpy as np
import pytest
from scipy import sparse

from movierec.models.original import OriginalSimilarity

WORDS = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(10) % 2])


@pytest.fixture
def original(two_tastes) -> OriginalSimilarity:
    return OriginalSimilarity(WORDS, seed=0).fit(two_tastes)


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
