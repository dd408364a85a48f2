"""What 01_eda says of its tables and figures, computed from what they show."""

import numpy as np
import pandas as pd
from IPython.display import Markdown
from pandas.io.formats.style import Styler

from movierec.data.interactions import Interactions
from movierec.datasets import DatasetFacts


def dataset_size(facts: DatasetFacts) -> str:
    per_user, per_movie = facts.ratings / facts.users, facts.ratings / facts.movies
    return f"A user rated {per_user:,.0f} movies on average; a movie has {per_movie:,.1f} ratings."


def rating_histogram(stars: pd.Series) -> Markdown:
    return Markdown(
        f"The mean is {stars.mean():.2f} stars, the median {stars.median():.1f};"
        f" {(stars >= 4).mean():.0%} of the ratings are four stars or more,"
        f" {(stars < 2).mean():.0%} fewer than two."
    )


def ratings_over_time(timestamps: pd.Series) -> Markdown:
    months = pd.Series(timestamps.to_numpy().astype("datetime64[s]").astype("datetime64[M]"))
    share = months.value_counts(normalize=True)
    return Markdown(
        f"The ratings span {months.min():%B %Y} to {months.max():%B %Y}; {share.max():.1%} of them"
        f" fall into the busiest month, {share.idxmax():%B %Y}."
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


def left_out_table(facts: DatasetFacts, interactions: Interactions) -> Styler:
    """Ratings, users and movies of the dataset, and how many of them are kept and left out."""
    table = facts.counts().loc[["ratings", "users", "movies"]].rename(columns={"count": "all"})
    table["kept"] = interactions.user_items.nnz, *interactions.user_items.shape
    table["left out"] = table["all"] - table["kept"]
    table["kept, %"] = 100 * table["kept"] / table["all"]
    return table.style.format("{:,}").format("{:.1f}", subset="kept, %")


def interaction_matrix(interactions: Interactions) -> str:
    n_users, n_movies = interactions.user_items.shape
    return f"{n_users:,} users x {n_movies:,} movies: {interactions.sparsity:.2%} of it is empty."
