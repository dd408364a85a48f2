"""Intervals against scipy's and against theory, p values and Holm's correction by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from movierec.evaluation.statistics import (
    NORMAL_VALUES,
    bootstrap_means,
    holm,
    interval,
    is_share,
    jackknife_errors,
    mean_intervals,
    moments,
    paired_p_values,
    share_intervals,
    two_samples,
)


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).normal([[5.0, -1.0]], [[2.0, 0.3]], size=(300, 2))


@pytest.fixture
def partial(values) -> np.ndarray:
    """The second column is undefined for a third of the rows."""
    values = values.copy()
    values[::3, 1] = np.nan
    return values


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


def test_the_mean_of_a_column_with_gaps_is_over_its_rest():
    column = np.array([[7.0], [np.nan], [np.nan], [7.0], [7.0], [np.nan], [7.0], [7.0]])

    assert bootstrap_means(column, draws=50) == pytest.approx(7)


def test_gaps_in_one_column_do_not_change_another(values, partial):
    assert bootstrap_means(partial)[:, 0] == pytest.approx(bootstrap_means(values)[:, 0])


def test_values_are_not_changed(partial):
    before = partial.copy()

    bootstrap_means(partial)

    assert np.array_equal(partial, before, equal_nan=True)


def test_a_column_without_values_has_no_interval():
    found = interval(bootstrap_means(np.array([[1.0, np.nan], [1.0, np.nan]])))

    assert found == pytest.approx(np.array([[1, np.nan], [1, np.nan]]), nan_ok=True)


def test_rows_are_resampled_whole(values):
    paired = np.column_stack([values[:, 0], values[:, 0] + 3])

    means = bootstrap_means(paired)

    assert means[:, 1] - means[:, 0] == pytest.approx(3, abs=1e-12)


def test_the_seed_decides_the_draws(values):
    again, other = bootstrap_means(values, seed=4), bootstrap_means(values, seed=5)

    assert bootstrap_means(values, seed=4).tobytes() == again.tobytes()
    assert not np.allclose(again, other)


def test_every_draw_is_made_when_many_rows_need_batches():
    # Ten draws fit a batch, so the last batch is not full.
    ones = np.ones((1_500_000, 1))

    assert bootstrap_means(ones, draws=13) == pytest.approx(1)


def test_moments_are_those_of_pandas(partial):
    frame = pd.DataFrame(partial)

    assert moments(partial) == pytest.approx(np.array([frame.count(), frame.mean(), frame.sem()]))


@pytest.fixture(scope="module")
def many() -> np.ndarray:
    """NDCG of two models for as many users as intervals are normal for, and the difference."""
    rng = np.random.default_rng(0)
    level = rng.beta(0.5, 2, size=NORMAL_VALUES)[:, None]
    models = np.where(rng.random((NORMAL_VALUES, 2)) < 0.5, level * [0.8, 1], 0)
    return np.column_stack([models, models[:, 1] - models[:, 0]])


def test_intervals_of_many_values_are_normal(many):
    expected = stats.norm.interval(0.9, loc=many.mean(axis=0), scale=stats.sem(many))

    assert mean_intervals(many, level=0.9) == pytest.approx(np.array(expected), rel=1e-9)


def test_intervals_of_many_values_are_those_of_the_bootstrap_to_three_digits(many):
    expected = stats.bootstrap(
        (many,), np.mean, n_resamples=2_000, batch=100, method="percentile", rng=0
    ).confidence_interval

    assert mean_intervals(many) == pytest.approx(np.array(expected), abs=5e-4)


def test_intervals_of_fewer_values_are_bootstrapped(many):
    expected = interval(bootstrap_means(many[1:], seed=3))

    assert mean_intervals(many[1:], seed=3) == pytest.approx(expected, rel=1e-12)


def test_only_defined_values_count_as_many(many):
    gap = many.copy()
    gap[5, 1] = np.nan

    found = mean_intervals(gap)

    assert found[:, 0] == pytest.approx(mean_intervals(many)[:, 0])
    assert found[:, 1] == pytest.approx(interval(bootstrap_means(gap[:, [1]]))[:, 0])


def test_a_share_has_zeros_and_ones_alone():
    nan = np.nan
    columns = [[0, 1, 1], [0, nan, 0], [0, 0.5, 1], [0, -1, 1]]

    assert is_share(np.array(columns, dtype=float).T).tolist() == [True, True, False, False]


@pytest.fixture(params=[28, 116])
def shares(request) -> np.ndarray:
    """All shares of so many users that there are: column j has j ones."""
    n = request.param
    return (np.arange(n)[:, None] < np.arange(n + 1)).astype(float)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_of_shares_are_those_of_scipy(shares, level):
    n = len(shares)
    expected = [
        stats.binomtest(hits, n).proportion_ci(level, method="wilson") for hits in range(n + 1)
    ]

    assert share_intervals(shares, level) == pytest.approx(np.array(expected).T, abs=1e-12)


def test_intervals_of_shares_leave_gaps_out():
    values = np.array([[1, np.nan], [np.nan, np.nan], [0, np.nan], [0, np.nan]])

    found = share_intervals(values)

    expected = stats.binomtest(1, 3).proportion_ci(method="wilson")
    assert found[:, 0].tolist() == pytest.approx(list(expected))
    assert np.isnan(found[:, 1]).all()


def test_intervals_of_shares_cover_as_often_as_they_say(shares):
    n, chances = len(shares), np.linspace(0.05, 0.95, 181)
    low, high = share_intervals(shares)[:, :, None]
    probability = stats.binom.pmf(np.arange(n + 1)[:, None], n, chances)

    coverage = (probability * ((low <= chances) & (chances <= high))).sum(axis=0)

    assert coverage.mean() == pytest.approx(0.95, abs=0.005)
    assert coverage.min() > 0.92


def test_p_values_by_hand():
    # Mean 2, standard deviation 2, so t = 2 / (2 / sqrt(3)) = 1.7320508 with two degrees of
    # freedom, where P(T > t) = (1 - t / sqrt(t^2 + 2)) / 2.
    t = 3**0.5

    found = paired_p_values(np.array([[0.0], [2.0], [4.0]]))

    assert found == pytest.approx([1 - t / (t**2 + 2) ** 0.5], abs=1e-12)


def test_p_values_are_those_of_scipy(values):
    assert paired_p_values(values / 50) == pytest.approx(stats.ttest_1samp(values / 50, 0).pvalue)


def test_p_is_one_where_nothing_differs():
    found = paired_p_values(np.array([[0.0, 0.1], [0.0, -0.3], [0.0, 0.4]]))

    assert found[0] == 1
    assert found[1] < 1


def test_p_of_constant_differences_is_zero():
    assert paired_p_values(np.full((9, 1), 0.25)) == pytest.approx([0])


def test_p_of_one_row_is_one():
    assert paired_p_values(np.array([[0.4, 0.0, -0.2]])).tolist() == [1, 1, 1]


def test_holm_by_hand():
    # In order: 0.005 * 4, 0.01 * 3, 0.03 * 2, and 0.04 * 1 which may not fall below the last.
    found = holm(np.array([0.01, 0.04, 0.03, 0.005]))

    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [([0.03], [0.03]), ([0.9, 0.6, 0.01], [1, 1, 0.03]), ([0.02, 0.01, 0.02], [0.04, 0.03, 0.04])],
    ids=["single", "at most one", "equal"],
)
def test_holm_at_its_edges(p_values, expected):
    assert holm(np.array(p_values)) == pytest.approx(expected)


def test_the_jackknife_of_means_is_their_standard_error():
    values = np.random.default_rng(0).normal(size=(40, 2))
    without = (values.sum(axis=0) - values) / 39

    assert jackknife_errors(without) == pytest.approx(stats.sem(values))


def test_of_a_second_sample_without_error_the_t_test_is_left():
    values = np.random.default_rng(0).normal(0.1, size=(30, 2))
    same = np.repeat(values.mean(axis=0)[None], 5, axis=0)

    error, bounds, p_values = two_samples(values, same)

    assert error == pytest.approx(stats.sem(values))
    assert p_values == pytest.approx(paired_p_values(values))
    expected = stats.t.interval(0.95, 29, values.mean(axis=0), error)
    assert bounds == pytest.approx(np.array(expected))


def test_where_nothing_varies_the_interval_is_the_mean():
    error, bounds, p_values = two_samples(np.zeros((9, 1)), np.zeros((4, 1)))

    assert (error.tolist(), bounds.tolist(), p_values.tolist()) == ([0], [[0], [0]], [1])


def test_intervals_of_two_samples_cover_what_varies_with_both():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        users, splits = rng.normal(size=(100, 1)), rng.normal(size=(1, 5)) * 0.1
        values = users + splits + rng.normal(size=(100, 5))
        without = (values.sum(axis=1, keepdims=True) - values) / 4
        _, (low, high), _ = two_samples(values.mean(axis=1)[:, None], without.mean(axis=0)[:, None])
        covered.append(low[0] <= 0 <= high[0])

    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)
