"""Implicit-feedback matrix factorisation, with or without item features.

Hu, Koren and Volinsky 2008, "Collaborative Filtering for Implicit Feedback Datasets".
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse

from movierec.memory import require_memory
from movierec.models.als_training import OnIteration, factorise
from movierec.models.base import (
    REFERENCE_STARS,
    Diverged,
    discounted,
    fit_once,
    likes,
    median_activity,
    training_likes,
    user_weights,
)
from movierec.models.kernels.als import solve_rows
from movierec.models.kernels.threads import blas_threads
from movierec.settings import ALSSettings

# Bytes held at most for an entry of the matrix, in copies by row and by column; for a number of a
# factor, which is drawn, trained and kept; and for each pair of factors, in equations.
_ENTRY_BYTES, _FACTOR_BYTES, _PAIR_BYTES = 40, 12, 24

# Rows of factors that are held in double precision at once.
_GRAM_ROWS = 10_000


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

        Raises NotEnoughMemory before it starts, Diverged where no factors are found, and
        NothingToLearn.
        """
        self._require_memory(train)
        for derived in ("confidences", "grams"):
            vars(self).pop(derived, None)
        rows = self._rows(train)
        rows.data *= np.float32(self.settings.alpha)
        n_users = train.shape[0]
        # Rows are spread over the cores; BLAS threads inside each would only get in the way.
        with blas_threads(1):
            try:
                users, items = factorise(rows, n_users, self.settings, progress, on_iteration)
            except FloatingPointError:
                raise diverged(self) from None
        self.user_factors, self.feature_factors = users[:n_users].copy(), users[n_users:].copy()
        self.item_factors = items
        self.predict_unrated(np.bincount(train.indices, minlength=train.shape[1]) > 0)

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self.fold_in(user_items) @ self.item_factors.T

    def fold_in(self, user_items: sparse.csr_array) -> np.ndarray:
        """Factors (n_rows, factors) float32 of rows of ratings, solved exactly."""
        rows = sparse.csr_matrix(self.weighted(user_items))
        with blas_threads(1):
            if self.settings.als_solver == "implicit":
                return self.to_implicit().recalculate_user(np.arange(rows.shape[0]), rows)
            users = np.zeros((rows.shape[0], self.settings.factors), dtype=np.float32)
            rows *= self.settings.alpha
            solve_rows(rows, users, self.item_factors, self.settings.regularization, exact=True)
        return users

    def score_preferences(self, preferences: sparse.csr_array) -> np.ndarray:
        """Scores (n_rows, n_items), linear in the values of `preferences`."""
        return self.fold_in_preferences(preferences) @ self.item_factors.T

    def fold_in_preferences(self, preferences: sparse.csr_array) -> np.ndarray:
        """Factors (n_rows, factors) float32 of rows of preferences g (see `graded_preferences`).

        Of all that was rated p = g, whatever its sign, and the confidence is that of
        `preference_confidence`: factors are linear in g.
        """
        confidence = np.repeat(
            self.preference_confidence(preferences), np.diff(preferences.indptr)
        ).astype(np.float32)
        rows = sparse.csr_array(
            (confidence, preferences.indices, preferences.indptr), preferences.shape
        )
        wanted = confidence * preferences.data
        users = np.zeros((rows.shape[0], self.settings.factors), dtype=np.float32)
        with blas_threads(1):
            regularization = self.settings.regularization
            solve_rows(rows, users, self.item_factors, regularization, exact=True, wanted=wanted)
        return users

    def preference_confidence(self, preferences: sparse.csr_array) -> np.ndarray:
        """(n_rows,) c of whatever a row has rated: that of a like of 3.5 stars."""
        weights = user_weights(preferences, self.settings.activity_discount, self.median_activity)
        return self.settings.alpha * REFERENCE_STARS * weights

    def weighted(self, user_items: sparse.csr_array) -> sparse.csr_array:
        """s w_u of rows of ratings: their confidences / alpha."""
        liked = likes(user_items, self.settings.positive_threshold, self.settings.rating_exponent)
        return discounted(liked, self.settings.activity_discount, self.median_activity)

    @cached_property
    def confidences(self) -> sparse.csc_array:
        """(n_users + n_features, n_items) CSC: c of the training data, features last."""
        return sparse.csc_array(self._rows(self.training) * np.float32(self.settings.alpha))

    @cached_property
    def grams(self) -> tuple[np.ndarray, np.ndarray]:
        """Sums of outer products of item factors, and of user and feature factors.

        Both (factors, factors) float64.
        """
        items, rows = np.zeros((2, self.settings.factors, self.settings.factors))
        for found, factors in (
            (items, self.item_factors),
            (rows, self.user_factors),
            (rows, self.feature_factors),
        ):
            for start in range(0, len(factors), _GRAM_ROWS):
                some = factors[start : start + _GRAM_ROWS].astype(np.float64)
                found += some.T @ some
        return items, rows

    def to_implicit(self) -> AlternatingLeastSquares:
        """The fitted model as `implicit`'s own, which loads without this package."""
        with blas_threads(1):
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
        settings = self.settings
        liked = training_likes(train, settings.positive_threshold, settings.rating_exponent)
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

    def predict_unrated(self, rated: np.ndarray) -> None:
        """Replace the factors of movies without a training rating; rated: (n_items,) bool."""
        if self.item_features is None or rated.all() or not rated.any():
            return
        from sklearn.linear_model import Ridge  # takes a second; most fits do without

        content = sparse.csr_array(self.item_features.T)
        ridge = Ridge(alpha=self.settings.regularization)
        ridge.fit(content[np.flatnonzero(rated)], self.item_factors[rated])
        self.item_factors[~rated] = ridge.predict(content[np.flatnonzero(~rated)])


def diverged(model: ALS) -> Diverged:
    """The error of a training that found no finite factors."""
    settings = model.settings
    return Diverged(
        f"{model.name} diverged with an alpha of {settings.alpha} and a regularization of"
        f" {settings.regularization}: lower the one or raise the other"
    )


def load_als(path: Path) -> AlternatingLeastSquares:
    """The fitted `implicit` model that its `save` kept, from numpy arrays alone."""
    with blas_threads(1):
        return AlternatingLeastSquares.load(path)
