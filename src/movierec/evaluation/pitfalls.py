"""Effect of the original evaluation's pitfalls, each one alone and all together.

The original reported HitRate and NDCG of ALS factors that were trained on the test ratings too,
over the first 100 users, with the mean of item factors in place of user factors; and its test
matrix stored explicit zeros, so that users without test ratings counted as misses.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.splits import Split
from movierec.evaluation.evaluate import K
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.ranking import popular_first, rank_items
from movierec.evaluation.summary import summarise
from movierec.models.original import OriginalMean, original_als

FIRST_USERS = 100


@dataclass(frozen=True)
class Pitfalls:
    """Pitfalls to evaluate with; none is the correct protocol."""

    trains_on_test: bool = False
    item_factor_means: bool = False
    first_users_only: bool = False
    counts_users_without_test: bool = False


VARIANTS = {
    "correct: user factors, all test users": Pitfalls(),
    "trained on the test ratings too": Pitfalls(trains_on_test=True),
    "item factor means as user factors": Pitfalls(item_factor_means=True),
    f"first {FIRST_USERS} users only": Pitfalls(first_users_only=True),
    "users without test ratings counted": Pitfalls(counts_users_without_test=True),
    "all pitfalls, as first reported": Pitfalls(True, True, True, True),
}


def pitfall_effects(
    split: Split, original: OriginalMean, seed: int = 0, k: int = K
) -> pd.DataFrame:
    """HitRate@k and NDCG@k of the original's factors under each set of pitfalls.

    original: fitted on the training split here, unless it is. All test ratings are relevant.
    Index (variant, metric), columns mean, se, low, high and users, the number of users counted.
    """
    als = original.als.settings
    leaky = OriginalMean(original_als(als.seed, als.als_solver))
    models = {False: original.fit(split.train), True: leaky.fit(_with_test(split))}
    effects = {}
    for variant, pitfalls in VARIANTS.items():
        values = _values(split, models[pitfalls.trains_on_test], pitfalls, seed, k)
        effects[variant] = summarise(values, seed).assign(users=len(values))
    return pd.concat(effects, names=["variant", "metric"])


def _values(
    split: Split, model: OriginalMean, pitfalls: Pitfalls, seed: int, k: int
) -> pd.DataFrame:
    """HitRate and NDCG of each counted user, columns of these names."""
    n_test, n_known = np.diff(split.test.indptr), np.diff(split.known.indptr)
    users = np.flatnonzero((n_test > 0) | (pitfalls.counts_users_without_test & (n_known > 0)))
    if pitfalls.first_users_only:
        users = users[:FIRST_USERS]
    # User factors that were trained on the test ratings are those of the whole history.
    leaky_factors = pitfalls.trains_on_test and not pitfalls.item_factor_means
    history = _with_test(split) if leaky_factors else split.known
    lists = rank_items(
        model if pitfalls.item_factor_means else model.als,
        history[users],
        split.known[users],
        split.test[users],
        split.candidates,
        popular_first(split.training.ratings_per_movie[split.candidates], seed),
        k,
    )
    n_relevant = np.maximum(n_test[users], 1)
    return pd.DataFrame(
        {name: METRICS[name](lists.hits, n_relevant, k) for name in ("HitRate", "NDCG")}
    )


def _with_test(split: Split) -> sparse.csr_array:
    """All ratings; test ratings without stars take the mean of the training ratings."""
    test = split.test.copy()
    test.data = np.nan_to_num(test.data, nan=split.train.data.mean())
    return sparse.csr_array(split.known.maximum(split.train) + test)
