"""Two questions to the same lists: what will people rate, and what will they like?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.evaluation.evaluate import Evaluation, K, evaluate, per_user_frame
from movierec.evaluation.metrics import ndcg
from movierec.evaluation.ranking import RankedLists
from movierec.evaluation.summary import differences, summarise
from movierec.models.hybrid import Hybrid
from movierec.models.served import Served

# Stars from which a movie was liked, and up to which it was not.
LIKED, DISLIKED = 4.0, 2.5
# Each metric's answer is that to one question, and what the lists hold that nobody wants.
NAMES = ["NDCG", "LikedNDCG", "DislikedHits"]


@dataclass(frozen=True)
class Answers:
    """What models, and the one that is served, answer to both questions.

    served   name of the model that is served
    metrics  of `per_user_answers`: columns model, metric, k, mean, se, low, high
    gains    LikedNDCG@10 of the served model minus each other, see `summary.differences`
    """

    served: str
    metrics: pd.DataFrame
    gains: pd.DataFrame


def two_questions(evaluation: Evaluation, hybrid: Hybrid, seed: int = 0) -> Answers:
    """Evaluate the hybrid as it is served too, and ask both questions of all models.

    hybrid: fitted on the evaluation's training part.
    Raises ValueError for held-out ratings without stars.
    """
    served = Served(hybrid)
    split, threshold = evaluation.split, evaluation.relevance_threshold
    alone = evaluate([served], split, threshold, (K,), evaluation.seed)
    held_out = split.test[evaluation.users]
    per_user = per_user_answers(evaluation.lists | alone.lists, held_out)
    liked = per_user.xs(("LikedNDCG", K), axis=1, level=("metric", "k")).dropna()
    return Answers(
        served.name,
        summarise(per_user, seed).reset_index(),
        differences(liked, served.name, seed),
    )


def per_user_answers(lists: dict[str, RankedLists], held_out: sparse.csr_array) -> pd.DataFrame:
    """Both questions to lists by model: (n_users, n_columns), columns (model, metric, k), k = 10.

    held_out: (n_users, n_items) CSR, stars. Metrics are those of NAMES:

    NDCG          every held-out rating is relevant: what will they rate?
    LikedNDCG     those of LIKED stars and more are: what will they like? NaN for users without
    DislikedHits  share rated DISLIKED stars or less among the listed movies that were held out;
                  NaN for lists without one

    Raises ValueError for held-out ratings without stars.
    """
    if np.isnan(held_out.data).any():
        raise ValueError("the held-out ratings have no stars, so nobody knows what was liked")
    least = {"NDCG": 0.0, "LikedNDCG": LIKED}
    shape, places = held_out.shape, (held_out.indices, held_out.indptr)
    n_relevant = {
        name: sparse.csr_array((held_out.data >= stars, *places), shape).sum(axis=1)
        for name, stars in least.items()
    }
    columns = {}
    for model, ranked in lists.items():
        stars = listed_stars(ranked.items[:, :K], held_out)
        hits = stars > 0
        for name, number in n_relevant.items():
            columns[model, name, K] = np.full(len(stars), np.nan)
            some = number > 0
            relevant = hits[some] & (stars[some] >= least[name])
            columns[model, name, K][some] = ndcg(relevant, number[some], K)
        disliked = hits & (stars <= DISLIKED)
        with np.errstate(invalid="ignore"):
            columns[model, "DislikedHits", K] = disliked.sum(axis=1) / hits.sum(axis=1)
    return per_user_frame(columns)


def listed_stars(items: np.ndarray, ratings: sparse.csr_array) -> np.ndarray:
    """Stars that users gave to listed movies: (n_users, k), 0 for none.

    items    (n_users, k), -1 beyond the end of a list
    ratings  (n_users, n_items) CSR, stars
    """
    rows, places = np.nonzero(items >= 0)
    stars = np.zeros(items.shape, dtype=ratings.dtype)
    stars[rows, places] = ratings[rows, items[rows, places]]
    return stars
