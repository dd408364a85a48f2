"""Uncertainty of means over users and of paired differences.

`values` are (n_rows, n_columns), a row per user. NaN marks an undefined value; it is left out of
its column's mean. Intervals are (2, n_columns), low and high.
"""

import warnings

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtr, stdtrit

# From so many values on, normal and bootstrap intervals of a mean agree to three digits.
NORMAL_VALUES = 10_000
INTERVALS = (
    "Intervals are 95 %: Wilson's for shares of users, such as HitRate; for other means and"
    f" differences normal from {NORMAL_VALUES:,} users on, bootstrap percentiles below. Where"
    " movies are held out, and over several seeds, those of accuracy are t intervals of a sample"
    " of users and one of movies or seeds."
)


def moments(values: np.ndarray) -> np.ndarray:
    """Number of defined values, their mean and its standard error, of each column: (3, n_columns).

    NaN where undefined: the mean of no value, the error of fewer than two.
    """
    defined = (column[~np.isnan(column)] for column in values.T)
    with warnings.catch_warnings():
        # numpy warns where the result is NaN.
        warnings.simplefilter("ignore", RuntimeWarning)
        rows = [(len(one), one.mean(), one.std(ddof=1) / np.sqrt(len(one))) for one in defined]
    return np.array(rows).reshape(-1, 3).T


def jackknife_errors(means: np.ndarray) -> np.ndarray:
    """Standard errors (n_columns,) from means without each of n groups in turn, (n, n_columns).

    sqrt((n - 1) / n * sum_g (x_g - mean of x)^2)
    Tukey 1958, "Bias and Confidence in Not-quite Large Samples".
    """
    return np.sqrt((len(means) - 1) * means.var(axis=0))


def two_samples(
    values: np.ndarray, left_out: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors (n_columns,), intervals and two-sided p of means over users and over a second sample.

    left_out: (n_groups, n_columns) means without each group of the second sample, as of movies or
    splits. Squared errors add up, and the mean over them has a t distribution with
    (e^2 + f^2)^2 / (e^4 / (n_users - 1) + f^4 / (n_groups - 1)) degrees of freedom.
    Owen 2007, "The pigeonhole bootstrap"; Satterthwaite 1946, "An Approximate Distribution of
    Estimates of Variance Components".
    """
    n, mean, of_users = moments(values)
    of_groups = jackknife_errors(left_out)
    error = np.hypot(of_users, of_groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        freedom = error**4 / (of_users**4 / (n - 1) + of_groups**4 / (len(left_out) - 1))
        bounds = mean + np.outer([-1, 1], stdtrit(freedom, (1 + level) / 2) * error)
        p_values = np.nan_to_num(2 * stdtr(freedom, -np.abs(mean / error)), nan=1.0)
    return error, np.where(error == 0, mean, bounds), p_values


def is_share(values: np.ndarray) -> np.ndarray:
    """Whether the mean of a column is a share of users, as HitRate: (n_columns,) bool.

    It is if every defined value is 0 or 1.
    """
    return ((values == 0) | (values == 1) | np.isnan(values)).all(axis=0)


def share_intervals(values: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Wilson's score intervals of shares of users; NaN for a column without a value.

    (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)
    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    n, p, _ = moments(values)
    return wilson(n, p, level)


def wilson(n: np.ndarray, p: np.ndarray, level: float = 0.95) -> np.ndarray:
    """`share_intervals` of shares p of n users."""
    z = ndtri((1 + level) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = p + z**2 / (2 * n)
        margin = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return np.clip((centre + np.outer([-1, 1], margin)) / (1 + z**2 / n), 0, 1)


def mean_intervals(values: np.ndarray, seed: int = 0, level: float = 0.95) -> np.ndarray:
    """Intervals of means: mean +- z standard errors from NORMAL_VALUES defined values on.

    Below that percentile intervals of 1,000 bootstrapped means, drawn by `seed`.
    """
    n, mean, error = moments(values)
    bounds = normal_intervals(mean, error, level)
    few = n < NORMAL_VALUES
    if few.any():
        bounds[:, few] = interval(bootstrap_means(values[:, few], seed=seed), level)
    return bounds


def normal_intervals(mean: np.ndarray, error: np.ndarray, level: float = 0.95) -> np.ndarray:
    """mean +- z standard errors."""
    return mean + np.outer([-1, 1], ndtri((1 + level) / 2) * error)


def bootstrap_means(values: np.ndarray, draws: int = 1_000, seed: int = 0) -> np.ndarray:
    """Means of resampled rows: (draws, n_columns) float64 from values (n_rows, n_columns).

    Rows are resampled whole, with replacement, so that differences of columns stay paired.
    Efron 1979, "Bootstrap methods".
    """
    rng = np.random.default_rng(seed)
    # In this order and type the products below are BLAS calls.
    values = np.array(values, dtype=np.float64, order="C")
    n = len(values)
    partial = np.isnan(values).any(axis=0)
    defined = (~np.isnan(values[:, partial])).astype(np.float64)
    np.nan_to_num(values, copy=False)
    means = np.empty((draws, values.shape[1]))
    # A draw is a row of counts; batches of draws bound memory.
    step = max(1, 16_000_000 // n)
    for start in range(0, draws, step):
        rows = slice(start, min(start + step, draws))
        counts = np.empty((rows.stop - start, n))
        for count in counts:
            count[:] = np.bincount(rng.integers(n, size=n, dtype=np.uint32), minlength=n)
        means[rows] = counts @ values
        with np.errstate(invalid="ignore"):
            means[rows, ~partial] /= n
            means[rows, partial] /= counts @ defined
    return means


def interval(means: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Percentile interval of bootstrapped means (draws, n_columns): (2, n_columns), low and high.

    Draws without a defined value are left out; NaN if there is none.
    """
    tail = (1 - level) / 2
    return pd.DataFrame(means).quantile([tail, 1 - tail]).to_numpy()


def paired_p_values(differences: np.ndarray) -> np.ndarray:
    """Two-sided p of a paired t test per column of differences (n_rows, n_columns).

    1 if all differences of a column are 0, or there is only one row.
    Student 1908, "The Probable Error of a Mean".
    """
    return t_test(*moments(differences))


def t_test(n: np.ndarray, mean: np.ndarray, error: np.ndarray) -> np.ndarray:
    """`paired_p_values` of the means of n differences and their standard errors."""
    with np.errstate(invalid="ignore", divide="ignore"):
        p_values = 2 * stdtr(n - 1, -np.abs(mean / error))
    return np.nan_to_num(p_values, nan=1.0)


def holm(p_values: np.ndarray) -> np.ndarray:
    """p values (n,) corrected for multiple tests, in the order given.

    In ascending order the i-th of n is multiplied by n - i + 1, and is at least the one before
    and at most 1. This bounds the family-wise error rate.
    Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    order = np.argsort(p_values)
    corrected = np.empty(len(p_values))
    steps = np.arange(len(p_values), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * steps), 1)
    return corrected
