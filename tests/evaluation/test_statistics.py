import numpy as np
import pytest
from scipy import stats

from movierec.evaluation.statistics import bootstrap_means, interval, standard_error


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).normal([[5.0, -1.0]], [[2.0, 0.3]], size=(300, 2))


def test_standard_error_agrees_with_scipy(values):
    assert standard_error(values) == pytest.approx(stats.sem(values, axis=0))


def test_standard_error_of_one_row_is_zero():
    assert standard_error(np.ones((1, 2))).tolist() == [0, 0]


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_bootstrap_agrees_with_normal_theory(values, level):
    error = stats.sem(values, axis=0)
    expected = stats.norm.interval(level, loc=values.mean(axis=0), scale=error)

    found = interval(bootstrap_means(values, draws=10_000), level)

    assert np.abs(found - expected) / error == pytest.approx(0, abs=0.1)


def test_columns_are_drawn_together(values):
    paired = np.column_stack([values[:, 0], values[:, 0] + 3])

    means = bootstrap_means(paired)

    assert means[:, 1] - means[:, 0] == pytest.approx(3, abs=1e-12)


def test_the_same_seed_draws_the_same(values):
    assert bootstrap_means(values, seed=4).tobytes() == bootstrap_means(values, seed=4).tobytes()


def test_another_seed_draws_otherwise(values):
    assert not np.allclose(bootstrap_means(values, seed=4), bootstrap_means(values, seed=5))


def test_every_draw_is_made_when_many_rows_need_batches():
    # Two draws fit a batch, so the last batch is not full.
    ones = np.ones((1_500_000, 1))

    assert bootstrap_means(ones, draws=5).tolist() == [[1.0]] * 5
