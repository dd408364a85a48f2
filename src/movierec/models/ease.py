"""A linear model of every movie from all others, with or without item features.

Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data"; features beside the ratings as
in Jeunen et al. 2020, "Closed-Form Models for Collaborative Filtering with Side-Information".
"""

from collections.abc import Mapping

import numpy as np
from scipy import linalg, sparse

from movierec.memory import require_memory
from movierec.models.base import fit_once, likes, median_activity, training_likes, user_weights
from movierec.models.kernels.gram import gram as weighted_gram
from movierec.models.kernels.threads import blas_threads
from movierec.settings import PreferenceSettings

# Movies x movies are held dense, in double precision and more than once.
MAX_ITEMS = 20_000
# So small an inverse gains little from several BLAS threads, and where other processes want the
# cores, these wait for each other so long that it takes many times as long.
_SMALL = 3_000
# Bytes for each pair of movies, at most: the Gram matrix in double precision, what it is made
# from, its inverse.
_PAIR_BYTES = 22


class EASE:
    """Weights B, diagonal zero, that minimise |R - R B|^2 + regularization |B|^2.

    With P the inverse of G = R'WR + F'F + regularization I, B = I - P diag(1 / P_jj). R holds
    likes (s of `likes`), W is diagonal with the users' weights (`user_weights`). F, (n_features,
    n_items) CSR, are `item_features`. After `fit`, `weights` is B, (n_items, n_items) float32, and
    `diagonal` that of P, (n_items,) float32.
    Raises ValueError beyond MAX_ITEMS movies, and NotEnoughMemory before it starts.
    """

    training: sparse.csr_array
    weights: np.ndarray
    diagonal: np.ndarray

    def __init__(
        self,
        regularization: float,
        preferences: PreferenceSettings,
        item_features: sparse.csr_array | None = None,
        name: str = "ease",
    ):
        self.name = name
        self.item_features = item_features
        self.preferences = preferences
        self._regularization = regularization

    @fit_once
    def fit(self, train: sparse.csr_array) -> None:
        self.require_memory(train.shape[1])
        preferences = self.preferences
        liked = training_likes(train, preferences.positive_threshold, preferences.rating_exponent)
        weights = user_weights(liked, preferences.activity_discount, median_activity(liked))
        rows = liked
        if self.item_features is not None:
            rows = sparse.vstack([liked, self.item_features], format="csr")
            weights = np.r_[weights, np.ones(self.item_features.shape[0])]
        self.solve(weighted_gram(rows, weights))

    def solve(self, gram: np.ndarray) -> None:
        """Find the weights for R'WR + F'F, (n_items, n_items) float64, which is overwritten."""
        n_items = len(gram)
        gram[np.diag_indices(n_items)] += self._regularization
        with blas_threads(1 if n_items <= _SMALL else None):
            inverse = linalg.inv(gram, overwrite_a=True, assume_a="pos")
        self.diagonal = np.diag(inverse).astype(np.float32)
        inverse /= -np.diag(inverse).copy()
        np.fill_diagonal(inverse, 0)
        # Row after row, or each product with sparse ratings would copy it.
        self.weights = inverse.astype(np.float32, order="C")

    def require_memory(self, n_items: int) -> None:
        """Raise ValueError beyond MAX_ITEMS movies, and NotEnoughMemory."""
        if n_items > MAX_ITEMS:
            raise ValueError(f"{self.name} takes at most {MAX_ITEMS} movies, not {n_items}")
        require_memory(
            _PAIR_BYTES * n_items**2,
            self.name,
            f"lower top_movies below {n_items:,}, or leave out the models with ease in their name"
            " (models, and ease_weight=0)",
        )

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self.liked(user_items) @ self.weights

    def score_preferences(self, preferences: sparse.csr_array) -> np.ndarray:
        """Scores (n_rows, n_items), linear in the values of `preferences`."""
        return preferences @ self.weights

    def liked(self, user_items: sparse.csr_array) -> sparse.csr_array:
        """What rows of ratings count: s of `likes`."""
        preferences = self.preferences
        return likes(user_items, preferences.positive_threshold, preferences.rating_exponent)

    def state(self) -> dict[str, np.ndarray]:
        """What training found, by name."""
        return {"weights": self.weights, "diagonal": self.diagonal}

    def restore(self, state: Mapping[str, np.ndarray], train: sparse.csr_array) -> None:
        """Take what `state` gave of a model of the same settings, trained on `train`."""
        vars(self).update(state, training=train)
