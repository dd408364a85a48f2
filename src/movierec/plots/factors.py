"""Figures of the factorisation and of item similarity: data in, Axes out."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from movierec.plots.theme import BLUE, COUNT, ORANGE, shorten_title


def training_loss(losses: pd.Series, ax: Axes | None = None) -> Axes:
    """Training loss by iteration. losses: index iteration from 1."""
    ax = ax or plt.figure().subplots()
    ax.plot(losses.index, losses.to_numpy(), marker="o", color=BLUE)
    ax.set(
        title="Training loss by iteration",
        xlabel="iteration",
        ylabel="weighted squared error and penalty",
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def factor_norms(
    user_factors: np.ndarray, item_factors: np.ndarray, axes: np.ndarray | None = None
) -> np.ndarray:
    """Lengths of the users' and the movies' factor vectors, side by side: two Axes."""
    axes = plt.figure().subplots(1, 2) if axes is None else axes
    for ax, name, factors, colour in zip(
        axes, ("users", "movies"), (user_factors, item_factors), (BLUE, ORANGE), strict=True
    ):
        ax.hist(np.linalg.norm(factors, axis=1), bins=40, color=colour)
        ax.set(title=f"Factor norms of {name}", xlabel="norm", ylabel=name)
        ax.yaxis.set_major_formatter(COUNT)
    return axes


def factor_spectrum(item_factors: np.ndarray, ax: Axes | None = None) -> Axes:
    """Singular values of the movie factors: how many of the dimensions carry something."""
    ax = ax or plt.figure().subplots()
    values = np.linalg.svd(item_factors, compute_uv=False)
    ax.bar(np.arange(1, len(values) + 1), values / values[0], color=BLUE)
    ax.set(
        title="Spectrum of the movie factors",
        xlabel="dimension, strongest first",
        ylabel="singular value / largest",
    )
    ax.grid(visible=False, axis="x")
    return ax


def similarity_clustermap(similarity: pd.DataFrame) -> Axes:
    """Hybrid similarity of some movies, alike ones side by side.

    similarity: square frame, titles both ways. The diagonal is left blank.
    """
    shown = similarity.rename(index=shorten_title, columns=shorten_title)
    size = max(7.0, 3.0 + 0.27 * len(shown))
    distance = 1 - similarity.to_numpy(dtype=float)
    np.fill_diagonal(distance, 0)
    tree = hierarchy.linkage(squareform(distance, checks=False), method="average")
    # seaborn lays the dendrograms out itself, which constrained layout cannot work with.
    with plt.rc_context({"figure.constrained_layout.use": False}):
        grid = sns.clustermap(
            shown,
            row_linkage=tree,
            col_linkage=tree,
            mask=np.eye(len(shown), dtype=bool),
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
