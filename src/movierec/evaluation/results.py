"""What an evaluation leaves for other tools, and for comparing runs."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from movierec.data.columns import MOVIE, RATING, USER
from movierec.data.interactions import Interactions
from movierec.data.splits import Protocol
from movierec.datasets import DatasetFacts
from movierec.evaluation.evaluate import Evaluation
from movierec.models.registry import Settings
from movierec.paths import atomic_write

_KEYS = {"CappedRecall": "capped_recall", "PopularityLift": "popularity_lift"}
# Longer objects are broken into lines even if they hold no others.
_LINE = 200


def describe(
    protocol: Protocol, evaluation: Evaluation, relevance_threshold: float, dataset: DatasetFacts
) -> dict:
    """What was evaluated on, as metrics.json says it."""
    return {
        "name": protocol.name,
        "dataset": dataset.name,
        "sha256": dataset.sha256,
        "selection": dataset.selection,
        "test_share": protocol.test_share,
        "test_from": protocol.test_from,
        "relevance_threshold": relevance_threshold,
        "seed": protocol.seed,
        "test_users": len(evaluation.users),
        "test_ratings": evaluation.relevant.nnz,
    }


def save_metrics(
    path: Path,
    protocol: dict,
    settings: Settings,
    summary: pd.DataFrame,
    overall: pd.DataFrame,
    comparisons: dict[str, pd.DataFrame],
    chosen: str,
) -> None:
    """Write means, standard errors, intervals and comparisons as JSON that diffs well.

    summary      index (model, metric, k), columns mean, se, low, high
    overall      a row a model, columns (metric, k): what describes all lists together
    comparisons  by metric such as "ndcg@10": the chosen model's differences from the others
    """
    models: dict[str, dict] = {}
    for (model, metric, k), row in summary.iterrows():
        models.setdefault(model, {})[key(metric, k)] = {
            "mean": _rounded(row["mean"]),
            "se": _rounded(row["se"]),
            "ci95": [_rounded(row["low"]), _rounded(row["high"])],
        }
    for model, row in overall.iterrows():
        for (metric, k), value in row.items():
            models[model][key(metric, k)] = {"value": _rounded(value)}
    document = {
        "protocol": protocol,
        "settings": asdict(settings),
        "models": models,
        "comparisons": [
            {
                "model": chosen,
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
        draft.write_text(_laid_out(document) + "\n")


def key(metric: str, k: int) -> str:
    """A metric's name in metrics.json: "ndcg@10" for ("NDCG", 10)."""
    return f"{_KEYS.get(metric, metric.lower())}@{k}"


def save_per_user(path: Path, per_user: pd.DataFrame, user_ids: np.ndarray) -> None:
    """Write userId and every per-user value, columns such as "hybrid ndcg@10", as float32."""
    flat = per_user.astype(np.float32)
    flat.columns = [f"{model} {key(metric, k)}" for model, metric, k in per_user.columns]
    flat.insert(0, USER, user_ids)
    with atomic_write(path) as draft:
        flat.to_parquet(draft, index=False)


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
    with atomic_write(path) as draft, pq.ParquetWriter(draft, schema) as writer:
        for name, lists in evaluation.lists.items():
            n_users, depth = lists.items.shape
            columns = [
                pa.repeat(name, n_users * depth),
                np.repeat(users, depth),
                np.tile(np.arange(1, depth + 1, dtype=np.int32), n_users),
                interactions.movie_ids[lists.items.ravel()],
                lists.scores.ravel(),
            ]
            there = pa.array(lists.items.ravel() >= 0)
            writer.write_table(pa.table(columns, schema=schema).filter(there))


def save_test(path: Path, evaluation: Evaluation, interactions: Interactions) -> None:
    """Write the relevant held-out ratings: userId, movieId, rating (nan where none was given)."""
    relevant = evaluation.relevant
    rows = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr))
    held_out = pd.DataFrame(
        {
            USER: interactions.user_ids[rows],
            MOVIE: interactions.movie_ids[relevant.indices],
            RATING: relevant.data,
        }
    )
    with atomic_write(path) as draft:
        held_out.to_parquet(draft, index=False)


def _laid_out(value: object, line: str = "\n") -> str:
    """JSON with a metric a line: only what is long or holds objects is broken into lines."""
    parts = value.values() if isinstance(value, dict) else value
    flat = json.dumps(value)
    if not isinstance(value, dict | list) or (
        len(flat) <= _LINE and not any(isinstance(part, dict) for part in parts)
    ):
        return flat
    inner = line + "  "
    if isinstance(value, dict):
        body = [f"{json.dumps(name)}: {_laid_out(part, inner)}" for name, part in value.items()]
        return "{" + inner + ("," + inner).join(body) + line + "}"
    return "[" + inner + ("," + inner).join(_laid_out(part, inner) for part in value) + line + "]"


def _rounded(value: float) -> float | None:
    """Six decimals; JSON has no nan, so null stands for it."""
    return None if np.isnan(value) else round(float(value), 6)
