"""The runs that are there: what each was told, what came of it, and in what state it is.

Nothing is imported that takes long, and a file that cannot be read hides no other run.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from movierec import locks, paths
from movierec.paths import RunPaths
from movierec.runs.log import last_line
from movierec.settings import Value
from movierec.stages import (
    STAGES,
    DamagedArtifact,
    MissingArtifact,
    Stage,
    read_record,
    superseded,
)

State = Literal["running", "failed", "interrupted", "stale", "unfinished", "whole"]

# Parameters that decide what is shown, or are told elsewhere, and change no result.
_SHOWN_ONLY = {"run", "dataset", "title_query", "user_id", "ratings", "diagnostics", "protocol"}


@dataclass(frozen=True)
class RunSummary:
    """One run, for lists.

    date       when its last stage began, or ended by hand; None if no stage did
    dataset    its name; empty where no stage has come so far
    protocol   of its evaluation; empty without one
    changed    settings that differ from the defaults, by name
    model      the one that the evaluation is about, with mean, low and high of `metric`: 95 %
               interval over users; None without an evaluation
    state      whole: every stage that must run has; unfinished: some are missing
    reason     what failed, is stale or missing, in words; else empty
    size       bytes under artifacts/ and reports/
    """

    name: str
    date: datetime | None
    dataset: str
    simulated: bool
    protocol: str
    changed: dict[str, Value]
    metric: str
    model: str
    mean: float | None
    low: float | None
    high: float | None
    state: State
    reason: str
    size: int

    @property
    def paths(self) -> RunPaths:
        return RunPaths(self.name)

    @property
    def headline(self) -> str:
        """The metric of the model as text "0.4160 [0.4010, 0.4310]"; empty without one."""
        if self.mean is None:
            return ""
        bounds = f" [{self.low:.4f}, {self.high:.4f}]" if self.low is not None else ""
        return f"{self.mean:.4f}{bounds}"


def list_runs(metric: str = "ndcg@10") -> list[RunSummary]:
    """All runs under artifacts/ and reports/, the latest first."""
    found = [summarise_run(RunPaths(name), metric) for name in run_names()]
    return latest_first(found)


def latest_first(runs: Iterable[RunSummary]) -> list[RunSummary]:
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(runs, key=lambda run: run.date or never, reverse=True)


def summarise_run(run: RunPaths, metric: str = "ndcg@10") -> RunSummary:
    """What is known of one run, from the files it left."""
    executions = {name: _execution(run.notebook(name)) for name in STAGES}
    told = {name: _told(run, stage, executions[name]) for name, stage in STAGES.items()}
    document = _read(run.artifacts / "metrics.json")
    facts = _read(run.artifacts / "dataset.json")
    protocol = _part(document, "protocol")
    model, values = _headline(document, metric)
    low, high = values.get("ci95") or (None, None)
    state, reason = _state(run, executions)
    if locks.in_use(run):
        state, reason = "running", last_line(run)
    dataset = facts.get("name") or Path(str(told["01_eda"].get("dataset", ""))).name
    began = [one.began for one in executions.values() if one] or _recorded(run)
    return RunSummary(
        name=run.name,
        date=max(began, default=None),
        dataset=dataset,
        simulated=bool(facts.get("simulated")),
        protocol=str(protocol.get("name", "")),
        changed=changed_settings(told),
        metric=metric,
        model=model,
        mean=values.get("mean", values.get("value")),
        low=low,
        high=high,
        state=state,
        reason=reason,
        size=size_of([run.artifacts, run.reports]),
    )


def changed_settings(told: Mapping[str, Mapping[str, Value]]) -> dict[str, Value]:
    """The settings that differ from the defaults, from those of every stage by its name."""
    changed: dict[str, Value] = {}
    for name, values in told.items():
        fields = STAGES[name].parameters.model_fields
        for setting, value in values.items():
            shown_only = setting in _SHOWN_ONLY or setting not in fields
            if not shown_only and value != fields[setting].default:
                changed.setdefault(setting, value)
    return changed


def settings_text(settings: Mapping[str, Value], most: int | None = None) -> str:
    """Settings as "factors 128, alpha 2", of many only so many and how many more there are."""
    parts = [f"{name} {_value_text(value)}" for name, value in settings.items()]
    more = [f"{len(parts) - most} more"] if most is not None and len(parts) > most else []
    return ", ".join(parts[:most] + more)


def size_text(size: int) -> str:
    """Bytes as "24 MB"."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


