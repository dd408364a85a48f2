"""Fit models on the training split, rank all unseen candidates, score lists on the test split."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.splits import Split
from movierec.evaluation.metrics import METRICS, per_user_metrics
from movierec.evaluation.movie_sample import groups_of_movies, lists_without, ratings_without
from movierec.evaluation.questions import liked_and_disliked
from movierec.evaluation.ranking import RankedLists, popular_first, rank_items
from movierec.memory import require_memory
from movierec.models.base import Model
from movierec.models.registry import TARGET
from movierec.progress import track

CUTOFFS = (5, 10, 15, 20, 30, 40)
# The cutoff of comparisons, segments and examples.
K = 10
# Bytes of a list position (item, score, hit), and of a metric value, briefly held twice.
_LISTED_BYTES, _VALUE_BYTES = 9, 16
# Users that means without some movies are taken of, at most.
_SAMPLED_USERS = 5_000


@dataclass(frozen=True)
class Evaluation:
    """All models on one split.

    split     training, known and test ratings
    relevant  (n_users, n_movies) CSR: test ratings of `relevance_threshold` stars and more
    users     (n_test_users,) rows with a relevant rating; all other users are excluded
    lists     by model name, as deep as the largest cutoff
    per_user  (n_test_users, n_columns) float64, columns (model, metric, k): METRICS at every
              cutoff; at K those of `questions`, if test ratings have stars; and HistoryNDCG and
              NoHistoryNDCG, of users with and without a history, NaN for others, if some have none
    costs     a row per model: "fit, s" and "rank, s" in seconds, and "all_tied", the share of
              test users for whom all candidates had the same score
    """

    split: Split
    relevance_threshold: float
    seed: int
    relevant: sparse.csr_array
    users: np.ndarray
    lists: dict[str, RankedLists]
    per_user: pd.DataFrame
    costs: pd.DataFrame

    @property
    def target(self) -> str:
        """The model that others are compared with: TARGET, or the last one if that is left out."""
        return TARGET if TARGET in self.lists else list(self.lists)[-1]

    def values(self, metric: str, k: int = K) -> pd.DataFrame:
        """One metric at one cutoff: (n_test_users, n_models), columns model names."""
        return _one_metric(self.per_user, metric, k)

    @cached_property
    def without_movies(self) -> pd.DataFrame | None:
        """Means without each group of candidates: (n_groups, n_columns), columns as of `per_user`.

        None unless the split holds out movies, so that the candidates are a sample too. Of many
        users a sample is taken.
        """
        candidates = self.split.candidates
        if candidates.all():
            return None
        places = np.arange(len(self.users))
        if len(places) > _SAMPLED_USERS:
            rng = np.random.default_rng(self.seed)
            places = np.sort(rng.choice(places, _SAMPLED_USERS, replace=False))
        relevant, test = (
            ratings[self.users[places]] for ratings in (self.relevant, self.split.test)
        )
        cutoffs = sorted(set(self.per_user.columns.get_level_values("k")))
        means = []
        for left_out in groups_of_movies(candidates, self.seed):
            rest, rest_of_test = (ratings_without(one, left_out) for one in (relevant, test))
            some = np.flatnonzero(np.diff(rest.indptr))
            columns = {
                (model, *name): values
                for model, lists in self.lists.items()
                for name, values in _measured(
                    lists_without(lists.of(places[some]), left_out),
                    rest[some],
                    rest_of_test[some],
                    cutoffs,
                ).items()
            }
            means.append(per_user_frame(columns).mean())
        return pd.DataFrame(means)

    def movie_means(self, metric: str, k: int = K) -> pd.DataFrame | None:
        """One metric of `without_movies` at one cutoff: (n_groups, n_models), or None."""
        means = self.without_movies
        return None if means is None else _one_metric(means, metric, k)


def evaluate(
    models: Iterable[Model],
    split: Split,
    relevance_threshold: float = 0.0,
    cutoffs: tuple[int, ...] = CUTOFFS,
    seed: int = 0,
    progress: bool = False,
) -> Evaluation:
    """Fit every model on the training split and rank all unseen candidates for all test users.

    Test ratings of at least `relevance_threshold` stars are relevant. Tied scores are ordered by
    the number of training ratings, then at random by `seed`; all models share this order.
    Raises ValueError if no test rating is relevant or a model's scores are not finite, and
    NotEnoughMemory if the lists would not fit.
    """
    relevant = split.relevant(relevance_threshold)
    users = np.flatnonzero(np.diff(relevant.indptr))
    if not len(users):
        raise ValueError(
            f"no test rating has {relevance_threshold} stars or more; lower relevance_threshold"
            if relevance_threshold
            else "the test set is empty: hold out a larger share, or keep more ratings"
        )
    models, depth = list(models), max(cutoffs)
    per_user = _LISTED_BYTES * depth + _VALUE_BYTES * len(METRICS) * len(cutoffs)
    require_memory(
        len(models) * len(users) * per_user,
        f"Keeping the lists of {len(users):,} users by {len(models)} models",
        "compare fewer models (models=...)",
    )
    known, held_out, times = split.known[users], relevant[users], split.query_times[users]
    tie_order = popular_first(split.training.ratings_per_movie[split.candidates], seed)
    lists, costs = {}, {}
    for model in track(models, "model", lambda model: model.name) if progress else models:
        start = time.perf_counter()
        model.fit(split.train)
        fitted = time.perf_counter()
        ranked = rank_items(
            model, known, known, held_out, split.candidates, tie_order, depth, times
        )
        lists[model.name] = ranked
        costs[model.name] = {
            "fit, s": fitted - start,
            "rank, s": time.perf_counter() - fitted,
            "all_tied": ranked.all_tied.mean(),
        }
    return evaluation_of(split, lists, pd.DataFrame(costs).T, relevance_threshold, cutoffs, seed)


def evaluation_of(
    split: Split,
    lists: dict[str, RankedLists],
    costs: pd.DataFrame,
    relevance_threshold: float,
    cutoffs: tuple[int, ...],
    seed: int,
) -> Evaluation:
    """The evaluation of lists that were made already, of the users with a relevant rating."""
    relevant = split.relevant(relevance_threshold)
    users = np.flatnonzero(np.diff(relevant.indptr))
    return Evaluation(
        split=split,
        relevance_threshold=relevance_threshold,
        seed=seed,
        relevant=relevant,
        users=users,
        lists=lists,
        per_user=per_user_values(split, lists, relevant, users, cutoffs),
        costs=costs,
    )


def per_user_values(
    split: Split,
    lists: dict[str, RankedLists],
    relevant: sparse.csr_array,
    users: np.ndarray,
    cutoffs: tuple[int, ...],
) -> pd.DataFrame:
    """As `Evaluation.per_user`."""
    columns: dict[tuple[str, str, int], np.ndarray] = {}
    for model, ranked in lists.items():
        metrics = _measured(ranked, relevant[users], split.test[users], cutoffs)
        # Where no held-out rating says that a movie was liked, there is no such question.
        columns |= {
            (model, *name): values
            for name, values in metrics.items()
            if name[0] != "LikedNDCG" or not np.isnan(values).all()
        }
    no_history = np.diff(split.known.indptr)[users] == 0
    if no_history.any() and K in cutoffs:
        for name in lists:
            values = columns[name, "NDCG", K]
            columns[name, "HistoryNDCG", K] = np.where(no_history, np.nan, values)
            columns[name, "NoHistoryNDCG", K] = np.where(no_history, values, np.nan)
    return per_user_frame(columns)


def per_user_frame(columns: dict[tuple[str, str, int], np.ndarray]) -> pd.DataFrame:
    """A frame (n_users, n_columns) from arrays by (model, metric, k)."""
    return pd.DataFrame(columns).rename_axis(columns=["model", "metric", "k"])


def _measured(
    lists: RankedLists, relevant: sparse.csr_array, test: sparse.csr_array, cutoffs: Sequence[int]
) -> dict[tuple[str, int], np.ndarray]:
    """Per-user values (n_users,) by metric and cutoff; every user has a relevant item."""
    found = per_user_metrics(lists.hits, np.diff(relevant.indptr), cutoffs)
    if K in cutoffs and not np.isnan(test.data).any():
        found |= liked_and_disliked(lists.items, test, K)
    return found


def _one_metric(values: pd.DataFrame, metric: str, k: int) -> pd.DataFrame:
    """Columns model names, from columns (model, metric, k)."""
    return values.xs((metric, k), axis=1, level=("metric", "k")).rename_axis(columns=None)
