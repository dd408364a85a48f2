"""The log of a run: what happened when, also inside stages, and who follows it."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from movierec import progress
from movierec.paths import RunPaths

FILE = "run.log"
_SECONDS_APART = 0.2
# As the command `run` notes it of a stage that ended well.
_COST = re.compile(r"^.{21}(\d\d_\w+) ([\d.]+) s ([\d,]+) MB\b", flags=re.MULTILINE)


class RunLog:
    """The log of a run; stages that start while it is open write their progress to it.

    follow: called with each line of progress, as "model 6 of 12, bpr, about 40 s left".
    """

    def __init__(self, run: RunPaths, follow: Callable[[str], object] | None = None):
        self.path = run.output(FILE)
        self._follow = follow

    def note(self, text: str) -> None:
        progress.append(self.path, text)

    @contextmanager
    def open(self) -> Iterator["RunLog"]:
        before = os.environ.get(progress.LOG)
        os.environ[progress.LOG] = str(self.path.resolve())
        ended = threading.Event()
        self.path.touch()
        seen = self.path.stat().st_size
        thread = threading.Thread(target=self._watch, args=(ended, seen), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            ended.set()
            thread.join()
            os.environ.pop(progress.LOG)
            if before is not None:
                os.environ[progress.LOG] = before

    def _watch(self, ended: threading.Event, seen: int) -> None:
        if self._follow is None:
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            file.seek(seen)
            while not ended.wait(_SECONDS_APART):
                lines = [line for line in file.read().splitlines() if _is_progress(line)]
                if lines:
                    self._follow(_text(lines[-1]).strip())


def _text(line: str) -> str:
    """A line without its time."""
    return line[len("2026-01-31 12:00:00  ") :]


def _is_progress(line: str) -> bool:
    return _text(line).startswith(progress.INDENT)


@dataclass(frozen=True)
class Cost:
    """What a stage took: seconds, and megabytes at most."""

    seconds: float
    megabytes: int

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s {self.megabytes:,} MB"


def stage_costs(run: RunPaths) -> dict[str, Cost]:
    """By stage, what it took when it last ran, as the log of the run has it."""
    costs: dict[str, Cost] = {}
    with suppress(OSError):
        text = (run.artifacts / FILE).read_text(encoding="utf-8", errors="replace")
        for stage, seconds, megabytes in _COST.findall(text):
            costs[stage] = Cost(float(seconds), int(megabytes.replace(",", "")))
    return costs


def last_line(run: RunPaths) -> str:
    """What the log of a run says last; empty without a log."""
    with suppress(OSError):
        lines = (run.artifacts / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
        return _text(lines[-1]).strip() if lines else ""
    return ""
