"""What a run is to do: its stages, and the parameters of each."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from movierec.data.movielens import NAMES, SAMPLE
from movierec.datasets import locate
from movierec.paths import RunPaths
from movierec.runs.ledger import Ledger
from movierec.settings import ADAPTED, Settings, Value, parse_assignments, read_preset
from movierec.stages import (
    STAGES,
    MissingArtifact,
    Stage,
    notebook_of,
    read_record,
    stage_range,
)


@dataclass(frozen=True)
class Plan:
    """Stages to execute in order, each with all its parameters.

    dataset  by name or folder
    force    whether stages run that need not
    """

    run: RunPaths
    steps: Mapping[Stage, Settings]
    dataset: str = SAMPLE
    force: bool = False


def plan_run(
    dataset: str | None = None,
    run: str | None = None,
    preset: str | None = None,
    assignments: Iterable[str] = (),
    first: str | None = None,
    last: str | None = None,
    force: bool = False,
) -> Plan:
    """Settle what a run does before anything of it starts.

    dataset, preset  by name or path; without a dataset it is that of the run
    assignments      texts as "factors=128", for parameters of the stages that run; one of ADAPTED
                     is taken as it is, unless adapt=true is among them
    first, last      stages by name or number; with `first`, a parameter that is not given keeps
                     the value that the run had
    force            whether stages run that need not

    Raises ValueError or OSError for what cannot work.
    """
    stages = stage_range(first, last)
    told = read_preset(preset, [stage.parameters for stage in STAGES.values()]) if preset else {}
    assigned = parse_assignments(assignments, [stage.parameters for stage in stages])
    if ADAPTED & assigned.keys():
        assigned = {"adapt": False} | assigned
    told |= assigned
    found = RunPaths(run) if run else default_run(dataset or SAMPLE)
    had = dataset_of(found)
    dataset = _settled(dataset, had, found, stages)
    told |= {"run": found.name, "dataset": dataset}
    recorded = recorded_parameters(found) if first else {}
    before = {name: value for values in recorded.values() for name, value in values.items()}
    steps = {}
    for stage in stages:
        if not (notebook := notebook_of(stage)).exists():
            raise FileNotFoundError(f"{notebook} is missing: run it in a checkout")
        values = before | recorded.get(stage.name, {}) | told
        steps[stage] = stage.parameters.of(values.items())
    return Plan(found, steps, dataset, force)


def default_run(dataset: str) -> RunPaths:
    """The run of a dataset's own name. Raises ValueError where it is another dataset's."""
    run = RunPaths(locate(dataset).name)
    had = dataset_of(run)
    if had and _named(had) != _named(dataset):
        raise ValueError(f"run {run.name!r} has the dataset {had}; give --run another name")
    return run


def dataset_of(run: RunPaths) -> str:
    """The dataset that a run has, by name or folder; empty where it has none so far.

    Raises ValueError where there are files of the run and nothing tells of what dataset.
    """
    if dataset := Ledger.read(run).dataset:
        return dataset
    first = next(iter(STAGES.values()))
    with suppress(MissingArtifact):
        return str(read_record(run, first).told["dataset"])
    return ""


def recorded_parameters(run: RunPaths) -> dict[str, dict[str, Value]]:
    """By stage, what it was told when it last ran well; its record outdoes the run's ledger.

    A stage that failed is not asked: what it was told may be what it failed of.
    """
    book = Ledger.read(run)
    recorded: dict[str, dict[str, Value]] = {}
    for name, stage in STAGES.items():
        recorded[name] = dict(book.stages[name].told) if name in book.stages else {}
        with suppress(MissingArtifact):
            recorded[name] |= read_record(run, stage).told
    return recorded


def _settled(given: str | None, had: str, run: RunPaths, stages: tuple[Stage, ...]) -> str:
    """The dataset to run on, as parameters name it. Raises ValueError."""
    files = {path.name for path in run.artifacts.glob("*")} - {"run.log"}
    if given is None and not had and files:
        raise ValueError(f"what dataset run {run.name!r} had is not known any more; give --dataset")
    dataset = _named(given or had or SAMPLE)
    if had and dataset != _named(had) and "dataset" not in stages[0].parameters.model_fields:
        raise ValueError(
            f"run {run.name!r} has the dataset {had}; leave out --from to take another"
        )
    return dataset


def _named(dataset: str) -> str:
    return dataset if dataset in NAMES else str(locate(dataset))
