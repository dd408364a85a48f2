"""What 01_eda says of its tables and figures, computed from what they show."""

from typing import Protocol

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown

from movierec.datasets import DatasetFacts
from movierec.markup import markdown, table


def dataset_size(facts: DatasetFacts) -> str:
    per_user, per_movie = facts.ratings / facts.users, facts.ratings / facts.movies
    mean = f"A user rated {per_user:,.0f} movies on average; a movie has {per_movie:,.1f} ratings."
    if facts.same_rating is None:
        return mean
    return f"{mean} Every rating is {facts.same_rating:g}: each is a view, and counts as 5 stars."


def rating_histogram(counts: pd.Series) -> Markdown:
    """counts: number of ratings, index stars, ascending."""
    stars, n = counts.index.to_numpy(), counts.sum()
    middle = stars[np.searchsorted(counts.cumsum(), [(n - 1) // 2, n // 2], side="right")]
    return Markdown(
        f"The mean is {stars @ counts / n:.2f} stars, the median {middle.mean():.1f};"
        f" {counts[stars >= 4].sum() / n:.0%} of the ratings are four stars or more,"
        f" {counts[stars < 2].sum() / n:.0%} fewer than two."
    )


def ratings_over_time(counts: pd.Series) -> Markdown:
    """counts: as of `ratings_per_month`."""
    share = counts / counts.sum()
    if len(share) == 1:
        unknown = share.index[0].year == 1970
        return Markdown(
            "The times of ratings are unknown: nothing here depends on when."
            if unknown
            else f"All ratings are of one month, {share.index[0]:%B %Y}."
        )
    return Markdown(
        f"The ratings span {share.index[0]:%B %Y} to {share.index[-1]:%B %Y}; {share.max():.1%} of"
        f" them fall into the busiest month, {share.idxmax():%B %Y}."
    )


def ratings_per_movie(counts: pd.Series) -> str:
    single = f"{(counts == 1).sum():,} of the {len(counts):,} rated movies have a single rating"
    return f"{single}; the most rated one has {counts.max():,}."


def long_tail(counts: pd.Series) -> Markdown:
    """counts: (n_movies,) ratings of each rated movie."""
    share = np.cumsum(np.sort(counts)[::-1]) / counts.sum()
    half = int(np.argmax(share >= 0.5)) + 1
    return Markdown(
        f"Half of all ratings belong to {half:,} of the {len(counts):,} rated movies"
        f" ({half / len(counts):.1%})."
    )


class Selection(Protocol):
    """What a run keeps; `Interactions` are one."""

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def n_ratings(self) -> int: ...
    @property
    def sparsity(self) -> float: ...


def left_out_table(facts: DatasetFacts, kept: Selection) -> HTML:
    """Ratings, users and movies of the dataset, and how many of them are kept and left out."""
    counts = facts.counts().loc[["ratings", "users", "movies"]].rename(columns={"count": "all"})
    counts["kept"] = kept.n_ratings, *kept.shape
    counts["left out"] = counts["all"] - counts["kept"]
    counts["kept, %"] = 100 * counts["kept"] / counts["all"]
    return table(counts, dict.fromkeys(counts, "{:,}") | {"kept, %": "{:.1f}"})


def interaction_matrix(kept: Selection) -> str:
    n_users, n_movies = kept.shape
    return f"{n_users:,} users x {n_movies:,} movies: {kept.sparsity:.2%} of it is empty."


def ratings_per_user(counts: pd.Series) -> str:
    """counts: (n_users,) ratings of each user."""
    most_active = np.sort(counts)[::-1][: max(len(counts) // 10, 1)].sum() / counts.sum()
    return (
        f"A user has {np.median(counts):,.0f} ratings at the median, {counts.min():,} at least and"
        f" {counts.max():,} at most; the most active tenth gave {most_active:.0%} of all ratings."
    )


def mean_by_number(movies: pd.DataFrame) -> str:
    """movies: as of `ratings_and_mean`."""
    number, mean = movies["ratings"], movies["mean"]
    if not np.ptp(number) or not np.ptp(mean):
        return "All movies have as many ratings, or the same mean: nothing correlates."
    few, many = mean[number <= number.median()], mean[number >= number.quantile(0.9)]
    return (
        f"The number of ratings and their mean correlate by {number.corr(mean, 'spearman'):.2f}"
        f" (ranks). Means of the less rated half spread by {few.std(ddof=0):.2f} stars around"
        f" {few.mean():.2f}, those of the most rated tenth by {many.std(ddof=0):.2f} around"
        f" {many.mean():.2f}."
    )


def genres_by_decade(shares: pd.DataFrame) -> Markdown:
    """shares: as of `content.features.genres_by_decade`."""
    if len(shares) < 2:
        return Markdown("Movies of one decade only.")
    change = shares.iloc[-1] - shares.iloc[0]
    up, down = change.idxmax(), change.idxmin()
    return Markdown(
        f"From the {shares.index[0]} to the {shares.index[-1]}, {markdown(up)} gained most"
        f" ({shares[up].iloc[0]:.0%} to {shares[up].iloc[-1]:.0%} of the movies) and"
        f" {markdown(down)} lost most ({shares[down].iloc[0]:.0%} to {shares[down].iloc[-1]:.0%})."
    )


def tag_uses(tags: pd.DataFrame) -> Markdown:
    """tags: as of `counts.tag_uses`."""
    once = (tags["uses"] == 1).mean()
    top, widest = tags.index[0], tags["users"].idxmax()
    return Markdown(
        f"{len(tags):,} different tags were given {tags['uses'].sum():,} times; {once:.0%} of them"
        f" were given once. The most used is *{markdown(top)}* ({tags['uses'].iloc[0]:,} times, on"
        f" {tags['movies'].iloc[0]:,} movies); most users, {tags['users'].max():,}, gave"
        f" *{markdown(widest)}*."
    )


def missing_table(found: pd.DataFrame) -> HTML:
    """found: as of `counts.missing`."""
    return table(found, {"of": "{:,.0f}", "count": "{:,.0f}", "share": "{:.1%}"})


def missing(found: pd.DataFrame) -> str:
    worst = found["share"].idxmax()
    return f"What is lacking most: {worst} ({found['share'].max():.0%})."


def active_users(users: pd.DataFrame) -> str:
    """users: as of `active_users`."""
    months = users.sum(axis=1)
    returning = users["returning"].sum() / months.sum()
    return (
        f"{months.median():,.0f} users rate in a month at the median; {returning:.0%} of a month's"
        " users have rated in an earlier one."
    )
