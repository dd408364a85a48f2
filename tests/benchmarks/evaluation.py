"""How long an evaluation takes, beside implicit's own, on 200,000 users, 1,000 movies, 64 factors.

    python tests/benchmarks/evaluation.py

Prints seconds, the ratio to the baseline named, and the memory held over the inputs at most (on
Linux, which keeps count of it).
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from implicit.evaluation import ranking_metrics_at_k
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.evaluation.evaluate import CUTOFFS
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.ranking import popular_first, rank_items
from movierec.evaluation.statistics import bootstrap_means

N_USERS, N_MOVIES, FACTORS, RATINGS = 200_000, 1_000, 64, 8_000_000
MODELS = 12


class Factors:
    """Factors drawn at random: what is timed is ranking, not the quality of the lists.

    Rows are scored in order, as they come.
    """

    name = "factors"

    def __init__(self, users: np.ndarray, items: np.ndarray):
        self._users, self._items, self._next = users, items, 0

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        first, self._next = self._next, self._next + user_items.shape[0]
        return self._users[first : self._next] @ self._items.T


def main() -> None:
    rng = np.random.default_rng(0)
    users = rng.normal(size=(N_USERS, FACTORS)).astype(np.float32)
    items = rng.normal(size=(N_MOVIES, FACTORS)).astype(np.float32)
    pairs = np.unique(rng.integers(N_USERS * N_MOVIES, size=RATINGS))
    hidden = rng.random(len(pairs)) < 0.2
    train, test = (_matrix(pairs[part]) for part in (~hidden, hidden))
    everyone = np.ones(N_MOVIES, dtype=bool)
    _held()
    before = _held()

    start = time.perf_counter()
    counts = np.bincount(train.indices, minlength=N_MOVIES)
    lists = rank_items(
        Factors(users, items), train, train, test, everyone, popular_first(counts, 0), max(CUTOFFS)
    )
    ranked = time.perf_counter()
    n_relevant = np.diff(test.indptr)
    counted = n_relevant > 0
    hits, n_relevant = lists.hits[counted], n_relevant[counted]
    values = {
        (metric, k): function(hits, n_relevant, k)
        for metric, function in METRICS.items()
        for k in CUTOFFS
    }
    scored = time.perf_counter()
    memory = _held() - before

    with threadpool_limits(1, "blas"):
        solver = AlternatingLeastSquares(factors=FACTORS)
        solver.user_factors, solver.item_factors = users, items
        compare_start = time.perf_counter()
        ranking_metrics_at_k(
            solver, sparse.csr_matrix(train), sparse.csr_matrix(test), K=10, show_progress=False
        )
        baseline = time.perf_counter() - compare_start

    columns = np.tile(pd.DataFrame(values).to_numpy(), MODELS)
    boot_start = time.perf_counter()
    bootstrap_means(columns)
    bootstrapped = time.perf_counter() - boot_start

    rows = [
        ("implicit's ranking_metrics_at_k, one k (baseline)", baseline),
        (f"top {max(CUTOFFS)} of everyone", ranked - start),
        (f"{len(METRICS)} metrics at {len(CUTOFFS)} cutoffs", scored - ranked),
        (f"1,000 bootstrap draws of {MODELS} models, {columns.shape[1]} columns", bootstrapped),
    ]
    for name, seconds in rows:
        print(f"{name:<58}{seconds:7.2f} s{seconds / baseline:7.2f}")
    print(f"ranking and metrics held {memory / 1e6:,.0f} MB over the inputs at most")


def _matrix(pairs: np.ndarray) -> sparse.csr_array:
    rows, columns = np.divmod(pairs, N_MOVIES)
    indptr = np.searchsorted(rows, np.arange(N_USERS + 1)).astype(np.int32)
    stars = np.full(len(pairs), 4, dtype=np.float32)
    return sparse.csr_array((stars, columns.astype(np.int32), indptr), shape=(N_USERS, N_MOVIES))


def _held() -> int:
    """The most bytes this process held since it was last asked (Linux)."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    [peak] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peak.split()[1]) * 1024


if __name__ == "__main__":
    main()
