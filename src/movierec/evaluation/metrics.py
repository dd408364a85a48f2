"""How well lists find what was hidden, one value a user.

All take `hits`, (n_users, depth) bool: whether the item at each rank, best first, is relevant;
`n_relevant`, (n_users,) int: how many items are relevant to the user; and the cutoff k. A list
shorter than k counts as filled up with misses. All give (n_users,) float64.

A user without a relevant item has no defined value: all raise ValueError, and whoever takes a
mean leaves such users out and says how many they are.
"""

import numba
import numpy as np


def hit_rate(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """1 where at least one of the first k items is relevant, else 0.

    Deshpande and Karypis 2004, "Item-Based Top-N Recommendation Algorithms".
    """
    _check(n_relevant)
    return (_found(hits, k) > 0).astype(np.float64)


def ndcg(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Normalised discounted cumulative gain over the first k items, gain 1 or 0.

    Sum over ranks r of hit_r / log2(r + 1), over the same sum for the best possible list: the
    first min(k, n_relevant) ranks all hits.
    Jarvelin and Kekalainen 2002, "Cumulated gain-based evaluation of IR techniques".
    """
    _check(n_relevant)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(n_relevant, k) - 1]
    return _gained(hits, discount) / ideal


def recall(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits among the first k items over n_relevant; below 1 for any list where that exceeds k.

    Manning, Raghavan and Schuetze 2008, "Introduction to Information Retrieval", chapter 8.
    """
    _check(n_relevant)
    return _found(hits, k) / n_relevant


def capped_recall(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits among the first k items over min(k, n_relevant): 1 for the best possible list.

    Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering".
    """
    _check(n_relevant)
    return _found(hits, k) / np.minimum(n_relevant, k)


def precision(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits among the first k items over k, also where the list is shorter.

    Manning, Raghavan and Schuetze 2008, "Introduction to Information Retrieval", chapter 8.
    """
    _check(n_relevant)
    return _found(hits, k) / k


def average_precision(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Sum over the hits among the first k items of the precision at their rank, over n_relevant.

    Its mean over users is MAP@k. The denominator is all relevant items, as in trec_eval, and not
    min(k, n_relevant). Buckley and Voorhees 2000, "Evaluating evaluation measure stability".
    """
    _check(n_relevant)
    return _precisions(hits, k) / n_relevant


def reciprocal_rank(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """1 / rank of the first hit among the first k items, 0 without one; its mean is MRR@k.

    Voorhees 1999, "The TREC-8 Question Answering Track Report".
    """
    _check(n_relevant)
    first = hits[:, :k]
    return first.any(axis=1) / (first.argmax(axis=1) + 1.0)


METRICS = {
    "HitRate": hit_rate,
    "NDCG": ndcg,
    "Recall": recall,
    "CappedRecall": capped_recall,
    "Precision": precision,
    "MAP": average_precision,
    "MRR": reciprocal_rank,
}


def _found(hits: np.ndarray, k: int) -> np.ndarray:
    return _gained(hits, np.ones(k))


@numba.njit(cache=True)
def _gained(hits, gains):
    """Sum of the gains at the ranks of each user's hits: (n_users,) float64."""
    total = np.zeros(len(hits))
    for user in range(len(hits)):
        for rank in range(min(len(gains), hits.shape[1])):
            total[user] += gains[rank] * hits[user, rank]
    return total


@numba.njit(cache=True)
def _precisions(hits, k):
    """Sum of the precisions at the ranks of each user's hits: (n_users,) float64."""
    total = np.zeros(len(hits))
    for user in range(len(hits)):
        found = 0
        for rank in range(min(k, hits.shape[1])):
            found += hits[user, rank]
            total[user] += hits[user, rank] * found / (rank + 1)
    return total


def _check(n_relevant: np.ndarray) -> None:
    if (n_relevant < 1).any():
        raise ValueError("a user without a relevant item has no defined value; leave them out")
