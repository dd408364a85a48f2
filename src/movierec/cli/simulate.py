"""The command `simulate`."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from movierec.cli.options import Commands
from movierec.data.movielens import MOVIELENS


def add(commands: Commands) -> None:
    simulate = commands.add_parser(
        "simulate", help="write simulated data of a dataset's size and format"
    )
    simulate.set_defaults(command=_simulate)
    simulate.add_argument(
        "--like", choices=MOVIELENS, required=True, help="whose size and format to take"
    )
    simulate.add_argument("--out", type=Path, required=True, help="folder to write")
    simulate.add_argument("--ratings", type=int, help="so many, and users in proportion")
    simulate.add_argument("--parquet", action="store_true", help="ratings as Parquet files")
    simulate.add_argument("--seed", type=int, default=0)


def _simulate(args: argparse.Namespace) -> None:
    from movierec.simulation.simulator import Shape, simulate

    if args.out.exists() and any(args.out.iterdir()):
        raise ValueError(f"{args.out} is not empty; name a new folder")
    shape, layout = Shape.like(args.like), MOVIELENS[args.like].layout
    if args.ratings:
        users = max(1, shape.users * args.ratings // shape.ratings)
        shape = replace(shape, ratings=args.ratings, users=users)
    simulate(args.out, shape, args.seed, sys.stderr.isatty(), layout, args.parquet)
    print(f"simulated ratings like {args.like} are in {args.out}")
