"""How far means depend on which movies are held out: a jackknife over groups of movies.

Of a protocol that holds out movies, intervals over users alone say nothing about other movies. The
candidates are divided into groups at random; each is left out in turn, of candidates and of what is
relevant. From the means without each follows a standard error (`statistics.jackknife_errors`).
Tukey 1958, "Bias and Confidence in Not-quite Large Samples".
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from movierec.evaluation.ranking import RankedLists

# More groups would cost more and say little more.
GROUPS = 50


def groups_of_movies(candidates: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """At most GROUPS masks (n_items,) bool, which divide the candidates (n_items,) bool."""
    shuffled = np.random.default_rng(seed).permutation(np.flatnonzero(candidates))
    for group in np.array_split(shuffled, min(GROUPS, len(shuffled))):
        mask = np.zeros(len(candidates), dtype=bool)
        mask[group] = True
        yield mask


def lists_without(lists: RankedLists, left_out: np.ndarray) -> RankedLists:
    """Lists from which some items, (n_items,) bool, are left out and others move up.

    They end earlier, with items of -1: what would follow was not ranked.
    """
    gone = np.append(left_out, True)[lists.items]  # the last stands for the item -1
    order = np.argsort(gone, axis=1, kind="stable")
    gone = np.take_along_axis(gone, order, axis=1)
    items, scores, hits = (
        np.take_along_axis(one, order, axis=1) for one in (lists.items, lists.scores, lists.hits)
    )
    return RankedLists(
        items=np.where(gone, -1, items),
        scores=np.where(gone, np.nan, scores),
        hits=hits & ~gone,
        all_tied=lists.all_tied,
    )


def ratings_without(ratings: sparse.csr_array, left_out: np.ndarray) -> sparse.csr_array:
    """Ratings (n_users, n_items) without those of some items, (n_items,) bool."""
    kept = ~left_out[ratings.indices]
    indptr = np.r_[0, np.cumsum(kept)][ratings.indptr]
    return sparse.csr_array((ratings.data[kept], ratings.indices[kept], indptr), ratings.shape)
