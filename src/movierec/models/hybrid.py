"""The hybrid: models with content and what was rated lately, made comparable and added."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from scipy import sparse

from movierec.models.als import ALS
from movierec.models.base import Model, Shared
from movierec.models.ease import EASE
from movierec.models.recency import RecentPopularity


@dataclass(frozen=True)
class HybridSettings:
    """Hyperparameters of the hybrid and its parts; the evaluation notebook explains each."""

    factors: int
    regularization: float
    alpha: float
    iterations: int
    positive_threshold: float
    activity_discount: float
    rating_exponent: float
    als_term_weight: float
    als_genre_weight: float
    ease_regularization: float
    ease_term_weight: float
    ease_genre_weight: float
    ease_weight: float
    recency_weight: float
    recency_half_life_years: float
    solver: str
    seed: int

    @classmethod
    def among(cls, values: Mapping[str, object]) -> Self:
        """The settings among many values, such as all variables of a notebook."""
        return cls(**{one.name: values[one.name] for one in fields(cls)})

    def als(self, name: str, item_features: sparse.csr_array | None = None) -> ALS:
        """ALS with these settings, with side rows or without."""
        return ALS(
            factors=self.factors,
            regularization=self.regularization,
            alpha=self.alpha,
            iterations=self.iterations,
            positive_threshold=self.positive_threshold,
            seed=self.seed,
            item_features=item_features,
            name=name,
            activity_discount=self.activity_discount,
            rating_exponent=self.rating_exponent,
            solver=self.solver,
        )

    def als_rows(
        self, item_content: sparse.csr_array, item_genres: sparse.csr_array
    ) -> sparse.csr_array:
        """Terms, genres and decades as rows for ALS: (n_side, n_items) CSR, stars."""
        return item_features(item_content, item_genres, self.als_term_weight, self.als_genre_weight)

    def ease(self, name: str, item_features: sparse.csr_array | None = None) -> EASE:
        """EASE with these settings, with side rows or without."""
        return EASE(
            regularization=self.ease_regularization,
            positive_threshold=self.positive_threshold,
            item_features=item_features,
            name=name,
            activity_discount=self.activity_discount,
            rating_exponent=self.rating_exponent,
        )

    def ease_rows(
        self, item_content: sparse.csr_array, item_genres: sparse.csr_array
    ) -> sparse.csr_array:
        """Terms, genres and decades as rows for EASE: (n_side, n_items) CSR, stars."""
        return item_features(
            item_content, item_genres, self.ease_term_weight, self.ease_genre_weight
        )


class Hybrid:
    """Adds the parts' scores, each standardised within the row, by given weights.

    A row over which a part says the same of all movies gets nothing from it. Parts that are
    compared by themselves too are best `Shared`. What was rated lately, where it is given, is one
    more part for rows of which it is known when they ask.
    """

    name = "hybrid"

    def __init__(
        self,
        parts: list[tuple[Model | Shared, float]],
        recent: RecentPopularity | None = None,
        recency_weight: float = 0.0,
    ):
        self.parts = parts
        self._recent = recent
        self._recent_weight = recency_weight

    def fit(self, train: sparse.csr_array) -> Self:
        for model, _ in self.parts:
            model.fit(train)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return sum(weight * standardise(model.score(user_items)) for model, weight in self.parts)

    def score_at(self, user_items: sparse.csr_array, query_times: np.ndarray) -> np.ndarray:
        scores = self.score(user_items)
        if self._recent is None or not self._recent_weight:
            return scores
        return scores + self._recent_weight * standardise(self._recent.at(query_times))


def item_features(
    item_content: sparse.csr_array,
    item_genres: sparse.csr_array,
    term_weight: float,
    genre_weight: float,
) -> sparse.csr_array:
    """Content as rows over movies: (terms + genres and decades, n_items) CSR, stars."""
    rows = sparse.vstack([term_weight * item_content.T, genre_weight * item_genres.T], "csr")
    # A stored zero is a dislike to ALS, and not nothing.
    rows.eliminate_zeros()
    return rows


def spread(scores: np.ndarray) -> np.ndarray:
    """Standard deviation of each row (n_rows, 1); infinite where all is the same.

    The mean of equal numbers is off by a rounding error, which is not a difference.
    """
    found = scores.std(axis=1, keepdims=True)
    found[found <= 1e-6 * np.abs(scores).max(axis=1, keepdims=True)] = np.inf
    return found


def standardise(scores: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1, or all 0 where it is constant."""
    return (scores - scores.mean(axis=1, keepdims=True)) / spread(scores)
