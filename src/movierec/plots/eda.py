"""Figures of the ratings. Each returns the Axes it drew into."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from movierec.plots.theme import BLUE, COUNT, ORANGE, describe, listed


def rating_histogram(counts: pd.Series, ax: Axes | None = None) -> Axes:
    """Number of ratings at each step of the scale. counts: index stars."""
    ax = ax or plt.figure().subplots()
    step = np.diff(counts.index, append=np.inf).min()
    ax.bar(counts.index, counts, width=min(0.4, 0.8 * step), color=BLUE)
    ax.set(title="Distribution of ratings", xlabel="rating, stars", ylabel="ratings")
    ax.set_xticks(np.arange(0.5, 5.5, 0.5))
    ax.grid(visible=False, axis="x")
    ax.yaxis.set_major_formatter(COUNT)
    describe(ax, "by stars, " + listed(counts))
    return ax


def ratings_over_time(counts: pd.Series, ax: Axes | None = None) -> Axes:
    """Number of ratings in each month. counts: as of `ratings_per_month`."""
    ax = ax or plt.figure().subplots()
    ax.fill_between(counts.index, counts, step="mid", color=BLUE, alpha=0.8)
    ax.set(title="Ratings per month", xlabel="month", ylabel="ratings per month", ylim=(0, None))
    ax.yaxis.set_major_formatter(COUNT)
    months = [f"{month:%B %Y}" for month in (counts.index[0], counts.index[-1], counts.idxmax())]
    describe(ax, f"{months[0]} to {months[1]}, most in {months[2]} with {counts.max():,}")
    return ax


def ratings_per_movie(counts: pd.Series, ax: Axes | None = None) -> Axes:
    """Histogram of movies by number of ratings, both axes logarithmic.

    counts: (n_movies,) int, at least 1.
    """
    ax = ax or plt.figure().subplots()
    edges = np.unique(np.geomspace(1, counts.max() + 1, 40).round()).tolist()
    ax.hist(counts, bins=edges, color=BLUE)
    ax.axvline(np.median(counts), color=ORANGE, label=f"median {np.median(counts):,.0f}")
    ax.set(title="Movies by number of ratings", xscale="log", yscale="log")
    ax.set(xlabel="ratings of a movie (log scale)", ylabel="movies (log scale)")
    ax.xaxis.set_major_formatter(COUNT)
    ax.yaxis.set_major_formatter(COUNT)
    ax.legend()
    single, middle = int((counts == 1).sum()), np.median(counts)
    describe(
        ax,
        f"{len(counts):,} movies have 1 to {counts.max():,} ratings, {middle:,.0f} at the median;"
        f" {single:,} have one",
    )
    return ax


def long_tail(counts: pd.Series, kept: int, ax: Axes | None = None) -> Axes:
    """Cumulative share of all ratings over movies sorted by number of ratings.

    counts  (n_movies,) ratings of each movie
    kept    number of most rated movies to mark; more than there are marks all
    """
    ax = ax or plt.figure().subplots()
    share = np.cumsum(np.sort(counts)[::-1]) / counts.sum()
    kept = min(kept, len(counts))
    ax.plot(np.arange(1, len(counts) + 1), share, color=BLUE)
    label = f"the {kept:,} most rated: {share[kept - 1]:.1%} of the ratings"
    ax.axvline(kept, color=ORANGE, linestyle="--", label=label)
    ax.legend(loc="upper left")
    ax.set(
        title="The long tail: cumulative share of the most rated movies",
        xlabel="number of most rated movies (log scale)",
        ylabel="share of all ratings",
        xscale="log",
        ylim=(0, 1.02),
    )
    ax.xaxis.set_major_formatter(COUNT)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    half = int(np.argmax(share >= 0.5)) + 1
    describe(ax, f"{label}; half of all ratings belong to the first {half:,} of {len(counts):,}")
    return ax
