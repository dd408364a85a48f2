"""Accuracy metrics of ranked lists with binary relevance, one value per user.

Arguments of all:

hits        (n_users, depth) bool, whether the item at each rank, best first, is relevant
n_relevant  (n_users,) int, number of relevant items of the user
k           cutoff; positions beyond the end of a shorter list count as misses

All return (n_users,) float64 and raise ValueError for a user without a relevant item, for whom
no value is defined.
"""

from collections.abc import Iterable

import numpy as np

# Users at a time, so that what is computed of them stays in cache.
_BLOCK = 1_024


def hit_rate(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """1 if at least one of the first k items is relevant, else 0.

    Deshpande and Karypis 2004, "Item-Based Top-N Recommendation Algorithms".
    """
    return (_first(hits, n_relevant, k).sum(axis=1) > 0).astype(np.float64)


def ndcg(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Normalised discounted cumulative gain at k, gain 1 or 0.

    DCG / ideal DCG, where DCG = sum over ranks r <= k of hit_r / log2(r + 1), and the ideal list
    has hits at ranks 1 to min(k, n_relevant).
    Jarvelin and Kekalainen 2002, "Cumulated gain-based evaluation of IR techniques".
    """
    first = _first(hits, n_relevant, k)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(n_relevant, k) - 1]
    return first @ discount[: first.shape[1]] / ideal


def recall(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits at k / n_relevant; at most k / n_relevant if that is below 1.

    Manning, Raghavan and Schuetze 2008, "Introduction to Information Retrieval", chapter 8.
    """
    return _first(hits, n_relevant, k).sum(axis=1) / n_relevant


def capped_recall(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits at k / min(k, n_relevant): 1 for the ideal list.

    Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering".
    """
    return _first(hits, n_relevant, k).sum(axis=1) / np.minimum(n_relevant, k)


def precision(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Hits at k / k, also for a shorter list.

    Manning, Raghavan and Schuetze 2008, "Introduction to Information Retrieval", chapter 8.
    """
    return _first(hits, n_relevant, k).sum(axis=1) / k


def average_precision(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Sum over hits at rank r <= k of precision at r, / n_relevant; its mean over users is MAP@k.

    The denominator is n_relevant, as in trec_eval, not min(k, n_relevant).
    Buckley and Voorhees 2000, "Evaluating evaluation measure stability".
    """
    first = _first(hits, n_relevant, k)
    precisions = np.cumsum(first, axis=1) / np.arange(1, first.shape[1] + 1)
    return (first * precisions).sum(axis=1) / n_relevant


def reciprocal_rank(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """1 / rank of the first hit at rank <= k, or 0; its mean over users is MRR@k.

    Voorhees 1999, "The TREC-8 Question Answering Track Report".
    """
    first = _first(hits, n_relevant, k)
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


def per_user_metrics(
    hits: np.ndarray, n_relevant: np.ndarray, cutoffs: Iterable[int]
) -> dict[tuple[str, int], np.ndarray]:
    """All of METRICS at all cutoffs, by metric and cutoff."""
    values = {(name, k): np.empty(len(hits)) for name in METRICS for k in cutoffs}
    for start in range(0, len(hits), _BLOCK):
        rows = slice(start, start + _BLOCK)
        for (name, k), column in values.items():
            column[rows] = METRICS[name](hits[rows], n_relevant[rows], k)
    return values


def _first(hits: np.ndarray, n_relevant: np.ndarray, k: int) -> np.ndarray:
    """The first k columns, after a check of `n_relevant`."""
    if (n_relevant < 1).any():
        raise ValueError("metrics are not defined for users without a relevant item; exclude them")
    return hits[:, :k]
