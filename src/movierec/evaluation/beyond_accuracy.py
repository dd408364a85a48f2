"""What else lists are like: how varied, how obvious, how fair, and how like the user's history.

All take `items`, (n_users, k) int: the columns of the recommended movies; -1 stands for none.
What describes one user is (n_users,) float64, nan where it is not defined; such users are left
out of its mean. None of it depends on what is relevant, so nobody is left out for lacking that.
"""

from itertools import combinations

import numpy as np
from scipy import sparse

from movierec.models.kernels.ranking import row_blocks

# Up to here cosines of all movies are looked up (100 MB) rather than multiplied list by list.
_DENSE_MOVIES = 5_000


def coverage(items: np.ndarray, candidates: np.ndarray) -> float:
    """Share of the candidates that stand on at least one list.

    candidates: (n_movies,) bool. Ge, Delgado-Battenfeld and Jannach 2010, "Beyond Accuracy".
    """
    return np.count_nonzero(_exposure(items, candidates)) / np.count_nonzero(candidates)


def gini(items: np.ndarray, candidates: np.ndarray) -> float:
    """How unevenly places on lists go to the candidates: 0 all alike, nearly 1 all to one.

    With the exposures x_1 <= ... <= x_n, sum over i of (2 i - n - 1) x_i, over n times the sum
    of all x. nan where no list holds anything.
    Fleder and Hosanagar 2009, "Blockbuster Culture's Next Rise or Fall".
    """
    exposure = np.sort(_exposure(items, candidates))
    n = len(exposure)
    with np.errstate(invalid="ignore"):
        return (2 * np.arange(1, n + 1) - n - 1) @ exposure / (n * exposure.sum())


def novelty(items: np.ndarray, ratings_per_movie: np.ndarray, n_users: int) -> np.ndarray:
    """Mean self-information of a list's movies, bits: -log2 of the share of users who rated each.

    A movie without a rating counts as one with one, or its information would be infinite.
    The denominator is the length of the list; nan for an empty list.
    Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems".
    """
    information = -np.log2(np.maximum(ratings_per_movie, 1) / n_users)
    return _mean_over(as_rows(items, len(ratings_per_movie)), information)


def diversity(items: np.ndarray, item_content: sparse.csr_array) -> np.ndarray:
    """Mean of 1 - cosine over all pairs of a list's movies.

    item_content: (n_movies, terms) with rows of length one; or zero, which are unlike all. The
    denominator is the number of pairs; nan for a list of fewer than two.
    Ziegler et al. 2005, "Improving Recommendation RankedLists Through Topic Diversification".
    """
    length = np.count_nonzero(items >= 0, axis=1)
    with np.errstate(invalid="ignore"):
        return 1 - 2 * _likeness(items, item_content) / (length * (length - 1))


def popularity_lift(
    items: np.ndarray, known: sparse.csr_array, ratings_per_movie: np.ndarray
) -> np.ndarray:
    """How much more rated a list's movies are than those of the user's history: 0.5 is by half.

    Mean number of ratings of the listed movies over that of the known ones, minus 1; nan where
    either is empty or has no training rating. known: (n_users, n_movies) CSR, the ratings of the
    same users.
    Abdollahpouri et al. 2019, "The Unfairness of Popularity Bias in Recommendation", user by user.
    """
    listed = _mean_over(as_rows(items, known.shape[1]), ratings_per_movie)
    usual = _mean_over(_ones(known), ratings_per_movie)
    return np.divide(listed, usual, out=np.full(len(usual), np.nan), where=usual > 0) - 1


def genre_shares(rows: sparse.csr_array, item_genres: np.ndarray) -> np.ndarray:
    """Shares of genres in the movies stored in each row: (n_rows, n_genres), nan without any.

    item_genres: (n_movies, n_genres) ones and zeros. A movie's genres share its weight evenly;
    movies without genres are left out.
    """
    number = item_genres.sum(axis=1, keepdims=True)
    weights = np.divide(item_genres, number, out=np.zeros(item_genres.shape), where=number > 0)
    total = _ones(rows) @ weights
    with np.errstate(invalid="ignore"):
        return total / total.sum(axis=1, keepdims=True)


def miscalibration(
    items: np.ndarray, known: sparse.csr_array, item_genres: np.ndarray
) -> np.ndarray:
    """Jensen-Shannon divergence, bits, between the genres of a list and of the user's history.

    With the shares p and q and their mean m: (KL(p, m) + KL(q, m)) / 2, from 0 for the same
    shares to 1 for none in common; nan where either side has no genres.
    Steck 2018, "Calibrated Recommendations"; Lin 1991, "Divergence Measures".
    """
    p = genre_shares(as_rows(items, known.shape[1]), item_genres)
    q = genre_shares(known, item_genres)
    return _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2


def _likeness(items: np.ndarray, item_content: sparse.csr_array) -> np.ndarray:
    """Sum of the cosines of all pairs of each list: (n_users,)."""
    n_movies, n_terms = item_content.shape
    total = np.zeros(len(items))
    if n_movies <= _DENSE_MOVIES:
        # Last row and column are the movie that is none, which has nothing in common with any.
        cosine = np.zeros((n_movies + 1, n_movies + 1), dtype=np.float32)
        cosine[:-1, :-1] = (item_content @ item_content.T).toarray()
        for first, second in combinations(range(items.shape[1]), 2):
            total += cosine[items[:, first], items[:, second]]
        return total
    lists = as_rows(items, n_movies)
    own = item_content.power(2).sum(axis=1)
    for rows in row_blocks(len(items), n_terms):
        # |a + b + ...|^2 holds every pair's product twice, and each movie's with itself.
        together = (lists[rows] @ item_content).power(2).sum(axis=1)
        total[rows] = (together - lists[rows] @ own) / 2
    return total


def _entropy(shares: np.ndarray) -> np.ndarray:
    """Shannon entropy of each row, bits; 0 log 0 is 0."""
    bits = np.log2(shares, out=np.zeros_like(shares), where=shares != 0)
    return -np.einsum("ug,ug->u", shares, bits)


def _exposure(items: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """On how many lists each candidate stands."""
    return np.bincount(items[items >= 0], minlength=len(candidates))[candidates]


def as_rows(items: np.ndarray, n_movies: int) -> sparse.csr_array:
    """RankedLists as rows of ones over all movies."""
    there = items >= 0
    indptr = np.r_[0, np.cumsum(np.count_nonzero(there, axis=1))]
    ones = np.ones(indptr[-1], dtype=np.float32)
    return sparse.csr_array((ones, items[there], indptr), shape=(len(items), n_movies))


def _ones(rows: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones_like(rows.data), rows.indices, rows.indptr), shape=rows.shape)


def _mean_over(rows: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """Mean of the values of the movies in each row of ones; nan for an empty row."""
    with np.errstate(invalid="ignore"):
        return rows @ values.astype(np.float64) / np.diff(rows.indptr)
