"""The command `fetch`."""

import argparse

from movierec.cli.options import Commands
from movierec.data.movielens import MOVIELENS


def add(commands: Commands) -> None:
    fetch = commands.add_parser("fetch", help="download a MovieLens dataset from GroupLens")
    fetch.set_defaults(command=_fetch)
    fetch.add_argument("dataset", choices=MOVIELENS)


def _fetch(args: argparse.Namespace) -> None:
    from movierec.data.download import fetch

    print(f"{args.dataset} is in {fetch(args.dataset)}")
