"""Errors, intervals and p values against scipy, and Holm's correction by hand."""

import numpy as np
import pytest
from scipy import stats

from movierec.evaluation.statistics import (
    bootstrap_means,
    holm,
    interval,
    paired_p_values,
    standard_error,
)


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).normal([[5.0, -1.0]], [[2.0, 0.3]], size=(300, 2))


@pytest.fixture
def partial(values) -> np.ndarray:
    """The second column is not defined for a third of the rows."""
    values = values.copy()
    values[::3, 1] = np.nan
    return values


def test_standard_error_agrees_with_scipy(values):
    assert standard_error(values) == pytest.approx(stats.sem(values, axis=0))


def test_standard_error_of_one_row_is_zero():
    assert standard_error(np.ones((1, 2))).tolist() == [0, 0]


def test_standard_error_leaves_out_what_is_not_defined(partial):
    expected = stats.sem(partial, axis=0, nan_policy="omit")

    assert standard_error(partial) == pytest.approx(expected)


def test_standard_error_without_values_is_not_defined():
    found = standard_error(np.array([[1.0, np.nan], [3.0, np.nan]]))

    assert found == pytest.approx([1, np.nan], nan_ok=True)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_bootstrap_agrees_with_normal_theory(values, level):
    error = stats.sem(values, axis=0)
    expected = stats.norm.interval(level, loc=values.mean(axis=0), scale=error)

    found = interval(bootstrap_means(values, draws=10_000), level)

    assert np.abs(found - expected) / error == pytest.approx(0, abs=0.1)


def test_the_bootstrap_of_a_column_with_gaps_agrees_with_normal_theory_of_the_rest(partial):
    rest = partial[~np.isnan(partial[:, 1]), 1]
    expected = stats.norm.interval(0.95, loc=rest.mean(), scale=stats.sem(rest))

    found = interval(bootstrap_means(partial, draws=10_000))[:, 1]

    assert np.abs(found - expected) / stats.sem(rest) == pytest.approx(0, abs=0.1)


def test_a_column_with_gaps_is_drawn_like_its_rest_alone(partial):
    rest = partial[~np.isnan(partial[:, 1])][:, [1]]

    with_gaps = bootstrap_means(partial, draws=5_000)[:, 1]
    alone = bootstrap_means(rest, draws=5_000, seed=1)[:, 0]

    assert with_gaps.mean() == pytest.approx(alone.mean(), abs=0.1 * alone.std())
    assert with_gaps.std() == pytest.approx(alone.std(), rel=0.05)


def test_the_mean_of_a_column_with_gaps_is_over_its_rest():
    column = np.array([[7.0], [np.nan], [np.nan], [7.0], [7.0], [np.nan], [7.0], [7.0]])

    assert bootstrap_means(column, draws=50) == pytest.approx(7)


def test_gaps_in_one_column_do_not_touch_another(values, partial):
    assert bootstrap_means(partial)[:, 0] == pytest.approx(bootstrap_means(values)[:, 0])


def test_gaps_stay_where_they_were(partial):
    before = partial.copy()

    bootstrap_means(partial)

    assert np.array_equal(partial, before, equal_nan=True)


def test_a_column_without_values_has_no_interval():
    found = interval(bootstrap_means(np.array([[1.0, np.nan], [1.0, np.nan]])))

    assert found == pytest.approx(np.array([[1, np.nan], [1, np.nan]]), nan_ok=True)


def test_columns_are_drawn_together(values):
    paired = np.column_stack([values[:, 0], values[:, 0] + 3])

    means = bootstrap_means(paired)

    assert means[:, 1] - means[:, 0] == pytest.approx(3, abs=1e-12)


def test_the_same_seed_draws_the_same(values):
    assert bootstrap_means(values, seed=4).tobytes() == bootstrap_means(values, seed=4).tobytes()


def test_another_seed_draws_otherwise(values):
    assert not np.allclose(bootstrap_means(values, seed=4), bootstrap_means(values, seed=5))


def test_every_draw_is_made_when_many_rows_need_batches():
    # Ten draws fit a batch, so the last batch is not full.
    ones = np.ones((1_500_000, 1))

    assert bootstrap_means(ones, draws=13) == pytest.approx(1)


def test_p_values_are_those_of_a_paired_t_test():
    rng = np.random.default_rng(0)
    chosen = rng.normal(0.3, 0.1, size=50)
    others = chosen[:, None] + rng.normal([0.0, 0.01, -0.1], 0.05, size=(50, 3))

    found = paired_p_values(chosen[:, None] - others)

    expected = [stats.ttest_rel(chosen, other).pvalue for other in others.T]
    assert found == pytest.approx(expected, rel=1e-8)


def test_p_values_are_those_of_a_t_test_against_zero(values):
    centred = values - [4.9, -1.02]

    found = paired_p_values(centred)

    assert found == pytest.approx(stats.ttest_1samp(centred, 0).pvalue, rel=1e-8)


def test_where_nothing_differs_p_is_one():
    differences = np.array([[0.0, 0.1], [0.0, -0.3], [0.0, 0.4]])

    found = paired_p_values(differences)

    assert found == pytest.approx([1, stats.ttest_1samp(differences[:, 1], 0).pvalue])


def test_of_one_row_p_is_one():
    assert paired_p_values(np.array([[0.4, 0.0, -0.2]])).tolist() == [1, 1, 1]


def test_holm_by_hand():
    # In order: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1 which may not fall below the last.
    found = holm(np.array([0.01, 0.04, 0.03, 0.005]))

    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_leaves_a_single_p_value_as_it_is():
    assert holm(np.array([0.03])).tolist() == [0.03]


def test_holm_does_not_exceed_one():
    assert holm(np.array([0.9, 0.6, 0.01])) == pytest.approx([1, 1, 0.03])


def test_holm_keeps_the_order():
    p_values = np.random.default_rng(0).random(200) ** 4

    found = holm(p_values)

    assert (np.diff(found[np.argsort(p_values)]) >= 0).all()
    assert (found >= p_values).all()


def test_holm_gives_equal_p_values_the_same():
    assert holm(np.array([0.02, 0.01, 0.02])) == pytest.approx([0.04, 0.03, 0.04])
