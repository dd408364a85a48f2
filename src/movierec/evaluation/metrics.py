"""Accuracy metrics of ranked lists with binary relevance, one value per user.

Arguments of all:

hits        (n_users, depth) bool, whether the item at each rank, best first, is relevant
n_relevant  (n_users,) int, number of relevant items of the user
k           cutoff; positions beyond the end of a shorter list count as misses

All return (n_users,) float64 and raise ValueError for a user without a relevant item, for whom
no value is defined.
"""

import numba
import numpy as np


def hit_rate(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """1 if at least one of the first k items is relevant, else 0.

    Deshpande and Karypis 2004, "Item-Based Top-N Recommendation Algorithms".
    """
    _check(n_relevant)
    return (_found(hits, k) > 0).astype(np.float64)


def ndcg(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Normalised discounted cumulative gain at k, gain 1 or 0.

    DCG / ideal DCG, where DCG = sum over ranks r <= k of hit_r / log2(r + 1), and the ideal list
    has hits at ranks 1 to min(k, n_relevant).
    Jarvelin and Kekalainen 2002, "Cumulated gain-based evaluation of IR techniques".
    """
    _check(n_relevant)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(n_relevant, k) - 1]
    return _gained(hits, discount) / ideal


def recall(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits at k / n_relevant; at most k / n_relevant if that is below 1.

    Manning, Raghavan and Schuetze 2008, "Introduction to Information Retrieval", chapter 8.
    """
    _check(n_relevant)
    return _found(hits, k) / n_relevant


def capped_recall(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits at k / min(k, n_relevant): 1 for the ideal list.

    Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering".
    """
    _check(n_relevant)
    return _found(hits, k) / np.minimum(n_relevant, k)


def precision(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits at k / k, also for a shorter list.

    Manning, Raghavan and Schuetze 2008, "Introduction to Information Retrieval", chapter 8.
    """
    _check(n_relevant)
    return _found(hits, k) / k


def average_precision(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Sum over hits at rank r <= k of precision at r, / n_relevant; its mean over users is MAP@k.

    The denominator is n_relevant, as in trec_eval, not min(k, n_relevant).
    Buckley and Voorhees 2000, "Evaluating evaluation measure stability".
    """
    _check(n_relevant)
    return _precisions(hits, k) / n_relevant


def reciprocal_rank(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """1 / rank of the first hit at rank <= k, or 0; its mean over users is MRR@k.

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
def _gained(hits: np.ndarray, gains: np.ndarray) -> np.ndarray:
    """Sum of the gains (k,) at the ranks of each user's hits: (n_users,) float64."""
    total = np.zeros(len(hits))
    for user in range(len(hits)):
        for rank in range(min(len(gains), hits.shape[1])):
            total[user] += gains[rank] * hits[user, rank]
    return total


@numba.njit(cache=True)
def _precisions(hits: np.ndarray, k: int) -> np.ndarray:
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
        raise ValueError("metrics are not defined for users without a relevant item; exclude them")
