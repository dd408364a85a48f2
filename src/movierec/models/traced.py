"""Fitted models whose scores can be taken apart: which ratings and which words made them.

Both are linear in what a movie's factors or weights were solved from, so the parts add up to the
score exactly. Side rows are the terms, genres and decades beside the users' rows.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import Protocol

import numpy as np
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.models import ease
from movierec.models.als import ALS
from movierec.models.base import likes, median_activity, weighted
from movierec.models.ease import EASE
from movierec.models.hybrid import Hybrid, HybridSettings, spread, standardise
from movierec.models.recency import RecentPopularity

# So many times fewer iterations come to no higher loss when ALS begins where it ended without
# content, see `tests/benchmarks/als.py`.
_BEGUN = 5


class Traced(Protocol):
    """A fitted model that can say where a score comes from."""

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        """Scores (n_rows, n_items), as of any model."""
        ...

    def content_part(self, user_items: sparse.csr_array) -> np.ndarray:
        """What of each score side rows brought: (n_rows, n_items)."""
        ...

    def contributions(
        self, user_items: sparse.csr_array, item: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The score of one movie for one row (1, n_items), in parts that add up to it.

        By the row's movies, through what other users rated: (n_items,); and by side row:
        (n_side,).
        """
        ...


@dataclass(frozen=True)
class TracedALS:
    """ALS with each movie's factors solved once more, exactly, and in two parts.

    item_factors     (n_items, factors) float32
    content_factors  (n_items, factors) float32, the part of them that side rows brought
    row_factors      (n_users + n_side, factors) float32, of what the movies were solved from
    raters           (n_items, n_users + n_side) CSR, confidences
    n_side           how many of those rows are side rows; they stand last
    Hu, Koren and Volinsky 2008, section 5, takes a score apart by the user's movies like this.
    """

    item_factors: np.ndarray
    content_factors: np.ndarray
    row_factors: np.ndarray
    raters: sparse.csr_array
    n_side: int
    alpha: float
    regularization: float
    positive_threshold: float
    activity_discount: float
    rating_exponent: float
    median_activity: float

    @classmethod
    def of(
        cls, model: ALS, train: sparse.csr_array, item_features: sparse.csr_array
    ) -> "TracedALS":
        """From a model fitted on `train` with these side rows."""
        unsolved = cls.restored(
            model.solver.item_factors,
            np.zeros_like(model.solver.item_factors),
            np.vstack([model.solver.user_factors, model.feature_factors]),
            train,
            item_features,
            alpha=model.solver.alpha,
            regularization=model.solver.regularization,
            positive_threshold=model.positive_threshold,
            activity_discount=model.activity_discount,
            rating_exponent=model.rating_exponent,
        )
        first_side = unsolved.row_factors.shape[0] - unsolved.n_side
        solved = np.zeros((2, *unsolved.item_factors.shape), dtype=np.float32)
        for item in range(len(unsolved.item_factors)):
            rows, confidence = unsolved._raters_of(item)
            factors = unsolved.row_factors[rows]
            both = np.stack([confidence, np.where(rows >= first_side, confidence, 0)])
            solved[:, item] = np.linalg.solve(
                _with_confidence(unsolved._row_gram, factors, confidence), (both @ factors).T
            ).T
        return replace(unsolved, item_factors=solved[0], content_factors=solved[1])

    @classmethod
    def restored(
        cls,
        item_factors: np.ndarray,
        content_factors: np.ndarray,
        row_factors: np.ndarray,
        train: sparse.csr_array,
        item_features: sparse.csr_array,
        alpha: float,
        regularization: float,
        positive_threshold: float,
        activity_discount: float,
        rating_exponent: float,
    ) -> "TracedALS":
        """From arrays that were kept, and the ratings and side rows they were solved from."""
        liked = likes(train, positive_threshold, rating_exponent)
        typical = median_activity(liked)
        rows = sparse.vstack(
            [weighted(liked, activity_discount, typical), item_features], format="csr"
        )
        return cls(
            item_factors,
            content_factors,
            row_factors,
            sparse.csr_array(rows.T * alpha),
            item_features.shape[0],
            alpha,
            regularization,
            positive_threshold,
            activity_discount,
            rating_exponent,
            typical,
        )

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self._fold_in(user_items) @ self.item_factors.T

    def content_part(self, user_items: sparse.csr_array) -> np.ndarray:
        return self._fold_in(user_items) @ self.content_factors.T

    def contributions(
        self, user_items: sparse.csr_array, item: int
    ) -> tuple[np.ndarray, np.ndarray]:
        liked = self._told(user_items)
        system, own = self._user_system(liked.indices, self.alpha * liked.data)
        by_movie = np.zeros(len(self.item_factors))
        rated_part = self.item_factors[item] - self.content_factors[item]
        by_movie[liked.indices] = own * (
            self.item_factors[liked.indices] @ np.linalg.solve(system, rated_part)
        )
        user = np.linalg.solve(system, own @ self.item_factors[liked.indices])
        rows, confidence = self._raters_of(item)
        first_side = len(self.row_factors) - self.n_side
        side = rows >= first_side
        likeness = np.linalg.solve(
            _with_confidence(self._row_gram, self.row_factors[rows], confidence), user
        )
        by_side = np.zeros(self.n_side)
        by_side[rows[side] - first_side] = confidence[side] * (
            self.row_factors[rows[side]] @ likeness
        )
        return by_movie, by_side

    def _fold_in(self, user_items: sparse.csr_array) -> np.ndarray:
        """Factors of each row, solved exactly: (n_rows, factors)."""
        liked = self._told(user_items)
        users = np.zeros((liked.shape[0], self.item_factors.shape[1]), dtype=np.float32)
        for row, (start, stop) in enumerate(pairwise(liked.indptr)):
            movies = liked.indices[start:stop]
            system, own = self._user_system(movies, self.alpha * liked.data[start:stop])
            users[row] = np.linalg.solve(system, own @ self.item_factors[movies])
        return users

    def _told(self, user_items: sparse.csr_array) -> sparse.csr_array:
        liked = likes(user_items, self.positive_threshold, self.rating_exponent)
        return weighted(liked, self.activity_discount, self.median_activity)

    def _user_system(
        self, movies: np.ndarray, confidence: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The matrix to solve for a user, and how much each movie pulls: a dislike not at all."""
        system = _with_confidence(self._item_gram, self.item_factors[movies], np.abs(confidence))
        return system, np.maximum(confidence, 0)

    @cached_property
    def _item_gram(self) -> np.ndarray:
        return self._gram(self.item_factors)

    @cached_property
    def _row_gram(self) -> np.ndarray:
        return self._gram(self.row_factors)

    def _gram(self, factors: np.ndarray) -> np.ndarray:
        return factors.T @ factors + self.regularization * np.eye(factors.shape[1], dtype="f4")

    def _raters_of(self, item: int) -> tuple[np.ndarray, np.ndarray]:
        start, stop = self.raters.indptr[item : item + 2]
        return self.raters.indices[start:stop], self.raters.data[start:stop]


@dataclass(frozen=True)
class TracedEASE:
    """EASE with the part of its weights that side rows brought.

    weights          (n_items, n_items) float32, as fitted
    content_weights  (n_items, n_items) float32: with P the inverse of the Gram matrix and
                     N = P S'S, column j is N_j - P_j N_jj / P_jj
    diagonal         (n_items,) float32, of P
    item_features        (n_side, n_items) CSR, S
    A column of weights solves a ridge regression on ratings and side rows, and is linear in what
    is regressed on: the movie's ratings, and its side rows.
    """

    weights: np.ndarray
    content_weights: np.ndarray
    diagonal: np.ndarray
    item_features: sparse.csr_array
    positive_threshold: float
    rating_exponent: float

    @classmethod
    def of(cls, model: EASE, item_features: sparse.csr_array) -> "TracedEASE":
        """From a model fitted with these side rows."""
        inverse = -model.weights * model.diagonal
        np.fill_diagonal(inverse, model.diagonal)
        pulled = np.ascontiguousarray((item_features.T @ (item_features @ inverse)).T)
        content = pulled - inverse * (np.diag(pulled) / model.diagonal)
        return cls(
            model.weights,
            content,
            model.diagonal,
            item_features,
            model.positive_threshold,
            model.rating_exponent,
        )

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self._told(user_items) @ self.weights

    def content_part(self, user_items: sparse.csr_array) -> np.ndarray:
        return self._told(user_items) @ self.content_weights

    def contributions(
        self, user_items: sparse.csr_array, item: int
    ) -> tuple[np.ndarray, np.ndarray]:
        own = self._told(user_items).toarray()[0]
        by_movie = own * (self.weights[:, item] - self.content_weights[:, item])
        # P own, then the same without row and column `item` in the matrix that P inverts. Of P,
        # which is symmetric, row j is -weights[j] * diagonal but for its diagonal.
        reached = self.diagonal * (own - self.score(user_items)[0])
        column = -self.weights[item] * self.diagonal
        column[item] = self.diagonal[item]
        reached -= column * (reached[item] / self.diagonal[item])
        side = self.item_features[:, [item]].toarray()[:, 0]
        return by_movie, side * (self.item_features @ reached)

    def _told(self, user_items: sparse.csr_array) -> sparse.csr_array:
        return likes(user_items, self.positive_threshold, self.rating_exponent)


@dataclass(frozen=True)
class TracedHybrid:
    """The fitted hybrid: traced parts by their weights, and what was rated lately.

    lately  (n_items,) float32, what that adds to every score, now being the last rating
    """

    parts: list[tuple[Traced, float]]
    lately: np.ndarray

    @classmethod
    def fit(
        cls,
        settings: HybridSettings,
        interactions: Interactions,
        item_content: sparse.csr_array,
        item_genres: sparse.csr_array,
        begin: np.ndarray | None = None,
    ) -> "TracedHybrid":
        """Fit both parts, or ALS alone where movies are too many for EASE, and trace them.

        item_content: (n_items, terms) rows of length one; item_genres: (n_items, genres and
        decades) ones; begin: (n_items, factors) float32, what ALS without content found for these
        ratings, which spares it most of its iterations; of another number of factors no help.
        """
        train = interactions.user_items
        rows = settings.als_rows(item_content, item_genres)
        if begin is None or begin.shape[1] != settings.factors:
            begin = None
        else:
            settings = replace(settings, iterations=ceil(settings.iterations / _BEGUN))
        als = settings.als("als_content", rows).fit(train, begin=begin)
        parts: list[tuple[Traced, float]] = [
            (TracedALS.of(als, train, rows), 1 - settings.ease_weight)
        ]
        if train.shape[1] <= ease.MAX_ITEMS:
            rows = settings.ease_rows(item_content, item_genres)
            weights = settings.ease("ease_content", rows).fit(train)
            parts.append((TracedEASE.of(weights, rows), settings.ease_weight))
        return cls(parts, _lately(settings, interactions))

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        """As `Hybrid.score_at` the last rating: (n_rows, n_items)."""
        return Hybrid(self.parts).score(user_items) + self.lately

    def content_share(self, user_items: sparse.csr_array) -> np.ndarray:
        """Share of side rows in what ratings and side rows brought each movie: (n_rows, n_items).

        Below 0 or above 1 where the two speak against each other; nan where neither speaks.
        """
        content = whole = 0.0
        for model, weight in self.parts:
            scores = model.score(user_items)
            scale = weight / spread(scores)
            whole = whole + scale * scores
            content = content + scale * model.content_part(user_items)
        return np.divide(content, whole, out=np.full(whole.shape, np.nan), where=whole != 0)

    def contributions(
        self, user_items: sparse.csr_array, item: int
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """The score of one movie for one row: by the row's movies, by side row, and the rest.

        The rest is what standardising takes off every movie alike. With what was rated lately
        all add up to the score.
        """
        by_movie = by_side = rest = 0.0
        for model, weight in self.parts:
            scores = model.score(user_items)
            scale = (weight / spread(scores)).item()
            movies, side = model.contributions(user_items, item)
            by_movie, by_side = by_movie + scale * movies, by_side + scale * side
            rest -= scale * scores.mean()
        return by_movie, by_side, float(rest)


def _lately(settings: HybridSettings, interactions: Interactions) -> np.ndarray:
    """(n_items,) float32: what the hybrid adds for what was rated up to the last rating."""
    recent = RecentPopularity(interactions, settings.recency_half_life_years)
    now = interactions.timestamps.max(keepdims=True)
    return settings.recency_weight * standardise(recent.at(now))[0]


def _with_confidence(gram: np.ndarray, factors: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The Gram matrix with rows of confidence c counted c times instead of once."""
    return gram + (factors.T * (confidence - 1)) @ factors
