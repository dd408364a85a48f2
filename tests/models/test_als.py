"""Factors repeat, fold in as the normal equations say, and hold content."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from movierec.models.als import ALS, load_als
from movierec.models.base import Diverged
from movierec.settings import ALSSettings


def als(item_features: sparse.csr_array | None = None, **changed) -> ALS:
    settings = {
        "factors": 4,
        "regularization": 5.0,
        "alpha": 5.0,
        "iterations": 10,
        "positive_threshold": 3.0,
        "rating_exponent": 1.0,
        "activity_discount": 0.0,
    }
    return ALS(ALSSettings(**settings | changed), item_features)


@pytest.fixture
def with_cold_films(two_tastes) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Ratings with two more movies that nobody rated, and side rows of two terms.

    Movie 10 shares its term with the even movies, movie 11 with the odd ones.
    """
    train = sparse.hstack([two_tastes, sparse.csr_array((20, 2), dtype=np.float32)], format="csr")
    terms = np.zeros((2, 12), dtype=np.float32)
    terms[0, ::2] = terms[1, 1::2] = 3.0
    return train, sparse.csr_array(terms)


@pytest.mark.parametrize("als_solver", ["accelerated", "plain", "implicit"])
def test_factors_that_cannot_be_found_are_said_to_diverge(als_solver):
    # Three movies with one audience and nothing to hold six factors back.
    alike = sparse.csr_array(np.full((600, 3), 5, dtype=np.float32))

    # Settings refuse so large an alpha; what they let through may diverge on other data.
    settings = ALSSettings(factors=6, regularization=0.0, als_solver=als_solver)
    settings = settings.model_copy(update={"alpha": 1e30})

    with pytest.raises(Diverged, match=r"als diverged with an alpha of 1e\+30 .* regularization"):
        ALS(settings).fit(alike)


def test_the_same_seed_gives_the_same_factors(two_tastes):
    one, other = als(seed=3).fit(two_tastes), als(seed=3).fit(two_tastes)

    assert one.item_factors.tobytes() == other.item_factors.tobytes()
    assert one.user_factors.tobytes() == other.user_factors.tobytes()


def test_another_seed_gives_other_factors_to_a_random_start(two_tastes):
    random = {"als_solver": "plain", "iterations": 1}
    one, other = (als(seed=seed, **random).fit(two_tastes) for seed in (3, 4))

    assert not np.allclose(one.item_factors, other.item_factors)


def test_blas_threads_bring_no_warning(two_tastes, monkeypatch):
    # implicit warns once a process, so an earlier test may have used that up.
    monkeypatch.setattr("implicit.utils._checked_blas_config", False)

    with threadpool_limits(2, "blas"), warnings.catch_warnings():
        warnings.simplefilter("error")
        als().fit(two_tastes).score(two_tastes)


def test_fold_in_solves_the_normal_equations(two_tastes):
    model = als(alpha=2.0, regularization=0.7).fit(two_tastes)
    stars = {0: 5.0, 3: 3.5, 6: 4.0}
    row = np.zeros((1, 10), dtype=np.float32)
    row[0, list(stars)] = list(stars.values())
    row[0, 8] = 1.0  # too low for a like

    films = model.item_factors.astype(np.float64)
    left, right = films.T @ films + 0.7 * np.eye(4), np.zeros(4)
    for film, given in stars.items():
        confidence = 2.0 * given
        left += (confidence - 1) * np.outer(films[film], films[film])
        right += confidence * films[film]
    expected = films @ np.linalg.solve(left, right)

    assert model.score(sparse.csr_array(row))[0] == pytest.approx(expected, abs=1e-3)


def test_accelerated_training_takes_no_seed(two_tastes):
    one, other = (als(seed=seed).fit(two_tastes) for seed in (3, 4))

    assert one.item_factors.tobytes() == other.item_factors.tobytes()


def test_low_ratings_teach_nothing(two_tastes):
    disliked = two_tastes.toarray()
    disliked[disliked == 0] = 1.0

    with_dislikes = als().fit(sparse.csr_array(disliked))
    without = als().fit(two_tastes)

    assert with_dislikes.item_factors.tobytes() == without.item_factors.tobytes()


def test_every_iteration_is_reported(two_tastes):
    iterations = []

    als(iterations=6).fit(
        two_tastes, on_iteration=lambda iteration, seconds, loss: iterations.append(iteration)
    )

    assert iterations == list(range(6))


def test_the_loss_falls(two_tastes):
    losses = []

    als().fit(two_tastes, on_iteration=lambda iteration, seconds, loss: losses.append(loss))

    assert losses[-1] < losses[0]


def test_content_places_films_that_nobody_rated(with_cold_films):
    train, terms = with_cold_films

    scores = als(item_features=terms).fit(train).score(train)

    even, odd = scores[10::2], scores[11::2]
    assert (even[:, 10] > even[:, 11]).all()
    assert (odd[:, 11] > odd[:, 10]).all()


def test_user_factors_are_the_users_alone(with_cold_films):
    train, terms = with_cold_films

    assert als(item_features=terms).fit(train).user_factors.shape == (20, 4)


def test_a_kept_model_is_loaded_as_it_was(two_tastes, tmp_path, monkeypatch):
    kept = als().fit(two_tastes).to_implicit()
    kept.save(tmp_path / "als.npz")
    # A process that only loads is warned about BLAS threads as much as one that fits.
    monkeypatch.setattr("implicit.utils._checked_blas_config", False)

    with threadpool_limits(2, "blas"):
        loaded = load_als(tmp_path / "als.npz")

    assert loaded.item_factors.tobytes() == kept.item_factors.tobytes()
    assert loaded.user_factors.tobytes() == kept.user_factors.tobytes()
    assert (loaded.alpha, loaded.regularization) == (kept.alpha, kept.regularization)


def test_a_discount_of_activity_weighs_confidences(two_tastes):
    # Users of two tastes have five or four likes; the first here keeps one only.
    train = two_tastes.tolil()
    train[0, 2:8] = 0
    train = train.tocsr().astype(np.float32)
    numbers = np.diff(sparse.csr_array(train).indptr)[:, None]
    weighted = sparse.csr_array(train.toarray() * (numbers / np.median(numbers)) ** -0.5)

    discounted = als(activity_discount=0.5).fit(sparse.csr_array(train))
    expected = als(positive_threshold=0.5).fit(weighted.astype(np.float32))

    assert discounted.item_factors == pytest.approx(expected.item_factors, abs=1e-4)
    assert discounted.score(train[[0]]) == pytest.approx(expected.score(weighted[[0]]), abs=1e-4)


def test_preferences_are_folded_in_by_least_squares(two_tastes):
    model = als(alpha=2.0, regularization=1.5, activity_discount=0.5).fit(two_tastes)
    g = np.array([1, -0.5, 0, 0.3, 0, 0, 0, 0, 0, 0])
    rated = np.array([0, 1, 2, 3])
    preferences = sparse.csr_array((g[rated], rated, [0, 4]), shape=(1, 10), dtype=np.float32)

    found = model.fold_in_preferences(preferences)[0]

    # Rows that ridge regression sums over, with the roots of their confidences. The median user
    # has 4.5 likes.
    weights = np.where(np.isin(np.arange(10), rated), 2.0 * 3.5 * (4 / 4.5) ** -0.5, 1)
    ridge = Ridge(alpha=1.5, fit_intercept=False, solver="svd")
    expected = ridge.fit(model.item_factors.astype(np.float64), g, sample_weight=weights).coef_
    assert found == pytest.approx(expected, abs=1e-5)
