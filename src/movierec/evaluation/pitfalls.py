"""What the original evaluation's mistakes are worth, each switched on alone, and all at once.

The original reported a hit rate and an NDCG of its ALS that had learnt the test ratings too, on
the first 100 users, with the mean of item factors in place of a user's own; and its test matrix
kept explicit zeros, so that users with nothing to find counted as misses.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.splits import Split
from movierec.evaluation.evaluate import K
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.ranking import popular_first, rank
from movierec.evaluation.summary import summarise
from movierec.models.original import OriginalMean, original_als

FIRST_USERS = 100


@dataclass(frozen=True)
class Pitfalls:
    """Which of them to make; none is the honest protocol."""

    learns_the_test: bool = False
    item_means: bool = False
    first_users_only: bool = False
    counts_empty_users: bool = False


VARIANTS = {
    "honest: own factors, all users": Pitfalls(),
    "learns the test ratings too": Pitfalls(learns_the_test=True),
    "item means for users": Pitfalls(item_means=True),
    f"the first {FIRST_USERS} users only": Pitfalls(first_users_only=True),
    "explicit zeros: empty users count": Pitfalls(counts_empty_users=True),
    "all of these, as reported then": Pitfalls(True, True, True, True),
}


def pitfall_effects(
    split: Split, original: OriginalMean, seed: int = 0, k: int = K
) -> pd.DataFrame:
    """HitRate@k and NDCG@k of the original's factors, by what is done wrong.

    original: fitted on the training part or not yet; it is fitted there. Every test rating is
    relevant. Index (variant, metric), columns mean, se, low, high and `users`, how many counted.
    """
    leaky = OriginalMean(original_als(seed, original.als.model.solver_name))
    models = {False: original.fit(split.train), True: leaky.fit(_with_test(split))}
    rows = {}
    for variant, mistakes in VARIANTS.items():
        values = _values(split, models[mistakes.learns_the_test], mistakes, seed, k)
        rows[variant] = summarise(values, seed).assign(users=len(values))
    return pd.concat(rows, names=["variant", "metric"])


def _values(
    split: Split, model: OriginalMean, mistakes: Pitfalls, seed: int, k: int
) -> pd.DataFrame:
    """HitRate and NDCG of each user that is counted: columns of these names."""
    counted = np.diff(split.known.indptr) > 0 if mistakes.counts_empty_users else False
    users = np.flatnonzero(counted | (np.diff(split.test.indptr) > 0))
    if mistakes.first_users_only:
        users = users[:FIRST_USERS]
    # A user's own factors learnt from all their ratings know the hidden ones too.
    told = split.known if mistakes.item_means or not mistakes.learns_the_test else _with_test(split)
    lists = rank(
        model if mistakes.item_means else model.als,
        told[users],
        split.known[users],
        split.test[users],
        split.candidates,
        popular_first(split.training.ratings_per_movie[split.candidates], seed),
        k,
    )
    n_relevant = np.maximum(np.diff(split.test[users].indptr), 1)
    return pd.DataFrame(
        {name: METRICS[name](lists.hits, n_relevant, k) for name in ("HitRate", "NDCG")}
    )


def _with_test(split: Split) -> sparse.csr_array:
    """All ratings; a test rating without stars counts as the mean one."""
    test = split.test.copy()
    test.data = np.nan_to_num(test.data, nan=split.train.data.mean())
    return sparse.csr_array(split.known.maximum(split.train) + test)
