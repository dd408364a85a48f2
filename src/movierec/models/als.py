"""Implicit-feedback matrix factorisation, with or without item features.

Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets".
"""

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from implicit.cpu._als import least_squares_cg
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from movierec.memory import require_memory
from movierec.models.base import Diverged, discounted, fit_once, likes, median_activity
from movierec.models.kernels.als import solve_rows, training_loss
from movierec.models.kernels.sparse import transpose
from movierec.models.spectral import initial_item_factors
from movierec.settings import ALSSettings

# Bytes held at most for an entry of the matrix, in copies by row and by column; for a number of a
# factor, which is drawn, trained and kept; and for each pair of factors, in equations.
_ENTRY_BYTES, _FACTOR_BYTES, _PAIR_BYTES = 40, 12, 24
_SOLVERS = {"compiled": solve_rows, "implicit": least_squares_cg}
# Users whose ratings the spectral start is made from, at most: the subspace hardly depends on more.
_SAMPLED_USERS = 16_384
# Steps of conjugate gradient, in the first iteration and later, by `initial_factors`: 3 as in
# `implicit`, and more where few iterations are made.
_STEPS = {"random": (3, 3), "spectral": (3, 6)}

OnIteration = Callable[[int, float, float], None]


class ALS:
    """Factors x_u of users and y_i of movies that minimise

        sum over u, i of c_ui (p_ui - x_u . y_i)^2 + regularization (sum |x_u|^2 + sum |y_i|^2)

    with preference p = 1 and confidence c = alpha s w_u where user u likes movie i (s: see
    `likes`; w: see `user_weights`), and p = 0, c = 1 elsewhere. `item_features`, (n_features,
    n_items) CSR, are further rows of that matrix, solved for like any user, with c = alpha times
    the entry: content enters so. A movie without ratings would have factors from its features
    alone, too short to be compared with others; it gets those that ridge regression on the
    features predicts (Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for Cold-Start
    Recommendations").

    After `fit`, float32: `user_factors` (n_users, factors), `item_factors` (n_items, factors),
    `feature_factors` (n_features, factors).
    """

    training: sparse.csr_array
    user_factors: np.ndarray
    item_factors: np.ndarray
    feature_factors: np.ndarray
    median_activity: float

    def __init__(
        self,
        settings: ALSSettings,
        item_features: sparse.csr_array | None = None,
        name: str = "als",
    ):
        self.name = name
        self.settings = settings
        self.item_features = item_features

    @fit_once
    def fit(
        self,
        train: sparse.csr_array,
        progress: bool = False,
        on_iteration: OnIteration | None = None,
    ) -> None:
        """Factorise. `on_iteration(iteration, seconds, loss)` is called after each iteration.

        Raises NotEnoughMemory before it starts, and Diverged where no factors are found.
        """
        self._require_memory(train)
        vars(self).pop("confidences", None)
        rows = self._rows(train)
        rows.data *= np.float32(self.settings.alpha)
        # Rows are spread over the cores; BLAS threads inside each would only get in the way.
        with threadpool_limits(1, "blas"):
            users, items = self._train(rows, train.shape[0], progress, on_iteration)
        if not (np.isfinite(users).all() and np.isfinite(items).all()):
            raise Diverged(
                f"{self.name} diverged with an alpha of {self.settings.alpha} and a regularization"
                f" of {self.settings.regularization}: lower the one or raise the other"
            )
        n_users = train.shape[0]
        self.user_factors, self.feature_factors = users[:n_users].copy(), users[n_users:].copy()
        self.item_factors = items
        self._predict_unrated(train)

    def _train(
        self,
        rows: sparse.csr_array,
        n_users: int,
        progress: bool,
        on_iteration: OnIteration | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Factors of rows and columns of a matrix of confidences; its first rows are users."""
        settings, by_item = self.settings, transpose(rows)
        users, items = self._initial_factors(rows, n_users)
        solve = _SOLVERS[settings.als_solver]
        for iteration in tqdm(range(settings.iterations), disable=not progress):
            begun = time.perf_counter()
            steps = _STEPS[settings.initial_factors][iteration > 0]
            solve(rows, users, items, settings.regularization, 0, steps)
            solve(by_item, items, users, settings.regularization, 0, steps)
            if on_iteration is not None:
                seconds = time.perf_counter() - begun
                loss = training_loss(rows, users, items, settings.regularization)
                on_iteration(iteration, seconds, loss)
        return users, items

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self.fold_in(user_items) @ self.item_factors.T

    def fold_in(self, user_items: sparse.csr_array) -> np.ndarray:
        """Factors (n_rows, factors) float32 of rows of ratings, solved exactly.

        Entries below zero (see `signed_preferences`) have p = 0 with confidence -alpha * entry.
        """
        rows = sparse.csr_matrix(self.weighted(user_items))
        with threadpool_limits(1, "blas"):
            if self.settings.als_solver == "implicit":
                return self.to_implicit().recalculate_user(np.arange(rows.shape[0]), rows)
            users = np.zeros((rows.shape[0], self.settings.factors), dtype=np.float32)
            rows *= self.settings.alpha
            solve_rows(rows, users, self.item_factors, self.settings.regularization, exact=True)
        return users

    def weighted(self, user_items: sparse.csr_array) -> sparse.csr_array:
        """s w_u of rows of ratings: their confidences / alpha."""
        liked = likes(user_items, self.settings.positive_threshold, self.settings.rating_exponent)
        return discounted(liked, self.settings.activity_discount, self.median_activity)

    @cached_property
    def confidences(self) -> sparse.csr_array:
        """(n_users + n_features, n_items) CSR: c of the training data, features last."""
        return self._rows(self.training) * np.float32(self.settings.alpha)

    def to_implicit(self) -> AlternatingLeastSquares:
        """The fitted model as `implicit`'s own, which loads without this package."""
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(**self._implicit_settings())
        model.user_factors, model.item_factors = self.user_factors, self.item_factors
        return model

    def state(self) -> dict[str, np.ndarray]:
        """What training found, by name."""
        names = ("user_factors", "item_factors", "feature_factors")
        return {name: getattr(self, name) for name in names}

    def restore(self, state: Mapping[str, np.ndarray], train: sparse.csr_array) -> None:
        """Take what `state` gave of a model of the same settings, trained on `train`."""
        vars(self).update(state, training=train)
        self.median_activity = median_activity(
            likes(train, self.settings.positive_threshold, self.settings.rating_exponent)
        )

    def _initial_factors(
        self, rows: sparse.csr_array, n_users: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of the rows, to begin the first conjugate gradient with, and of the movies."""
        shape = rows.shape[0], self.settings.factors
        if self.settings.initial_factors == "random":
            rng = np.random.default_rng(self.settings.seed)
            users = rng.random(shape, dtype=np.float32) * np.float32(0.01)
            items = rng.random((rows.shape[1], shape[1]), dtype=np.float32) * np.float32(0.01)
            return users, items
        every = -(-n_users // _SAMPLED_USERS)
        sampled = rows[np.r_[0:n_users:every, n_users : shape[0]]]
        # Of the preferences alone, each sampled user standing for `every` users.
        n_entries = sampled.indptr[len(range(0, n_users, every))]
        sampled.data[:n_entries], sampled.data[n_entries:] = np.sqrt(every), 1
        return np.zeros(shape, dtype=np.float32), initial_item_factors(sampled, shape[1])

    def _implicit_settings(self) -> dict[str, object]:
        s = self.settings
        return {
            "factors": s.factors,
            "regularization": s.regularization,
            "alpha": s.alpha,
            "iterations": s.iterations,
            "random_state": s.seed,
        }

    def _rows(self, train: sparse.csr_array) -> sparse.csr_array:
        """The matrix to factorise, confidences / alpha: users, and below them features."""
        liked = likes(train, self.settings.positive_threshold, self.settings.rating_exponent)
        self.median_activity = median_activity(liked)
        rows = discounted(liked, self.settings.activity_discount, self.median_activity)
        if self.item_features is None:
            return rows
        return sparse.vstack([rows, self.item_features], format="csr")

    def _require_memory(self, train: sparse.csr_array) -> None:
        features = self.item_features
        n_features, n_entries = (0, 0) if features is None else (features.shape[0], features.nnz)
        factors = self.settings.factors
        require_memory(
            _ENTRY_BYTES * (train.nnz + n_entries)
            + _FACTOR_BYTES * factors * (sum(train.shape) + n_features)
            + _PAIR_BYTES * factors**2,
            self.name,
            "lower factors, or keep fewer ratings (ratings_fraction, top_movies)",
        )

    def _predict_unrated(self, train: sparse.csr_array) -> None:
        """Replace the factors of movies without a training rating."""
        rated = np.bincount(train.indices, minlength=train.shape[1]) > 0
        if self.item_features is None or rated.all() or not rated.any():
            return
        content = sparse.csr_array(self.item_features.T)
        ridge = Ridge(alpha=self.settings.regularization)
        ridge.fit(content[np.flatnonzero(rated)], self.item_factors[rated])
        self.item_factors[~rated] = ridge.predict(content[np.flatnonzero(~rated)])


def load_als(path: Path) -> AlternatingLeastSquares:
    """The fitted `implicit` model that its `save` kept, from numpy arrays alone."""
    with threadpool_limits(1, "blas"):
        return AlternatingLeastSquares.load(path)
