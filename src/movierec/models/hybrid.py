"""Several models' scores made comparable and added."""

from typing import Self

import numpy as np
from scipy import sparse

from movierec.models.base import Model


class Hybrid:
    """Adds the parts' scores, each standardised within the row, by given weights.

    A row over which a part says the same of all movies gets nothing from it. Parts that are
    compared by themselves too are best `Shared`.
    """

    name = "hybrid"

    def __init__(self, parts: list[tuple[Model, float]]):
        self._parts = parts

    def fit(self, train: sparse.csr_array) -> Self:
        for model, _ in self._parts:
            model.fit(train)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return sum(weight * _standardise(model.score(user_items)) for model, weight in self._parts)


def _standardise(scores: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1, or all 0 where it is constant."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = scores.std(axis=1, keepdims=True)
    # The mean of equal numbers is off by a rounding error, which is not a difference.
    varied = spread > 1e-6 * np.abs(scores).max(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=varied)
