"""Files of an evaluation: metrics.json, and Parquet files for other tools."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from movierec.data.columns import MOVIE, RATING, USER
from movierec.datasets import DatasetFacts
from movierec.evaluation.evaluate import Evaluation, K
from movierec.evaluation.summary import target_differences
from movierec.paths import atomic_write
from movierec.settings import ProtocolSettings, Settings, Value

_KEYS = {
    "CappedRecall": "capped_recall",
    "LikedNDCG": "liked_ndcg",
    "DislikedHits": "disliked_hits",
    "HistoryNDCG": "history_ndcg",
    "NoHistoryNDCG": "no_history_ndcg",
    "PopularityLift": "popularity_lift",
}
# Metrics of all lists of a model together, which have a value but no error.
_OVERALL = ("Coverage", "Gini")


def key(metric: str, k: int) -> str:
    """A metric's name in files: "ndcg@10" for ("NDCG", 10)."""
    return f"{_KEYS.get(metric, metric.lower())}@{k}"


def describe(
    protocol: ProtocolSettings, evaluation: Evaluation, dataset: DatasetFacts, films: int
) -> dict:
    """What was evaluated on, as the "protocol" of metrics.json.

    films: the number of movies whose film facts are item features.
    """
    return {
        "name": protocol.protocol,
        "dataset": dataset.name,
        "sha256": dataset.sha256,
        "selection": dataset.selection,
        "test_share": protocol.test_share,
        "test_from": protocol.test_from,
        "relevance_threshold": evaluation.relevance_threshold,
        "seed": protocol.seed,
        "film_facts": films,
        "test_users": len(evaluation.users),
        "test_ratings": evaluation.relevant.nnz,
    }


def comparisons(evaluation: Evaluation) -> dict[str, pd.DataFrame]:
    """`summary.target_differences` by metric such as "ndcg@10", of those that there are."""
    there = set(evaluation.per_user.columns.get_level_values("metric"))
    return {
        key(metric, K): target_differences(evaluation, metric)
        for metric in ("NDCG", "LikedNDCG", "HitRate")
        if metric in there
    }


def save_metrics(
    path: Path,
    protocol: dict,
    settings: Sequence[Settings],
    adapted: Mapping[str, Value],
    metrics: pd.DataFrame,
    comparisons: dict[str, pd.DataFrame],
    target: str,
) -> None:
    """Write means, standard errors, intervals and comparisons as JSON.

    settings     all that the values depend on, besides the protocol
    adapted      those of them that were then fitted to the training part, as they came out
    metrics      long table, columns model, metric, k, mean, se, low, high
    comparisons  by metric such as "ndcg@10": `summary.differences` of the target model
    """
    models: dict[str, dict] = {}
    for row in metrics.itertuples():
        mean, se, low, high = map(_rounded, (row.mean, row.se, row.low, row.high))
        models.setdefault(row.model, {})[key(row.metric, row.k)] = (
            {"value": mean}
            if row.metric in _OVERALL
            else {"mean": mean, "se": se, "ci95": [low, high]}
        )
    document = {
        "protocol": protocol,
        "settings": {name: value for one in settings for name, value in one},
        "adapted": dict(adapted),
        "models": models,
        "comparisons": [
            {
                "model": target,
                "against": other,
                "metric": metric,
                "difference": _rounded(row["mean"]),
                "ci95": [_rounded(row["low"]), _rounded(row["high"])],
                "p_holm": float(f"{row['p']:.3g}"),
                "better": _rounded(row["better"]),
                "worse": _rounded(row["worse"]),
            }
            for metric, gains in comparisons.items()
            for other, row in gains.iterrows()
        ],
    }
    with atomic_write(path) as draft:
        draft.write_text(json.dumps(document, indent=1) + "\n")


def save_per_user(path: Path, per_user: pd.DataFrame, evaluation: Evaluation) -> None:
    """Write userId, model and a float32 column per metric, such as "ndcg@10".

    per_user: (n_test_users, n_columns), columns (model, metric, k).
    """
    users = evaluation.split.training.user_ids[evaluation.users]
    names = dict.fromkeys((metric, k) for _, metric, k in per_user.columns)
    types = {USER: pa.int32(), "model": pa.string()} | {key(*name): pa.float32() for name in names}
    schema = pa.schema(types)
    with atomic_write(path) as draft, pq.ParquetWriter(draft, schema) as writer:
        for model in evaluation.lists:
            columns = {USER: users, "model": pa.repeat(model, len(users))}
            for name in names:
                columns[key(*name)] = per_user[model, *name].to_numpy(np.float32)
            writer.write_table(pa.table(columns, schema))


def save_recommendations(path: Path, evaluation: Evaluation) -> None:
    """Write model, userId, rank (from 1), movieId, score of every list.

    Where users or movies were numbered, their own ids too, as user and movie.
    """
    interactions = evaluation.split.training
    types = {USER: pa.int32(), "rank": pa.int32(), MOVIE: pa.int32(), "score": pa.float32()}
    given = {"user": interactions.user_names, "movie": interactions.movie_names}
    names = {column: texts for column, texts in given.items() if texts is not None}
    schema = pa.schema({"model": pa.string()} | types | dict.fromkeys(names, pa.string()))
    with atomic_write(path) as draft, pq.ParquetWriter(draft, schema) as writer:
        for name, lists in evaluation.lists.items():
            listed = lists.items >= 0
            ranks = np.arange(1, listed.shape[1] + 1, dtype=np.int32)
            rows = {
                "user": np.repeat(evaluation.users, listed.sum(axis=1)),
                "movie": lists.items[listed],
            }
            columns = {
                "model": pa.repeat(name, np.count_nonzero(listed)),
                USER: interactions.user_ids[rows["user"]],
                "rank": np.broadcast_to(ranks, listed.shape)[listed],
                MOVIE: interactions.movie_ids[rows["movie"]],
                "score": lists.scores[listed],
                **{column: texts[rows[column]] for column, texts in names.items()},
            }
            writer.write_table(pa.table(columns, schema))


def save_test(path: Path, evaluation: Evaluation) -> None:
    """Write the relevant test ratings: userId, movieId, rating (NaN where none was given)."""
    training, test = evaluation.split.training, evaluation.relevant.tocoo()
    users, movies = training.user_ids[test.row], training.movie_ids[test.col]
    with atomic_write(path) as draft:
        pd.DataFrame({USER: users, MOVIE: movies, RATING: test.data}).to_parquet(draft, index=False)


def _rounded(value: float) -> float | None:
    """Six decimals; null in place of NaN, which JSON lacks."""
    return None if np.isnan(value) else round(float(value), 6)
