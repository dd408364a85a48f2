"""Parse bytes by the grammar in grammar.py: what is accepted is also converted."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from movierec.data.grammar import CSV, Column, Dialect, Kind, Problem, Violation
from movierec.data.scanner import scan


@dataclass(frozen=True)
class Fields:
    """Parsed rows.

    columns  of each, numbers as float64, text as Arrow strings, None where skipped
    starts   (n_rows,) int64, byte offset of each row
    """

    columns: list[np.ndarray | pa.LargeStringArray | None]
    starts: np.ndarray


def parse(
    data: bytes, columns: tuple[Column, ...], dialect: Dialect = CSV, start: int = 0
) -> Fields:
    """The fields of all rows. Raises Violation for the first wrong one.

    data   UTF-8; text is not validated
    start  offset of the first row, after the header
    """
    source = np.frombuffer(data, dtype=np.uint8)
    kinds = np.array([one.kind for one in columns], dtype=np.int8)
    is_number = kinds <= Kind.STARS
    # Each column's place among those of numbers or of text.
    places = np.where(is_number, np.cumsum(is_number), np.cumsum(~is_number)) - 1
    # A row takes a byte for each field at least.
    capacity = 1 + min(data.count(b"\n"), len(data) // len(columns))
    numbers = np.empty((is_number.sum(), capacity))
    text = np.empty(((~is_number).sum(), len(data)), dtype=np.uint8)
    ends = np.zeros((len(text), capacity + 1), dtype=np.int64)
    starts = np.empty(capacity, dtype=np.int64)
    rows, problem, column, where = scan(
        source,
        start,
        ord(dialect.separator[0]),
        len(dialect.separator),
        dialect.quotes,
        kinds,
        places,
        np.array([one.most for one in columns]),
        numbers,
        text,
        ends,
        starts,
    )
    if problem:
        raise Violation(Problem(problem), column, where)
    parsed: list[np.ndarray | pa.LargeStringArray | None] = []
    for kind, place in zip(kinds, places, strict=True):
        if kind <= Kind.STARS:
            parsed.append(numbers[place, :rows])
        elif kind == Kind.TEXT:
            offsets = pa.py_buffer(ends[place, : rows + 1])
            kept = pa.py_buffer(text[place, : ends[place, rows]])
            parsed.append(pa.LargeStringArray.from_buffers(rows, offsets, kept))
        else:
            parsed.append(None)
    return Fields(parsed, starts[:rows])
