"""The hybrid as it recommends to people."""

from typing import Self

import numpy as np
from scipy import sparse

from movierec.models.base import graded_preferences
from movierec.models.hybrid import Hybrid


class Served:
    """The hybrid's scores of graded preferences: what will they like, not what will they rate?

    One hybrid is trained; it is served by `Hybrid.score_preferences`, where `Hybrid.score` takes
    nearly every rating for a like.
    """

    name = "hybrid_served"

    def __init__(self, hybrid: Hybrid):
        self.hybrid = hybrid

    def fit(self, train: sparse.csr_array) -> Self:
        self.hybrid.fit(train)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        """Scores (n_rows, n_items) at the time of the last training rating."""
        now = np.full(user_items.shape[0], self.hybrid.recent.last_time)
        return self.score_at(user_items, now)

    def score_at(self, user_items: sparse.csr_array, query_times: np.ndarray) -> np.ndarray:
        return self.hybrid.score_preferences(graded_preferences(user_items), query_times)
