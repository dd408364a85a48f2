"""Accelerated training comes to the minimum sooner; plain training is implicit's."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.models.als_training import balancing, factorise
from movierec.models.kernels.als import training_loss
from movierec.settings import ALSSettings

SETTINGS = ALSSettings(factors=6, regularization=4.0, alpha=1.0, iterations=3)


@pytest.fixture(autouse=True)
def one_blas_thread():
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture
def confidences() -> sparse.csr_array:
    """Three hundred users by forty movies of five tastes, and chance."""
    rng = np.random.default_rng(0)
    taste, kind = np.arange(300) % 5, np.arange(40) % 5
    chance = np.where(taste[:, None] == kind, 0.5, 0.08)
    liked = rng.random((300, 40)) < chance
    return sparse.csr_array(np.where(liked, rng.uniform(2, 6, liked.shape), 0).astype(np.float32))


def losses(confidences: sparse.csr_array, settings: ALSSettings) -> list[float]:
    found = []
    factorise(confidences, 300, settings, on_iteration=lambda _, __, loss: found.append(loss))
    return found


def test_three_accelerated_iterations_are_ahead_of_fifteen_plain_ones(confidences):
    plain = losses(confidences, SETTINGS.replace(als_solver="plain", iterations=15))

    assert losses(confidences, SETTINGS)[-1] < plain[-1]


def test_both_trainings_come_to_one_minimum(confidences):
    plain, accelerated = (
        losses(confidences, SETTINGS.replace(als_solver=solver, iterations=300))[-1]
        for solver in ("plain", "accelerated")
    )

    assert accelerated == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("solver", ["plain", "implicit"])
def test_plain_training_comes_to_the_loss_of_implicit(confidences, solver):
    settings = SETTINGS.replace(als_solver=solver, iterations=200)
    model = AlternatingLeastSquares(
        factors=6, regularization=4.0, alpha=1.0, iterations=200, random_state=3
    )
    model.fit(sparse.csr_matrix(confidences), show_progress=False)

    users, items = factorise(confidences, 300, settings)

    ours, theirs = (
        training_loss(confidences, *factors, 4.0)
        for factors in ((users, items), (model.user_factors, model.item_factors))
    )
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_the_loss_of_the_last_iteration_is_that_of_the_factors(confidences):
    seen = []
    users, items = factorise(confidences, 300, SETTINGS, on_iteration=lambda *row: seen.append(row))

    assert seen[-1][2] == pytest.approx(training_loss(confidences, users, items, 4.0))


def test_balanced_factors_have_the_same_products_and_the_least_norm():
    rng = np.random.default_rng(0)
    users = rng.normal(size=(50, 4)).astype(np.float32) * np.float32([9, 1, 3, 0.1])
    items = rng.normal(size=(20, 4)).astype(np.float32)

    to_users, to_items = balancing(users, items)

    left, right = users @ to_users, items @ to_items
    singular = np.linalg.svd(users @ items.T, compute_uv=False)[:4]
    assert left @ right.T == pytest.approx(users @ items.T, abs=1e-4)
    # The sum of squares of both is twice the nuclear norm, and no factors of the product have less.
    assert np.vdot(left, left) + np.vdot(right, right) == pytest.approx(2 * singular.sum())
    assert left.T @ left == pytest.approx(np.diag(singular), abs=0.3)


@pytest.mark.parametrize("rank", [0, 2])
def test_factors_without_full_rank_are_balanced_too(rank):
    rng = np.random.default_rng(0)
    users, items = (rng.normal(size=(n, 4)).astype(np.float32) for n in (50, 20))
    users[:, rank:] = items[:, rank:] = 0

    to_users, to_items = balancing(users, items)

    assert (users @ to_users) @ (items @ to_items).T == pytest.approx(users @ items.T, abs=1e-4)


def test_more_factors_than_movies_are_possible(confidences):
    users, items = factorise(confidences, 300, SETTINGS.replace(factors=64))

    assert np.isfinite(users).all()
    assert np.isfinite(items).all()
