"""Segments of users by activity and of movies by popularity."""

from itertools import pairwise

import numpy as np
import pandas as pd


def by_activity(known_ratings: np.ndarray) -> pd.Categorical:
    """Users by number of known ratings (n_users,): none, and three segments of equal size.

    Segments are named by their range, such as "16-40 ratings". Users with the same number are
    never separated, so ties make segments unequal or fewer.
    """
    warm = known_ratings[known_ratings > 0]
    thirds = np.quantile(warm, [1 / 3, 2 / 3, 1], method="lower") if len(warm) else []
    edges = np.unique([0, *thirds]).astype(int)
    ranges = [
        f"{low + 1:,}-{high:,}" if high > low + 1 else f"{high:,}" for low, high in pairwise(edges)
    ]
    names = ["no ratings"] + [f"{one} rating{'s' * (one != '1')}" for one in ranges]
    return pd.Categorical.from_codes(np.searchsorted(edges, known_ratings), names)


def by_popularity(ratings_per_movie: np.ndarray) -> pd.Categorical:
    """Movies by number of training ratings (n_movies,): head, middle, tail and cold.

    Head, middle and tail each hold a third of the ratings, most rated movies first; cold movies
    have none.
    """
    order = np.argsort(-ratings_per_movie, kind="stable")
    before = np.cumsum(ratings_per_movie[order]) - ratings_per_movie[order]
    codes = np.empty(len(order), dtype=int)
    codes[order] = np.minimum(3 * before // max(ratings_per_movie.sum(), 1), 2)
    codes[ratings_per_movie == 0] = 3
    return pd.Categorical.from_codes(codes, ["head", "middle", "tail", "cold"])
