"""Figures of the ratings. Each returns the Axes it drew into."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import NullFormatter, PercentFormatter

from movierec.plots.theme import BLUE, COUNT, ORANGE, describe, listed, shorten_title


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
    return _histogram(counts, "movie", ax)


def ratings_per_user(counts: pd.Series, ax: Axes | None = None) -> Axes:
    """As `ratings_per_movie`, of users."""
    return _histogram(counts, "user", ax)


def mean_by_number(movies: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Mean rating of each movie over its number of ratings. movies: as of `ratings_and_mean`."""
    ax = ax or plt.figure().subplots()
    # As a picture inside the figure, since there may be tens of thousands of points.
    ax.plot(movies["ratings"], movies["mean"], ".", ms=4, alpha=0.35, color=BLUE, rasterized=True)
    steps = np.unique(np.geomspace(1, movies["ratings"].max() + 1, 9).round())
    grouped = movies.groupby(pd.cut(movies["ratings"], steps, right=False), observed=True)
    middle = grouped["ratings"].median(), grouped["mean"].median()
    ax.plot(*middle, "o-", color=ORANGE, label="median of movies rated about as often")
    ax.set(title="Mean rating by number of ratings", xscale="log", ylim=(0.3, 5.2))
    ax.set(xlabel="ratings of a movie (log scale)", ylabel="mean rating, stars")
    _plain_log(ax.xaxis)
    ax.legend(loc="lower right")
    ends = [middle[1].iloc[0], middle[1].iloc[-1]]
    describe(ax, f"median {ends[0]:.2f} stars of the least rated movies, {ends[1]:.2f} of the most")
    return ax


def genres_by_decade(shares: pd.DataFrame, most: int = 6, ax: Axes | None = None) -> Axes:
    """Share of movies of the most frequent genres by decade.

    shares: as of `content.features.genres_by_decade`.
    """
    ax = ax or plt.figure(figsize=(8.0, 4.2)).subplots()
    shown = shares.iloc[:, :most]
    for genre, marker in zip(shown, "osD^vP", strict=False):
        ax.plot(shown.index, shown[genre], marker=marker, label=genre)
    ax.set(title="Genres by decade", xlabel="decade of release", ylabel="share of its movies")
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylim(bottom=0)
    ax.tick_params(axis="x", labelsize=9)
    ax.figure.legend(loc="outside right upper")
    describe(ax, f"in the {shown.index[-1]}, {listed(shown.iloc[-1], '{:.0%}')}")
    return ax


def tag_uses(tags: pd.DataFrame, most: int = 15, ax: Axes | None = None) -> Axes:
    """How often the most used tags were given, most on top. tags: as of `counts.tag_uses`."""
    shown = tags["uses"].iloc[:most]
    ax = ax or plt.figure(figsize=(8.0, 1.4 + 0.26 * len(shown))).subplots()
    places = np.arange(len(shown))
    ax.bar_label(ax.barh(places, shown, color=BLUE), fmt="{:,.0f}", padding=4, fontsize=9)
    ax.set(title="The most used tags", xlabel="times used", yticks=places)
    ax.set_yticklabels([shorten_title(tag) for tag in shown.index])
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(COUNT)
    ax.grid(visible=False, axis="y")
    ax.margins(x=0.1)
    describe(ax, listed(shown))
    return ax


def active_users(users: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Users who rated in each month, new ones above those who return. users: of `active_users`."""
    ax = ax or plt.figure().subplots()
    layers = users["returning"], users["new"]
    ax.stackplot(users.index, *layers, colors=[BLUE, ORANGE], labels=["returning", "new"])
    ax.set(title="Active users by month", xlabel="month", ylabel="users", ylim=(0, None))
    ax.yaxis.set_major_formatter(COUNT)
    ax.legend(loc="upper left")
    most = users.sum(axis=1)
    describe(ax, f"at most {most.max():,} in a month, {most.idxmax():%B %Y}")
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
    _plain_log(ax.xaxis)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    half = int(np.argmax(share >= 0.5)) + 1
    describe(ax, f"{label}; half of all ratings belong to the first {half:,} of {len(counts):,}")
    return ax


def _histogram(counts: pd.Series, what: str, ax: Axes | None) -> Axes:
    ax = ax or plt.figure().subplots()
    edges = np.unique(np.geomspace(1, counts.max() + 1, 40).round()).tolist()
    ax.hist(counts, bins=edges, color=BLUE)
    middle, single = np.median(counts), int((counts == 1).sum())
    ax.axvline(middle, color=ORANGE, label=f"median {middle:,.0f}")
    ax.set(title=f"{what.capitalize()}s by number of ratings", xscale="log", yscale="log")
    ax.set(xlabel=f"ratings of a {what} (log scale)", ylabel=f"{what}s (log scale)")
    _plain_log(ax.xaxis)
    _plain_log(ax.yaxis)
    ax.legend()
    describe(
        ax,
        f"{len(counts):,} {what}s with {counts.min():,} to {counts.max():,} ratings,"
        f" {middle:,.0f} at the median; {single:,} with one",
    )
    return ax


def _plain_log(axis: Axis) -> None:
    """Whole numbers at powers of ten: powers themselves would need a formula."""
    axis.set_major_formatter(COUNT)
    axis.set_minor_formatter(NullFormatter())
