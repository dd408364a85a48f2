"""EASE's weights are ridge regressions of every movie on the others."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from movierec.models import ease
from movierec.models.ease import EASE
from movierec.settings import PreferenceSettings


@pytest.fixture
def stars() -> np.ndarray:
    """Forty users by eight movies, about half rated, in half stars."""
    rng = np.random.default_rng(0)
    ratings = rng.integers(1, 11, size=(40, 8)) / 2
    return np.where(rng.random((40, 8)) < 0.5, ratings, 0).astype(np.float32)


def ease_of(
    regularization: float, item_features: sparse.csr_array | None = None, **changed: float
) -> EASE:
    preferences = {"positive_threshold": 0.5, "rating_exponent": 1.0, "activity_discount": 0.0}
    return EASE(regularization, PreferenceSettings(**preferences | changed), item_features)


def weights(model: EASE, n_items: int) -> np.ndarray:
    """A user who gave one movie one star is scored with that movie's row of weights."""
    return model.score(sparse.eye_array(n_items, dtype=np.float32, format="csr"))


def ridge_weights(rows: np.ndarray, regularization: float) -> np.ndarray:
    n_items = rows.shape[1]
    expected = np.zeros((n_items, n_items))
    for item in range(n_items):
        others = np.arange(n_items) != item
        ridge = Ridge(alpha=regularization, fit_intercept=False)
        expected[others, item] = ridge.fit(rows[:, others], rows[:, item]).coef_
    return expected


def test_weights_are_ridge_regressions(stars):
    model = ease_of(20.0, positive_threshold=0.5).fit(sparse.csr_array(stars))

    expected = ridge_weights(stars.astype(np.float64), 20.0)
    assert weights(model, 8) == pytest.approx(expected, abs=1e-5)


def test_side_rows_are_further_rows_of_the_regression(stars):
    terms = np.random.default_rng(1).random((3, 8)).astype(np.float32) * 6
    model = ease_of(20.0, positive_threshold=0.5, item_features=sparse.csr_array(terms))

    model.fit(sparse.csr_array(stars))

    expected = ridge_weights(np.vstack([stars, terms]).astype(np.float64), 20.0)
    assert weights(model, 8) == pytest.approx(expected, abs=1e-5)


def test_low_ratings_teach_nothing(stars):
    without = np.where(stars >= 3, stars, 0)

    scores = [
        ease_of(20.0, positive_threshold=3.0)
        .fit(sparse.csr_array(ratings))
        .score(sparse.csr_array(without))
        for ratings in (stars, without)
    ]

    assert scores[0].tobytes() == scores[1].tobytes()


def test_too_many_movies_are_refused(monkeypatch, stars):
    monkeypatch.setattr(ease, "MAX_ITEMS", 7)

    with pytest.raises(ValueError, match="at most 7 movies, not 8"):
        ease_of(20.0, positive_threshold=0.5).fit(sparse.csr_array(stars))


def test_a_discount_of_activity_weighs_users_rows_in_the_regression(stars):
    # Users with n likes, the median user with 8 / 2 = 4 of them, weigh (n / 4) ** -0.5.
    stars[:, :] = np.where(np.arange(8) < np.arange(40)[:, None] % 7 + 1, 3, 0)
    numbers = (stars > 0).sum(axis=1, keepdims=True)
    found = ease_of(5.0, activity_discount=0.5).fit(sparse.csr_array(stars))

    expected = ridge_weights(stars * (numbers / 4) ** -0.25, 5.0)
    assert weights(found, 8) == pytest.approx(expected, abs=1e-5)
