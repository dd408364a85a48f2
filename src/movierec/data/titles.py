"""Finding movies by what people call them."""

import re

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process, utils

from movierec.data.columns import TITLE


def matching(movies: pd.DataFrame, query: str, most: int) -> tuple[np.ndarray, bool]:
    """Rows of movies whose title holds the query, most rated first, and whether any did.

    movies: title, ratings (how many it has). Where nothing matches, or the query is empty,
    the most rated movies stand in. At most `most` rows, case does not matter.
    """
    found = movies[TITLE].str.contains(query, case=False, regex=False).to_numpy()
    matched = bool(query) and bool(found.any())
    by_ratings = np.argsort(-movies["ratings"].to_numpy(), kind="stable")
    rows = by_ratings[found[by_ratings]] if matched else by_ratings
    return rows[:most], matched


def with_others(rows: np.ndarray, n_movies: int, size: int, seed: int) -> np.ndarray:
    """`rows` filled up to `size` with other movies drawn at random."""
    others = np.setdiff1d(np.arange(n_movies), rows)
    missing = min(max(size - len(rows), 0), len(others))
    return np.r_[rows, np.random.default_rng(seed).choice(others, missing, replace=False)]


def closest(movies: pd.DataFrame, query: str, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the movies whose titles are nearest to the query, and how near: 0 to 100.

    movies: title, ratings. Year and order of an article count only if the query has a year:
    "the matrix" is near to "Matrix, The (1999)". Of equally near ones the most rated goes first.
    """
    with_year = re.search(r"\(\d{4}\)", query)
    titles = movies[TITLE] if with_year else movies[TITLE].map(_as_spoken)
    match = process.cdist(
        [query], titles.tolist(), scorer=fuzz.WRatio, processor=utils.default_process
    )[0]
    rows = np.lexsort((-movies["ratings"].to_numpy(), -match))[:most]
    return rows, match[rows]


def _as_spoken(title: str) -> str:
    """ "Matrix, The (1999)" as "The Matrix"."""
    name = re.sub(r"\s*\(\d{4}\)\s*$", "", title)
    return re.sub(r"^(.*), (The|A|An|Les?|La|Il|El|Der|Die|Das)\b", r"\2 \1", name)
