"""The hybrid: a weighted sum of z-scored component scores and recent popularity."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from scipy import sparse

from movierec.models.als import ALS
from movierec.models.ease import EASE
from movierec.models.recency import RecentPopularity
from movierec.settings import HybridSettings


class Components(NamedTuple):
    """What the hybrid is made of; EASE is None where movies are too many for it."""

    als: ALS
    ease: EASE | None


class Hybrid:
    """score = (1 - ease_weight) z(ALS) + ease_weight z(EASE) + recency_weight z(recent popularity)

    z standardises each row of scores to mean 0 and standard deviation 1; a row over which a
    component ties all movies gets 0 from it. `recent` counts training ratings up to the query time.
    """

    name = "hybrid"

    def __init__(self, components: Components, recent: RecentPopularity, settings: HybridSettings):
        self.components = components
        self.recent = recent
        self.settings = settings

    @property
    def weighted_components(self) -> Iterator[tuple[ALS | EASE, float]]:
        """Each component and its weight."""
        als, ease = self.components
        yield als, 1 - self.settings.ease_weight
        if ease is not None:
            yield ease, self.settings.ease_weight

    def fit(self, train: sparse.csr_array) -> Self:
        for model, _ in self.weighted_components:
            model.fit(train)
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        """Scores (n_rows, n_items) at the time of the last training rating."""
        now = np.full(user_items.shape[0], self.recent.last_time)
        return self.score_at(user_items, now)

    def score_at(self, user_items: sparse.csr_array, query_times: np.ndarray) -> np.ndarray:
        scores = np.zeros(user_items.shape, dtype=np.float32)
        for model, weight in self.weighted_components:
            scores += weight * standardise(model.score(user_items))
        if self.settings.recency_weight:
            scores += self.recency_scores(query_times)
        return scores

    def score_preferences(
        self, preferences: sparse.csr_array, query_times: np.ndarray
    ) -> np.ndarray:
        """Scores (n_rows, n_items) of rows of preferences (see `graded_preferences`).

        As `score_at`, but with the scales of `scaled_components`, which do not depend on stars: a
        score is linear in each preference.
        """
        scores = self.recency_scores(query_times)
        for model, scale in self.scaled_components(preferences):
            found = model.score_preferences(preferences)
            scores += scale * (found - found.mean(axis=1, keepdims=True))
        return scores

    def scaled_components(
        self, preferences: sparse.csr_array
    ) -> Iterator[tuple[ALS | EASE, np.ndarray]]:
        """Each component, and its weight / the standard deviation of its scores: (n_rows, 1).

        Of the scores of rows that like best all that they have rated: g = 1.
        """
        liked = preferences.copy()
        liked.data = np.ones_like(liked.data)
        for model, weight in self.weighted_components:
            yield model, weight / spread(model.score_preferences(liked))

    def recency_scores(self, query_times: np.ndarray) -> np.ndarray:
        """What recent popularity adds at these times: (n_rows, n_items)."""
        return self.settings.recency_weight * standardise(self.recent.at(query_times))

    def save(self, path: Path, **more: np.ndarray) -> None:
        """Keep what training found as npz, which runs nothing when it is read; `more` beside it."""
        state = {
            f"{model.name}.{name}": array
            for model, _ in self.weighted_components
            for name, array in model.state().items()
        }
        np.savez(path, allow_pickle=False, **state, **more)

    def restore(self, state: dict[str, np.ndarray], train: sparse.csr_array) -> Self:
        """Take the arrays that `save` kept of a hybrid of the same settings, trained on `train`.

        Raises KeyError for one that is missing.
        """
        for model, _ in self.weighted_components:
            prefix = f"{model.name}."
            model.restore(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                },
                train,
            )
        return self


def spread(scores: np.ndarray) -> np.ndarray:
    """Standard deviation of each row (n_rows, 1); infinite where all scores are equal.

    The mean of equal numbers is off by a rounding error, which is not a difference.
    """
    found = scores.std(axis=1, keepdims=True)
    found[found <= 1e-6 * np.abs(scores).max(axis=1, keepdims=True)] = np.inf
    return found


def standardise(scores: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1, or all 0 where it is constant."""
    return (scores - scores.mean(axis=1, keepdims=True)) / spread(scores)
