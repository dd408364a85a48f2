"""The command `fetch`."""

import argparse
from pathlib import Path

from movierec.cli.options import Commands
from movierec.data.movielens import MOVIELENS


def add(commands: Commands) -> None:
    fetch = commands.add_parser("fetch", help="download a MovieLens dataset")
    fetch.set_defaults(command=_fetch)
    fetch.add_argument("dataset", choices=MOVIELENS, nargs="?", help="known by the hash of --file")
    fetch.add_argument("--file", type=Path, help="an archive that was downloaded by hand")


def _fetch(args: argparse.Namespace) -> None:
    from movierec.data.download import fetch, fetch_file

    if args.file:
        folder = fetch_file(args.file, args.dataset)
    elif args.dataset:
        folder = fetch(args.dataset)
    else:
        raise ValueError(f"name a dataset, one of {', '.join(MOVIELENS)}, or an archive by --file")
    print(f"{folder.name} is in {folder}")
