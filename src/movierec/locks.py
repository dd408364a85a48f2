"""One process at a time works on a run; what dead ones left is cleared away."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from movierec import paths
from movierec.paths import RunPaths


class RunInUse(RuntimeError):
    """Another live process works on the run; the message names it."""


# By run, the lock that this process holds, and whether it is for a whole run or for one stage.
_held: dict[str, tuple[FileLock, bool]] = {}


@contextmanager
def whole_run(run: RunPaths) -> Iterator[None]:
    """Keep a run to this process and its kernels until the end of the block.

    The system takes the lock from a process that dies. Raises RunInUse.
    """
    acquire(run, whole=True)
    try:
        yield
    finally:
        release(run, whole=True)


def acquire(run: RunPaths, whole: bool = False) -> None:
    """Take a run's lock, unless this process has it or is a kernel of one that has.

    Raises RunInUse.
    """
    if run.name in _held:
        return
    path = _path(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        pid, _, command = path.read_text(encoding="utf-8").partition(" ")
        parents = {str(one.pid) for one in psutil.Process().parents()}
        if not whole and pid in parents:
            return
        raise RunInUse(
            f"run {run.name!r} is at work in process {pid} ({command}): wait for it to end, or"
            " give --run another name"
        ) from None
    path.write_text(f"{psutil.Process().pid} {_command()}", encoding="utf-8")
    _held[run.name] = lock, whole


def release(run: RunPaths, whole: bool = False) -> None:
    """Give a run's lock back, if it was taken for as much."""
    lock, for_whole = _held.get(run.name, (None, None))
    if lock and for_whole == whole:
        del _held[run.name]
        lock.release()


def in_use(run: RunPaths) -> bool:
    """Whether a live process works on a run."""
    path = _path(run)
    with suppress(OSError, ValueError):
        # Only a lock of a process that lives is tried, so that none is taken from who begins.
        if psutil.pid_exists(int(path.read_text(encoding="utf-8").partition(" ")[0])):
            try:
                FileLock(path, timeout=0).acquire().lock.release()
            except Timeout:
                return True
    return False


def _path(run: RunPaths) -> Path:
    return paths.home() / "artifacts" / ".locks" / f"{run.name}.lock"


def is_held(run: RunPaths) -> bool:
    """Whether a process works on the run, be it this one."""
    if run.name in _held:
        return True
    try:
        acquire(run)
    except RunInUse:
        return True
    taken = run.name in _held
    release(run)
    return not taken


def _command() -> str:
    in_notebook = "ipykernel" in sys.argv[0]
    return "a notebook" if in_notebook else " ".join(["movierec", *sys.argv[1:]])


def clear_leftovers() -> None:
    """Remove what processes that are dead left half-written, and end kernels of theirs."""
    for folder in (paths.home() / "artifacts", paths.reports(), paths.datasets()):
        for draft in folder.rglob(f"{paths.DRAFT}*"):
            if paths.is_abandoned(draft):
                paths.discard(draft)
    for scratch in paths.scratch_folders():
        if paths.is_abandoned(scratch):
            files = {str(path) for path in scratch.iterdir()}
            for process in psutil.process_iter(["cmdline"]):
                if files.intersection(process.info["cmdline"] or ()):
                    with suppress(psutil.Error):
                        process.kill()
                        process.wait(10)
            paths.discard(scratch)
