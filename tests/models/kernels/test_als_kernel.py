"""Rows come out as implicit's own solvers and the normal equations have them."""

import numba
import numpy as np
import pytest
from implicit.cpu import _als, als as implicit_als
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.models.als import ALS
from movierec.models.kernels.als import solve_rows, training_loss
from movierec.settings import ALSSettings

REGULARIZATION = 0.7


@pytest.fixture(autouse=True)
def one_blas_thread():
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture
def problem() -> tuple[sparse.csr_matrix, np.ndarray]:
    """Rows of none, of few and of very many entries, some below zero; factors of the columns."""
    rng = np.random.default_rng(0)
    dense = rng.uniform(0.2, 9, size=(30, 600)) * (rng.random((30, 600)) < 0.05)
    dense[3] = 0
    dense[7:10] = rng.uniform(0.2, 9, size=(3, 600))
    dense[12, ::40] = dense[8, ::3] = -2.0
    others = rng.normal(size=(600, 16)).astype(np.float32)
    return sparse.csr_matrix(dense.astype(np.float32)), others


def by_normal_equations(confidences: sparse.csr_matrix, others: np.ndarray) -> np.ndarray:
    """In double precision, a row at a time; a confidence below zero is that of "no"."""
    films = others.astype(np.float64)
    found = np.zeros((confidences.shape[0], films.shape[1]))
    for row, told in enumerate(confidences.toarray()):
        if told.any():
            certain = np.where(told != 0, np.abs(told), 1.0)
            left = films.T @ (certain[:, None] * films) + REGULARIZATION * np.eye(films.shape[1])
            found[row] = np.linalg.solve(left, films.T @ np.maximum(told, 0))
    return found


def test_exact_rows_solve_the_normal_equations(problem):
    confidences, others = problem
    factors = np.ones((30, 16), dtype=np.float32)

    solve_rows(confidences, factors, others, REGULARIZATION, exact=True)

    assert factors == pytest.approx(by_normal_equations(confidences, others), abs=1e-4)


@pytest.mark.parametrize("size", [1, 17, 64])
def test_any_number_of_factors_is_solved(problem, size):
    confidences, _ = problem
    others = np.random.default_rng(2).normal(size=(600, size)).astype(np.float32)
    factors = np.ones((30, size), dtype=np.float32)

    solve_rows(confidences, factors, others, REGULARIZATION, exact=True)

    assert factors == pytest.approx(by_normal_equations(confidences, others), abs=1e-3)


@pytest.mark.parametrize("place", range(0, 30, 3))
def test_a_row_without_a_solution_is_no_number_and_spoils_no_other(problem, place):
    confidences, others = problem
    expected = by_normal_equations(confidences, others)
    impossible = sparse.lil_matrix(confidences)
    impossible[place, 5] = np.inf
    confidences = sparse.csr_matrix(impossible)
    factors = np.ones((30, 16), dtype=np.float32)

    solve_rows(confidences, factors, others, REGULARIZATION, exact=True)

    assert np.isnan(factors[place]).all()
    others = np.arange(30) != place
    assert factors[others] == pytest.approx(expected[others], abs=1e-4)


@pytest.mark.parametrize("size", [16, 80])
def test_gradient_steps_come_to_the_same_in_the_end(problem, size):
    confidences, _ = problem
    others = np.random.default_rng(2).normal(size=(600, size)).astype(np.float32)
    factors = np.ones((30, size), dtype=np.float32)

    solve_rows(confidences, factors, others, REGULARIZATION, steps=150)

    assert factors == pytest.approx(by_normal_equations(confidences, others), abs=1e-3)


def test_three_gradient_steps_are_those_of_implicit(problem):
    confidences, others = problem
    short = confidences[np.flatnonzero(np.diff(confidences.indptr) < 100)]
    start = np.random.default_rng(1).normal(size=(short.shape[0], 16)).astype(np.float32)
    ours, theirs = start.copy(), start.copy()

    solve_rows(short, ours, others, REGULARIZATION)
    implicit_als._als.least_squares_cg(short, theirs, others, REGULARIZATION, num_threads=1)

    assert ours == pytest.approx(theirs, abs=1e-3)


def test_a_row_without_entries_gets_nothing(problem):
    confidences, others = problem
    factors = np.ones((30, 16), dtype=np.float32)

    solve_rows(confidences, factors, others, REGULARIZATION)

    assert not factors[3].any()


def test_the_number_of_threads_changes_nothing(problem):
    confidences, others = problem
    found = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        factors = np.ones((30, 16), dtype=np.float32)
        solve_rows(confidences, factors, others, REGULARIZATION)
        found.append(factors.tobytes())

    assert found[0] == found[1]


def test_the_loss_is_implicit_s_own(problem):
    confidences, others = np.abs(problem[0]), problem[1]
    users = np.random.default_rng(3).normal(size=(30, 16)).astype(np.float32)

    expected = _als.calculate_loss(confidences, users, others, REGULARIZATION, num_threads=1)

    assert training_loss(confidences, users, others, REGULARIZATION) == pytest.approx(expected)


def test_the_loss_of_a_dislike_is_that_of_a_wanted_zero(problem):
    confidences, others = problem
    users = np.random.default_rng(3).normal(size=(30, 16)).astype(np.float32)
    told = confidences.toarray().astype(np.float64)

    weights = np.where(told != 0, np.abs(told), 1)
    errors = weights * (users @ others.T - (told > 0)) ** 2
    pull = REGULARIZATION * ((users**2).sum() + (others**2).sum())

    expected = (errors.sum() + pull) / weights.sum()
    assert training_loss(confidences, users, others, REGULARIZATION) == pytest.approx(expected)


@pytest.fixture
def crowd() -> sparse.csr_array:
    """400 users with tastes, 40 movies: each movie is liked by hundreds."""
    rng = np.random.default_rng(5)
    tastes = rng.normal(size=(400, 3)) @ rng.normal(size=(3, 40))
    stars = np.clip(np.round(tastes + 3), 1, 5) * (rng.random(tastes.shape) < 0.7)
    return sparse.csr_array(stars.astype(np.float32))


def test_what_is_kept_is_implicits_own_class(crowd):
    model = ALS(ALSSettings(factors=4, iterations=2)).fit(crowd)

    assert type(model.to_implicit()) is implicit_als.AlternatingLeastSquares
