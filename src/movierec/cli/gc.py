"""The command `gc`."""

import argparse

from movierec import paths
from movierec.cli.options import Commands


def add(commands: Commands) -> None:
    gc = commands.add_parser("gc", help="remove what is old: runs that are not whole, caches")
    gc.set_defaults(command=_gc)
    gc.add_argument("--days", type=float, default=30, help="how old, in days [30]")
    gc.add_argument("--whole", action="store_true", help="runs that are whole too")
    gc.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _gc(args: argparse.Namespace) -> None:
    from movierec import locks
    from movierec.runs.home import render_home
    from movierec.runs.listing import size_of, size_text
    from movierec.runs.removing import old_caches, old_runs, remove_run

    runs, caches = old_runs(args.days, args.whole), old_caches(args.days)
    for run in runs:
        print(f"{run.name}: {run.state}, {size_text(run.size)}")
    for cache in caches:
        print(f"{cache}: a dataset as it was read, {size_text(size_of([cache]))}")
    if not runs and not caches:
        print("nothing is old")
    if args.dry_run:
        return
    locks.clear_leftovers()
    for run in runs:
        remove_run(run.name)
    for cache in caches:
        paths.remove_folder(cache)
    if runs:
        render_home()
