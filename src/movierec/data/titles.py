"""Finding movies by what people call them."""

import numpy as np
import pandas as pd

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
