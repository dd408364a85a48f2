"""Numbers of ratings by month."""

import numpy as np
import pandas as pd

from movierec.data.counts import ratings_per_month


def test_ratings_are_counted_in_the_month_of_their_second():
    stamps = pd.to_datetime(
        ["2000-02-29 23:59:59", "2000-03-01", "1999-12-31", "2000-02-01"], format="ISO8601"
    )
    seconds = (stamps - pd.Timestamp(0)).total_seconds()

    counts = ratings_per_month(pd.Series(seconds).astype(np.int32))

    assert {f"{month:%Y-%m-%d}": n for month, n in counts.items()} == {
        "1999-12-01": 1,
        "2000-01-01": 0,
        "2000-02-01": 2,
        "2000-03-01": 1,
    }
