"""Movies in random order: the lower bound for any model."""

from typing import Self

import numpy as np
from scipy import sparse


class Random:
    """Scores drawn uniformly from [0, 1), anew at every call."""

    name = "random"

    def __init__(self, seed: int):
        self._seed = seed

    def fit(self, train: sparse.csr_array) -> Self:
        self._rng = np.random.default_rng(self._seed)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self._rng.random(user_items.shape, dtype=np.float32)
