"""The command `import`."""

import argparse
import re
import shlex
from pathlib import Path

from movierec.cli.options import Commands


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "import", help="convert ratings of your own: CSV, ZIP, Parquet, Letterboxd, IMDb ..."
    )
    command.set_defaults(command=_import)
    command.add_argument("source", type=Path, metavar="FOLDER_OR_FILE", help="also .zip, .gz")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument(
        "--format", choices=("csv", "parquet"), default="csv", help="of the files to write [csv]"
    )
    command.add_argument("--separator", help="between fields: a character, :: or tab")
    command.add_argument("--encoding", help="of text, as latin-1")
    command.add_argument(
        "--header", action=argparse.BooleanOptionalAction, help="first lines have names of columns"
    )
    command.add_argument("--columns", help="of ratings: user,item,rating or user=NAME,item=NAME")
    command.add_argument("--scale", help="lowest and highest rating, as 1-10; others are none")
    command.add_argument("--implicit", action="store_true", help="each line is a view or purchase")
    command.add_argument(
        "--times",
        choices="s ms us ns day-first month-first ignore".split(),
        help="unit since 1970, or order of dates",
    )
    command.add_argument("--one-user", action="store_true", help="the ratings of one person")
    for kind in ("ratings", "movies", "tags", "test"):
        command.add_argument(f"--{kind}", metavar="FILE", help=f"the file that holds the {kind}")


def _import(args: argparse.Namespace) -> None:
    from movierec.importing.choices import Choices
    from movierec.importing.convert import import_folder

    told = {name: getattr(args, name) for name in Choices.__dataclass_fields__}
    imported = import_folder(args.source, args.out, Choices(**told), args.format)
    for subject, note in imported.notes:
        print(f"{subject:<9} {note}")
    ratings, movies = imported.ratings, imported.movies
    sizes = (
        f"{len(ratings):,} ratings, {ratings['userId'].nunique():,} users, {len(movies):,} movies"
    )
    print(f"wrote     {args.out}: {sizes}")
    command = ["python", "-m", "movierec", "run", "--dataset", str(args.out)]
    if (name := re.sub(r"[^\w.-]", "-", args.out.name)) != args.out.name:
        command += ["--run", name]
    print(f"next      {shlex.join(command)}")
