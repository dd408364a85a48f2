"""The recommender this project grew from, as it was, for comparison."""

from typing import Self

import numpy as np
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import minmax_scale

from movierec.models.als import ALS


class OriginalSimilarity:
    """Sums, over the user's movies, half content and half factor cosine.

    Its mistakes are its own and are kept: raw ratings times 40 as confidence (half a star is a
    like), hardly any regularisation, and a scaling that includes each movie's likeness to
    itself. item_content: (n_items, terms). Holds movies x movies, dense.
    """

    name = "original_similarity"

    def __init__(self, item_content: sparse.csr_array, seed: int):
        self._item_content = item_content
        self._als = ALS(
            factors=64, regularization=0.1, alpha=40, iterations=20, like_from=0, seed=seed
        )

    def fit(self, train: sparse.csr_array) -> Self:
        factors = self._als.fit(train).solver.item_factors
        by_factors, by_content = (
            minmax_scale(cosine.ravel()).reshape(cosine.shape)
            for cosine in (cosine_similarity(factors), cosine_similarity(self._item_content))
        )
        self._similarity = (0.5 * by_factors + 0.5 * by_content).astype(np.float32)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        rated = sparse.csr_array(
            (np.ones_like(user_items.data), user_items.indices, user_items.indptr),
            shape=user_items.shape,
        )
        return rated @ self._similarity
