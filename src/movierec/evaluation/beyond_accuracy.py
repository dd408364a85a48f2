"""Novelty, diversity, popularity, calibration and coverage of recommendation lists.

All take `items`, (n_users, k) int: recommended item indices, -1 for none. Per-user metrics are
(n_users,) float64, NaN where undefined. None depends on relevance.
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.evaluation.evaluate import Evaluation, K, per_user_frame
from movierec.models.kernels.ranking import row_blocks

# Up to here cosines are looked up in a dense matrix (100 MB) instead of multiplied list by list.
_DENSE_MOVIES = 5_000


def list_qualities(
    evaluation: Evaluation, item_content: sparse.csr_array, item_genres: pd.DataFrame, k: int = K
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All metrics of this module at k, for every model.

    item_content  (n_movies, n_terms) CSR, rows of length one
    item_genres   (n_movies, n_genres) indicators
    Returns per-user values, columns as in `Evaluation.per_user`, and a table of the metrics that
    describe all lists of a model together, columns model, metric, k, mean.
    """
    split, genres = evaluation.split, item_genres.to_numpy()
    counts = split.training.ratings_per_movie
    n_users = int(np.count_nonzero(np.diff(split.train.indptr)))
    known = split.known[evaluation.users]
    columns, overall = {}, []
    for model, lists in evaluation.lists.items():
        items = lists.items[:, :k]
        columns[model, "Novelty", k] = novelty(items, counts, n_users)
        columns[model, "Diversity", k] = diversity(items, item_content)
        columns[model, "PopularityLift", k] = popularity_lift(items, known, counts)
        columns[model, "Miscalibration", k] = miscalibration(items, known, genres)
        overall.append((model, "Coverage", k, coverage(items, split.candidates)))
        overall.append((model, "Gini", k, gini(items, split.candidates)))
    return per_user_frame(columns), pd.DataFrame(overall, columns=["model", "metric", "k", "mean"])


def coverage(items: np.ndarray, candidates: np.ndarray) -> float:
    """Share of the candidates that are on at least one list.

    candidates: (n_movies,) bool. Ge, Delgado-Battenfeld and Jannach 2010, "Beyond Accuracy".
    """
    return np.count_nonzero(_exposure(items, candidates)) / np.count_nonzero(candidates)


def gini(items: np.ndarray, candidates: np.ndarray) -> float:
    """Gini index of the candidates' exposure: 0 if equal, nearly 1 if one candidate has it all.

    With exposures x_1 <= ... <= x_n: sum_i (2 i - n - 1) x_i / (n sum_i x_i). NaN if all lists
    are empty. Fleder and Hosanagar 2009, "Blockbuster Culture's Next Rise or Fall".
    """
    exposure = np.sort(_exposure(items, candidates))
    n = len(exposure)
    with np.errstate(invalid="ignore"):
        return float((2 * np.arange(1, n + 1) - n - 1) @ exposure / (n * exposure.sum()))


def novelty(items: np.ndarray, ratings_per_movie: np.ndarray, n_users: int) -> np.ndarray:
    """Mean self-information of the listed movies, bits: -log2(ratings / n_users).

    A movie without ratings counts as having one, which keeps it finite. NaN for an empty list.
    Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems".
    """
    information = -np.log2(np.maximum(ratings_per_movie, 1) / n_users)
    return _mean_over(as_rows(items, len(ratings_per_movie)), information)


def diversity(items: np.ndarray, item_content: sparse.csr_array) -> np.ndarray:
    """Mean of 1 - cosine over all pairs of a list's movies; NaN for fewer than two.

    item_content: (n_movies, n_terms) rows of length one, or zero, whose cosines are 0.
    Ziegler et al. 2005, "Improving Recommendation Lists Through Topic Diversification".
    """
    length = np.count_nonzero(items >= 0, axis=1)
    with np.errstate(invalid="ignore"):
        return 1 - 2 * _sum_of_cosines(items, item_content) / (length * (length - 1))


