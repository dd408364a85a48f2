"""Memory estimates: steps stop early, with a remedy, when they would not fit."""

from pathlib import Path

import psutil

# Folder of a Linux control group, and its files for the limit and the use, and the key of the
# file cache, which can be reclaimed, in memory.stat: version 2, then version 1.
_CONTROL_GROUPS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


class NotEnoughMemory(MemoryError):
    """A step needs more memory than is free; the message names both amounts and a remedy."""


def free() -> int:
    """Bytes available on this machine and, within a container, below its limit."""
    available = psutil.virtual_memory().available
    for folder, limit, used, file_cache in _CONTROL_GROUPS:
        try:
            limit_bytes = int(Path(folder, limit).read_text())
            used_bytes = int(Path(folder, used).read_text())
            stat = Path(folder, "memory.stat").read_text().split()
            reclaimable = int(stat[stat.index(file_cache) + 1])
        except (OSError, ValueError):  # There is no such control group, or it has no limit.
            continue
        available = min(available, limit_bytes - used_bytes + reclaimable)
    return max(0, available)


def require_memory(needed: int, step: str, remedy: str) -> None:
    """Raise NotEnoughMemory unless `needed` bytes are free.

    step    what needs them, as the subject of a sentence
    remedy  what the user can do, as an imperative
    """
    available = free()
    if needed > available:
        raise NotEnoughMemory(
            f"{step} needs about {needed / 1e9:.1f} GB, but only {available / 1e9:.1f} GB are"
            f" free; {remedy}"
        )
