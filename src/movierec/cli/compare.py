"""The command `compare`."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from movierec import paths
from movierec.cli.options import Commands


def add(commands: Commands) -> None:
    compare = commands.add_parser("compare", help="compare evaluated runs, paired by user")
    compare.set_defaults(command=_compare)
    compare.add_argument("runs", metavar="RUN", nargs="+", help="name of a run that was evaluated")
    compare.add_argument("--metric", default="ndcg@10", help="as in metrics.json [ndcg@10]")
    compare.add_argument("--model", action="append", help="may be repeated [each run's target]")
    compare.add_argument("--against", metavar="RUN", help="which one is subtracted [the best]")
    compare.add_argument(
        "--pool",
        action="store_true",
        help="take runs of different seeds for one, though they differ in settings",
    )
    compare.add_argument("--name", help="folder under reports/comparisons [the runs' names]")
    compare.add_argument("--out", type=Path, help="another folder for comparison.html and .csv")


def _compare(args: argparse.Namespace) -> None:
    import matplotlib as mpl

    from movierec.cli.terminal import print_sections
    from movierec.evaluation import comparison
    from movierec.evaluation.evaluated import by_question, read_run
    from movierec.plots.theme import set_theme
    from movierec.runs import comparing, listing, reports

    names = list(dict.fromkeys(args.runs))
    runs = [read_run(paths.RunPaths(name)) for name in names]
    folder = args.out or _folder(args.name, names)
    if (folder / "comparison.html").exists():
        raise ValueError(f"{folder} holds a comparison: give another --name, or delete it")
    mpl.use("Agg")  # A terminal may have no display.
    set_theme()
    questions = by_question(runs, args.pool)
    found = comparing.sections(questions, args.metric, args.model or (None,), args.against)
    states = [listing.summarise_run(run.paths) for run in runs]
    if bad := [f"{one.name} is {one.state}: {one.reason}." for one in states if one.reason]:
        warning: comparing.Sections = {"Runs that are not whole": ["  \n".join(bad)]}
        found = warning | found
    print_sections(found)
    found |= comparing.details(questions, args.metric)
    with paths.atomic_write(folder / "comparison.csv") as draft:
        comparison.long_table(questions).to_csv(draft, index=False)
    about = comparing.about(run.paths for run in runs)
    title = f"Comparison of {_some(names)}"
    page = reports.render_page(folder / "comparison.html", title, found, about)
    print(f"report: {page}")
    print(f"table:  {folder / 'comparison.csv'}")


def _folder(name: str | None, runs: Sequence[str]) -> Path:
    """The folder of a comparison of that name; without one, a free one named after the runs."""
    above = paths.reports() / "comparisons"
    if name is not None:
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise ValueError(f"{name!r} is not a plain name of letters, digits, '.', '_' and '-'")
        return above / name
    default = above / _some(runs).replace(", ", "-").replace(" ", "-")
    number, folder = 1, default
    while folder.exists():
        number += 1
        folder = default.with_name(f"{default.name}-{number}")
    return folder


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - 3} more"] if len(names) > 4 else []
    return ", ".join([*names[: 3 if more else 4], *more])
