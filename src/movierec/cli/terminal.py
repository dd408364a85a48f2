"""Text of what pages show too."""

import shutil
import textwrap
import threading
from collections.abc import Mapping, Sequence

_WIDTH = 100
_CLEAR = "\x1b[2K"  # the line of a terminal


def print_sections(sections: Mapping[str, Sequence[object]]) -> None:
    """Headings, text and tables; figures are for pages."""
    for heading, contents in sections.items():
        print(f"{heading}\n{'-' * len(heading)}")
        for content in contents:
            if hasattr(content, "to_string"):
                print(f"{content.to_string()}\n")
            elif isinstance(content, str):
                lines = [textwrap.fill(line.strip(), width=_WIDTH) for line in content.splitlines()]
                print("\n".join(lines), end="\n\n")


class StageLine:
    """The line of a stage: its name, while it runs how far it is, at last how it went.

    live: whether text can be replaced, as on a terminal.
    """

    def __init__(self, live: bool) -> None:
        self._stage = ""
        self._live = live
        self._shown = False
        self._lock = threading.Lock()

    def begin(self, stage: str) -> None:
        with self._lock:
            self._stage, self._shown = f"{stage:<22}", False
            print(self._stage, end="", flush=True)

    def show(self, text: str) -> None:
        """Replace what stands behind the name."""
        with self._lock:
            if self._live and self._stage:
                width = shutil.get_terminal_size().columns - len(self._stage) - 1
                print(f"\r{_CLEAR}{self._stage}{text[:width]}", end="", flush=True)
                self._shown = True

    def end(self, text: str) -> None:
        with self._lock:
            if self._shown:
                print(f"\r{_CLEAR}{self._stage}", end="")
            print(text, flush=True)
            self._stage, self._shown = "", False
