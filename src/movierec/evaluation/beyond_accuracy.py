"""Novelty, diversity, popularity, calibration and coverage of recommendation lists.

`lists` and `histories` are (n_users, n_movies) CSR bool, true at the movies of a user's list or
history. Per-user metrics are (n_users,) float64, NaN where undefined. None depends on relevance.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import rel_entr

from movierec.evaluation.evaluate import Evaluation, K, per_user_frame
from movierec.models.kernels.ranking import row_blocks

# Up to here the cosines of all movies are kept (200 MB); sums of long sparse rows take longer.
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
    histories = split.known[evaluation.users].astype(bool)
    columns, overall = {}, []
    for model, ranked in evaluation.lists.items():
        lists = as_rows(ranked.items[:, :k], len(counts))
        columns[model, "Novelty", k] = novelty(lists, counts, n_users)
        columns[model, "Diversity", k] = diversity(lists, item_content)
        columns[model, "PopularityLift", k] = popularity_lift(lists, histories, counts)
        columns[model, "Miscalibration", k] = miscalibration(lists, histories, genres)
        overall.append((model, "Coverage", k, coverage(lists, split.candidates)))
        overall.append((model, "Gini", k, gini(lists, split.candidates)))
    return per_user_frame(columns), pd.DataFrame(overall, columns=["model", "metric", "k", "mean"])


def as_rows(items: np.ndarray, n_movies: int) -> sparse.csr_array:
    """Lists (n_users, k) of item indices, -1 for none, as (n_users, n_movies) CSR bool."""
    listed = items >= 0
    indptr = np.r_[0, np.cumsum(listed.sum(axis=1))]
    data = np.ones(indptr[-1], dtype=bool)
    return sparse.csr_array((data, items[listed], indptr), shape=(len(items), n_movies))


def coverage(lists: sparse.csr_array, candidates: np.ndarray) -> float:
    """Share of the candidates that are on at least one list.

    candidates: (n_movies,) bool. Ge, Delgado-Battenfeld and Jannach 2010, "Beyond Accuracy".
    """
    return (_exposure(lists, candidates) > 0).mean()


def gini(lists: sparse.csr_array, candidates: np.ndarray) -> float:
    """Gini index of the candidates' exposure: 0 if equal, nearly 1 if one candidate has it all.

    With exposures x_1 <= ... <= x_n: sum_i (2 i - n - 1) x_i / (n sum_i x_i). NaN if all lists
    are empty. Fleder and Hosanagar 2009, "Blockbuster Culture's Next Rise or Fall".
    """
    return gini_of(_exposure(lists, candidates))


def gini_of(exposure: np.ndarray) -> float:
    """`gini` of the number of lists that each candidate is on (n_candidates,)."""
    exposure = np.sort(exposure)
    n = len(exposure)
    with np.errstate(invalid="ignore"):
        return float((2 * np.arange(1, n + 1) - n - 1) @ exposure / (n * exposure.sum()))


def novelty(lists: sparse.csr_array, ratings_per_movie: np.ndarray, n_users: int) -> np.ndarray:
    """Mean self-information of the listed movies, bits: -log2(ratings / n_users).

    A movie without ratings counts as having one, which keeps it finite. NaN for an empty list.
    Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems".
    """
    return _mean_over(lists, -np.log2(np.maximum(ratings_per_movie, 1) / n_users))


def diversity(lists: sparse.csr_array, item_content: sparse.csr_array) -> np.ndarray:
    """Mean of 1 - cosine over all pairs of a list's movies; NaN for fewer than two.

    item_content: (n_movies, n_terms) rows of length one, or zero, whose cosines are 0.
    Ziegler et al. 2005, "Improving Recommendation Lists Through Topic Diversification".
    """
    length = np.diff(lists.indptr)
    pairs = length * (length - 1)
    of_pairs = _dense_cosines if lists.shape[1] <= _DENSE_MOVIES else _sparse_cosines
    cosines = of_pairs(lists, item_content)
    return 1 - np.divide(cosines, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def popularity_lift(
    lists: sparse.csr_array, histories: sparse.csr_array, ratings_per_movie: np.ndarray
) -> np.ndarray:
    """Mean number of ratings of the listed movies / that of the user's history, minus 1.

    NaN if either mean is undefined or that of the history is 0.
    Abdollahpouri et al. 2019, "The Unfairness of Popularity Bias in Recommendation", per user.
    """
    listed = _mean_over(lists, ratings_per_movie)
    usual = _mean_over(histories, ratings_per_movie)
    return np.divide(listed, usual, out=np.full(len(usual), np.nan), where=usual > 0) - 1


def genre_shares(rows: sparse.csr_array, item_genres: np.ndarray) -> np.ndarray:
    """Genre distribution of each list or history: (n_rows, n_genres), NaN if it has no genres.

    item_genres: (n_movies, n_genres) indicators. A movie's weight of 1 is shared by its genres;
    movies without genres are excluded.
    """
    number = item_genres.sum(axis=1, keepdims=True)
    total = rows @ (item_genres / np.maximum(number, 1)).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return total / total.sum(axis=1, keepdims=True)


def miscalibration(
    lists: sparse.csr_array, histories: sparse.csr_array, item_genres: np.ndarray
) -> np.ndarray:
    """Jensen-Shannon divergence, bits, of the genre distributions of list p and history q.

    (KL(p, m) + KL(q, m)) / 2 with m = (p + q) / 2: 0 if equal, 1 if disjoint. NaN if either has
    no genres. Steck 2018, "Calibrated Recommendations"; Lin 1991, "Divergence Measures".
    """
    p, q = genre_shares(lists, item_genres), genre_shares(histories, item_genres)
    m = (p + q) / 2
    return (rel_entr(p, m) + rel_entr(q, m)).sum(axis=1) / (2 * np.log(2))


def _exposure(lists: sparse.csr_array, candidates: np.ndarray) -> np.ndarray:
    """Number of lists that each candidate is on: (n_candidates,)."""
    return np.bincount(lists.indices, minlength=len(candidates))[candidates]


def _mean_over(rows: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """Mean of `values` (n_movies,) over the movies in each row; NaN for an empty row."""
    with np.errstate(invalid="ignore"):
        return rows @ values / np.diff(rows.indptr)


def _dense_cosines(lists: sparse.csr_array, item_content: sparse.csr_array) -> np.ndarray:
    """Sum of the cosines of all ordered pairs of a list's movies: (n_users,)."""
    cosine = (item_content @ item_content.T).toarray().astype(np.float64)
    np.fill_diagonal(cosine, 0)
    length, found = np.diff(lists.indptr), np.zeros(lists.shape[0])
    for n in np.unique(length[length > 1]):
        alike = np.flatnonzero(length == n)
        for rows in row_blocks(len(alike), n * n):
            items = lists[alike[rows]].indices.reshape(-1, n)
            found[alike[rows]] = cosine[items[:, :, None], items[:, None]].sum(axis=(1, 2))
    return found


