"""Figures of the latent factors and of item similarity. Each returns the Axes it drew into."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from movierec.plots.theme import BLUE, COUNT, ORANGE, shorten_title


def training_loss(log: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """log: iteration, loss."""
    ax = ax or plt.figure().subplots()
    ax.plot(log["iteration"], log["loss"], marker="o", color=BLUE)
    label = "mean weighted squared error\n+ L2 penalty"
    ax.set(title="Training loss by iteration", xlabel="iteration", ylabel=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def factor_norms(
    user_factors: np.ndarray, item_factors: np.ndarray, axes: np.ndarray | None = None
) -> np.ndarray:
    """Histograms of the Euclidean norms of user and item factors: two Axes, side by side."""
    axes = plt.figure().subplots(1, 2) if axes is None else axes
    for ax, name, factors, colour in zip(
        axes, ("users", "movies"), (user_factors, item_factors), (BLUE, ORANGE), strict=True
    ):
        ax.hist(np.linalg.norm(factors, axis=1), bins=40, color=colour)
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
    return ax


def similarity_clustermap(similarity: pd.DataFrame) -> Axes:
    """Similarity of movies, rows and columns ordered by average-linkage clustering of the rows.

    similarity: square frame with titles both ways; its diagonal is left blank. Draws a figure of
    its own, since the dendrograms need Axes too.
    """
    size = max(7.0, 3.0 + 0.27 * len(similarity))
    # seaborn places the dendrograms itself, which constrained layout cannot work with.
    with plt.rc_context({"figure.constrained_layout.use": False}):
        grid = sns.clustermap(
            similarity.rename(index=shorten_title, columns=shorten_title),
            mask=np.eye(len(similarity), dtype=bool),
            cmap="viridis",
            figsize=(size, size),
            dendrogram_ratio=0.1,
            xticklabels=True,
            yticklabels=True,
            cbar_pos=(0.01, 0.92, 0.025, 0.07),
        )
    grid.ax_heatmap.set(xlabel="", ylabel="")
    grid.ax_heatmap.grid(visible=False)
    grid.ax_heatmap.tick_params(labelsize=8)
    grid.ax_col_dendrogram.set_title("Hybrid similarity of movies, 0 to 1", loc="center")
    return grid.ax_heatmap
