"""Every model on the same split: ranked lists, metrics a user, means with intervals."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse
from tqdm.auto import tqdm

from movierec.data.columns import MOVIE, RATING, USER
from movierec.data.interactions import Interactions
from movierec.data.splits import Split
from movierec.evaluation.metrics import hit_rate, ndcg
from movierec.evaluation.statistics import bootstrap_means, interval, standard_error
from movierec.models.base import Model
from movierec.models.ranking import row_blocks, top_k
from movierec.paths import replacing

CUTOFFS = (5, 10, 15, 20, 30, 40)


@dataclass(frozen=True)
class Ranking:
    """What one model recommends to the test users.

    items   (n_test_users, depth) int32 columns, best first; -1 where there was no more to give
    scores  (n_test_users, depth) float32, nan there
    hits    (n_test_users, depth) bool, whether the item is among the user's test ratings
    """

    items: np.ndarray
    scores: np.ndarray
    hits: np.ndarray
    seconds_to_fit: float
    seconds_to_rank: float


@dataclass(frozen=True)
class Evaluation:
    """All models on one split.

    users      (n_test_users,) rows with at least one test rating; the others count nowhere
    n_users    how many users there are in all
    rankings   by model name
    per_user   (n_test_users, columns) frame, columns (model, metric, k)
    """

    users: np.ndarray
    n_users: int
    rankings: dict[str, Ranking]
    per_user: pd.DataFrame

    def summary(self, seed: int = 0) -> pd.DataFrame:
        """Mean, standard error and 95 % bootstrap interval over users of every column."""
        values = self.per_user.to_numpy()
        low, high = interval(bootstrap_means(values, seed=seed))
        return pd.DataFrame(
            {
                "mean": values.mean(axis=0),
                "se": standard_error(values),
                "low": low,
                "high": high,
            },
            index=self.per_user.columns,
        )

    def differences(self, chosen: str, metric: str, k: int, seed: int = 0) -> pd.DataFrame:
        """The chosen model minus every other, user by user: mean, 95 % interval, shares.

        better and worse are the shares of users for whom the chosen model's value is higher
        and lower.
        """
        values = self.per_user.xs((metric, k), axis=1, level=("metric", "k"))
        others = [model for model in values.columns if model != chosen]
        gains = values[[chosen]].to_numpy() - values[others].to_numpy()
        low, high = interval(bootstrap_means(gains, seed=seed))
        return pd.DataFrame(
            {
                "mean": gains.mean(axis=0),
                "low": low,
                "high": high,
                "better": (gains > 0).mean(axis=0),
                "worse": (gains < 0).mean(axis=0),
            },
            index=pd.Index(others, name="model"),
        )

    def timings(self) -> pd.DataFrame:
        """Seconds each model took to fit and to rank for all test users."""
        return pd.DataFrame(
            {
                name: {"fit, s": ranking.seconds_to_fit, "rank, s": ranking.seconds_to_rank}
                for name, ranking in self.rankings.items()
            }
        ).T


def evaluate(
    models: Iterable[Model],
    split: Split,
    cutoffs: tuple[int, ...] = CUTOFFS,
    progress: bool = False,
) -> Evaluation:
    """Fit every model on the training part, rank all unseen movies for all users with a test.

    Every test rating counts as relevant. Raises ValueError for an empty test set, and for a
    model that scores with something other than finite numbers.
    """
    n_relevant = np.diff(split.test.indptr)
    users = np.flatnonzero(n_relevant)
    if not len(users):
        raise ValueError("the test set is empty: hold out a larger share, or keep more ratings")
    train, test, n_relevant = split.train[users], split.test[users], n_relevant[users]
    rankings, columns = {}, {}
    for model in tqdm(models, desc="models", disable=not progress):
        start = time.perf_counter()
        model.fit(split.train)
        fitted = time.perf_counter()
        items, scores, hits = _rank(model, train, test, max(cutoffs))
        ended = time.perf_counter()
        rankings[model.name] = Ranking(items, scores, hits, fitted - start, ended - fitted)
        for k in cutoffs:
            columns[model.name, "HitRate", k] = hit_rate(hits, k)
            columns[model.name, "NDCG", k] = ndcg(hits, n_relevant, k)
    per_user = pd.DataFrame(columns)
    per_user.columns.names = ["model", "metric", "k"]
    return Evaluation(users, split.test.shape[0], rankings, per_user)


def _rank(
    model: Model, train: sparse.csr_array, test: sparse.csr_array, depth: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Items, scores and hits of every row, in blocks of users so that memory stays bounded."""
    n_users, n_items = train.shape
    items = np.empty((n_users, depth), dtype=np.int32)
    values = np.empty((n_users, depth), dtype=np.float32)
    hits = np.empty((n_users, depth), dtype=bool)
    for rows in row_blocks(n_users, n_items):
        scores = model.score(train[rows])
        if scores.shape != (rows.stop - rows.start, n_items):
            raise ValueError(f"{model.name} scored {scores.shape}, not users x movies")
        if not np.isfinite(scores).all():
            raise ValueError(f"{model.name} gave scores that are not finite numbers")
        best = top_k(scores, depth, seen=train[rows])
        missing = best < 0
        items[rows] = best
        values[rows] = np.where(missing, np.nan, np.take_along_axis(scores, best, axis=1))
        relevant = np.zeros(scores.shape, dtype=bool)
        held_out = test[rows]
        relevant[np.repeat(np.arange(len(best)), np.diff(held_out.indptr)), held_out.indices] = True
        hits[rows] = np.take_along_axis(relevant, best, axis=1) & ~missing
    return items, values, hits


