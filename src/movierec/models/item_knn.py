"""Item-based nearest neighbours."""

from typing import Self

import numpy as np
from scipy import sparse

from movierec.models.base import REFERENCE_STARS, likes, median_activity, user_weights
from movierec.models.kernels.ranking import row_blocks, top_k
from movierec.settings import PreferenceSettings


class ItemKNN:
    """Sum over the user's likes of their similarity to the scored movie, if among its neighbours.

    sim(a, b) = r_a' W r_b / (|r_a| |r_b| + shrinkage), |r|^2 = r' W r, for columns r of likes (s of
    `likes` / 3.5) and the users' weights W (`user_weights`); shrinkage discounts co-occurrence of
    rarely liked movies. Likes are summed with their s. Only the `neighbours` most similar movies of
    each are kept. Deshpande and Karypis 2004, "Item-Based Top-N Recommendation Algorithms".
    """

    name = "item_knn"

    def __init__(self, neighbours: int, shrinkage: float, preferences: PreferenceSettings):
        self._neighbours = neighbours
        self._shrinkage = shrinkage
        self._preferences = preferences

    def fit(self, train: sparse.csr_array) -> Self:
        liked = self._liked(train)
        n_items = liked.shape[1]
        discount = self._preferences.activity_discount
        weights = user_weights(liked, discount, median_activity(liked))
        liked.data *= np.sqrt(np.repeat(weights, np.diff(liked.indptr)))
        lengths = np.sqrt(liked.power(2).sum(axis=0))
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
        return (self._liked(user_items) @ self._gains).toarray()

    def _liked(self, user_items: sparse.csr_array) -> sparse.csr_array:
        preferences = self._preferences
        liked = likes(user_items, preferences.positive_threshold, preferences.rating_exponent)
        liked.data /= REFERENCE_STARS
        return liked
