"""Users as rows of Arrow tables."""

import numpy as np
import pyarrow as pa
import pytest

from movierec.engines.rows import from_block, sum_over, to_block
from movierec.engines.session import readable_errors


def test_rows_bring_back_what_they_were_made_of(interactions):
    batch = from_block(interactions)
    table = pa.Table.from_batches([batch.slice(0, 7), batch.slice(7)])
    back = to_block(table, interactions.movie_ids)
    np.testing.assert_array_equal(back.user_ids, interactions.user_ids)
    np.testing.assert_array_equal(back.timestamps, interactions.timestamps)
    assert (back.user_items != interactions.user_items).nnz == 0


def _count(table: pa.Table) -> tuple[np.ndarray, ...]:
    return np.array([table.num_rows]), np.array([1])


@pytest.mark.slow
def test_sums_are_over_all_partitions(kept):
    with readable_errors():
        users, partitions = sum_over(kept.rows, _count)
    assert (users[0], partitions[0]) == (kept.n_users, 3)
