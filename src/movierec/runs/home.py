"""The home of all runs: what each was told, what came of it, where its reports are."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from movierec import paths
from movierec.paths import RunPaths, atomic_write
from movierec.runs import listing
from movierec.runs.listing import RunSummary
from movierec.runs.page import write_page
from movierec.stages import STAGES


@dataclass(frozen=True)
class _Seen:
    """Runs as they were when their files were as the stamps say.

    defaults: the settings that summaries were compared with.
    """

    defaults: str
    stamps: dict[str, str]
    runs: dict[str, RunSummary]


_SEEN = TypeAdapter(_Seen)


def render_home() -> None:
    """Write `reports/index.html`."""
    folder = paths.reports()
    values = {
        "title": "Runs",
        "runs": [(run, _links(run.paths.reports)) for run in _summaries(folder / ".runs.json")],
        "pages": _across(folder),
        "settings_text": listing.settings_text,
        "size_text": listing.size_text,
    }
    write_page(folder / "index.html", values, "home.html.j2")


def _summaries(cache: Path) -> list[RunSummary]:
    """As `listing.list_runs`, but only runs whose files have changed since are read anew."""
    seen = _read(cache)
    stamps = {name: _stamp(RunPaths(name)) for name in listing.run_names()}
    runs = {
        name: seen.runs[name]
        if stamp == seen.stamps.get(name)
        else listing.summarise_run(RunPaths(name))
        for name, stamp in stamps.items()
    }
    # A run ends without a word to its files when its process is killed.
    lasting = {name: stamp for name, stamp in stamps.items() if runs[name].state != "running"}
    with atomic_write(cache) as draft:
        draft.write_bytes(_SEEN.dump_json(_Seen(seen.defaults, lasting, runs)))
    return listing.latest_first(runs.values())


def _read(cache: Path) -> _Seen:
    defaults = repr([stage.parameters() for stage in STAGES.values()])
    try:
        seen = _SEEN.validate_json(cache.read_bytes())
    except (OSError, ValidationError):
        return _Seen(defaults, {}, {})
    return seen if seen.defaults == defaults else _Seen(defaults, {}, {})


def _stamp(run: RunPaths) -> str:
    """Changes with the files of a run."""
    files = [path.stat() for above in (run.artifacts, run.reports) for path in above.rglob("*")]
    latest = max((one.st_mtime_ns for one in files), default=0)
    return f"{len(files)} {sum(one.st_size for one in files)} {latest}"


def _across(folder: Path) -> list[tuple[str, str]]:
    """Pages that are of no single run, such as comparisons: name and address, latest first."""
    found = [*folder.glob("*.html"), *folder.glob("*/*/*.html")]
    latest = sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)
    within = [path.relative_to(folder) for path in latest if path.name != "index.html"]
    return [(" ".join(path.with_suffix("").parts), path.as_posix()) for path in within]


def _links(reports: Path) -> dict[str, str]:
    """Pages of a run by name, as far as they are there."""
    files = {"index.html": "report", "try.html": "try it", "tuning.html": "tuning"}
    return {name: file for file, name in files.items() if (reports / file).exists()}
