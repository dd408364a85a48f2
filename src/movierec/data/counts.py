"""Numbers of ratings, for figures and sentences about them."""

import numpy as np
import pandas as pd

_DAY = 86_400  # seconds
_DAYS = 1 + np.iinfo(np.int32).max // _DAY
# Ratings at a time, so that what is computed of them is in memory that is there already.
_BLOCK = 1 << 20


def ratings_per_month(timestamps: pd.Series) -> pd.Series:
    """Number of ratings in each month, UTC, from the first month to the last; index its first day.

    timestamps: (n_ratings,) int32, seconds since 1970, at least one.
    """
    seconds = timestamps.to_numpy()
    blocks = (seconds[start : start + _BLOCK] for start in range(0, len(seconds), _BLOCK))
    counts = sum(np.bincount(block // _DAY, minlength=_DAYS) for block in blocks)
    per_day = pd.Series(counts, np.arange(_DAYS).astype("datetime64[D]"))
    rated = np.flatnonzero(per_day)
    return per_day.iloc[rated[0] : rated[-1] + 1].resample("MS").sum()
