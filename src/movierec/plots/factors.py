"""Figures of the latent factors. Each returns the Axes it drew into."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from movierec.plots.theme import BLUE, COUNT, ORANGE, describe


def training_loss(log: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """log: iteration, loss."""
    ax = ax or plt.figure().subplots()
    ax.plot(log["iteration"], log["loss"], marker="o", color=BLUE)
    label = "mean weighted squared error\n+ L2 penalty"
    ax.set(title="Training loss by iteration", xlabel="iteration", ylabel=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    first, last = log["loss"].iloc[0], log["loss"].iloc[-1]
    describe(ax, f"from {first:.4g} to {last:.4g} in {len(log)} iterations")
    return ax


def factor_norms(
    user_factors: np.ndarray, item_factors: np.ndarray, axes: np.ndarray | None = None
) -> np.ndarray:
    """Histograms of the Euclidean norms of user and item factors: two Axes, side by side."""
    axes = plt.figure().subplots(1, 2) if axes is None else axes
    for ax, name, factors, colour in zip(
        axes, ("users", "movies"), (user_factors, item_factors), (BLUE, ORANGE), strict=True
    ):
        norms = np.linalg.norm(factors, axis=1)
        ax.hist(norms, bins=40, color=colour)
        describe(
            ax, f"{norms.min():.2g} to {norms.max():.2g}, {np.median(norms):.2g} at the median"
        )
        ax.set(title=f"Factor norms of {name}", xlabel="Euclidean norm", ylabel=name)
        ax.yaxis.set_major_formatter(COUNT)
    return axes


def factor_spectrum(item_factors: np.ndarray, ax: Axes | None = None) -> Axes:
    """Singular values of the item factors (n_items, factors), relative to the largest."""
    ax = ax or plt.figure().subplots()
    values = np.linalg.svd(item_factors, compute_uv=False)
    ax.bar(np.arange(1, len(values) + 1), values / values[0], color=BLUE)
    ax.set(title="Singular values of the item factors", ylabel="singular value / largest")
    ax.set_xlabel("dimension, by singular value")
    ax.grid(visible=False, axis="x")
    half = int((values >= values[0] / 2).sum())
    last = values[-1] / values[0]
    describe(ax, f"{half} of {len(values)} reach half of the largest; the last is {last:.2f}")
    return ax
