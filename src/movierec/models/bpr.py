"""Matrix factorisation for ranking.

Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback"; the training is the
`implicit` package's.
"""

from typing import Self

import numpy as np
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.recommender_base import ModelFitError
from scipy import sparse

from movierec.models.base import Diverged, likes

# Updates, one a like and iteration, that are enough however many likes there are: with millions a
# few iterations rank as well as many, and each takes seconds.
_MAX_UPDATES = 50_000_000


class BPR:
    """Stochastic gradient descent on pairs of a liked and an unrated movie.

    BPR itself has no fold-in. Here a row of ratings gets the user factors that a linear map
    predicts from the sum of its liked movies' factors / sqrt(their number); the map is fitted by
    least squares on the training users.
    """

    name = "bpr"

    def __init__(
        self,
        factors: int,
        learning_rate: float,
        regularization: float,
        iterations: int,
        positive_threshold: float,
        seed: int,
    ):
        self._like_from = positive_threshold
        self._settings = {
            "factors": factors,
            "learning_rate": learning_rate,
            "regularization": regularization,
            "iterations": iterations,
            "random_state": seed,
            # Several threads race on the same factors, so that no run would repeat.
            "num_threads": 1,
        }

    def fit(self, train: sparse.csr_array) -> Self:
        model = BayesianPersonalizedRanking(**self._settings)
        liked = likes(train, self._like_from)
        model.iterations = min(model.iterations, 1 + (_MAX_UPDATES - 1) // max(liked.nnz, 1))
        try:
            model.fit(sparse.csr_matrix(liked), show_progress=False)
        except ModelFitError:
            raise Diverged(
                f"{self.name} diverged with a learning rate of {model.learning_rate} and a"
                f" regularization of {model.regularization}: lower them"
            ) from None
        self._item_factors = model.item_factors
        known = np.diff(liked.indptr) > 0
        self._map, *_ = np.linalg.lstsq(self._profiles(train)[known], model.user_factors[known])
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self._profiles(user_items) @ self._map @ self._item_factors.T

    def _profiles(self, user_items: sparse.csr_array) -> np.ndarray:
        """Sum of the liked movies' factors / sqrt(their number), and an intercept."""
        liked = likes(user_items, self._like_from)
        liked.data[:] = 1
        number = np.maximum(np.diff(liked.indptr), 1)[:, None].astype(np.float32)
        return np.hstack([liked @ self._item_factors / np.sqrt(number), np.ones_like(number)])
