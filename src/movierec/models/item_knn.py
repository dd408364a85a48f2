"""Item-based nearest neighbours."""

from typing import Self

import numpy as np
from scipy import sparse

from movierec.models.base import likes
from movierec.models.kernels.ranking import row_blocks, top_k


class ItemKNN:
    """Sum over the user's likes of their similarity to the scored movie, if among its neighbours.

    sim(a, b) = n_ab / (sqrt(n_a n_b) + shrinkage), for movies liked by n_a and n_b users, n_ab of
    them the same; shrinkage discounts co-occurrence of rarely liked movies. Only the `neighbours`
    most similar movies of each are kept. Deshpande and Karypis 2004, "Item-Based
    Top-N Recommendation Algorithms".
    """

    name = "item_knn"

    def __init__(self, neighbours: int, shrinkage: float, positive_threshold: float):
        self._neighbours = neighbours
        self._shrinkage = shrinkage
        self._like_from = positive_threshold

    def fit(self, train: sparse.csr_array) -> Self:
        liked = self._ones(train)
        n_items = liked.shape[1]
        lengths = np.sqrt(liked.sum(axis=0))
        columns = sparse.csc_array(liked)
        nearest = []
        for items in row_blocks(n_items, n_items):
            shared = (columns[:, items].T @ liked).toarray()
            size = np.outer(lengths[items], lengths) + self._shrinkage
            alike = np.divide(shared, size, out=np.zeros_like(shared), where=size > 0)
            itself = sparse.eye_array(len(alike), n_items, k=items.start, format="csr")
            best = top_k(alike, self._neighbours, itself)
            rows, places = np.nonzero(best >= 0)
            kept = best[rows, places]
            nearest.append(sparse.csr_array((alike[rows, kept], (rows, kept)), shape=alike.shape))
        # Row m holds what each movie gets from a like of m.
        self._gains = sparse.csr_array(sparse.vstack(nearest).T)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return (self._ones(user_items) @ self._gains).toarray()

    def _ones(self, user_items: sparse.csr_array) -> sparse.csr_array:
        liked = likes(user_items, self._like_from)
        liked.data[:] = 1
        return liked
