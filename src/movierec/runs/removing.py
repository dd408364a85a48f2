"""Removing runs, and what is old."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from movierec import locks, paths
from movierec.paths import RunPaths
from movierec.runs.listing import RunSummary, list_runs, run_names, size_of


def remove_run(name: str) -> int:
    """Remove the artifacts and reports of a run or of a search; return the bytes.

    Raises FileNotFoundError for a name that is of neither, and RunInUse.
    """
    run = RunPaths(name)
    if name not in run_names() and not (run.artifacts / "tuning.db").exists():
        names = ", ".join(run_names()) or "none"
        raise FileNotFoundError(f"there is no run {name!r}; there are {names}")
    with locks.whole_run(run):
        size = size_of([run.artifacts, run.reports])
        # Reports first: a run without them can still be told from others.
        paths.remove_folder(run.reports)
        paths.remove_folder(run.artifacts)
    return size


def old_runs(days: float, whole: bool = False) -> list[RunSummary]:
    """Runs whose last stage began so many days ago and more, and that no process works on.

    whole: also those that are whole; else only such as failed, are stale or unfinished.
    """
    before = datetime.now(UTC) - timedelta(days=days)
    kept = {"running"} if whole else {"running", "whole"}
    return [one for one in list_runs() if one.state not in kept and one.date and one.date <= before]


def old_caches(days: float) -> list[Path]:
    """Folders of read datasets that were not used for so many days; they are made again."""
    before = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    return [
        folder
        for folder in sorted((paths.datasets() / ".cache").glob("*/"))
        if max((_used(path) for path in folder.rglob("*")), default=0) <= before
    ]


def _used(path: Path) -> float:
    return max(path.stat().st_atime, path.stat().st_mtime)
