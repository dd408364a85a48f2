"""The most rated movies for everyone, of all times or lately."""

from typing import Self

import numpy as np
from scipy import sparse


class Popularity:
    """Scores a movie by its number of ratings, whoever asks."""

    name = "popularity"

    def fit(self, train: sparse.csr_array) -> Self:
        self._counts = np.bincount(train.indices, minlength=train.shape[1]).astype(np.float32)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return np.tile(self._counts, (user_items.shape[0], 1))


class RecentPopularity:
    """Scores a movie by its recent ratings, whoever asks; they are counted beforehand.

    recent: (n_items,) ratings known at the moment of asking, each the less the older it is.
    """

    name = "recent_popularity"

    def __init__(self, recent: np.ndarray):
        self._recent = recent.astype(np.float32)

    def fit(self, train: sparse.csr_array) -> Self:
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return np.tile(self._recent, (user_items.shape[0], 1))
