"""Runs as evaluations leave them, with values that can be counted by hand."""

import json
from collections.abc import Callable

import pandas as pd
import pytest

from movierec.evaluation.evaluated import EvaluatedRun, read_run
from movierec.paths import RunPaths


@pytest.fixture
def evaluated(recorded) -> Callable[..., EvaluatedRun]:
    """Leave a run: `evaluated(run, users, settings, **protocol)`.

    users: by userId the values of ndcg@10 of als and the hybrid; one test split a seed.
    """

    def leave(
        run: str,
        users: dict[int, tuple[float, float]] | None = None,
        settings: dict | None = None,
        models: dict | None = None,
        **protocol,
    ) -> EvaluatedRun:
        users = users or {1: (0.1, 0.4), 2: (0.3, 0.2), 3: (0.2, 0.6)}
        rows = [
            (user, model, value, 0.0)
            for user, pair in users.items()
            for model, value in zip(("als", "hybrid"), pair, strict=True)
        ]
        frame = pd.DataFrame(rows, columns=["userId", "model", "ndcg@10", "ndcg@5"])
        frame.to_parquet(RunPaths(run).output("per_user.parquet"))
        means = frame.groupby("model")["ndcg@10"].mean()
        about = {"name": "user-random", "seed": 0, "selection": {"ratings_fraction": 1.0}}
        document = {
            "protocol": about | protocol,
            "settings": {"factors": 64, "seed": 0} | (settings or {}),
            "models": {
                model: {
                    "ndcg@10": {"mean": mean, "se": 0.01, "ci95": [mean - 0.02, mean + 0.02]},
                    "gini@10": {"value": 0.75},
                }
                for model, mean in means.items()
            }
            if models is None
            else models,
            "comparisons": [{"model": "hybrid", "against": "als", "metric": "ndcg@10"}],
        }
        RunPaths(run).output("metrics.json").write_text(json.dumps(document))
        recorded(RunPaths(run), "05_evaluation")
        return read_run(RunPaths(run))

    return leave
