"""A sweep: every combination of some settings' values as a run, several runs at a time."""

import hashlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from movierec import paths
from movierec.data.movielens import SAMPLE
from movierec.locks import RunInUse
from movierec.runs.checks import check_plan
from movierec.runs.plan import Plan, plan_run
from movierec.runs.runner import why
from movierec.runs.sharing import alike, committed, share_stages
from movierec.settings import SettingsError, Value, parse_assignments
from movierec.stages import STAGES

_POLL_SECONDS = 0.2
# Seconds that a run has to end its kernels after an interrupt.
_GRACE_SECONDS = 20
# Of a run; a longer one ends in a hash.
_LONGEST_NAME = 100
_THREADS = "NUMBA_NUM_THREADS OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS".split()


@dataclass(frozen=True)
class Sweep:
    """What is swept.

    fixed  settings that every run has
    swept  values by setting, in the order of their combinations: the last one changes fastest
    """

    name: str
    dataset: str
    preset: str | None
    fixed: Mapping[str, Value]
    swept: Mapping[str, Sequence[Value]]

    @property
    def combinations(self) -> list[dict[str, Value]]:
        rows = itertools.product(*self.swept.values())
        return [dict(zip(self.swept, row, strict=True)) for row in rows]

    @property
    def folder(self) -> Path:
        """Where its leaderboard is."""
        return paths.reports() / "sweeps" / self.name

    def run_name(self, combination: Mapping[str, Value]) -> str:
        """As "night-factors-32-alpha-1", so that an enlarged sweep finds its runs again."""
        parts = [self.name, *(f"{name}-{_plain(value)}" for name, value in combination.items())]
        name = "-".join(parts)
        if len(name) <= _LONGEST_NAME:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{name[: _LONGEST_NAME - 9]}-{digest}"

    def plans(self) -> dict[str, Plan]:
        """By run, what it does. Raises ValueError or OSError for what cannot work."""
        found: dict[str, Plan] = {}
        for combination in self.combinations:
            run = self.run_name(combination)
            if run in found:
                raise ValueError(f"two combinations would be run {run!r}; sweep other values")
            assignments = self.assignments(combination)
            found[run] = plan_run(self.dataset, run, self.preset, assignments)
            check_plan(found[run])
        return found

    def assignments(self, combination: Mapping[str, Value]) -> list[str]:
        return [f"{name}={value}" for name, value in {**self.fixed, **combination}.items()]

    def text(self) -> str:
        """The sweep as a TOML file."""
        head: dict[str, Any] = {"dataset": self.dataset}
        head |= {"preset": self.preset} if self.preset else {}
        parts = [_toml(head)]
        parts += [f"[set]\n{_toml(self.fixed)}"] if self.fixed else []
        parts += [f"[sweep]\n{_toml(self.swept)}"]
        return "\n".join(parts)


def make_sweep(
    file: Path | None = None,
    name: str | None = None,
    dataset: str | None = None,
    preset: str | None = None,
    assignments: Iterable[str] = (),
) -> Sweep:
    """A sweep from a TOML file and from what is given beside it, which wins.

    The file may have `dataset`, `preset`, a table `set` of fixed settings and a table `sweep` of
    lists. In an assignment as "factors=32,64" commas separate swept values.
    Raises ValueError for another form, a setting or value that there is not, and if none is swept.
    """
    document = _read(file) if file else {}
    given: dict[str, list[Any]] = {key: [one] for key, one in document.get("set", {}).items()}
    for key, values in document.get("sweep", {}).items():
        given[key] = values if isinstance(values, list) else [values]
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise SettingsError(f"{assignment!r} is not of the form name=value or name=value,value")
        given[key] = text.split(",")
    checked = {key: _checked(key, values) for key, values in given.items()}
    swept = {key: values for key, values in checked.items() if len(values) > 1}
    if not swept:
        raise ValueError("nothing is swept: give a setting several values, as -p factors=32,64")
    fixed = {key: values[0] for key, values in checked.items() if len(values) == 1}
    dataset = dataset or document.get("dataset", SAMPLE)
    default = file.stem if file else "-".join(["sweep", Path(dataset).name, *swept])
    name = paths.RunPaths(name or _plain(default)).name
    return Sweep(name, dataset, preset or document.get("preset"), fixed, swept)


@dataclass
class Progress:
    """How far a sweep is: names of runs that are whole, that failed and why, that run now."""

    whole: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return len(self.whole) + len(self.failed)


