"""Ranking metrics, one value a user.

All take `hits`, (n_users, depth) bool: whether the item at each rank, best first, is relevant;
and give (n_users,) float64. Which users count is the caller's business: a user without a
relevant item has no defined value here and must be left out before the mean.
"""

import numpy as np


def hit_rate(hits: np.ndarray, k: int) -> np.ndarray:
    """1 where at least one of the first k items is relevant, else 0."""
    return hits[:, :k].any(axis=1).astype(np.float64)


def ndcg(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Normalised discounted cumulative gain over the first k items, gain 1 or 0.

    sum over ranks r of hit_r / log2(r + 1), over the same sum for the best possible list: the
    first min(k, n_relevant) ranks all hits. n_relevant: (n_users,) int, at least 1.
    Source: Jarvelin and Kekalainen 2002, "Cumulated gain-based evaluation of IR techniques".
    Raises ValueError for a user without a relevant item.
    """
    if (n_relevant < 1).any():
        raise ValueError("NDCG is undefined for a user without a relevant item; leave them out")
    discount = 1 / np.log2(np.arange(2, k + 2))
    gained = hits[:, :k] @ discount[: hits.shape[1]]
    ideal = np.cumsum(discount)[np.minimum(n_relevant, k) - 1]
    return gained / ideal
