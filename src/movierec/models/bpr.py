"""Factors that rank what a user liked above what not.

Rendle et al. 2009, "BPR: Bayesian Personalized Ranking from Implicit Feedback"; the solver is the
`implicit` package's.
"""

from typing import Self

import numpy as np
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.recommender_base import ModelFitError
from scipy import sparse

from movierec.models.base import Diverged, likes


class BPR:
    """Stochastic gradient descent on pairs of a liked and another movie.

    The solver has factors for the users it learnt from and none for others; a row of ratings
    gets the factors that a linear map, fitted on the solver's own users, makes of the movies
    liked there.
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
            # Several threads overwrite each other's steps, so that no run would repeat.
            "num_threads": 1,
        }

    def fit(self, train: sparse.csr_array) -> Self:
        solver = BayesianPersonalizedRanking(**self._settings)
        liked = likes(train, self._like_from)
        try:
            solver.fit(sparse.csr_matrix(liked), show_progress=False)
        except ModelFitError:
            raise Diverged(
                f"{self.name} diverged with a learning rate of {solver.learning_rate} and a"
                f" regularization of {solver.regularization}: lower them"
            ) from None
        self._item_factors = solver.item_factors
        known = np.diff(liked.indptr) > 0
        self._map, *_ = np.linalg.lstsq(self._tastes(train)[known], solver.user_factors[known])
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self._tastes(user_items) @ self._map @ self._item_factors.T

    def _tastes(self, user_items: sparse.csr_array) -> np.ndarray:
        """Sums of the liked movies' factors over the root of their number, and a constant."""
        liked = likes(user_items, self._like_from)
        liked.data[:] = 1
        number = np.maximum(np.diff(liked.indptr), 1)[:, None].astype(np.float32)
        return np.hstack([liked @ self._item_factors / np.sqrt(number), np.ones_like(number)])
