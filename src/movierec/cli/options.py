"""Options that several commands have."""

import argparse

Commands = argparse._SubParsersAction  # what `add_subparsers` returns has no public name


def add_assignments(command: argparse.ArgumentParser, text: str) -> None:
    """Settings one by one, as `-p factors=128`."""
    command.add_argument("-p", metavar="NAME=VALUE", action="append", default=[], help=text)
