"""What a run's evaluation found for one user: a list of the held-out test, its hits marked."""

import json
from dataclasses import dataclass

import pandas as pd

from movierec.data.columns import MOVIE, RATING, USER
from movierec.evaluation.evaluate import K
from movierec.models.registry import TARGET
from movierec.paths import RunPaths
from movierec.serving.bundle import Manifest


@dataclass(frozen=True)
class EvaluatedUser:
    """The list that a model gave a test user after training without their test ratings.

    listed    columns rank, movieId, score and hit, whether the movie is among the held-out ones
    held_out  columns movieId, rating (NaN where none was given), best first
    """

    listed: pd.DataFrame
    held_out: pd.DataFrame


def is_of(run: RunPaths, manifest: Manifest) -> bool:
    """Whether a run has an evaluation, of the data and the settings that its model has."""
    try:
        found = json.loads((run.artifacts / "metrics.json").read_text())
        protocol, settings = found["protocol"], found["settings"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    data = all(protocol.get(name) == manifest.dataset[name] for name in ("sha256", "selection"))
    stages = ("03_als_training", "04_hybrid_similarity")
    told = {name: value for one in stages for name, value in manifest.settings[one].items()}
    return data and all(told[name] == settings[name] for name in told.keys() & settings.keys())


def evaluated_user(
    run: RunPaths, user_id: int, model: str = TARGET, n: int = K
) -> EvaluatedUser | None:
    """A user's first n of a model's list, and the held-out ratings; None if not a test user."""
    one = [(USER, "==", user_id)]
    held_out = pd.read_parquet(run.artifacts / "test.parquet", filters=one)
    if held_out.empty:
        return None
    whose = [*one, ("model", "==", model), ("rank", "<=", n)]
    listed = pd.read_parquet(
        run.artifacts / "recommendations.parquet",
        columns=["rank", MOVIE, "score"],
        filters=whose,
    )
    listed["hit"] = listed[MOVIE].isin(held_out[MOVIE])
    best_first = held_out.sort_values(RATING, ascending=False, kind="stable", ignore_index=True)
    return EvaluatedUser(
        listed.sort_values("rank", ignore_index=True), best_first.drop(columns=USER)
    )
