"""Numbers of ratings, users and tags, for figures and sentences about them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from movierec.data.columns import GENRES, MOVIE, NO_GENRES, RATING, TAG, TIMESTAMP, TITLE, USER

DAY = 86_400  # seconds
_DAYS = 1 + np.iinfo(np.int32).max // DAY
# Ratings at a time, so that what is computed of them is in memory that is there already.
_BLOCK = 1 << 20


def ratings_per_month(timestamps: pd.Series) -> pd.Series:
    """Number of ratings in each month, UTC, from the first month to the last; index its first day.

    timestamps: (n_ratings,) int32, seconds since 1970, at least one.
    """
    seconds = timestamps.to_numpy()
    blocks = (seconds[start : start + _BLOCK] for start in range(0, len(seconds), _BLOCK))
    counts = np.sum([np.bincount(block // DAY, minlength=_DAYS) for block in blocks], axis=0)
    rated = np.flatnonzero(counts)
    return months_of_days(pd.Series(counts[rated], rated))


def months_of_days(counts: pd.Series) -> pd.Series:
    """As `ratings_per_month`, from the numbers of ratings of days; index days since 1970."""
    days = counts.index.to_numpy().astype("datetime64[D]")
    return counts.set_axis(pd.DatetimeIndex(days)).resample("MS").sum()


def ratings_and_mean(ratings: pd.DataFrame) -> pd.DataFrame:
    """Of each rated movie: ratings, their number, and mean, in stars."""
    codes, ids = pd.factorize(ratings[MOVIE])
    counts = np.bincount(codes)
    means = np.bincount(codes, weights=ratings[RATING]) / counts
    return pd.DataFrame({"ratings": counts, "mean": means}, pd.Index(ids, name=MOVIE))


def active_users(ratings: pd.DataFrame) -> pd.DataFrame:
    """Users who rated in each month, UTC: new, in their first month, and returning."""
    codes, ids = pd.factorize(ratings[USER])
    months = ratings[TIMESTAMP].to_numpy().astype("datetime64[s]").astype("datetime64[M]")
    first = months.min()
    places = (months - first).astype(int)
    active = np.zeros((len(ids), int(places.max()) + 1), dtype=bool)
    active[codes, places] = True
    new = np.bincount(active.argmax(axis=1), minlength=active.shape[1])
    index = pd.DatetimeIndex((first + np.arange(len(new))).astype("datetime64[ns]"))
    return pd.DataFrame({"new": new, "returning": active.sum(axis=0) - new}, index)


def tag_uses(tags: pd.DataFrame) -> pd.DataFrame:
    """Of each tag, case ignored: uses, users and movies; the most used first."""
    known = tags.assign(**{TAG: tags[TAG].str.casefold()}).groupby(TAG)
    counts = known.agg(uses=(TAG, "size"), users=(USER, "nunique"), movies=(MOVIE, "nunique"))
    return counts.sort_values("uses", ascending=False, kind="stable")


def missing(
    ratings: Mapping[str, pd.Series], movies: pd.DataFrame, tags: pd.DataFrame
) -> pd.DataFrame:
    """What is lacking, a row each: of how many, count and share. Of ratings, who rated what."""
    year = movies[TITLE].str.contains(r"\(\d{4}\)\s*$")
    lacking = {
        "movies without a year": ~year,
        "movies without a genre": movies[GENRES].isin(["", NO_GENRES]),
        "movies without a rating": ~movies[MOVIE].isin(ratings[MOVIE].unique()),
        "movies without a tag": ~movies[MOVIE].isin(tags[MOVIE].unique()),
        "users without a tag": ~pd.Series(ratings[USER].unique()).isin(tags[USER].unique()),
    }
    rows = {name: (len(one), int(one.sum()), one.mean()) for name, one in lacking.items()}
    return pd.DataFrame(rows, ["of", "count", "share"]).T
