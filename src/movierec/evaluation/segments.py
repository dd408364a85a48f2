"""Kinds of users and movies that a model may serve unequally."""

from itertools import pairwise

import numpy as np
import pandas as pd


def by_activity(known_ratings: np.ndarray) -> pd.Categorical:
    """Users by how many ratings are known of them: none, and the others in three equal parts.

    known_ratings: (n_users,). The names give the numbers, such as "16-40 known".
    """
    warm = known_ratings[known_ratings > 0]
    thirds = np.quantile(warm, [1 / 3, 2 / 3, 1], method="lower") if len(warm) else []
    edges = np.unique([0, *thirds]).astype(int)
    names = ["nothing known"] + [
        f"{low + 1:,}-{high:,} known" if high > low + 1 else f"{high:,} known"
        for low, high in pairwise(edges)
    ]
    return pd.Categorical.from_codes(np.searchsorted(edges, known_ratings), names)


def by_popularity(ratings_per_movie: np.ndarray) -> pd.Categorical:
    """Movies by training ratings: the head, middle and tail hold a third of them each.

    ratings_per_movie: (n_movies,). The head is the most rated movies; a movie without any
    training rating is cold.
    """
    order = np.argsort(-ratings_per_movie, kind="stable")
    before = np.cumsum(ratings_per_movie[order]) - ratings_per_movie[order]
    third = np.minimum(3 * before // max(ratings_per_movie.sum(), 1), 2)
    codes = np.empty(len(order), dtype=int)
    codes[order] = third
    codes[ratings_per_movie == 0] = 3
    return pd.Categorical.from_codes(codes, ["head", "middle", "tail", "cold"])
