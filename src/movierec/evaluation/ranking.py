"""Ranked lists of a model for many users, with their hits."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields

import numba
import numpy as np
from scipy import sparse

from movierec.models.base import Model, TimedModel
from movierec.models.kernels.ranking import fill_lists, places_in, row_blocks, stored
from movierec.models.kernels.threads import blas_threads


@dataclass(frozen=True)
class RankedLists:
    """Recommendations of one model for some users.

    items     (n_users, depth) int32 item indices, best first; -1 beyond the last candidate
    scores    (n_users, depth) float32; NaN there
    hits      (n_users, depth) bool, whether the item is relevant to the user
    all_tied  (n_users,) bool, whether all candidates had the same score
    """

    items: np.ndarray
    scores: np.ndarray
    hits: np.ndarray
    all_tied: np.ndarray

    def of(self, users: np.ndarray) -> "RankedLists":
        """The lists of some users, by index."""
        return RankedLists(*(getattr(self, one.name)[users] for one in fields(self)))


def rank_items(
    model: Model,
    user_items: sparse.csr_array,
    seen: sparse.csr_array,
    relevant: sparse.csr_array,
    candidates: np.ndarray,
    tie_order: np.ndarray,
    depth: int,
    query_times: np.ndarray | None = None,
) -> RankedLists:
    """The `depth` best candidates of a fitted model for every user.

    user_items   (n_users, n_items) CSR, stars: user history that the model scores
    seen         same shape; stored entries are not recommended
    relevant     same shape; stored entries are hits
    candidates   (n_items,) bool; other items are not recommended
    tie_order    (n_candidates,) positions among the candidates: order of equal scores
    query_times  (n_users,) seconds since 1970, for a `TimedModel`
    Works in blocks of users to bound memory. The model scores block by block; it must not reuse
    the score arrays it returns, since other threads still read them.
    Raises ValueError, naming the model, for scores of a wrong shape or that are not finite.
    """
    n_users, n_items = user_items.shape
    lists = RankedLists(
        items=np.full((n_users, depth), -1, dtype=np.int32),
        scores=np.full((n_users, depth), np.nan, dtype=np.float32),
        hits=np.zeros((n_users, depth), dtype=bool),
        all_tied=np.empty(n_users, dtype=bool),
    )
    tie_order = np.flatnonzero(candidates)[tie_order].astype(np.int32)
    arguments = (
        stored(seen),
        stored(relevant),
        np.flatnonzero(~candidates),
        tie_order,
        places_in(tie_order, n_items),
        (lists.items, lists.scores, lists.hits, lists.all_tied),
    )

    def fill(scores: np.ndarray, rows: slice) -> None:
        if not fill_lists(scores, rows.start, *arguments):
            raise ValueError(f"{model.name} gave scores that are not finite numbers")

    threads = numba.get_num_threads()
    waiting: deque[Future[None]] = deque()
    # Idle BLAS threads spin after a product and would keep the pool's threads from the cores.
    with blas_threads(1), ThreadPoolExecutor(threads) as pool:
        for rows in row_blocks(n_users, n_items):
            if query_times is not None and isinstance(model, TimedModel):
                scores = model.score_at(user_items[rows], query_times[rows])
            else:
                scores = model.score(user_items[rows])
            if scores.shape != (rows.stop - rows.start, n_items):
                raise ValueError(f"{model.name} scored {scores.shape}, not users x movies")
            waiting.append(pool.submit(fill, scores, rows))
            if len(waiting) > threads:
                waiting.popleft().result()
        for filling in waiting:
            filling.result()
    return lists


def popular_first(ratings_per_movie: np.ndarray, seed: int) -> np.ndarray:
    """A tie order (n_items,): by number of ratings, descending, then at random."""
    drawn = np.random.default_rng(seed).random(len(ratings_per_movie))
    return np.lexsort((drawn, -ratings_per_movie))