def mean_and_error(summary: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric as text "mean ± standard error", models by k, best at k = 10 first."""
    values = summary.xs(metric, level="metric")
    text = values["mean"].map("{:.3f}".format) + " ± " + values["se"].map("{:.3f}".format)
    table = text.unstack("k").rename(columns=lambda k: f"{metric}@{k}")
    best_first = values["mean"].unstack("k")[10].sort_values(ascending=False).index
    return table.loc[best_first].rename_axis(index=None, columns=None)


def save_metrics(
    path: Path, protocol: dict, summary: pd.DataFrame, comparisons: pd.DataFrame, chosen: str
) -> None:
    """Write means, standard errors and intervals as JSON with one metric a line, to diff well."""
    models: dict[str, dict] = {}
    for (model, metric, k), row in summary.iterrows():
        models.setdefault(model, {})[f"{metric.lower()}@{k}"] = {
            "mean": _rounded(row["mean"]),
            "se": _rounded(row["se"]),
            "ci95": [_rounded(row["low"]), _rounded(row["high"])],
        }
    document = {
        "protocol": protocol,
        "models": models,
        "comparisons": [
            {
                "model": chosen,
                "against": other,
                "metric": "ndcg@10",
                "difference": _rounded(row["mean"]),
                "ci95": [_rounded(row["low"]), _rounded(row["high"])],
                "better": _rounded(row["better"]),
                "worse": _rounded(row["worse"]),
            }
            for other, row in comparisons.iterrows()
        ],
    }
    with replacing(path) as draft:
        draft.write_text(_laid_out(document) + "\n")


def _laid_out(value: object, line: str = "\n") -> str:
    """JSON in which only what holds objects is broken into lines."""
    parts = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list) or not any(isinstance(part, dict) for part in parts):
        return json.dumps(value)
    inner = line + "  "
    if isinstance(value, dict):
        body = [f"{json.dumps(key)}: {_laid_out(part, inner)}" for key, part in value.items()]
        return "{" + inner + ("," + inner).join(body) + line + "}"
    return "[" + inner + ("," + inner).join(_laid_out(part, inner) for part in value) + line + "]"


def save_recommendations(path: Path, evaluation: Evaluation, interactions: Interactions) -> None:
    """Write model, userId, rank (from 1), movieId, score: every list, for other tools to score."""
    users = interactions.user_ids[evaluation.users]
    schema = pa.schema(
        [
            ("model", pa.string()),
            (USER, pa.int32()),
            ("rank", pa.int32()),
            (MOVIE, pa.int32()),
            ("score", pa.float32()),
        ]
    )
    with replacing(path) as draft, pq.ParquetWriter(draft, schema) as writer:
        for name, ranking in evaluation.rankings.items():
            row, place = np.nonzero(ranking.items >= 0)
            columns = [
                pa.array([name]).take(pa.array(np.zeros(len(row), dtype=np.int32))),
                users[row],
                (place + 1).astype(np.int32),
                interactions.movie_ids[ranking.items[row, place]],
                ranking.scores[row, place],
            ]
            writer.write_table(pa.table(columns, schema=schema))


def save_test(path: Path, split: Split, interactions: Interactions) -> None:
    """Write the held-out ratings: userId, movieId, rating."""
    rows = np.repeat(np.arange(split.test.shape[0]), np.diff(split.test.indptr))
    held_out = pd.DataFrame(
        {
            USER: interactions.user_ids[rows],
            MOVIE: interactions.movie_ids[split.test.indices],
            RATING: split.test.data,
        }
    )
    with replacing(path) as draft:
        held_out.to_parquet(draft, index=False)


def _rounded(value: float) -> float:
    return round(float(value), 6)
