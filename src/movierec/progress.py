"""Progress of long steps: in the log of the run where there is one, else as a bar.

A stage runs in a kernel of its own. The environment variable LOG, set by who started it, names the
log that its progress goes to.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tqdm.auto import tqdm

T = TypeVar("T")

LOG = "MOVIEREC_LOG"
INDENT = "    "
# Steps that follow each other faster are not noted one by one.
_SECONDS_APART = 0.5


def track(
    items: Collection[T], what: str, name: Callable[[T], object] | None = None
) -> Iterator[T]:
    """Yield items, telling which one it is: "model 6 of 12, bpr, about 40 s left".

    what: an item in a word; name: of an item. The time left is that of as many mean items.
    """
    if not (log := os.environ.get(LOG)):
        for item in (bar := tqdm(items, what)):
            if name:
                bar.set_description(str(name(item)))
            yield item
        return
    began = time.monotonic()
    noted = began - _SECONDS_APART
    for done, item in enumerate(items):
        now = time.monotonic()
        if now - noted >= _SECONDS_APART:
            noted = now
            parts = [f"{what} {done + 1} of {len(items)}"]
            parts += [str(name(item))] if name else []
            if done:
                left = (now - began) / done * (len(items) - done)
                parts.append(f"about {duration(left)} left")
            append(Path(log), INDENT + ", ".join(parts))
        yield item


def append(log: Path, text: str) -> None:
    """Add a line to a log, after the time of day."""
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S}  {text}\n")


def duration(seconds: float) -> str:
    """As "40 s", "12 min" or "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
