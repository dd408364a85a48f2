"""Uncertainty of means over users and of paired differences.

NaN marks an undefined value; it is left out of its column's mean.
"""

import warnings

import numpy as np
import pandas as pd
from scipy import stats


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
    with warnings.catch_warnings():
        # scipy warns of constant differences, whose p is right, and of a single one.
        warnings.simplefilter("ignore", RuntimeWarning)
        p_values = stats.ttest_1samp(differences, 0).pvalue
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