def popularity_lift(
    items: np.ndarray, known: sparse.csr_array, ratings_per_movie: np.ndarray
) -> np.ndarray:
    """Mean number of ratings of the listed movies / that of the user's history, minus 1.

    known: (n_users, n_movies) CSR, history of the same users. NaN if either mean is undefined or
    that of the history is 0.
    Abdollahpouri et al. 2019, "The Unfairness of Popularity Bias in Recommendation", per user.
    """
    listed = _mean_over(as_rows(items, known.shape[1]), ratings_per_movie)
    usual = _mean_over(_ones(known), ratings_per_movie)
    return np.divide(listed, usual, out=np.full(len(usual), np.nan), where=usual > 0) - 1


def genre_shares(rows: sparse.csr_array, item_genres: np.ndarray) -> np.ndarray:
    """Genre distribution of the movies stored in each row: (n_rows, n_genres), NaN if none.

    item_genres: (n_movies, n_genres) indicators. A movie's weight of 1 is shared by its genres;
    movies without genres are excluded.
    """
    number = item_genres.sum(axis=1, keepdims=True)
    weights = np.divide(item_genres, number, out=np.zeros(item_genres.shape), where=number > 0)
    total = _ones(rows) @ weights
    with np.errstate(invalid="ignore"):
        return total / total.sum(axis=1, keepdims=True)


def miscalibration(
    items: np.ndarray, known: sparse.csr_array, item_genres: np.ndarray
) -> np.ndarray:
    """Jensen-Shannon divergence, bits, of the genre distributions of list p and history q.

    (KL(p, m) + KL(q, m)) / 2 with m = (p + q) / 2: 0 if equal, 1 if disjoint. NaN if either has
    no genres. Steck 2018, "Calibrated Recommendations"; Lin 1991, "Divergence Measures".
    """
    p = genre_shares(as_rows(items, known.shape[1]), item_genres)
    q = genre_shares(known, item_genres)
    return _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2


def as_rows(items: np.ndarray, n_movies: int) -> sparse.csr_array:
    """Lists as indicator rows: (n_users, n_movies) CSR float32."""
    there = items >= 0
    indptr = np.r_[0, np.cumsum(np.count_nonzero(there, axis=1))]
    ones = np.ones(indptr[-1], dtype=np.float32)
    return sparse.csr_array((ones, items[there], indptr), shape=(len(items), n_movies))


def _sum_of_cosines(items: np.ndarray, item_content: sparse.csr_array) -> np.ndarray:
    """Sum of the cosines of all pairs of each list: (n_users,)."""
    n_movies, n_terms = item_content.shape
    total = np.zeros(len(items))
    if n_movies <= _DENSE_MOVIES:
        # The last row and column stand for the item -1.
        cosine = np.zeros((n_movies + 1, n_movies + 1), dtype=np.float32)
        cosine[:-1, :-1] = (item_content @ item_content.T).toarray()
        for first, second in combinations(range(items.shape[1]), 2):
            total += cosine[items[:, first], items[:, second]]
        return total
    lists = as_rows(items, n_movies)
    squared_norms = item_content.power(2).sum(axis=1)
    for rows in row_blocks(len(items), n_terms):
        # |a + b + ...|^2 holds every pair's product twice, and each squared norm once.
        squared_sums = (lists[rows] @ item_content).power(2).sum(axis=1)
        total[rows] = (squared_sums - lists[rows] @ squared_norms) / 2
    return total


def _entropy(shares: np.ndarray) -> np.ndarray:
    """Shannon entropy of each row, bits; 0 log 0 = 0."""
    bits = np.log2(shares, out=np.zeros_like(shares), where=shares != 0)
    return -np.einsum("ug,ug->u", shares, bits)


def _exposure(items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Number of lists that each candidate is on: (n_candidates,)."""
    return np.bincount(items[items >= 0], minlength=len(candidates))[candidates]


def _ones(rows: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones_like(rows.data), rows.indices, rows.indptr), shape=rows.shape)


def _mean_over(rows: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """Mean of `values` (n_movies,) over the movies in each indicator row; NaN for an empty row."""
    with np.errstate(invalid="ignore"):
        return rows @ values.astype(np.float64) / np.diff(rows.indptr)
