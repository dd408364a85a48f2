"""The recommender this project grew from, as it was, for comparison.

Its faults are its own and are kept: raw ratings times 40 as confidence, so that half a star is
positive feedback, and hardly any regularisation.
"""

from typing import Self

import numpy as np
from scipy import sparse

from movierec.models.als import ALS
from movierec.settings import ALSSettings


def original_als(seed: int) -> ALS:
    """The factorisation that both recommenders below are made of."""
    settings = ALSSettings(
        factors=64,
        regularization=0.1,
        alpha=40.0,
        iterations=20,
        positive_threshold=0.5,
        rating_exponent=1.0,
        activity_discount=0.0,
        als_solver="plain",
        seed=seed,
    )
    return ALS(settings, name="original_als")


class OriginalMean:
    """A user is the mean of the factors of the movies they rated, not their own ALS factors."""

    name = "original_mean"

    def __init__(self, als: ALS):
        self.als = als

    def fit(self, train: sparse.csr_array) -> Self:
        self.als.fit(train)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        number = np.maximum(np.diff(user_items.indptr), 1)[:, None].astype(np.float32)
        factors = self.als.item_factors
        return _rated(user_items) @ factors / number @ factors.T


class OriginalSimilarity:
    """Sums, over the user's movies, half content and half factor cosine.

    Each cosine is scaled to 0-1 with every movie's cosine with itself among the values.
    item_content: (n_items, terms). Holds movies x movies, dense.
    """

    name = "original_similarity"

    def __init__(self, item_content: sparse.csr_array, als: ALS):
        self._item_content = item_content
        self._als = als

    def fit(self, train: sparse.csr_array) -> Self:
        # They take part of a second to import, and every model's module is imported to load one.
        from sklearn.metrics.pairwise import cosine_similarity
        from sklearn.preprocessing import minmax_scale

        factors = self._als.fit(train).item_factors
        by_factors, by_content = (
            minmax_scale(cosine.ravel()).reshape(cosine.shape)
            for cosine in (cosine_similarity(factors), cosine_similarity(self._item_content))
        )
        self._similarity = (0.5 * by_factors + 0.5 * by_content).astype(np.float32)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return _rated(user_items) @ self._similarity


def _rated(user_items: sparse.csr_array) -> sparse.csr_array:
    """Ones in place of stars: every rating counts the same."""
    return sparse.csr_array(
        (np.ones_like(user_items.data), user_items.indices, user_items.indptr),
        shape=user_items.shape,
    )
