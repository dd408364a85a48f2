"""Users with their ratings as rows of Arrow tables, and sums over all of them.

A row is a user: userId int32; movies, a list of column numbers, ascending; ratings, stars;
timestamps. A partition holds whole users, and a task takes all of one partition.
"""

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from movierec.data.columns import USER
from movierec.data.interactions import Interactions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MOVIES, RATINGS, TIMESTAMPS = "movies", "ratings", "timestamps"
SCHEMA = f"{USER} int, {MOVIES} array<int>, {RATINGS} array<float>, {TIMESTAMPS} array<int>"

# Arrays to be added up over partitions.
Sums = tuple[np.ndarray, ...]


def to_block(table: pa.Table, movie_ids: np.ndarray) -> Interactions:
    """The users of a table as interactions; movie_ids: (n_movies,) int32."""
    matrix = to_matrix(table, RATINGS, len(movie_ids))
    times = flat(table, TIMESTAMPS)
    return Interactions(table[USER].to_numpy(), movie_ids, matrix, times)


def to_matrix(table: pa.Table, values: str, n_movies: int) -> sparse.csr_array:
    """(n_users, n_movies) CSR of one of a table's columns of lists."""
    indptr = np.r_[0, np.cumsum(lengths_of(table))].astype(np.int32)
    arrays = flat(table, values), flat(table, MOVIES), indptr
    return sparse.csr_array(arrays, shape=(len(indptr) - 1, n_movies))


def lengths_of(table: pa.Table) -> np.ndarray:
    """(n_users,) number of each user's movies."""
    return np.concatenate([np.diff(chunk.offsets.to_numpy()) for chunk in table[MOVIES].chunks])


def flat(table: pa.Table, name: str) -> np.ndarray:
    """The values of a column of lists, one list after the other."""
    chunks = [chunk.flatten().to_numpy() for chunk in table[name].chunks]
    return np.concatenate(chunks) if len(chunks) != 1 else chunks[0]


def from_block(block: Interactions) -> pa.RecordBatch:
    """Rows of interactions, as of SCHEMA."""
    matrix = block.user_items
    columns = {MOVIES: matrix.indices, RATINGS: matrix.data, TIMESTAMPS: block.timestamps}
    return from_lists(block.user_ids, matrix.indptr, columns)


def from_lists(
    user_ids: np.ndarray, indptr: np.ndarray, columns: dict[str, np.ndarray]
) -> pa.RecordBatch:
    """Rows of users with lists, whose values lie one after the other, bounded by `indptr`."""
    offsets = pa.array(indptr.astype(np.int32))
    lists = [pa.ListArray.from_arrays(offsets, pa.array(one)) for one in columns.values()]
    return pa.RecordBatch.from_arrays([pa.array(user_ids), *lists], [USER, *columns])


def map_tables(
    rows: "DataFrame", work: Callable[[pa.Table], pa.RecordBatch | None], schema: str
) -> "DataFrame":
    """What `work` makes of each partition, which it gets as one table."""
    shared = rows.sparkSession.sparkContext.broadcast(work)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        taken = list(batches)
        if any(batch.num_rows for batch in taken):
            made = shared.value(pa.Table.from_batches(taken))
            if made is not None:
                yield made

    return rows.mapInArrow(run, schema)


def sum_over(rows: "DataFrame", work: Callable[[pa.Table], Sums]) -> Sums:
    """The sums of what `work` gives for each partition. Raises ValueError without any row."""
    packed = map_tables(rows, Packed(work), "packed binary")
    return packed.rdd.map(_unpack).treeReduce(_add)


def gather(rows: "DataFrame", work: Callable[[pa.Table], Any]) -> list[Any]:
    """What `work` gives for each partition, on the driver: for what is small."""
    return [_unpack(row) for row in map_tables(rows, Packed(work), "packed binary").collect()]


class Packed:
    """A function of tables whose results travel as bytes."""

    def __init__(self, work: Callable[[pa.Table], Any]):
        self._work = work

    def __call__(self, table: pa.Table) -> pa.RecordBatch:
        result = pickle.dumps(self._work(table), pickle.HIGHEST_PROTOCOL)
        return pa.RecordBatch.from_pydict({"packed": pa.array([result], pa.binary())})


def _unpack(row: tuple) -> Any:
    return pickle.loads(row[0])


def _add(left: Sums, right: Sums) -> Sums:
    return tuple(one + other for one, other in zip(left, right, strict=True))
