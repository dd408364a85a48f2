"""ALS by iteration: seconds and loss, with each part of the acceleration left out, and implicit.

    python tests/benchmarks/als.py [original | tuned | catalogue]

Settings and ratings are those of bench.py's jobs of these names; it prepares the files.
"""

import sys
from contextlib import nullcontext
from unittest.mock import patch

import bench
import numpy as np
import pandas as pd
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.models import als_training
from movierec.models.als import ALS
from movierec.models.kernels.als import training_loss

ITERATIONS = 8


def unbalanced(users: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one = np.eye(items.shape[1], dtype=np.float32)
    return one, one


# By name: the solver, and what is changed in the training's module.
VARIANTS = {
    "plain": ("plain", {}),
    "accelerated": ("accelerated", {}),
    "random start": ("accelerated", {"_spectral_start": als_training._random_start}),
    "no balancing": ("accelerated", {"balancing": unbalanced}),
    "no momentum": ("accelerated", {"MOMENTUM": np.float32(0)}),
    "3 steps": ("accelerated", {"ACCELERATED_STEPS": 3}),
}


def curve(name: str, solver: str, changes: dict[str, object]) -> pd.DataFrame:
    """Seconds of an iteration and loss after it, by iteration."""
    settings, _, ratings = bench.FITS[name]
    settings = settings.replace(als_solver=solver, iterations=ITERATIONS)
    rows = []
    with patch.multiple(als_training, **changes) if changes else nullcontext():
        ALS(settings).fit(bench._ratings(ratings), on_iteration=lambda *row: rows.append(row))
    return _frame(rows)


def implicit_curve(name: str) -> pd.DataFrame:
    """As `curve`, of implicit's own training."""
    settings, iterations, ratings = bench.FITS[name]
    confidences = bench._confidences(settings, ratings)
    rows = []

    def keep(iteration: int, seconds: float, _: None) -> None:
        factors = model.user_factors, model.item_factors
        loss = training_loss(confidences, *factors, settings.regularization)
        rows.append((iteration, seconds, loss))

    with threadpool_limits(1, "blas"):
        model = bench.implicit_als(settings, iterations)
        model.fit(sparse.csr_matrix(confidences), show_progress=False, callback=keep)
    return _frame(rows)


def _frame(rows: list[tuple[int, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["iteration", "seconds", "loss"])
    return table.set_index(table.pop("iteration") + 1)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "original"
    bench.prepare()
    curves = {"implicit": implicit_curve(name)}
    curves |= {label: curve(name, *variant) for label, variant in VARIANTS.items()}
    table = pd.concat(curves, axis=1).swaplevel(axis=1)
    print(table["loss"].to_string(float_format="{:.5f}".format))
    print(table["seconds"].median().rename("median seconds of an iteration").to_string())


if __name__ == "__main__":
    main()
