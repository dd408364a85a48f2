"""The home of all runs: what each was told, what came of it, where its reports are."""

from pathlib import Path

from movierec import paths
from movierec.runs import listing
from movierec.runs.page import write_page


def render_home() -> None:
    """Write `reports/index.html`."""
    folder = paths.reports()
    runs = listing.list_runs()
    values = {
        "title": "Runs",
        "runs": [(run, _links(run.paths.reports)) for run in runs],
        "pages": _across(folder),
        "settings_text": listing.settings_text,
        "size_text": listing.size_text,
    }
    write_page(folder / "index.html", values, "home.html.j2")


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
