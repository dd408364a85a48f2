"""Running the stages, one notebook each, through papermill."""

import importlib.metadata
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
import psutil
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from movierec import paths
from movierec.data.movielens import SAMPLE
from movierec.datasets import DatasetFacts
from movierec.paths import RunPaths
from movierec.runs import parameters

_VERSIONS = ("movierec", "implicit", "scikit-learn", "numpy", "scipy", "pandas", "pyarrow")

# Each stage, and the stages whose files it reads.
READS = {
    "01_eda": (),
    "02_content_features": ("01_eda",),
    "03_als_training": ("01_eda",),
    "04_hybrid_similarity": ("01_eda", "02_content_features", "03_als_training"),
    "05_evaluation": ("01_eda", "02_content_features"),
    "06_recommend": ("04_hybrid_similarity",),
}
STAGES = tuple(READS)
# Those that nothing depends on: they only show. A run goes on, and ends well, without them.
OPTIONAL = frozenset({"06_recommend"})


class StageFailed(RuntimeError):
    """A stage did not end well; its notebook holds what it had done until then."""


@dataclass(frozen=True)
class StageResult:
    """How a stage went: seconds it took, the most memory its kernel held in bytes.

    Where the system keeps no count of the most, it is the most seen after a cell. `failure` says
    why an optional stage did not end well.
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


def stage_range(first: str | None, last: str | None) -> tuple[str, ...]:
    """The stages from `first` to `last`, by full name or number ("03"). Raises ValueError."""
    start = _stage_index(first) if first else 0
    stop = _stage_index(last) if last else len(STAGES) - 1
    if start > stop:
        raise ValueError(f"stage {STAGES[start]} comes after {STAGES[stop]}")
    return STAGES[start : stop + 1]


def stage_parameters(stages: tuple[str, ...] = STAGES) -> dict[str, parameters.Parameter]:
    """All parameters of some stages, from their parameters cells."""
    return parameters.of_notebooks(_notebook(stage) for stage in stages)


def recorded_parameters(run: RunPaths) -> dict[str, object]:
    """What the stages of a run were told when they last ran; a stage that failed is not asked.

    What it was told may be what it failed of.
    """
    values = {}
    for stage in STAGES:
        if run.notebook(stage).exists():
            notebook = nbformat.read(run.notebook(stage), as_version=4)
            outputs = [one for cell in notebook.cells for one in cell.get("outputs", ())]
            if not any(one.output_type == "error" for one in outputs):
                values |= notebook.metadata.papermill.parameters
    return values


def run_stages(
    stages: tuple[str, ...], run: RunPaths, values: dict[str, object]
) -> Iterator[StageResult]:
    """Execute stages in order, each into the run's reports folder; yield how each went.

    `values` are checked parameters; each notebook gets those its parameters cell names.
    Raises StageFailed at the first stage that fails; later ones do not run. An optional one may
    fail, unless it is all that was asked for.
    """
    run.reports.mkdir(parents=True, exist_ok=True)
    for stage in stages:
        known = parameters.of_notebook(_notebook(stage))
        result = _run_stage(stage, run, {name: values[name] for name in known if name in values})
        if result.failure and (stage not in OPTIONAL or len(stages) == 1):
            raise StageFailed(result.failure)
        yield result


def _run_stage(stage: str, run: RunPaths, values: dict[str, object]) -> StageResult:
    peak = 0
    failure = None

    def note_memory(**_) -> None:
        nonlocal peak
        kernels = psutil.Process().children(recursive=True)
        peak = max([peak, *map(_peak_memory, kernels)])

    start = time.perf_counter()
    output = run.notebook(stage)
    output.unlink(missing_ok=True)
    ended_well = False
    try:
        papermill.execute_notebook(
            _notebook(stage),
            output,
            parameters=values,
            progress_bar=False,
            on_cell_executed=note_memory,
            kernel_manager_class=_StageKernel,
        )
        ended_well = True
    except PapermillExecutionError as error:
        failure = f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        _record_death(output)
        failure = "its kernel died; when memory ran out, the system kills the largest process"
    finally:
        if output.exists():
            _record_provenance(output, run, values, ended_well)
    return StageResult(stage, time.perf_counter() - start, peak, failure)


def _peak_memory(process: psutil.Process) -> int:
    """Bytes a process has held at most; where the system keeps no count, holds now."""
    try:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _record_provenance(
    output: Path, run: RunPaths, values: dict[str, object], ended_well: bool
) -> None:
    """Keep in the executed notebook what it ran on, since the files may change after it."""
    notebook = nbformat.read(output, as_version=4)
    about = {
        "versions": {"Python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _VERSIONS}
    }
    if "dataset" in values and not ended_well:
        about["dataset"] = {"name": values["dataset"], "simulated": values["dataset"] == SAMPLE}
    elif (run.artifacts / "dataset.json").exists():
        facts = DatasetFacts.load(run.input("dataset.json"))
        about["dataset"] = {
            "name": facts.name,
            "simulated": facts.simulated,
            "ratings": facts.ratings,
        }
    notebook.metadata["movierec"] = about
    nbformat.write(notebook, output)


def _record_death(output: Path) -> None:
    """Say in the executed notebook where its kernel died, as an error would."""
    notebook = nbformat.read(output, as_version=4)
    message = "The kernel died while this cell ran."
    started = [cell for cell in notebook.cells if cell.metadata.papermill.start_time]
    started[-1].outputs.append(
        nbformat.v4.new_output(
            "error", ename="DeadKernelError", evalue=message, traceback=[message]
        )
    )
    nbformat.write(notebook, output)


def _notebook(stage: str) -> Path:
    return paths.notebooks() / f"{stage}.ipynb"


def _stage_index(name: str) -> int:
    found = [index for index, stage in enumerate(STAGES) if name in (stage, stage[:2])]
    if not found:
        raise ValueError(f"there is no stage {name!r}; there are {', '.join(STAGES)}")
    return found[0]
