"""The lists a model gives, and which of their movies are the hidden ones."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.models.base import Model, TimedModel
from movierec.models.ranking import row_blocks, top_k


@dataclass(frozen=True)
class Lists:
    """What one model recommends to some users.

    items      (n_users, depth) int32 columns, best first; -1 where there was no more to give
    scores     (n_users, depth) float32, nan there
    hits       (n_users, depth) bool, whether the item is relevant to the user
    undecided  (n_users,) bool, whether all candidates had the same score
    """

    items: np.ndarray
    scores: np.ndarray
    hits: np.ndarray
    undecided: np.ndarray


def rank(
    model: Model,
    profiles: sparse.csr_array,
    seen: sparse.csr_array,
    relevant: sparse.csr_array,
    candidates: np.ndarray,
    tie_order: np.ndarray,
    depth: int,
    moments: np.ndarray | None = None,
) -> Lists:
    """Ask a fitted model for the `depth` best candidates of every user.

    profiles    (n_users, n_items) CSR, stars: what the model is told of each user
    seen        the same shape: stored entries are not recommended
    relevant    the same shape: stored entries are hits
    candidates  (n_items,) bool; only they are recommended
    tie_order   places among the candidates: who goes first of equal scores
    moments     (n_users,) seconds since 1970 at which each user asks, for a `TimedModel`
    Works in blocks of users, so that memory stays bounded. Raises ValueError, naming the model,
    for scores of another shape or that are not finite.
    """
    n_users, n_items = profiles.shape
    columns = np.flatnonzero(candidates)
    narrowed = len(columns) < n_items
    items = np.empty((n_users, depth), dtype=np.int32)
    values = np.empty((n_users, depth), dtype=np.float32)
    hits = np.empty((n_users, depth), dtype=bool)
    undecided = np.empty(n_users, dtype=bool)
    # Between blocks BLAS's threads would go on spinning, and keep the ranking's from the cores.
    with threadpool_limits(1, "blas"):
        for rows in row_blocks(n_users, n_items):
            scores = _scores(model, profiles, moments, rows)
            taken, wanted = seen[rows], relevant[rows]
            if scores.shape != taken.shape:
                raise ValueError(f"{model.name} scored {scores.shape}, not users x movies")
            # nan and infinity show in a row's extremes.
            low, high = scores.min(axis=1), scores.max(axis=1)
            if not (np.isfinite(low) & np.isfinite(high)).all():
                raise ValueError(f"{model.name} gave scores that are not finite numbers")
            if narrowed:
                scores, taken, wanted = scores[:, columns], taken[:, columns], wanted[:, columns]
                low, high = scores.min(axis=1), scores.max(axis=1)
            best = top_k(scores, depth, taken, tie_order)
            missing = best < 0
            items[rows] = np.where(missing, -1, columns[best])
            values[rows] = np.where(missing, np.nan, np.take_along_axis(scores, best, axis=1))
            found = np.zeros(scores.shape, dtype=bool)
            found[np.repeat(np.arange(len(best)), np.diff(wanted.indptr)), wanted.indices] = True
            hits[rows] = np.take_along_axis(found, best, axis=1) & ~missing
            undecided[rows] = low == high
    return Lists(items, values, hits, undecided)


def _scores(
    model: Model, profiles: sparse.csr_array, moments: np.ndarray | None, rows: slice
) -> np.ndarray:
    if moments is not None and isinstance(model, TimedModel):
        return model.score_at(profiles[rows], moments[rows])
    return model.score(profiles[rows])


def popular_first(ratings_per_movie: np.ndarray, seed: int) -> np.ndarray:
    """A tie order: more ratings first, and of equals any order, drawn once. (n_items,) places."""
    drawn = np.random.default_rng(seed).random(len(ratings_per_movie))
    return np.lexsort((drawn, -ratings_per_movie))
