"""How sure a mean over users is."""

import numpy as np


def standard_error(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean over rows: sample standard deviation / sqrt(n); 0 for one row."""
    n = len(values)
    return values.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(values.shape[1:])


def bootstrap_means(values: np.ndarray, draws: int = 1_000, seed: int = 0) -> np.ndarray:
    """Means of resampled rows: (draws, columns) float64 from values (n_rows, columns).

    Every draw resamples whole rows with replacement, so columns stay paired and differences
    of columns are resampled as pairs. Efron 1979, "Bootstrap methods".
    """
    rng = np.random.default_rng(seed)
    # In this order and type the product below is one call of BLAS.
    values = np.ascontiguousarray(values, dtype=np.float64)
    n = len(values)
    means = np.empty((draws, values.shape[1]))
    # A draw is how often each row was taken; some of them at a time keep memory small.
    step = max(1, 4_000_000 // n)
    for start in range(0, draws, step):
        taken = np.array(
            [
                np.bincount(rng.integers(n, size=n), minlength=n)
                for _ in range(min(step, draws - start))
            ],
            dtype=np.float64,
        )
        means[start : start + len(taken)] = taken @ values / n
    return means


def interval(means: np.ndarray, level: float = 0.95) -> np.ndarray:
    """Percentile interval of bootstrapped means (draws, columns): (2, columns) low and high."""
    tail = (1 - level) / 2
    return np.quantile(means, [tail, 1 - tail], axis=0)
