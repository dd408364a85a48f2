"""ALS and EASE fitted on Spark, against the local engine."""

import os
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from movierec.engines import spark_fit
from movierec.engines.rows import Sums, from_block, sum_over
from movierec.engines.session import readable_errors
from movierec.engines.spark_fit import (
    Training,
    _GramStrip,
    _median,
    _TakeLikes,
    conjugate_gradient,
    fit_als,
    fit_ease,
)
from movierec.engines.splits import AllRatings
from movierec.models.als import ALS
from movierec.models.base import likes, median_activity
from movierec.models.ease import EASE
from movierec.models.kernels.als import training_loss
from movierec.settings import ALSSettings

SETTINGS = ALSSettings(factors=6, regularization=3.0, alpha=2.0, iterations=4)


def test_gradients_of_all_rows_at_once_solve_their_equations():
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(5, 4, 4))
    systems, wanted = roots @ roots.transpose(0, 2, 1) + np.eye(4), rng.normal(size=(5, 4))
    wanted[2] = 0
    found = conjugate_gradient(
        lambda vectors: np.einsum("nij,nj->ni", systems, vectors), wanted, np.zeros((5, 4)), 12
    )
    np.testing.assert_allclose(
        found, np.linalg.solve(systems, wanted[..., None])[..., 0], atol=1e-6
    )


@pytest.mark.parametrize("numbers", [[3, 0, 1, 8], [2, 2, 7], [0, 0], [5]])
def test_the_median_of_counts_is_that_of_users(numbers):
    liked = sparse.csr_array(np.arange(10) < np.array(numbers)[:, None], dtype=np.float32)
    assert _median(np.bincount(numbers, minlength=11)) == median_activity(liked)


def test_strips_of_the_gram_matrix_are_its_rows(interactions):
    table = _TakeLikes(AllRatings(interactions.movie_ids), SETTINGS)(
        pa.Table.from_batches([from_block(interactions)])
    )
    table, n_movies = pa.Table.from_batches([table]), len(interactions.movie_ids)
    whole, strip = (
        _GramStrip(n_movies, one, 0.4, 5.0)(table)[0] for one in (slice(0, n_movies), slice(4, 9))
    )
    np.testing.assert_allclose(strip, whole[4:9])


@pytest.fixture(scope="module")
def training(kept) -> Training:
    with readable_errors():
        return Training(kept.rows, AllRatings(kept.movie_ids), SETTINGS)


@pytest.fixture(scope="module")
def features(interactions) -> sparse.csr_array:
    drawn = np.random.default_rng(3).random((9, len(interactions.movie_ids)))
    return sparse.csr_array(np.where(drawn < 0.2, 2 * drawn, 0).astype(np.float32))


def _loss(model: ALS) -> float:
    users = np.vstack([model.user_factors, model.feature_factors])
    penalty = model.settings.regularization
    rows = sparse.csr_array(model.confidences)
    return training_loss(rows, users, model.item_factors, penalty)


@pytest.mark.slow
def test_counts_are_those_of_the_training_ratings(training, interactions):
    liked = likes(interactions.user_items, SETTINGS.positive_threshold)
    assert training.n_users == training.n_raters == len(interactions.user_ids)
    assert training.median_activity == median_activity(liked)
    np.testing.assert_array_equal(training.ratings_per_movie, interactions.ratings_per_movie)


@pytest.mark.slow
@pytest.mark.parametrize("equations", [64 << 20, 0], ids=["few movies", "many movies"])
def test_als_comes_to_the_local_engine_s_loss(
    training, interactions, features, monkeypatch, equations
):
    monkeypatch.setattr(spark_fit, "_EQUATION_BYTES", equations)
    here, losses = ALS(SETTINGS, features).fit(interactions.user_items), []
    there = ALS(SETTINGS, features)
    with readable_errors():
        fit_als(there, training, interactions, lambda *row: losses.append(row[2]))
    there.training = interactions.user_items
    assert _loss(there) == pytest.approx(_loss(here), abs=1e-4)
    assert losses[-1] == pytest.approx(_loss(there), rel=1e-4)
    assert losses == sorted(losses, reverse=True)
    scores = [one.score(interactions.user_items) for one in (here, there)]
    assert np.abs(scores[0] - scores[1]).max() < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("strip", [256 << 20, 8 * 30 * 7], ids=["whole", "strips"])
def test_ease_has_the_local_engine_s_weights(training, interactions, features, monkeypatch, strip):
    monkeypatch.setattr(spark_fit, "_STRIP_BYTES", strip)
    here = EASE(20.0, SETTINGS, features).fit(interactions.user_items)
    there = EASE(20.0, SETTINGS, features)
    with readable_errors():
        fit_ease(there, training)
    np.testing.assert_allclose(there.weights, here.weights, atol=1e-6)
    np.testing.assert_allclose(there.diagonal, here.diagonal, rtol=1e-5)


class _DieOnce:
    """Counts users, after one worker was killed."""

    def __init__(self, died: Path):
        self._died = died

    def __call__(self, table: pa.Table) -> Sums:
        if not self._died.exists():
            self._died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return (np.array([table.num_rows]),)


@pytest.mark.slow
def test_a_task_whose_worker_was_killed_is_done_again(kept, tmp_path):
    with readable_errors():
        (users,) = sum_over(kept.rows, _DieOnce(tmp_path / "died"))
    assert (tmp_path / "died").exists()
    assert users[0] == kept.n_users
