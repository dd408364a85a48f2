"""Order statistics of the times of all ratings, from counts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from movierec.data.counts import DAY
from movierec.engines.rows import TIMESTAMPS, Sums, flat, gather, sum_over

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_DAYS = 1 + np.iinfo(np.int32).max // DAY


def time_range(rows: "DataFrame") -> tuple[int, int, int]:
    """The first and the last time, seconds since 1970, and the number of ratings."""
    parts = np.array(gather(rows, _ends))
    return int(parts[:, 0].min()), int(parts[:, 1].max()), int(parts[:, 2].sum())


def rating_at(rows: "DataFrame", place: int) -> int:
    """The time of the rating with so many before it, in order of time."""
    (days,) = sum_over(rows, _days)
    ends = np.cumsum(days)
    day = int(np.searchsorted(ends, place, side="right"))
    (seconds,) = sum_over(rows, _SecondsOf(day))
    within = place - (ends[day] - days[day])
    return day * DAY + int(np.searchsorted(np.cumsum(seconds), within, side="right"))


def _ends(table: pa.Table) -> tuple[int, int, int]:
    times = flat(table, TIMESTAMPS)
    return int(times.min()), int(times.max()), len(times)


def _days(table: pa.Table) -> Sums:
    return (np.bincount(flat(table, TIMESTAMPS) // DAY, minlength=_DAYS),)


@dataclass(frozen=True)
class _SecondsOf:
    day: int

    def __call__(self, table: pa.Table) -> Sums:
        times = flat(table, TIMESTAMPS)
        return (np.bincount(times[times // DAY == self.day] % DAY, minlength=DAY),)
