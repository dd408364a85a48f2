"""Effect of the original evaluation's pitfalls, each one alone and all together.

The original reported HitRate and NDCG of ALS factors that were trained on the test ratings too,
over the first 100 users, with the mean of item factors in place of user factors; and its test
matrix stored explicit zeros, so that users without test ratings counted as misses.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.splits import Split
from movierec.evaluation.evaluate import K
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.ranking import popular_first, rank_items
from movierec.evaluation.summary import summarise
from movierec.models.base import Model
from movierec.models.original import OriginalMean, original_als

FIRST_USERS = 100


def pitfall_effects(
    split: Split, original: OriginalMean, seed: int = 0, k: int = K
) -> pd.DataFrame:
    """HitRate@k and NDCG@k of the original's factors, correctly and with pitfalls.

    original: fitted on the training split here, unless it is. All test ratings are relevant.
    Index (variant, metric), columns mean, se, low, high and users, the number of users counted;
    the correct protocol is first, all pitfalls last.
    """
    als = original.als.settings
    ratings = _with_test(split)
    original.fit(split.train)
    leaky = OriginalMean(original_als(als.seed)).fit(ratings)
    tie_order = popular_first(split.training.ratings_per_movie[split.candidates], seed)
    n_test = np.diff(split.test.indptr)
    tested = n_test > 0
    counted = tested | (np.diff(split.known.indptr) > 0)

    def per_user(model: Model, history: sparse.csr_array) -> pd.DataFrame:
        lists = rank_items(model, history, split.known, split.test, split.candidates, tie_order, k)
        n_relevant = np.maximum(n_test, 1)  # without a test rating nothing is hit
        metrics = {name: METRICS[name](lists.hits, n_relevant, k) for name in ("HitRate", "NDCG")}
        return pd.DataFrame(metrics)

    correct = per_user(original.als, split.known)
    variants = {
        "correct: user factors, all test users": correct[tested],
        # User factors that were trained on the test ratings are those of the whole history.
        "trained on the test ratings too": per_user(leaky.als, ratings)[tested],
        "item factor means as user factors": per_user(original, split.known)[tested],
        f"first {FIRST_USERS} users only": correct[tested][:FIRST_USERS],
        "users without test ratings counted": correct[counted],
        "all pitfalls, as first reported": per_user(leaky, split.known)[counted][:FIRST_USERS],
    }
    return pd.concat(
        {name: summarise(one, seed).assign(users=len(one)) for name, one in variants.items()},
        names=["variant", "metric"],
    )


def _with_test(split: Split) -> sparse.csr_array:
    """All ratings; test ratings without stars take the mean of the training ratings."""
    test = split.test.copy()
    test.data = np.nan_to_num(test.data, nan=split.train.data.mean())
    return sparse.csr_array(split.known.maximum(split.train) + test)
