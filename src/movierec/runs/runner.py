"""Running the stages of a plan, one notebook each, through papermill."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import papermill
import psutil
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from movierec import paths
from movierec.paths import RunPaths
from movierec.runs import executed, reports
from movierec.runs.plan import Plan
from movierec.settings import Settings
from movierec.stages import Stage


class StageFailed(RuntimeError):
    """A stage did not end well; its report shows what it had done until then."""


@dataclass(frozen=True)
class StageResult:
    """How a stage went: seconds it took, peak memory of its kernel in bytes.

    Where the system keeps no peak, it is the most seen after a cell. `failure` says why an
    optional stage did not end well.
    """

    stage: str
    seconds: float
    peak_memory: int
    failure: str | None = None


class _StageKernel(AsyncKernelManager):
    """A kernel that a stage runs in and that nobody works in afterwards."""

    # ipykernel warns of plain TCP, and rightly on a machine that others use.
    transport_encryption = "auto"

    async def _async_interrupt_kernel(self) -> None:
        """Do nothing: an idle kernel logs the interrupt that comes before its end as an error."""


def run_stages(plan: Plan, announce: Callable[[str], object]) -> Iterator[StageResult]:
    """Execute and report a plan's stages in order, each announced by name; yield how each went.

    Raises StageFailed at the first stage that fails; later ones do not run. An optional stage may
    fail, unless it is all that was asked for.
    """
    plan.run.reports.mkdir(parents=True, exist_ok=True)
    try:
        for stage, told in plan.steps.items():
            announce(stage.name)
            result = _run_stage(stage, plan.run, told)
            if result.failure and not (stage.optional and len(plan.steps) > 1):
                report = plan.run.report(stage.name)
                raise StageFailed(f"{stage.name}: {result.failure}\nreport: {report}")
            reports.render_stage(plan.run, stage)
            yield result
    finally:
        reports.render_run(plan.run)


def _run_stage(stage: Stage, run: RunPaths, told: Settings) -> StageResult:
    peak, failure, died = 0, None, False

    def note_memory(**_: object) -> None:
        nonlocal peak
        kernels = psutil.Process().children(recursive=True)
        peak = max([peak, *map(_peak_memory, kernels)])

    start = time.perf_counter()
    output = run.notebook(stage.name)
    output.unlink(missing_ok=True)
    try:
        papermill.execute_notebook(
            paths.notebooks() / f"{stage.name}.ipynb",
            output,
            parameters=told.model_dump(),
            progress_bar=False,
            on_cell_executed=note_memory,
            kernel_manager_class=_StageKernel,
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
