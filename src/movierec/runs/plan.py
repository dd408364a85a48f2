"""What a run is to do: its stages, and the parameters of each."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from movierec import paths
from movierec.data.movielens import NAMES, SAMPLE
from movierec.datasets import locate
from movierec.paths import RunPaths
from movierec.settings import Settings, Value, parse_assignments, read_preset
from movierec.stages import STAGES, MissingArtifact, Stage, read_record, stage_range


@dataclass(frozen=True)
class Plan:
    """Stages to execute in order, each with all its parameters."""

    run: RunPaths
    steps: Mapping[Stage, Settings]


def plan_run(
    dataset: str | None = None,
    run: str | None = None,
    preset: str | None = None,
    assignments: Iterable[str] = (),
    first: str | None = None,
    last: str | None = None,
) -> Plan:
    """Settle what a run does before anything of it starts.

    dataset, preset  by name or path
    assignments      texts as "factors=128", for parameters of the stages that run
    first, last      stages by name or number; with `first`, a parameter that is not given keeps
                     the value that the run had

    Raises ValueError or OSError for what cannot work.
    """
    stages = stage_range(first, last)
    told = read_preset(preset, [stage.parameters for stage in STAGES.values()]) if preset else {}
    told |= parse_assignments(assignments, [stage.parameters for stage in stages])
    found = RunPaths(run or locate(dataset or SAMPLE).name)
    recorded = recorded_parameters(found) if first else {}
    before = {name: value for values in recorded.values() for name, value in values.items()}
    dataset = dataset or str(before.get("dataset", SAMPLE))
    folder = locate(dataset)
    told |= {"run": found.name, "dataset": dataset if dataset in NAMES else str(folder)}
    steps = {}
    for stage in stages:
        if not (notebook := paths.notebooks() / f"{stage.name}.ipynb").exists():
            raise FileNotFoundError(f"{notebook} is missing: run it in a checkout")
        values = before | recorded.get(stage.name, {}) | told
        steps[stage] = stage.parameters.of(values.items())
    return Plan(found, steps)


def recorded_parameters(run: RunPaths) -> dict[str, dict[str, Value]]:
    """By stage, what it was told when it last ran well; its record outdoes its notebook.

    A stage that failed is not asked: what it was told may be what it failed of.
    """
    from movierec.runs import executed  # brings nbformat, which most runs do not wait for here

    notebooks = executed.read_executed(run)
    recorded: dict[str, dict[str, Value]] = {}
    for name, stage in STAGES.items():
        recorded[name] = {}
        if name in notebooks and not executed.failure(notebooks[name]):
            recorded[name] |= notebooks[name].metadata.papermill.parameters
        if stage.settings:
            with suppress(MissingArtifact):
                recorded[name] |= read_record(run, stage).settings
    return recorded