def run_sweep(sweep: Sweep, jobs: int, tell: Callable[[str, Progress], object]) -> Progress:
    """Run all combinations, `jobs` at a time, each on its share of the processors.

    A run that has a stage in common with one that runs now waits until that is done, and takes it
    over. What is whole already is left; what failed is tried again. `tell` is called with a run
    and how far the sweep is whenever one ends, and with "" in between.
    Raises what `Sweep.plans` raises before anything starts. Ctrl-C ends all runs.
    """
    plans = sweep.plans()
    progress = Progress()
    waiting = list(plans)
    started: list[str] = []
    running: dict[str, _Job] = {}
    try:
        while waiting or running:
            for run in _ready(waiting, running, plans)[: jobs - len(running)]:
                waiting.remove(run)
                try:
                    share_stages(plans[run], [plans[one] for one in started])
                except RunInUse as error:
                    progress.failed[run] = str(error)
                    tell(run, progress)
                    continue
                started.append(run)
                if any(why(plans[run]).values()):
                    running[run] = _Job(sweep, plans[run], jobs)
                else:
                    progress.whole.append(run)
                    tell(run, progress)
            for run, job in list(running.items()):
                if job.ended:
                    del running[run]
                    if failure := job.failure():
                        progress.failed[run] = failure
                    else:
                        progress.whole.append(run)
                    tell(run, progress)
            progress.running = list(running)
            tell("", progress)
            time.sleep(_POLL_SECONDS if running else 0)
    finally:
        for job in running.values():
            job.interrupt()
        for job in running.values():
            job.wait()
    return progress


def _ready(waiting: Sequence[str], running: Iterable[str], plans: Mapping[str, Plan]) -> list[str]:
    """Runs that may start: at most one of those that share a stage which none has done yet."""
    ready: list[str] = []
    for run in waiting:
        busy = [*running, *ready]
        if not any(_awaits(plans[run], plans[other]) for other in busy):
            ready.append(run)
    return ready


def _awaits(plan: Plan, running: Plan) -> bool:
    same = alike(plan, running)
    before_difference = itertools.takewhile(lambda stage: stage in same, plan.steps)
    return any(not committed(running.run, stage) for stage in before_difference)


class _Job:
    """A run in a process of its own, in a session that Ctrl-C does not reach by itself."""

    def __init__(self, sweep: Sweep, plan: Plan, jobs: int):
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        told = {name: value for one in plan.steps.values() for name, value in one}
        names = [*sweep.fixed, *sweep.swept]
        command = [sys.executable, "-m", "movierec", "run", "--dataset", sweep.dataset]
        command += ["--run", plan.run.name, *(["--preset", sweep.preset] if sweep.preset else [])]
        command += [word for name in names for word in ("-p", f"{name}={told[name]}")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            env=os.environ | dict.fromkeys(_THREADS, str(max(1, _processors() // jobs))),
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def failure(self) -> str:
        """Why it did not end well, in words; empty if it did."""
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        self._errors.close()
        if self._process.returncode == 0:
            return ""
        _, _, message = f"\n{said}".rpartition("\nerror: ")
        return message or f"exit status {self._process.returncode}"

    def interrupt(self) -> None:
        if not self.ended:
            self._process.send_signal(signal.SIGINT)

    def wait(self) -> None:
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


def _processors() -> int:
    with_affinity = getattr(os, "sched_getaffinity", None)
    return len(with_affinity(0)) if with_affinity else os.cpu_count() or 1


def _read(file: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file}: {error}") from None
    for key in document.keys() - {"dataset", "preset", "set", "sweep"}:
        raise ValueError(f"{file}: {key!r} is none of dataset, preset, [set], [sweep]")
    for key in document.keys() & {"set", "sweep"}:
        if not isinstance(document[key], dict):
            raise ValueError(f"{file}: {key} is not a table [{key}]")
    for key in document.keys() & {"dataset", "preset"}:
        if not isinstance(document[key], str):
            raise ValueError(f"{file}: {key} is not text")
    return document


def _checked(name: str, values: Sequence[Any]) -> list[Value]:
    """Distinct values of a setting, of its type. Raises SettingsError."""
    known = [stage.parameters for stage in STAGES.values()]
    found = [parse_assignments([f"{name}={value}"], known)[name] for value in values]
    return list(dict.fromkeys(found))


def _plain(value: object) -> str:
    text = f"{value:.12g}" if isinstance(value, float) else str(value)
    return re.sub(r"[^\w.-]+", "_", text)


def _toml(values: Mapping[str, Any]) -> str:
    # TOML writes these values as JSON does.
    return "".join(
        f"{name} = {json.dumps(list(one) if isinstance(one, tuple | list) else one)}\n"
        for name, one in values.items()
    )
