"""One function a figure: takes data, perhaps an Axes, returns the Axes; loads and saves nothing."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

BLUE, ORANGE, GREEN, *_ = sns.color_palette("colorblind")
_COUNT = FuncFormatter(lambda value, _: f"{value:,.0f}")


def set_theme() -> None:
    """Colours that colour-blind readers can tell apart, sizes for the width of a report."""
    sns.set_theme(
        style="whitegrid",
        palette="colorblind",
        rc={
            "figure.figsize": (8.0, 3.8),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
        },
    )


def rating_histogram(stars: np.ndarray, ax: Axes | None = None) -> Axes:
    """How often each of the ten ratings was given. stars: (n_ratings,)."""
    ax = ax or plt.figure().subplots()
    values, counts = np.unique(stars, return_counts=True)
    ax.bar(values, counts, width=0.4, color=BLUE)
    ax.set(
        title="Ratings by number of stars",
        xlabel="rating, stars",
        ylabel="ratings",
        xticks=np.arange(0.5, 5.5, 0.5),
    )
    ax.grid(visible=False, axis="x")
    ax.yaxis.set_major_formatter(_COUNT)
    return ax


def ratings_per_movie(counts: np.ndarray, ax: Axes | None = None) -> Axes:
    """How many movies have how many ratings, on logarithmic axes. counts: (n_movies,), >= 1."""
    ax = ax or plt.figure().subplots()
    edges = np.unique(np.geomspace(1, counts.max() + 1, 40).round())
    ax.hist(counts, bins=edges, color=BLUE)
    ax.axvline(np.median(counts), color=ORANGE, label=f"median {np.median(counts):,.0f}")
    ax.set(
        title="Movies by number of ratings",
        xlabel="ratings of a movie (logarithmic)",
        ylabel="movies (logarithmic)",
        xscale="log",
        yscale="log",
    )
    ax.xaxis.set_major_formatter(_COUNT)
    ax.yaxis.set_major_formatter(_COUNT)
    ax.legend()
    return ax


def ratings_over_time(timestamps: np.ndarray, ax: Axes | None = None) -> Axes:
    """Ratings by month. timestamps: (n_ratings,) seconds since 1970."""
    ax = ax or plt.figure().subplots()
    months = timestamps.astype("datetime64[s]").astype("datetime64[M]")
    first = months.min()
    counts = np.bincount((months - first).astype(int))
    ax.fill_between(first + np.arange(len(counts)), counts, step="mid", color=BLUE, alpha=0.8)
    ax.set(title="Ratings by month", xlabel="month", ylabel="ratings a month", ylim=(0, None))
    ax.yaxis.set_major_formatter(_COUNT)
    return ax


def long_tail(counts: np.ndarray, kept: int, ax: Axes | None = None) -> Axes:
    """Share of all ratings that the n most rated movies hold, with the cut that was made.

    counts: (n_movies,) ratings of each movie of the catalogue; kept: movies kept.
    """
    ax = ax or plt.figure().subplots()
    share = np.cumsum(np.sort(counts)[::-1]) / counts.sum()
    kept = min(kept, len(counts))
    ax.plot(np.arange(1, len(counts) + 1), share, color=BLUE)
    ax.axvline(
        kept,
        color=ORANGE,
        linestyle="--",
        label=f"the {kept:,} most rated: {share[kept - 1]:.1%} of the ratings",
    )
    ax.legend(loc="upper left")
    ax.set(
        title="The long tail: what the most rated movies hold",
        xlabel="most rated movies (logarithmic)",
        ylabel="share of all ratings",
        xscale="log",
        ylim=(0, 1.02),
    )
    ax.xaxis.set_major_formatter(_COUNT)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    return ax


def term_heatmap(weights: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """TF-IDF weights of terms (columns) in movies (rows), written into the cells."""
    if ax is None:
        width = max(8.0, 3.5 + 0.5 * weights.shape[1])
        ax = plt.figure(figsize=(width, max(3.0, 1.6 + 0.34 * len(weights)))).subplots()
    shown = weights.rename(index=_shortened)
    sns.heatmap(
        shown,
        ax=ax,
        annot=True,
        fmt=".2f",
        annot_kws={"size": 8},
        cmap="Blues",
        mask=shown == 0,
        linewidths=0.5,
        cbar_kws={"label": "TF-IDF weight"},
    )
    ax.grid(visible=False)
    ax.set(title="Which terms describe these movies", xlabel="term", ylabel="")
    ax.tick_params(axis="x", rotation=50)
    ax.tick_params(axis="y", rotation=0)
    plt.setp(ax.get_xticklabels(), ha="right", rotation_mode="anchor")
    return ax


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
        ax.yaxis.set_major_formatter(_COUNT)
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
    shown = similarity.rename(index=_shortened, columns=_shortened)
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


def _shortened(title: str, width: int = 44) -> str:
    """A title that fits a label, its year kept."""
    charmap = get_font(findfont(FontProperties(family=plt.rcParams["font.family"]))).get_charmap()
    # A character that the font lacks would be drawn as a box, with a warning.
    title = "".join(letter if ord(letter) in charmap else "?" for letter in title.strip())
    if len(title) > width:
        year = title[-7:] if title.endswith(")") else ""
        title = title[: width - len(year) - 1].rstrip() + "…" + year
    return title.replace("$", r"\$")  # a pair of them would set the text between as mathematics
