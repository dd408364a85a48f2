"""The command `movierec`, also `python -m movierec`: one module a command.

A command brings in what else it needs when it runs: help and refusals are to come at once.
"""

import argparse
import io
import sys

from movierec.caches import use_temporary_caches
from movierec.cli import (
    app,
    compare,
    fetch,
    gc,
    importing,
    recommend,
    rm,
    run,
    runs,
    similar,
    simulate,
    sweep,
    tune,
)

_COMMANDS = (
    run,
    runs,
    rm,
    gc,
    sweep,
    tune,
    compare,
    recommend,
    similar,
    app,
    fetch,
    importing,
    simulate,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status."""
    args = _parser().parse_args(arguments)
    use_temporary_caches()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A title that a terminal cannot encode costs its letters, never the answer.
            stream.reconfigure(errors="replace")
    try:
        return args.command(args) or 0
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except (ValueError, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="movierec")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add(commands)
    return parser
