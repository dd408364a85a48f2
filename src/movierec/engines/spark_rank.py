"""Ranking and scoring lists on the cluster: sums over all users, and the lists of some."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.data.splits import Split
from movierec.engines import hashing
from movierec.engines.rows import to_block
from movierec.engines.splits import HashSplit
from movierec.evaluation import beyond_accuracy as beyond
from movierec.evaluation.evaluate import CUTOFFS, K, per_user_frame, per_user_values
from movierec.evaluation.ranking import RankedLists, rank_items
from movierec.evaluation.statistics import normal_intervals, wilson
from movierec.evaluation.summary import paired_table
from movierec.models.base import Model
from movierec.models.hybrid import Components, Hybrid
from movierec.models.served import Served

# Metrics whose differences from the target model are summed too.
COMPARED = ("NDCG", "LikedNDCG", "HitRate")
# A column of a difference: target minus model.
_MINUS = "minus"
# What a fitted model holds and ranking does without.
_UNUSED = "training confidences grams user_factors feature_factors item_features".split()


@dataclass(frozen=True)
class Listed:
    """Lists of some users, by model, in the order of `user_ids`."""

    user_ids: np.ndarray
    lists: dict[str, RankedLists]


@dataclass(frozen=True)
class Totals:
    """Sums over test users.

    moments   by (model, metric, k), and (model, "minus NDCG", 10) for the difference: defined
              values, their sum and sum of squares, and how many are above and below 0
    exposure  by model, number of lists of K that each movie is on
    tied      by model, users for whom it tied all candidates
    """

    moments: dict[tuple[str, str, int], np.ndarray]
    exposure: dict[str, np.ndarray]
    tied: dict[str, int]
    n_users: int
    n_ratings: int

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            {name: one + other.moments[name] for name, one in self.moments.items()},
            {name: one + other.exposure[name] for name, one in self.exposure.items()},
            {name: one + other.tied[name] for name, one in self.tied.items()},
            self.n_users + other.n_users,
            self.n_ratings + other.n_ratings,
        )

    def summary(self) -> pd.DataFrame:
        """As `summary.summarise`, index (model, metric, k); intervals are normal, or Wilson's.

        Columns n, better and worse too: defined values, and how many are above and below 0.
        """
        n, total, squares, better, worse = np.array(list(self.moments.values())).T
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total / n
            error = np.sqrt(np.maximum(squares - n * mean**2, 0) / (n - 1) / n)
        error = np.where(n == 1, 0, error)
        # Of values 0 and 1 alone, sums and sums of squares are whole and equal.
        share = (total == squares) & (total == np.rint(total))
        low, high = np.where(share, wilson(n, mean), normal_intervals(mean, error))
        columns = {"mean": mean, "se": error, "low": low, "high": high}
        columns |= {"n": n, "better": better, "worse": worse}
        index = pd.MultiIndex.from_tuples(self.moments, names=["model", "metric", "k"])
        return pd.DataFrame(columns, index=index)

    def metrics_table(self, candidates: np.ndarray) -> pd.DataFrame:
        """As of `summary.metrics_table`."""
        values = self.summary().reset_index()
        values = values[~values["metric"].str.startswith(_MINUS)]
        histories = values["metric"] == "NoHistoryNDCG"
        if not values.loc[histories, "n"].any():
            values = values[~values["metric"].isin(["HistoryNDCG", "NoHistoryNDCG"])]
        values = values.drop(columns=["n", "better", "worse"])
        overall = []
        for model, exposure in self.exposure.items():
            seen = exposure[candidates]
            overall.append((model, "Coverage", K, (seen > 0).mean()))
            overall.append((model, "Gini", K, beyond.gini_of(seen)))
        table = pd.DataFrame(overall, columns=["model", "metric", "k", "mean"])
        return pd.concat([values, table], ignore_index=True)

    def differences(self, metric: str) -> pd.DataFrame:
        """As of `summary.differences`, of the target model that the totals were made for."""
        rows = self.summary()
        found = rows.xs((f"{_MINUS} {metric}", K), level=("metric", "k"))
        means = rows["mean"].xs((metric, K), level=("metric", "k"))
        found = found.loc[means.loc[found.index].sort_values(ascending=False).index]
        n = found["n"].to_numpy()
        table = paired_table(found, n, found["better"] / n, found["worse"] / n)
        return table.rename_axis(index=None)


@dataclass(frozen=True)
class Rank:
    """Ranks for the test users of a partition: totals, and the lists of a share of the users."""

    split: HashSplit
    models: Mapping[str, Model]
    target: str
    threshold: float
    tie_order: np.ndarray
    ratings_per_movie: np.ndarray
    n_raters: int
    features: ItemFeatures
    genres: np.ndarray
    share: float

    def __call__(self, table: pa.Table) -> tuple[Totals | None, Listed | None]:
        block = to_block(table, self.split.movie_ids)
        split = self.split.of(block)
        relevant = split.relevant(self.threshold)
        n_relevant = np.diff(relevant.indptr)
        users = np.flatnonzero(n_relevant)
        if not len(users):
            return None, None
        lists = self.lists(split, relevant, users)
        values = self.values(lists, split, relevant, users)
        totals = self.totals(values, lists, len(users), int(n_relevant.sum()))
        return totals, self.listed(lists, block.user_ids[users])

    def lists(
        self, split: Split, relevant: sparse.csr_array, users: np.ndarray
    ) -> dict[str, RankedLists]:
        known, times = split.known[users], split.query_times[users]
        arguments = known, known, relevant[users], split.candidates, self.tie_order
        return {
            name: rank_items(model, *arguments, max(CUTOFFS), times)
            for name, model in self.models.items()
        }

    def values(
        self,
        lists: dict[str, RankedLists],
        split: Split,
        relevant: sparse.csr_array,
        users: np.ndarray,
    ) -> pd.DataFrame:
        """What `evaluate` and `list_qualities` give for each user."""
        columns: dict[tuple[str, str, int], np.ndarray] = {}
        histories = split.known[users].astype(bool)
        n_known, counts = np.diff(histories.indptr), self.ratings_per_movie
        measured = per_user_values(split, lists, relevant, users, CUTOFFS)
        for model, ranked in lists.items():
            # Other partitions may have users without a history.
            ndcg = measured[model, "NDCG", K].to_numpy()
            columns[model, "HistoryNDCG", K] = np.where(n_known, ndcg, np.nan)
            columns[model, "NoHistoryNDCG", K] = np.where(n_known, np.nan, ndcg)
            rows = beyond.as_rows(ranked.items[:, :K], len(counts))
            columns[model, "Novelty", K] = beyond.novelty(rows, counts, self.n_raters)
            columns[model, "Diversity", K] = beyond.diversity(rows, self.features.terms)
            columns[model, "PopularityLift", K] = beyond.popularity_lift(rows, histories, counts)
            columns[model, "Miscalibration", K] = beyond.miscalibration(
                rows, histories, self.genres
            )
        measured = measured.drop(columns=list(columns), errors="ignore")
        return measured.join(per_user_frame(columns))

    def totals(
        self, values: pd.DataFrame, lists: dict[str, RankedLists], n_users: int, n_ratings: int
    ) -> Totals:
        columns = {name: values[name].to_numpy() for name in values.columns}
        there = {metric for _, metric, _ in columns}
        for metric in filter(there.__contains__, COMPARED):
            best = columns[self.target, metric, K]
            columns |= {
                (model, f"{_MINUS} {metric}", K): best - columns[model, metric, K]
                for model in lists
                if model != self.target
            }
        moments = {
            name: np.array(
                [
                    np.count_nonzero(~np.isnan(one)),
                    np.nansum(one),
                    np.nansum(one**2),
                    np.count_nonzero(one > 0),
                    np.count_nonzero(one < 0),
                ],
                dtype=float,
            )
            for name, one in columns.items()
        }
        n_movies = len(self.ratings_per_movie)
        firsts = {model: ranked.items[:, :K] for model, ranked in lists.items()}
        return Totals(
            moments,
            {name: np.bincount(one[one >= 0], minlength=n_movies) for name, one in firsts.items()},
            {name: int(one.all_tied.sum()) for name, one in lists.items()},
            n_users,
            n_ratings,
        )

    def listed(self, lists: dict[str, RankedLists], user_ids: np.ndarray) -> Listed:
        some = np.flatnonzero(hashing.of_users(user_ids, 0) < self.share)
        return Listed(user_ids[some], {name: _rows(one, some) for name, one in lists.items()})


def portable(models: Mapping[str, Model]) -> dict[str, Model]:
    """Fitted models without what only training and explaining need; what they share stays one."""
    made: dict[int, Any] = {}

    def light(model: Any) -> Any:
        if model is None or id(model) in made:
            return made.get(id(model))
        found = made[id(model)] = copy.copy(model)
        for name in _UNUSED:
            vars(found).pop(name, None)
        if isinstance(found, Hybrid):
            found.components = Components(*map(light, found.components))
        elif isinstance(found, Served):
            found.hybrid = light(found.hybrid)
        return found

    return {name: light(model) for name, model in models.items()}


def joined(parts: list[Listed], user_ids: np.ndarray) -> dict[str, RankedLists]:
    """The lists of `user_ids`, in their order, from all partitions."""
    there = np.concatenate([part.user_ids for part in parts])
    order = np.argsort(there)
    if not np.array_equal(there[order], user_ids):
        raise AssertionError("the cluster listed other users than are held")
    found = {}
    for model in parts[0].lists:
        lists = [part.lists[model] for part in parts]
        arrays = (
            np.concatenate([getattr(one, name) for one in lists])[order]
            for name in ("items", "scores", "hits", "all_tied")
        )
        found[model] = RankedLists(*arrays)
    return found


def _rows(lists: RankedLists, some: np.ndarray) -> RankedLists:
    return RankedLists(
        lists.items[some], lists.scores[some], lists.hits[some], lists.all_tied[some]
    )
