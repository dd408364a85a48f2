"""The recommender this project grew from, as it was, for comparison.

Its mistakes are its own and are kept: raw ratings times 40 as confidence, so that half a star is
a like, and hardly any regularisation.
"""

from typing import Self

import numpy as np
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import minmax_scale

from movierec.models.als import ALS
from movierec.models.base import Shared


def original_als(seed: int, solver: str = "compiled") -> Shared:
    """The factorisation that both recommenders below are made of."""
    return Shared(
        ALS(
            factors=64,
            regularization=0.1,
            alpha=40,
            iterations=20,
            positive_threshold=0,
            seed=seed,
            name="original_als",
            solver=solver,
        )
    )


class OriginalMean:
    """A user is the mean of the factors of the movies they rated, not their own ALS factors."""

    name = "original_mean"

    def __init__(self, als: Shared):
        self.als = als

    def fit(self, train: sparse.csr_array) -> Self:
        self._item_factors = self.als.fit(train).model.solver.item_factors
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        number = np.maximum(np.diff(user_items.indptr), 1)[:, None].astype(np.float32)
        return _rated(user_items) @ self._item_factors / number @ self._item_factors.T


class OriginalSimilarity:
    """Sums, over the user's movies, half content and half factor cosine.

    Each cosine is scaled to 0-1 with every movie's likeness to itself among the values.
    item_content: (n_items, terms). Holds movies x movies, dense.
    """

    name = "original_similarity"

    def __init__(self, item_content: sparse.csr_array, als: Shared):
        self._item_content = item_content
        self._als = als

    def fit(self, train: sparse.csr_array) -> Self:
        factors = self._als.fit(train).model.solver.item_factors
        by_factors, by_content = (
            minmax_scale(cosine.ravel()).reshape(cosine.shape)
            for cosine in (cosine_similarity(factors), cosine_similarity(self._item_content))
        )
        self._similarity = (0.5 * by_factors + 0.5 * by_content).astype(np.float32)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return _rated(user_items) @ self._similarity


def _rated(user_items: sparse.csr_array) -> sparse.csr_array:
    """Ones in place of stars: whatever a rating said, it counts the same."""
    return sparse.csr_array(
        (np.ones_like(user_items.data), user_items.indices, user_items.indptr),
        shape=user_items.shape,
    )
