"""How sure a mean over users is, and a difference of two.

nan stands for a user of whom a value is not defined; it is left out of that column's mean.
"""

import numpy as np
import pandas as pd
from scipy import stats


def standard_error(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean over rows: sample standard deviation / sqrt(n); 0 for one row.

    values: (n_rows, columns). nan for a column without values.
    """
    return np.array([_standard_error(column[~np.isnan(column)]) for column in values.T])


def bootstrap_means(values: np.ndarray, draws: int = 1_000, seed: int = 0) -> np.ndarray:
    """Means of resampled rows: (draws, columns) float64 from values (n_rows, columns).

    Every draw resamples whole rows with replacement, so columns stay paired and differences
    of columns are resampled as pairs. Efron 1979, "Bootstrap methods".
    """
    rng = np.random.default_rng(seed)
    # In this order and type the products below are calls of BLAS.
    values = np.array(values, dtype=np.float64, order="C")
    n = len(values)
    partial = np.isnan(values).any(axis=0)
    there = (~np.isnan(values[:, partial])).astype(np.float64)
    np.nan_to_num(values, copy=False)
    means = np.empty((draws, values.shape[1]))
    # A draw is how often each row was taken; some of them at a time keep memory small.
    step = max(1, 16_000_000 // n)
    for start in range(0, draws, step):
        drawn = range(min(step, draws - start))
        taken = np.empty((len(drawn), n))
        for draw in drawn:
            taken[draw] = np.bincount(rng.integers(n, size=n, dtype=np.uint32), minlength=n)
        rows = slice(start, start + len(drawn))
        means[rows] = taken @ values
        with np.errstate(invalid="ignore"):
            means[rows, ~partial] /= n
            means[rows, partial] /= taken @ there
    return means


def interval(means: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Percentile interval of bootstrapped means (draws, columns): (2, columns) low and high.

    A draw in which nobody had a value is left out; nan where all are.
    """
    tail = (1 - level) / 2
    return pd.DataFrame(means).quantile([tail, 1 - tail]).to_numpy()


def paired_p_values(differences: np.ndarray) -> np.ndarray:
    """Two-sided p of a paired t test that the mean of each column is 0: (columns,).

    differences: (n_rows, columns), without nan. 1 where all rows are 0, or there is one row.
    Student 1908, "The Probable Error of a Mean".
    """
    error = standard_error(differences)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = differences.mean(axis=0) / error
    p = 2 * stats.t.sf(np.abs(t), df=max(len(differences) - 1, 1))
    return np.where(np.isnan(t) | (len(differences) < 2), 1.0, p)


def holm(p_values: np.ndarray) -> np.ndarray:
    """p values corrected for how many there are, in the order given: (n,).

    The smallest is multiplied by n, the next by n - 1 and so on; none may fall below one that
    was smaller before, nor exceed 1. Calling those below a significant makes the chance of one
    false call at most a. Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
    """
    order = np.argsort(p_values)
    corrected = np.empty(len(p_values))
    steps = np.arange(len(p_values), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * steps), 1)
    return corrected


def _standard_error(values: np.ndarray) -> float:
    n = len(values)
    if n < 2:
        return 0.0 if n else np.nan
    return values.std(ddof=1) / np.sqrt(n)
