"""Heatmaps of terms and of similarity, which seaborn draws. Each returns the Axes it drew into."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from movierec.plots.fonts import drawable
from movierec.plots.theme import describe, listed, shorten_title, text_on


def term_heatmap(weights: pd.DataFrame, ax: Axes | None = None) -> Axes | None:
    """TF-IDF weights of terms (columns) in movies (rows), 0 left blank; None of no term."""
    if weights.empty:
        return None
    # Before there are Axes, whose texts keep the fonts of when they were made.
    shown = weights.rename(index=shorten_title, columns=drawable)
    if ax is None:
        width = max(8.0, 3.5 + 0.5 * weights.shape[1])
        slanted = 0.07 * max(map(len, weights.columns), default=0)
        height = max(3.0, 1.2 + slanted + 0.34 * len(weights))
        ax = plt.figure(figsize=(width, height)).subplots()
    sns.heatmap(
        shown,
        ax=ax,
        annot=True,
        fmt=".2f",
        annot_kws={"size": 8},
        cmap="Blues",
        mask=weights.to_numpy() == 0,
        linewidths=0.5,
        cbar=False,
    )
    numbers = np.array([float(text.get_text()) for text in ax.texts])
    for text, colour in zip(ax.texts, ax.collections[0].to_rgba(numbers), strict=True):
        text.set_color(text_on(tuple(colour)))
    ax.grid(visible=False)
    total = listed(weights.sum().sort_values(ascending=False), "{:.2f}", most=6)
    describe(ax, f"{len(weights)} movies; total weight {total}")
    ax.set(title="TF-IDF weights, terms of the largest total weight", xlabel="term", ylabel="")
    ax.tick_params(axis="x", rotation=50, rotation_mode="xtick")
    ax.tick_params(axis="y", rotation=0)
    return ax


def similarity_clustermap(similarity: pd.DataFrame) -> Axes:
    """Similarity of movies, rows and columns ordered by average-linkage clustering of the rows.

    similarity: square frame with titles both ways; its diagonal is left blank. Draws a figure of
    its own, since the dendrograms need Axes too.
    """
    size = max(7.0, 3.0 + 0.27 * len(similarity))
    # Outside of the context below, which would forget the fonts that titles need.
    shown = similarity.rename(index=shorten_title, columns=shorten_title)
    # seaborn places the dendrograms itself, which constrained layout cannot work with.
    with plt.rc_context({"figure.constrained_layout.use": False}):
        grid = sns.clustermap(
            shown,
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
    describe(grid.ax_heatmap, _most_alike(similarity))
    return grid.ax_heatmap


def _most_alike(similarity: pd.DataFrame, most: int = 3) -> str:
    """The pairs of the highest similarity, in words."""
    rows, columns = np.triu_indices(len(similarity), k=1)
    values = similarity.to_numpy()[rows, columns]
    titles = similarity.index
    pairs = [
        f"{titles[rows[place]]} and {titles[columns[place]]} {values[place]:.2f}"
        for place in np.argsort(-values, kind="stable")[:most]
    ]
    return f"{len(similarity)} movies, the most alike of them {'; '.join(pairs)}"
