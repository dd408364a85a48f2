"""Two questions to the same lists: what will people rate, and what will they like?

NDCG answers the first where every held-out rating is relevant. The second, of one model's lists:

LikedNDCG     NDCG where held-out ratings of LIKED stars and more are relevant; NaN for users who
              have none
DislikedHits  share rated DISLIKED stars or less among the listed movies that were held out; NaN for
              lists without one
"""

import numpy as np
from scipy import sparse

from movierec.evaluation.metrics import ndcg

# Stars from which a movie was liked, and up to which it was not.
LIKED, DISLIKED = 4.0, 2.5
# What a report leads with: each question's answer, and what the lists hold that nobody wants.
NAMES = ["NDCG", "LikedNDCG", "DislikedHits"]


def liked_and_disliked(
    items: np.ndarray, held_out: sparse.csr_array, k: int
) -> dict[tuple[str, int], np.ndarray]:
    """LikedNDCG and DislikedHits at k, (n_users,) each, by (metric, k).

    items     (n_users, depth) item indices, best first; -1 beyond the end of a list
    held_out  (n_users, n_items) CSR, stars
    """
    stars = listed_stars(items[:, :k], held_out)
    liked = sparse.csr_array(
        (held_out.data >= LIKED, held_out.indices, held_out.indptr), held_out.shape
    )
    n_liked = liked.sum(axis=1)
    some = n_liked > 0
    answer = np.full(len(items), np.nan)
    answer[some] = ndcg(stars[some] >= LIKED, n_liked[some], k)
    hits = stars > 0
    with np.errstate(invalid="ignore"):
        disliked = (hits & (stars <= DISLIKED)).sum(axis=1) / hits.sum(axis=1)
    return {("LikedNDCG", k): answer, ("DislikedHits", k): disliked}


def listed_stars(items: np.ndarray, ratings: sparse.csr_array) -> np.ndarray:
    """Stars that users gave to listed movies: (n_users, k), 0 for none.

    items    (n_users, k), -1 beyond the end of a list
    ratings  (n_users, n_items) CSR, stars
    """
    rows, places = np.nonzero(items >= 0)
    stars = np.zeros(items.shape, dtype=ratings.dtype)
    if len(rows):
        stars[rows, places] = ratings[rows, items[rows, places]]
    return stars
