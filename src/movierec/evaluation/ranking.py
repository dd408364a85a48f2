"""The lists a model gives, and which of their movies are the hidden ones."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from movierec.models.base import Model, TimedModel
from movierec.models.kernels.ranking import fill_lists, places_in, row_blocks, stored


@dataclass(frozen=True)
class RankedLists:
    """What one model recommends to some users.

    items      (n_users, depth) int32 columns, best first; -1 where there was no more to give
    scores     (n_users, depth) float32, nan there
    hits       (n_users, depth) bool, whether the item is relevant to the user
    all_tied  (n_users,) bool, whether all candidates had the same score
    """

    items: np.ndarray
    scores: np.ndarray
    hits: np.ndarray
    all_tied: np.ndarray


def rank(
    model: Model,
    profiles: sparse.csr_array,
    seen: sparse.csr_array,
    relevant: sparse.csr_array,
    candidates: np.ndarray,
    tie_order: np.ndarray,
    depth: int,
    query_times: np.ndarray | None = None,
) -> RankedLists:
    """Ask a fitted model for the `depth` best candidates of every user.

    profiles    (n_users, n_items) CSR, stars: what the model is told of each user
    seen        the same shape: stored entries are not recommended
    relevant    the same shape: stored entries are hits
    candidates  (n_items,) bool; only they are recommended
    tie_order   places among the candidates: who goes first of equal scores
    query_times     (n_users,) seconds since 1970 at which each user asks, for a `TimedModel`
    Works in blocks of users, so that memory stays bounded. The model scores one block after the
    other; it must not write to scores it has given, since their lists are made meanwhile.
    Raises ValueError, naming the model, for scores of another shape or that are not finite.
    """
    n_users, n_items = profiles.shape
    lists = RankedLists(
        items=np.full((n_users, depth), -1, dtype=np.int32),
        scores=np.full((n_users, depth), np.nan, dtype=np.float32),
        hits=np.zeros((n_users, depth), dtype=bool),
        all_tied=np.empty(n_users, dtype=bool),
    )
    tie_order = np.flatnonzero(candidates)[tie_order].astype(np.int32)
    given = (
        stored(seen),
        stored(relevant),
        np.flatnonzero(~candidates),
        tie_order,
        places_in(tie_order, n_items),
        (lists.items, lists.scores, lists.hits, lists.all_tied),
    )

    def fill(scores: np.ndarray, rows: slice) -> None:
        if not fill_lists(scores, rows.start, *given):
            raise ValueError(f"{model.name} gave scores that are not finite numbers")

    threads, waiting = numba.get_num_threads(), deque()
    # BLAS's own threads would go on spinning after a product, and keep these from the cores.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        for rows in row_blocks(n_users, n_items):
            scores = _scores(model, profiles, query_times, rows)
            if scores.shape != (rows.stop - rows.start, n_items):
                raise ValueError(f"{model.name} scored {scores.shape}, not users x movies")
            waiting.append(pool.submit(fill, scores, rows))
            if len(waiting) > threads:
                waiting.popleft().result()
        for filling in waiting:
            filling.result()
    return lists


def _scores(
    model: Model, profiles: sparse.csr_array, query_times: np.ndarray | None, rows: slice
) -> np.ndarray:
    if query_times is not None and isinstance(model, TimedModel):
        return model.score_at(profiles[rows], query_times[rows])
    return model.score(profiles[rows])


def popular_first(ratings_per_movie: np.ndarray, seed: int) -> np.ndarray:
    """A tie order: more ratings first, and of equals any order, drawn once. (n_items,) places."""
    drawn = np.random.default_rng(seed).random(len(ratings_per_movie))
    return np.lexsort((drawn, -ratings_per_movie))
