"""Read one Parquet file of a dataset, held to what grammar.py says of columns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute as pc, parquet

from movierec.data.columns import MAX_RATING, MIN_RATING
from movierec.data.grammar import Column, File, Kind
from movierec.data.reader import OtherForm, TableError, not_a_number
from movierec.memory import require_memory

SUFFIX = ".parquet"
# Peak memory of reading, in sizes of the columns before compression.
_READ_FACTOR = 3.0


def read_parquet(path: Path, file: File) -> pd.DataFrame:
    """The columns that are kept, as `reader.read_file` gives them; others are not read.

    Raises TableError where a column is missing or a value does not fit, and NotEnoughMemory.
    """
    columns = parquet_columns(path, file)
    opened = parquet.ParquetFile(path)
    groups = [opened.metadata.row_group(group) for group in range(opened.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    require_memory(
        int(_READ_FACTOR * size),
        f"Reading {path}",
        "close other programs, or use a smaller dataset",
    )
    names = [one.name for one in columns]
    try:
        table = opened.read(names)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None
    return pa.table({one.name: _checked(path, one, table[one.name]) for one in columns}).to_pandas()


def parquet_columns(path: Path, file: File) -> list[Column]:
    """The columns to read. Raises TableError where the file is damaged or one is missing."""
    if not path.is_file():
        raise OtherForm(f"{path} is not a regular file")
    try:
        found = parquet.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None
    columns = [one for one in file.columns if one.kind is not Kind.SKIPPED]
    missing = [one.name for one in columns if one.name not in (*found, *file.optional)]
    if missing:
        raise OtherForm(f"{path} has no column {', '.join(missing)}, only {', '.join(found)}")
    return [one for one in columns if one.name in found]


def _checked(path: Path, column: Column, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values of one column, all right, in its type."""
    if column.kind is Kind.TEXT:
        return _checked_text(path, column, values)
    kind = values.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise OtherForm(f"{path}: {column.name} has the type {kind}, not numbers")
    # Every number in range is exact in float64.
    numbers = values.cast(pa.float64(), safe=False)
    stars = column.kind is Kind.STARS
    low, high = (MIN_RATING, MAX_RATING) if stars else (0, column.most)
    right = pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high))
    if not stars:
        right = pc.and_(right, pc.equal(numbers, pc.floor(numbers)))
    _require(path, column, values, right)
    return numbers.cast(pa.float32() if stars else pa.int32(), safe=False)


def _checked_text(path: Path, column: Column, values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        raise OtherForm(f"{path}: {column.name} has the type {kind}, not text")
    _require(path, column, values, pc.invert(pc.match_substring(values, "\0")))
    return values.cast(pa.large_string())


def _require(path: Path, column: Column, values: pa.ChunkedArray, right: pa.ChunkedArray) -> None:
    """Raise TableError for the first value that is missing or wrong."""
    wrong = np.flatnonzero(~pc.fill_null(right, False).to_numpy().astype(bool))
    if not len(wrong):
        return
    value = values[int(wrong[0])].as_py()
    if value is None:
        why = f"{column.name} is missing"
    elif column.kind is Kind.TEXT:
        why = f"{column.name} holds a NUL character; remove it"
    else:
        why = not_a_number(column, str(value).encode())
    raise OtherForm(f"{path}, row {wrong[0] + 1}: {why}")


def _damaged(path: Path, error: Exception) -> TableError:
    return TableError(f"{path} is damaged or no Parquet ({error}); fetch or copy it again")
