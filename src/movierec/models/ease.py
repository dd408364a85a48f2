"""A linear model of every movie from all others, with or without content.

Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data"; content beside the ratings as
in Jeunen et al. 2020, "Closed-Form Models for Collaborative Filtering with Side-Information".
"""

from typing import Self

import numpy as np
from scipy import linalg, sparse
from threadpoolctl import threadpool_limits

from movierec.memory import require_memory
from movierec.models.base import likes, median_activity, user_weights

# Movies x movies are held dense, in double precision and more than once.
MAX_ITEMS = 20_000
# So small an inverse gains little from several BLAS threads, and where other processes want the
# cores, these wait for each other so long that it takes many times as long.
_SMALL = 3_000
# Bytes for each pair of movies, at most: the Gram matrix in double precision, what it is made
# from, its inverse.
_PAIR_BYTES = 22


class EASE:
    """Weights B, diagonal zero, that rebuild likes best: R B close to R.

    With P the inverse of G = R'WR + S'S + regularization I, B = -P / diag(P). R holds likes in
    stars, worth what `rating_exponent` says (see `likes`), W the users' weights by
    `activity_discount` (see `user_weights`). `item_features` S are further rows over the same movies,
    such as terms and genres, as many stars as they weigh. After `fit`, `weights` is B,
    (n_items, n_items) float32, and `diagonal` that of P.
    Raises ValueError beyond MAX_ITEMS movies, and NotEnoughMemory before it starts.
    """

    def __init__(
        self,
        regularization: float,
        positive_threshold: float,
        item_features: sparse.csr_array | None = None,
        name: str = "ease",
        activity_discount: float = 0.0,
        rating_exponent: float = 1.0,
    ):
        self.name = name
        self.rating_exponent = rating_exponent
        self._activity_discount = activity_discount
        self._regularization = regularization
        self.positive_threshold = positive_threshold
        self._side_rows = item_features

    def fit(self, train: sparse.csr_array) -> Self:
        n_items = train.shape[1]
        if n_items > MAX_ITEMS:
            raise ValueError(f"{self.name} takes at most {MAX_ITEMS} movies, not {n_items}")
        require_memory(
            _PAIR_BYTES * n_items**2,
            self.name,
            f"lower top_movies below {n_items:,}, or leave out the models with ease in their name"
            " (models, and ease_weight=0)",
        )
        liked = likes(train, self.positive_threshold, self.rating_exponent)
        weights = user_weights(liked, self._activity_discount, median_activity(liked))
        gram = (liked.T @ (sparse.diags_array(weights) @ liked)).toarray().astype(np.float64)
        if self._side_rows is not None:
            gram += (self._side_rows.T @ self._side_rows).toarray()
        gram[np.diag_indices(n_items)] += self._regularization
        with threadpool_limits(1 if n_items <= _SMALL else None, "blas"):
            weights = linalg.inv(gram, overwrite_a=True, assume_a="pos")
        self.diagonal = np.diag(weights).astype(np.float32)
        weights /= -np.diag(weights).copy()
        np.fill_diagonal(weights, 0)
        # Row after row, or each product with sparse ratings would copy it.
        self.weights = weights.astype(np.float32, order="C")
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return likes(user_items, self.positive_threshold, self.rating_exponent) @ self.weights
