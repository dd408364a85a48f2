"""Every model on the same split: fitted, asked for lists, its lists held against the test part."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from tqdm.auto import tqdm

from movierec.data.splits import Split
from movierec.evaluation.beyond_accuracy import (
    coverage,
    diversity,
    gini,
    miscalibration,
    novelty,
    popularity_lift,
)
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.ranking import RankedLists, popular_first, rank
from movierec.memory import require_memory
from movierec.models.base import Model

CUTOFFS = (5, 10, 15, 20, 30, 40)
# The length of list that comparisons, segments and examples are about.
K = 10
# Bytes of a place on a list: item, score, hit; and of a metric's value, held twice for a moment.
_LISTED_BYTES, _VALUE_BYTES = 9, 16


@dataclass(frozen=True)
class Evaluation:
    """All models on one split.

    split     what was learnt from and what was to be found
    relevant  (n_users, n_movies) CSR, the test ratings that count
    users     (n_test_users,) rows with at least one of those; the others count nowhere
    lists     by model name, as deep as the largest cutoff
    per_user  (n_test_users, columns) frame, columns (model, metric, k)
    costs     a row a model: "fit, s" and "rank, s" in seconds, and "all_tied", the share of
              test users to whom it gave all candidates the same score
    """

    split: Split
    relevant: sparse.csr_array
    users: np.ndarray
    lists: dict[str, RankedLists]
    per_user: pd.DataFrame
    costs: pd.DataFrame


def evaluate(
    models: Iterable[Model],
    split: Split,
    relevance_threshold: float = 0.0,
    cutoffs: tuple[int, ...] = CUTOFFS,
    seed: int = 0,
    progress: bool = False,
) -> Evaluation:
    """Fit every model on the training part, rank all unseen candidates for all test users.

    Test ratings of `relevance_threshold` stars and more are relevant. Where a model gives movies
    the same score, as to a user of whom nothing is known, those with more training ratings go
    first, and of equals any order, drawn once by `seed`.
    Raises ValueError where no test rating is relevant, and for a model that scores with
    something other than finite numbers; NotEnoughMemory where the lists would not fit.
    """
    relevant = split.relevant(relevance_threshold)
    n_relevant = np.diff(relevant.indptr)
    users = np.flatnonzero(n_relevant)
    if not len(users):
        raise ValueError(
            f"no test rating has {relevance_threshold} stars or more; lower relevance_threshold"
            if relevance_threshold
            else "the test set is empty: hold out a larger share, or keep more ratings"
        )
    models = list(models)
    require_memory(
        len(models)
        * len(users)
        * (_LISTED_BYTES * max(cutoffs) + _VALUE_BYTES * len(METRICS) * len(cutoffs)),
        f"Keeping the lists of {len(users):,} users by {len(models)} models",
        "compare fewer models (models=...)",
    )
    known, hidden, n_relevant = split.known[users], relevant[users], n_relevant[users]
    tie_order = popular_first(split.training.ratings_per_movie[split.candidates], seed)
    lists, columns, costs = {}, {}, {}
    with tqdm(models, disable=not progress) as bar:
        for model in bar:
            bar.set_description(model.name)
            start = time.perf_counter()
            model.fit(split.train)
            fitted = time.perf_counter()
            given = rank(
                model,
                known,
                known,
                hidden,
                split.candidates,
                tie_order,
                max(cutoffs),
                split.query_times[users],
            )
            costs[model.name] = {
                "fit, s": fitted - start,
                "rank, s": time.perf_counter() - fitted,
                "all_tied": given.all_tied.mean(),
            }
            for metric, function in METRICS.items():
                for k in cutoffs:
                    columns[model.name, metric, k] = function(given.hits, n_relevant, k)
            lists[model.name] = given
    return Evaluation(split, relevant, users, lists, _frame(columns), pd.DataFrame(costs).T)


def list_qualities(
    evaluation: Evaluation, item_content: sparse.csr_array, item_genres: np.ndarray, k: int = K
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What lists of k are like beyond being right: (per user, overall).

    item_content: (n_movies, terms) rows of length one; item_genres: (n_movies, n_genres) ones.
    The first frame is like `Evaluation.per_user`; the second has a row a model and holds what
    describes all lists together.
    """
    split = evaluation.split
    counts = split.training.ratings_per_movie
    n_users = np.count_nonzero(np.diff(split.train.indptr))
    known = split.known[evaluation.users]
    columns, overall = {}, {}
    for model, given in evaluation.lists.items():
        items = given.items[:, :k]
        columns[model, "Novelty", k] = novelty(items, counts, n_users)
        columns[model, "Diversity", k] = diversity(items, item_content)
        columns[model, "PopularityLift", k] = popularity_lift(items, known, counts)
        columns[model, "Miscalibration", k] = miscalibration(items, known, item_genres)
        overall[model] = {
            ("Coverage", k): coverage(items, split.candidates),
            ("Gini", k): gini(items, split.candidates),
        }
    together = pd.DataFrame(overall).T.rename_axis(columns=["metric", "k"])
    return _frame(columns), together


def _frame(columns: dict[tuple[str, str, int], np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame(columns).rename_axis(columns=["model", "metric", "k"])
