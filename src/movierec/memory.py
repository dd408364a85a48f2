"""Asking for memory before it is spent."""

from pathlib import Path

import psutil

# Where Linux keeps what a container may hold, and what it holds.
_LIMIT = Path("/sys/fs/cgroup/memory.max")
_HELD = Path("/sys/fs/cgroup/memory.current")


class NotEnoughMemory(MemoryError):
    """Less is free than would be needed; the message says how much, and what would help."""


def free() -> int:
    """Bytes that can still be had, on this machine and in this container."""
    machine = psutil.virtual_memory().available
    try:
        container = int(_LIMIT.read_text()) - int(_HELD.read_text())
    except (OSError, ValueError):  # no container, or one without a limit
        return machine
    return max(0, min(machine, container))


def ask(needed: int, what: str, remedy: str) -> None:
    """Go on only where `needed` bytes are free.

    what: what needs them, to begin a sentence with; remedy: what would help.
    Raises NotEnoughMemory.
    """
    there = free()
    if needed > there:
        raise NotEnoughMemory(
            f"{what} needs about {needed / 1e9:.1f} GB, and {there / 1e9:.1f} GB are free; {remedy}"
        )