def size_of(folders: Iterable[Path]) -> int:
    """Bytes of all files below some folders; a file with two names counts once."""
    files: dict[tuple[int, int], int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                status = path.stat()
                files[status.st_dev, status.st_ino] = status.st_size
    return sum(files.values())


@dataclass(frozen=True)
class _Execution:
    """How a stage's notebook was executed, from the metadata that papermill leaves."""

    began: datetime
    parameters: dict[str, Value]
    failure: str
    completed: bool


def run_names() -> list[str]:
    """Names of runs: of folders with files of a stage."""
    names = set()
    for above in (paths.home() / "artifacts", paths.reports()):
        for folder in above.glob("*/"):
            left = {path.name for path in folder.iterdir()}
            known = {file for stage in STAGES.values() for file in stage.writes}
            known |= {f"{name}.ipynb" for name in STAGES}
            with suppress(ValueError):  # of a name that is none for a run
                names |= {RunPaths(folder.name).name} if left & known else set()
    return sorted(names)


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; empty if it is missing, damaged or something else."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _part(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = document.get(key)
    return part if isinstance(part, dict) else {}


def _execution(path: Path) -> _Execution | None:
    """None where a notebook was not executed, or cannot be read."""
    notebook = _read(path)
    try:
        about = notebook["metadata"]["papermill"]
        cells = notebook["cells"]
        outputs = [one for cell in cells for one in cell.get("outputs", ())]
        errors = [one for one in outputs if one["output_type"] == "error"]
        return _Execution(
            began=datetime.fromisoformat(about["start_time"]),
            parameters=dict(about["parameters"]),
            failure=f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else "",
            completed=all(cell["metadata"]["papermill"]["status"] == "completed" for cell in cells),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _recorded(run: RunPaths) -> list[datetime]:
    """When stages ended that were run by hand and left no executed notebook."""
    records = [run.artifacts / stage.record for stage in STAGES.values()]
    times = [path.stat().st_mtime for path in records if path.exists()]
    return [datetime.fromtimestamp(time, UTC) for time in times]


def _told(run: RunPaths, stage: Stage, execution: _Execution | None) -> dict[str, Value]:
    """What a stage was told; its record outdoes its notebook."""
    record = _read(run.artifacts / stage.record)
    told = execution.parameters if execution else {}
    return told | _part(record, "told") | _part(record, "settings")


def _headline(document: Mapping[str, Any], metric: str) -> tuple[str, dict[str, Any]]:
    """The model that an evaluation is about, and its values of a metric."""
    models = _part(document, "models")
    try:
        model = document["comparisons"][0]["model"]
    except (KeyError, IndexError, TypeError):
        model = next(reversed(models), "")
    return model, _part(_part(models, model), metric)


def _state(run: RunPaths, executions: Mapping[str, _Execution | None]) -> tuple[State, str]:
    ran = {name: one for name, one in executions.items() if one}
    for name, one in ran.items():
        if one.failure and not STAGES[name].optional:
            return "failed", f"{name}: {one.failure}"
    for name, one in ran.items():
        if not one.completed and not one.failure:
            return "interrupted", f"in {name}"
    missing = []
    for name, stage in STAGES.items():
        try:
            if other := superseded(run, stage, read_record(run, stage)):
                return "stale", f"{name} was made from {other}"
        except DamagedArtifact:
            return "stale", f"{stage.record} is damaged"
        except MissingArtifact:
            missing += [] if stage.optional else [name]
    if missing:
        return "unfinished", f"without {', '.join(missing)}"
    failures = [f"{name}: {one.failure}" for name, one in ran.items() if one.failure]
    return "whole", "; ".join(failures)


def _value_text(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value) or '""'
