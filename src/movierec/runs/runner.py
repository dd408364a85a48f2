"""Running the stages of a plan, one notebook each, through papermill.

Papermill and nbconvert take seconds to import, so they are imported while the first kernel starts.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from movierec import paths
from movierec.paths import RunPaths
from movierec.runs.kernels import KernelsAhead
from movierec.runs.plan import Plan
from movierec.settings import Settings
from movierec.stages import Stage


class StageFailed(RuntimeError):
    """A stage did not end well; its report shows what it had done until then."""


@dataclass(frozen=True)
class StageResult:
    """How a stage went: seconds it took, peak memory of its kernel in bytes.

    Starting its kernel takes seconds of the run only as far as the stage before does not cover it.
    Where the system keeps no peak, it is the most seen after a cell. `failure` says why an
    optional stage did not end well.
    """

    stage: str
    seconds: float
    peak_memory: int
    failure: str | None = None


def run_stages(plan: Plan, announce: Callable[[str], object]) -> Iterator[StageResult]:
    """Execute and report a plan's stages in order, each announced by name; yield how each went.

    Raises StageFailed at the first stage that fails; later ones do not run. An optional stage may
    fail, unless it is all that was asked for.
    """
    plan.run.reports.mkdir(parents=True, exist_ok=True)
    with KernelsAhead(map(_notebook, plan.steps)) as kernels:
        from movierec.runs import reports

        try:
            for stage, told in plan.steps.items():
                announce(stage.name)
                result = _run_stage(stage, plan.run, told, kernels)
                if result.failure and not (stage.optional and len(plan.steps) > 1):
                    report = plan.run.report(stage.name)
                    raise StageFailed(f"{stage.name}: {result.failure}\nreport: {report}")
                reports.render_stage(plan.run, stage)
                yield result
        finally:
            reports.render_run(plan.run)


def _notebook(stage: Stage) -> Path:
    return paths.notebooks() / f"{stage.name}.ipynb"


def _run_stage(stage: Stage, run: RunPaths, told: Settings, kernels: KernelsAhead) -> StageResult:
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from movierec.runs import executed

    peak, failure, died = 0, None, False

    def note_memory(**_: object) -> None:
        nonlocal peak
        peak = max([peak, *map(_peak_memory, kernel.processes())])

    start = time.perf_counter()
    output = run.notebook(stage.name)
    output.unlink(missing_ok=True)
    try:
        with kernels.take() as kernel:
            papermill.execute_notebook(
                _notebook(stage),
                output,
                parameters=told.model_dump(),
                progress_bar=False,
                on_cell_executed=note_memory,
                km=kernel,
            )
    except PapermillExecutionError as error:
        failure = f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        died = True
        failure = "its kernel died; when memory runs out, the system kills the largest process"
    finally:
        if output.exists():
            executed.note_origin(run, stage, told, died)
    return StageResult(stage.name, time.perf_counter() - start, peak, failure)


def _peak_memory(process: psutil.Process) -> int:
    """Bytes a process has held at most; where the system keeps no count, holds now."""
    with suppress(OSError):
        status = Path(f"/proc/{process.pid}/status").read_text()
        if peak := re.search(r"^VmHWM:\s+(\d+)", status, flags=re.MULTILINE):
            return int(peak[1]) * 1024
    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0
