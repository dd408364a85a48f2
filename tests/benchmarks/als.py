"""ALS to equal quality: seconds of training until loss and NDCG@10 are as good as they get.

    python tests/benchmarks/als.py

Each solver, and what is said to make it faster: other threads, other orders of rows, other starts.
Starts from what `bench.py` keeps under data/benchmark: half the ratings of the 1,000 most rated
movies of files of MovieLens-32M's shape, a fifth of them hidden. Seconds are those of iterations
alone.
"""

from dataclasses import dataclass, replace

import bench
import numba
import numpy as np
import pandas as pd
from implicit.cpu import _als
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.data.interactions import Interactions
from movierec.data.splits import make_split
from movierec.evaluation.metrics import ndcg
from movierec.models.kernels.als import CompiledALS
from movierec.settings import HybridSettings, ProtocolSettings

ITERATIONS = 16
# As good as the reference's last iteration: loss at most so much above, NDCG@10 so much below.
LOSS_ABOVE, NDCG_BELOW = 0.001, 0.0005
SOLVERS = {"compiled": CompiledALS, "implicit": AlternatingLeastSquares}


@dataclass(frozen=True)
class Problem:
    """What is learnt and what is to be found: (n_users, n_items) CSR stars each."""

    train: sparse.csr_array
    test: sparse.csr_array

    def ordered(self, users: np.ndarray, items: np.ndarray) -> "Problem":
        """The same with users and items in another order, which changes nothing but speed."""
        moved = (
            sparse.csr_array(one[users][:, items]).sorted_indices()
            for one in (self.train, self.test)
        )
        return Problem(*moved)

    def with_rows(self, rows: sparse.csr_array) -> "Problem":
        """The same with further rows to learn from, of whom nothing is to be found."""
        nothing = sparse.csr_array(rows.shape, dtype=np.float32)
        both = (self.train, rows), (self.test, nothing)
        return Problem(*(sparse.csr_array(sparse.vstack(one, "csr")) for one in both))


def trained(
    problem: Problem,
    solver: str = "compiled",
    alpha: float = bench.ALPHA,
    initial_item_factors: np.ndarray | None = None,
) -> tuple[pd.DataFrame, AlternatingLeastSquares]:
    """A row for every second iteration: seconds so far, loss, NDCG@10 on the hidden ratings.

    initial_item_factors: (n_items, factors) float32; drawn at random without.
    """
    confidences = sparse.csr_matrix(problem.train * np.float32(alpha))
    model = SOLVERS[solver](
        factors=bench.FACTORS,
        regularization=bench.REGULARIZATION,
        iterations=ITERATIONS,
        random_state=0,
    )
    if initial_item_factors is not None:
        model.item_factors = initial_item_factors.copy()
    rows, seconds = {}, 0.0

    def keep(iteration: int, took: float, _: None) -> None:
        nonlocal seconds
        seconds += took
        if iteration % 2:
            factors = model.user_factors, model.item_factors
            loss = _als.calculate_loss(confidences, *factors, bench.REGULARIZATION, num_threads=0)
            found = {"seconds": seconds, "loss": loss, "NDCG@10": _ndcg(model, problem)}
            rows[iteration + 1] = found

    with threadpool_limits(1, "blas"):
        model.fit(confidences, show_progress=False, callback=keep)
    return pd.DataFrame(rows).T.rename_axis("iterations"), model


def to_equal_quality(found: dict[str, pd.DataFrame], reference: str) -> pd.DataFrame:
    """A row a variant: seconds an iteration, and until it is as good as the reference's last."""
    aim = found[reference].iloc[-1]
    rows = {}
    for name, table in found.items():
        low_loss = table["loss"] <= aim["loss"] * (1 + LOSS_ABOVE)
        good_lists = table["NDCG@10"] >= aim["NDCG@10"] - NDCG_BELOW
        rows[name] = {
            "s an iteration": table["seconds"].iloc[-1] / table.index[-1],
            "s to the loss": table["seconds"][low_loss].min(),
            "s to the NDCG@10": table["seconds"][good_lists].min(),
            "last NDCG@10": table["NDCG@10"].iloc[-1],
        }
    return pd.DataFrame(rows).T


def _ndcg(model: AlternatingLeastSquares, problem: Problem) -> float:
    lists = bench.lists_of(model, problem.train, problem.test)
    n_relevant = np.diff(problem.test.indptr)
    counted = n_relevant > 0
    return float(ndcg(lists.hits[counted], n_relevant[counted], 10).mean())


def main() -> None:
    bench.prepare()
    interactions = Interactions.load(bench.HOME / "half.npz")
    split = make_split(interactions, ProtocolSettings())
    problem = Problem(split.train, split.test)
    # Compiled before any clock starts.
    trained(Problem(problem.train[:1000], problem.test[:1000]))
    found = {}

    def run(name: str, problem: Problem = problem, **changes) -> AlternatingLeastSquares:
        found[name], model = trained(problem, **changes)
        print(f"{name}\n{found[name].to_string(float_format='{:.4f}'.format)}", flush=True)
        return model

    run("implicit", solver="implicit")
    plain = run("compiled")
    numba.set_num_threads(1)
    run("compiled, one thread")
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    users, items = (np.arange(size) for size in problem.train.shape)
    popular = np.argsort(-np.bincount(problem.train.indices), kind="stable")
    active = np.argsort(-np.diff(problem.train.indptr), kind="stable")
    run("compiled, movies sorted by popularity", problem.ordered(users, popular))
    run("compiled, users sorted by activity", problem.ordered(active, items))
    _, doubled = trained(problem, alpha=2 * bench.ALPHA)
    run("warm start: alpha doubled", initial_item_factors=doubled.item_factors)
    # What stage 03's factors would do in stage 05: they have seen the held-out ratings.
    _, leaky = trained(replace(problem, train=interactions.user_items))
    run("warm start: all ratings", initial_item_factors=leaky.item_factors)
    print(to_equal_quality(found, "compiled").to_string(float_format="{:.4f}".format))
    found.clear()
    _, features = bench.inputs("with content")
    weights = HybridSettings()
    rows = features.weighted(weights.als_term_weight, weights.als_genre_weight)
    with_content = problem.with_rows(rows)
    run("with item features", with_content)
    run("warm start: without them", with_content, initial_item_factors=plain.item_factors)
    print(to_equal_quality(found, "with item features").to_string(float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
