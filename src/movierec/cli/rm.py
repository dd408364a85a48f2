"""The command `rm`."""

import argparse

from movierec.cli.options import Commands


def add(commands: Commands) -> None:
    rm = commands.add_parser("rm", help="remove runs: their artifacts and reports")
    rm.set_defaults(command=_rm)
    rm.add_argument("runs", metavar="RUN", nargs="+", help="name of a run or of a search")


def _rm(args: argparse.Namespace) -> None:
    from movierec.runs.home import render_home
    from movierec.runs.listing import size_text
    from movierec.runs.removing import remove_run

    try:
        for name in dict.fromkeys(args.runs):
            print(f"removed {name}, {size_text(remove_run(name))}")
    finally:
        render_home()
