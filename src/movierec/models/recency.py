"""Recent popularity at any query time."""

from functools import cached_property
from typing import Self

import numpy as np
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.memory import require_memory
from movierec.models.kernels.recency import decayed_counts, log_counts_at

_YEAR = 365.25 * 86_400  # seconds
# What is held for a rating at most: its place in order, time, movie, and counts.
_RATING_BYTES = 20


class RecentPopularity:
    """log(1 + n_i(t)) with n_i(t) = sum over ratings of movie i up to t of 2^(-age / half-life).

    Decayed counts are kept at every n_items-th rating, made when the first query comes: a query
    then costs one row of movies, and all rows together the memory of the ratings.
    """

    name = "recent_popularity"

    def __init__(self, training: Interactions, half_life_years: float):
        self._training = training
        self._half_life = half_life_years * _YEAR
        self.last_time = int(training.timestamps.max(initial=0))

    def fit(self, train: sparse.csr_array) -> Self:
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        """Scores (n_rows, n_items) at the time of the last training rating."""
        return self.at(np.full(user_items.shape[0], self.last_time))

    def score_at(self, user_items: sparse.csr_array, query_times: np.ndarray) -> np.ndarray:
        return self.at(query_times)

    def at(self, query_times: np.ndarray) -> np.ndarray:
        """(n_rows, n_items) float32 at each query time.

        query_times: (n_rows,) seconds since 1970; a rating of that very second counts.
        Raises NotEnoughMemory before the first counting.
        """
        times, items, counted = self._blocks
        known = np.searchsorted(times, query_times, side="right")
        return log_counts_at(counted, times, items, query_times, known, self._half_life)

    @cached_property
    def _blocks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times and movies of the ratings in order of time, and decayed counts by block."""
        training = self._training
        require_memory(
            _RATING_BYTES * training.user_items.nnz,
            "Recent popularity",
            "keep fewer ratings (ratings_fraction, top_movies)",
        )
        order = np.argsort(training.timestamps, kind="stable")
        times, items = training.timestamps[order], training.user_items.indices[order]
        return times, items, decayed_counts(times, items, len(training.movie_ids), self._half_life)
