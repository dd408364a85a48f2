"""Evaluated runs, by the question that they answer and by how they answer it.

A question is what was held out of which data. A configuration is how it was answered: all settings
of a run but its seeds. Its runs differ in nothing else, so their values are pooled.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import pandas as pd

from movierec.data.columns import USER
from movierec.evaluation.summary import summarise
from movierec.paths import RunPaths
from movierec.stages import artifact

Settings = dict[str, Any]

# Parts of the protocol that tell of the split rather than of what is asked.
_DRAWN = {"seed", "test_users", "test_ratings"}
# Parts of it that belong to the answer.
_ANSWER = {"film_facts"}


@dataclass(frozen=True)
class EvaluatedRun:
    """What a run left of its evaluation.

    protocol  by name, nested names joined by dots: "selection.seed"
    settings  of every model
    target    the model that the evaluation is about
    metrics   columns model, metric (such as "ndcg@10"), mean, low, high; NaN without interval
    """

    paths: RunPaths
    protocol: Settings
    settings: Settings
    target: str
    metrics: pd.DataFrame

    @property
    def _drawn(self) -> set[str]:
        # Where all ratings are kept, nothing was drawn with this seed.
        kept = self.protocol.get("selection.ratings_fraction") == 1
        return _DRAWN | ({"selection.seed"} if kept else set())

    @property
    def question(self) -> Settings:
        left_out = self._drawn | _ANSWER | {"name"}
        asked = {name: value for name, value in self.protocol.items() if name not in left_out}
        return {"protocol": self.protocol.get("name")} | asked

    @property
    def split(self) -> tuple[Any, ...]:
        """What tells the split from others of the same question."""
        return tuple(self.protocol.get(name) for name in sorted(_DRAWN))

    @property
    def seeds(self) -> tuple[Any, ...]:
        return (*self.split, self.settings.get("seed"))

    @property
    def answer(self) -> Settings:
        settings = {name: value for name, value in self.settings.items() if name != "seed"}
        return settings | {name: self.protocol[name] for name in _ANSWER & self.protocol.keys()}


@dataclass(frozen=True)
class Configuration:
    """Runs of one question that differ in nothing but their seeds."""

    label: str
    runs: tuple[EvaluatedRun, ...]

    @classmethod
    def of(cls, runs: Sequence[EvaluatedRun]) -> Self:
        names = [run.paths.name for run in runs]
        many = f"{names[0]} to {names[-1]} ({len(names)} seeds)"
        return cls(many if len(names) > 3 else ", ".join(names), tuple(runs))

    @property
    def target(self) -> str:
        return self.runs[0].target

    @property
    def settings(self) -> Settings:
        return self.runs[0].answer

    @property
    def models(self) -> list[str]:
        """Those that all its runs have."""
        common = set.intersection(*(set(run.metrics["model"]) for run in self.runs))
        return [name for name in self.runs[0].metrics["model"].unique() if name in common]

    @property
    def splits(self) -> set[tuple[Any, ...]]:
        return {run.split for run in self.runs}

    def on(self, splits: set[tuple[Any, ...]]) -> "Configuration":
        """Its runs on some splits alone."""
        return replace(self, runs=tuple(run for run in self.runs if run.split in splits))

    def per_user(self, metric: str) -> pd.DataFrame:
        """(n_users, n_models): a user's value is the mean over the runs that have one.

        More seeds are more knowledge about the same users, not more users.
        """
        return _pooled(self._by_run(metric))

    def without_splits(self, metric: str) -> pd.DataFrame | None:
        """Means over users without each run in turn: (n_runs, n_models); None for one run."""
        wide = self._by_run(metric)
        if len(wide) == 1:
            return None
        rest = (wide[:left_out] + wide[left_out + 1 :] for left_out in range(len(wide)))
        return pd.DataFrame([_pooled(frames).mean() for frames in rest])[self.models]

    def _by_run(self, metric: str) -> list[pd.DataFrame]:
        columns = [USER, "model", metric]
        files = [artifact(run.paths, "per_user.parquet") for run in self.runs]
        frames = [pd.read_parquet(file, columns=columns) for file in files]
        return [frame.pivot(index=USER, columns="model", values=metric) for frame in frames]

    def has(self, metric: str) -> bool:
        return all(metric in run.metrics["metric"].unique() for run in self.runs)

    def has_per_user(self, metric: str) -> bool:
        """Whether the metric has a value for each user, and so an interval."""
        rows = self.runs[0].metrics
        return bool(rows.loc[rows["metric"] == metric, "low"].notna().any())

    def values(self, metric: str) -> pd.DataFrame:
        """Index model, columns mean, low, high; of several runs the mean and its interval."""
        if len(self.runs) > 1 and self.has_per_user(metric):
            values = self.per_user(metric)[self.models]
            return summarise(values, left_out=self.without_splits(metric))[["mean", "low", "high"]]
        rows = pd.concat([run.metrics[run.metrics["metric"] == metric] for run in self.runs])
        rows = rows[rows["model"].isin(self.models)]
        return rows.groupby("model", sort=False)[["mean", "low", "high"]].mean()


def _pooled(by_run: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(by_run, join="inner").groupby(level=0).mean().astype(float)


def read_run(run: RunPaths) -> EvaluatedRun:
    """The evaluation of a run.

    Raises MissingArtifact where there is none, ValueError for a malformed metrics.json.
    """
    path = artifact(run, "metrics.json")
    try:
        document = json.loads(path.read_bytes())
        models = document["models"]
        against = document.get("comparisons") or [{"model": next(reversed(models))}]
        rows = [
            (model, metric, found["mean"] if "mean" in found else found["value"], *bounds)
            for model, metrics in models.items()
            for metric, found in metrics.items()
            for bounds in [_pair(found.get("ci95", (None, None)))]
        ]
        table = pd.DataFrame(rows, columns=["model", "metric", "mean", "low", "high"])
        return EvaluatedRun(
            run,
            _flat(document["protocol"]),
            dict(document.get("settings", {})),
            str(against[0]["model"]),
            table.astype(dict.fromkeys(["mean", "low", "high"], float)),
        )
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, IndexError) as error:
        raise ValueError(
            f"{path} is not what stage 05_evaluation writes ({error!r}): run it again"
        ) from error


def by_question(runs: Sequence[EvaluatedRun], pool: bool = False) -> list[list[Configuration]]:
    """The configurations of each question, both in the order of the runs.

    Runs of the same settings and seeds, of two versions of the code perhaps, are not pooled.
    pool: make one configuration of all, whatever their settings, as of a method that tunes itself
    on each split. Raises ValueError then for runs of the same seed.
    """
    questions = _grouped(runs, lambda run: run.question)
    if not pool:
        return [_configurations(asked) for asked in questions]
    for asked in questions:
        if len({run.seeds for run in asked}) < len(asked):
            names = ", ".join(run.paths.name for run in asked)
            raise ValueError(f"only runs of different seeds can be pooled: {names}")
    return [[Configuration.of(asked)] for asked in questions]


def _configurations(runs: Sequence[EvaluatedRun]) -> list[Configuration]:
    known = set.intersection(*(set(run.answer) for run in runs))
    configurations = []
    for same in _grouped(runs, lambda run: {name: run.answer[name] for name in known}):
        pooled = len({run.seeds for run in same}) == len(same)
        configurations += [same] if pooled else [[run] for run in same]
    return [Configuration.of(same) for same in configurations]


def _grouped(runs: Iterable[EvaluatedRun], key: Callable[[EvaluatedRun], Settings]) -> list:
    groups: dict[str, list[EvaluatedRun]] = {}
    for run in runs:
        groups.setdefault(json.dumps(key(run), sort_keys=True), []).append(run)
    return list(groups.values())


def _flat(nested: dict[str, Any], above: str = "") -> Settings:
    flat: Settings = {}
    for name, value in nested.items():
        flat |= (
            _flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
        )
    return flat


def _pair(bounds: Any) -> tuple[float | None, float | None]:
    low, high = bounds
    return low, high
