"""Stages that several runs would do alike: done once, their files linked into the other runs."""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from movierec import locks
from movierec.paths import RunPaths, atomic_write
from movierec.runs import ledger
from movierec.runs.ledger import Ledger, told_of
from movierec.runs.log import RunLog, stage_costs
from movierec.runs.plan import Plan
from movierec.stages import MissingArtifact, Stage, read_record, upstream


def alike(one: Plan, other: Plan) -> list[Stage]:
    """The stages that two plans tell the same, and all stages that they read of, in order."""
    found: list[Stage] = []
    for stage, told in one.steps.items():
        same = stage in other.steps and told_of(told) == told_of(other.steps[stage])
        if same and set(upstream(stage)) <= set(found):
            found.append(stage)
    return found if one.dataset == other.dataset else []


def share_stages(plan: Plan, donors: Iterable[Plan]) -> list[str]:
    """Give a run what other runs have made of its stages already; return the stages' names.

    A stage is taken only if its record holds in the other run for what this one would do, and if
    what it read is what this run has. Files are linked, or copied where that is impossible.
    Raises RunInUse where another process works on the run.
    """
    donors = [donor for donor in donors if alike(plan, donor)]
    if not donors:
        return []
    with locks.whole_run(plan.run):
        return _share(plan, donors)


def committed(run: RunPaths, stage: Stage) -> bool:
    """Whether a stage of a run has ended well."""
    return stage.name in Ledger.read(run).stages


def _share(plan: Plan, donors: Sequence[Plan]) -> list[str]:
    shared = []
    for stage, told in plan.steps.items():
        if not ledger.changes(plan.run, stage, told):
            continue
        for donor in donors:
            if stage in alike(plan, donor) and _holds(donor.run, plan, stage):
                _give(donor.run, plan, stage)
                shared.append(stage.name)
                break
    return shared


def _holds(donor: RunPaths, plan: Plan, stage: Stage) -> bool:
    if ledger.changes(donor, stage, plan.steps[stage]):
        return False
    try:
        return all(
            read_record(donor, one).checksum == read_record(plan.run, one).checksum
            for one in upstream(stage)
        )
    except MissingArtifact:
        return False


def _give(donor: RunPaths, plan: Plan, stage: Stage) -> None:
    run = plan.run
    wrote = read_record(donor, stage).wrote
    # The record last: without it the other files are none.
    run.output(stage.record).unlink(missing_ok=True)
    for file in [*wrote, stage.record]:
        _link(donor.artifacts / file, run.artifacts / file)
    _link(donor.notebook(stage.name), run.notebook(stage.name))
    book = Ledger.read(run)
    book.dataset = plan.dataset
    book.stages[stage.name] = Ledger.read(donor).stages[stage.name]
    book.write(run)
    cost = stage_costs(donor).get(stage.name)
    RunLog(run).note(f"{stage.name} {f'{cost}, ' if cost else ''}shared with {donor.name}")


def _link(source: Path, target: Path) -> None:
    with atomic_write(target) as draft:
        if source.is_dir():
            shutil.copytree(source, draft, copy_function=_link_file)
        else:
            _link_file(source, draft)


def _link_file(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
