"""Running the stages of a plan, one notebook each, through papermill.

Papermill and nbconvert take seconds to import, so they are imported while the first kernel starts,
and not at all where nothing changed.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from movierec import locks, sealed
from movierec.paths import RunPaths, sha256_of
from movierec.runs import ledger
from movierec.runs.kernels import KernelsAhead
from movierec.runs.ledger import Execution, Ledger, told_of
from movierec.runs.plan import Plan
from movierec.settings import Settings
from movierec.stages import MissingArtifact, Stage, find_stage, notebook_of, read_record, upstream


class StageFailed(RuntimeError):
    """A stage did not end well; its report shows what it had done until then."""


@dataclass(frozen=True)
class StageResult:
    """How a stage went: seconds it took, peak memory of its kernel in bytes.

    Starting its kernel takes seconds of the run only as far as the stage before does not cover it.
    Where the system keeps no peak, it is the most seen after a cell. `unchanged`: it did not run,
    since what it left still holds. `failure` says why an optional stage did not end well,
    `unshown` why sections of a report show nothing, though the stage's files are whole.
    """

    stage: str
    seconds: float = 0.0
    peak_memory: int = 0
    failure: str | None = None
    unchanged: bool = False
    unshown: tuple[str, ...] = ()


def run_stages(plan: Plan, announce: Callable[[str], object]) -> Iterator[StageResult]:
    """Execute and report a plan's stages in order, each announced by name; yield how each went.

    A stage that would do again what it did is left as it is, unless the plan is forced. Raises
    StageFailed at the first stage that fails; later ones do not run. An optional stage may fail,
    unless it is all that was asked for. Raises RunInUse where another process works on the run.
    """
    locks.clear_leftovers()  # kernels of a dead run too, before they write once more
    with locks.whole_run(plan.run):
        book = Ledger.read(plan.run)
        book.dataset = plan.dataset
        book.write(plan.run)
        expected = [notebook_of(find_stage(name)) for name, found in why(plan).items() if found]
        with KernelsAhead(expected) as kernels:
            try:
                yield from _run_in_turn(plan, kernels, announce)
            finally:
                _render(plan.run)


def _run_in_turn(
    plan: Plan, kernels: KernelsAhead, announce: Callable[[str], object]
) -> Iterator[StageResult]:
    for stage, told in plan.steps.items():
        announce(stage.name)
        if not plan.force and not ledger.changes(plan.run, stage, told):
            _refresh(plan.run, stage)
            yield StageResult(stage.name, unchanged=True)
            continue
        result = _run_stage(stage, plan.run, told, kernels)
        if result.failure and not (stage.optional and len(plan.steps) > 1):
            report = plan.run.report(stage.name)
            raise StageFailed(f"{stage.name}: {result.failure}\nreport: {report}")
        yield result


def why(plan: Plan) -> dict[str, list[str]]:
    """By stage, why it is likely to run, in words; empty where it is not.

    A stage that reads of one that runs may turn out to read the same as before, and then rests.
    """
    reasons: dict[str, list[str]] = {}
    for stage, told in plan.steps.items():
        reasons[stage.name] = ledger.changes(plan.run, stage, told)
        if others := [one.name for one in upstream(stage) if reasons.get(one.name)]:
            reasons[stage.name].append(f"{', '.join(others)} may leave other files")
        if plan.force and not reasons[stage.name]:
            reasons[stage.name].append("forced")
    return reasons


def _run_stage(stage: Stage, run: RunPaths, told: Settings, kernels: KernelsAhead) -> StageResult:
    from movierec.runs import executed, reports
    from movierec.runs.execution import execute

    start, notebook = time.perf_counter(), notebook_of(stage)
    text = sha256_of(notebook)
    with kernels.take(notebook) as kernel:
        done = execute(notebook, told.model_dump(), kernel)
    executed.save(run, stage, executed.describe(run, done.notebook, told, done.died))
    if done.interrupted:
        raise KeyboardInterrupt
    if done.failure is None:
        _note(run, stage, told, kernel.code, text)
    reports.render_stage(run, stage)
    seconds = time.perf_counter() - start
    return StageResult(stage.name, seconds, done.peak_memory, done.failure, unshown=done.unshown)


def _note(run: RunPaths, stage: Stage, told: Settings, code: Mapping[str, str], text: str) -> None:
    """Keep that a stage ended well; not where its code changed while it ran."""
    try:
        record = read_record(run, stage)
    except MissingArtifact:
        return
    if record.code == code:
        book = Ledger.read(run)
        notebook = sha256_of(run.notebook(stage.name))
        book.stages[stage.name] = Execution(
            told=told_of(told), record=record.checksum, notebook=notebook, text=text
        )
        book.write(run)


def _refresh(run: RunPaths, stage: Stage) -> None:
    """Give the report of a stage that rests the words that its notebook has now."""
    book = Ledger.read(run)
    text = sha256_of(notebook_of(stage))
    if book.stages[stage.name].text == text:
        return
    import nbformat

    from movierec.runs import executed

    notebook, template = (
        nbformat.read(path, as_version=4) for path in (run.notebook(stage.name), notebook_of(stage))
    )
    executed.save(run, stage, executed.with_text(notebook, template))
    changed = {"text": text, "notebook": sha256_of(run.notebook(stage.name))}
    book.stages[stage.name] = book.stages[stage.name].model_copy(update=changed)
    book.write(run)


def _render(run: RunPaths) -> None:
    """Render the run's pages, unless they are of these notebooks and this code already."""
    made_of = [*sorted(run.reports.glob("*.ipynb")), *sorted(Path(__file__).parent.rglob("*"))]
    hashes = [sha256_of(path) for path in made_of if path.is_file() and path.suffix != ".pyc"]
    digest = sealed.checksum({"hashes": hashes})
    book = Ledger.read(run)
    pages = [run.index, *(path.with_suffix(".html") for path in run.reports.glob("*.ipynb"))]
    if book.rendered == digest and all(page.exists() for page in pages):
        return
    from movierec.runs import reports

    reports.render_run(run)
    book.rendered = digest
    book.write(run)
