"""Implicit-feedback matrix factorisation, with or without content.

Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets"; the solver
is the `implicit` package's, its inner step our own (see `solver`) or its own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.recommender_base import ModelFitError
from scipy import sparse
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits

from movierec.memory import require_memory
from movierec.models.base import Diverged, likes, median_activity, weighted
from movierec.models.kernels.als import CompiledALS, solve_rows, training_loss

# Bytes held at most for a rating or an entry of a side row, in copies by user and by movie; for a
# number of a factor, which is drawn, trained and kept; and for each pair of factors, in equations.
_ENTRY_BYTES, _FACTOR_BYTES, _PAIR_BYTES = 40, 12, 24
# Who solves for a row's factors, ours or implicit.
SOLVERS = {"compiled": CompiledALS, "implicit": AlternatingLeastSquares}


class ALS:
    """Factors of users and movies that explain who liked what.

    A like's confidence is alpha * stars, these worth what `rating_exponent` says (see `likes`), and
    the less the more likes its user has, by `activity_discount` (see `user_weights`). `item_features`
    are further rows over the same movies, such as terms and genres: rows of the matrix to
    factorise like any user, in stars, which is how content enters. A movie that nobody rated would
    have factors from these alone, too short to be compared with others; it gets those that ridge
    regression on the side rows predicts (Gantner et al. 2010, "Learning Attribute-to-Feature
    Mappings for Cold-Start Recommendations").
    """

    def __init__(
        self,
        factors: int,
        regularization: float,
        alpha: float,
        iterations: int,
        positive_threshold: float,
        seed: int,
        item_features: sparse.csr_array | None = None,
        name: str = "als",
        activity_discount: float = 0.0,
        rating_exponent: float = 1.0,
        solver: str = "compiled",
    ):
        self.name = name
        self.rating_exponent = rating_exponent
        self.activity_discount = activity_discount
        self.positive_threshold = positive_threshold
        self._side_rows = item_features
        self.solver_name = solver
        self._settings = {
            "factors": factors,
            "regularization": regularization,
            "alpha": alpha,
            "iterations": iterations,
            "random_state": seed,
        }

    def fit(
        self,
        train: sparse.csr_array,
        progress: bool = False,
        on_iteration: Callable[[int, float, float], None] | None = None,
        begin: np.ndarray | None = None,
    ) -> Self:
        """Factorise. `on_iteration(iteration, seconds, loss)` is told how it goes.

        begin: (n_items, factors) float32, movies' factors to begin with in place of random ones.
        Raises NotEnoughMemory before it starts, and Diverged where no factors are found.
        """
        n_side, n_entries, factors = 0, train.nnz, self._settings["factors"]
        if self._side_rows is not None:
            n_side, n_entries = self._side_rows.shape[0], n_entries + self._side_rows.nnz
        require_memory(
            _ENTRY_BYTES * n_entries
            + _FACTOR_BYTES * factors * (sum(train.shape) + n_side)
            + _PAIR_BYTES * factors**2,
            self.name,
            "lower factors, or keep fewer ratings (ratings_fraction, top_movies)",
        )
        liked = likes(train, self.positive_threshold, self.rating_exponent)
        self.median_activity = median_activity(liked)
        rows = weighted(liked, self.activity_discount, self.median_activity)
        if self._side_rows is not None:
            rows = sparse.vstack([rows, self._side_rows], format="csr")
        # Rows are spread over the cores; BLAS threads inside each would only get in the way.
        with threadpool_limits(1, "blas"):
            fitted = SOLVERS[self.solver_name](**self._settings)
            fitted.item_factors = None if begin is None else begin.copy()
            tell = None if on_iteration is None else _with_loss(on_iteration, fitted, rows)
            try:
                fitted.fit(sparse.csr_matrix(rows), show_progress=progress, callback=tell)
            except ModelFitError:
                raise Diverged(
                    f"{self.name} diverged with an alpha of {fitted.alpha} and a regularization"
                    f" of {fitted.regularization}: lower the one or raise the other"
                ) from None
            # What is kept is implicit's own, which loads without this package.
            self.solver = AlternatingLeastSquares(**self._settings)
        n_users = train.shape[0]
        self.solver.user_factors = fitted.user_factors[:n_users].copy()
        self.solver.item_factors = fitted.item_factors
        self.feature_factors = fitted.user_factors[n_users:].copy()
        if self._side_rows is not None:
            self._predict_unrated(np.bincount(train.indices, minlength=train.shape[1]) > 0)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        liked = likes(user_items, self.positive_threshold, self.rating_exponent)
        rows = sparse.csr_matrix(weighted(liked, self.activity_discount, self.median_activity))
        films = self.solver.item_factors
        with threadpool_limits(1, "blas"):
            if self.solver_name == "compiled":
                users = np.zeros((rows.shape[0], films.shape[1]), dtype=np.float32)
                rows *= self.solver.alpha
                solve_rows(rows, users, films, self.solver.regularization, exact=True)
            else:
                users = self.solver.recalculate_user(np.arange(rows.shape[0]), rows)
        return users @ films.T

    def _predict_unrated(self, rated: np.ndarray) -> None:
        """Replace the factors of movies that nobody rated; rated: (n_items,) bool."""
        if rated.all() or not rated.any():
            return
        factors, content = self.solver.item_factors, sparse.csr_array(self._side_rows.T)
        ridge = Ridge(alpha=self._settings["regularization"])
        ridge.fit(content[np.flatnonzero(rated)], factors[rated])
        factors[~rated] = ridge.predict(content[np.flatnonzero(~rated)])


def _with_loss(
    on_iteration: Callable[[int, float, float], None],
    solver: AlternatingLeastSquares,
    rows: sparse.csr_array,
) -> Callable[[int, float, None], None]:
    """What to hand to implicit, so that the loss is told too."""
    confidences = rows * np.float32(solver.alpha)

    def tell(iteration: int, seconds: float, _: None) -> None:
        factors = solver.user_factors, solver.item_factors
        loss = training_loss(confidences, *factors, solver.regularization)
        on_iteration(iteration, seconds, loss)

    return tell


def load_solver(path: Path) -> AlternatingLeastSquares:
    """The fitted solver that `solver.save` kept, from numpy arrays alone."""
    with threadpool_limits(1, "blas"):
        return AlternatingLeastSquares.load(path)
