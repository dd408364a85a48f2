"""ALS to equal quality: loss and NDCG@10 by seconds of training, for each solver and start.

    python tests/benchmarks/als.py

Starts from what `bench.py` keeps under data/benchmark: half the ratings of the 1,000 most rated
movies of files of MovieLens-32M's shape, a fifth of them hidden. Seconds are those of iterations
alone. Prints a row for every second iteration.
"""

import bench
import numpy as np
import pandas as pd
from implicit.cpu import _als
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.data.interactions import Interactions
from movierec.data.splits import Protocol, Split, cut
from movierec.evaluation.metrics import ndcg
from movierec.models.als import SOLVERS

ITERATIONS = 16


def trained(
    ratings: sparse.csr_array,
    split: Split,
    solver: str,
    start: AlternatingLeastSquares | None = None,
) -> tuple[pd.DataFrame, AlternatingLeastSquares]:
    """A row for every second iteration: seconds so far, loss, NDCG@10 on the hidden ratings.

    start: a fitted model whose factors to begin with; drawn at random without.
    """
    confidences = sparse.csr_matrix(ratings * np.float32(bench.ALPHA))
    model = SOLVERS[solver](
        factors=bench.FACTORS,
        regularization=bench.REGULARIZATION,
        iterations=ITERATIONS,
        random_state=0,
    )
    if start is not None:
        model.user_factors = start.user_factors.copy()
        model.item_factors = start.item_factors.copy()
    rows, seconds = {}, 0.0

    def keep(iteration: int, took: float, _: None) -> None:
        nonlocal seconds
        seconds += took
        if iteration % 2:
            factors = model.user_factors, model.item_factors
            loss = _als.calculate_loss(confidences, *factors, bench.REGULARIZATION, num_threads=0)
            rows[iteration + 1] = {"seconds": seconds, "loss": loss, "NDCG@10": _ndcg(model, split)}

    with threadpool_limits(1, "blas"):
        model.fit(confidences, show_progress=False, callback=keep)
    return pd.DataFrame(rows).T.rename_axis("iterations"), model


def _ndcg(model: AlternatingLeastSquares, split: Split) -> float:
    lists = bench._lists(model, split.train, split.test)
    n_relevant = np.diff(split.test.indptr)
    counted = n_relevant > 0
    return float(ndcg(lists.hits[counted], n_relevant[counted], 10).mean())


def main() -> None:
    bench.prepare()
    interactions = Interactions.load(bench.HOME / "half.npz")
    split = cut(interactions, Protocol())
    found = {solver: trained(split.train, split, solver)[0] for solver in SOLVERS}
    # Twice what nobody should do: learn the hidden ratings, and begin with who learnt them.
    found["hidden ratings learnt"], leaky = trained(interactions.user_items, split, "compiled")
    found["begun with those factors"], _ = trained(split.train, split, "compiled", leaky)
    print(pd.concat(found).to_string(float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