def _sparse_cosines(lists: sparse.csr_array, item_content: sparse.csr_array) -> np.ndarray:
    """The same by |a + b + ...|^2, which holds every pair's cosine twice, a squared norm once."""
    squared_norms, found = item_content.power(2).sum(axis=1), np.empty(lists.shape[0])
    for rows in row_blocks(lists.shape[0], max(item_content.shape)):
        block = lists[rows].astype(np.float32)
        found[rows] = (block @ item_content).power(2).sum(axis=1) - block @ squared_norms
    return found


def list_overlap(evaluation: Evaluation, k: int = K) -> pd.DataFrame:
    """Share of the first k movies that two models' lists have in common, mean over users.

    Models both ways, best mean NDCG first.
    """
    order = evaluation.values("NDCG").mean().sort_values(ascending=False, kind="stable").index
    n_items = evaluation.relevant.shape[1]
    rows = {model: as_rows(evaluation.lists[model].items[:, :k], n_items) for model in order}
    shares = [
        [(one * other).sum() / max(min(one.nnz, other.nnz), 1) for other in rows.values()]
        for one in rows.values()
    ]
    return pd.DataFrame(shares, order, order)


def exposure(evaluation: Evaluation, models: list[str], k: int = K) -> pd.DataFrame:
    """How much of all list places the n most listed movies take: index n, a column per model.

    Only candidates count; n = 0 has 0, the last is 1.
    """
    n_candidates = int(evaluation.split.candidates.sum())
    curves = {}
    for model in models:
        items = evaluation.lists[model].items[:, :k]
        places = np.sort(np.bincount(items[items >= 0], minlength=n_candidates))[::-1]
        curves[model] = np.append(0, places[:n_candidates].cumsum() / max(places.sum(), 1))
    return pd.DataFrame(curves)
