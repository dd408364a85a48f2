"""Selections of movies by title."""

import numpy as np
import pandas as pd

from movierec.data.columns import TITLE


def matching(movies: pd.DataFrame, query: str, most: int) -> tuple[np.ndarray, bool]:
    """Row numbers of at most `most` movies whose title contains `query`, most rated first.

    movies: title, ratings (number of ratings). Case is ignored. The most rated movies of all are
    returned if no title contains the query or the query is empty; the second value is then False.
    """
    found = movies[TITLE].str.contains(query, case=False, regex=False).to_numpy()
    matched = bool(query) and bool(found.any())
    by_ratings = np.argsort(-movies["ratings"].to_numpy(), kind="stable")
    rows = by_ratings[found[by_ratings]] if matched else by_ratings
    return rows[:most], matched
