"""Asking for memory before it is spent."""

from pathlib import Path

import psutil

# Where Linux keeps what a container may hold, what it holds, and what of this is files that were
# read and can be let go: in the second version of control groups, and in the first.
_CONTAINERS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


class NotEnoughMemory(MemoryError):
    """Less is free than would be needed; the message says how much, and what would help."""


def free() -> int:
    """Bytes that can still be had, on this machine and in this container."""
    there = psutil.virtual_memory().available
    for folder, limit, held, files in _CONTAINERS:
        try:
            most, used = (int(Path(folder, name).read_text()) for name in (limit, held))
            stat = Path(folder, "memory.stat").read_text().split()
            there = min(there, most - used + int(stat[stat.index(files) + 1]))
        except (OSError, ValueError):  # no container, or one without a limit
            continue
    return max(0, there)


def require_memory(needed: int, what: str, remedy: str) -> None:
    """Go on only where `needed` bytes are free.

    what: what needs them, to begin a sentence with; remedy: what would help.
    Raises NotEnoughMemory.
    """
    there = free()
    if needed > there:
        raise NotEnoughMemory(
            f"{what} needs about {needed / 1e9:.1f} GB, and {there / 1e9:.1f} GB are free; {remedy}"
        )
