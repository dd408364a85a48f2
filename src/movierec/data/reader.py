"""Read one text file of a dataset, in blocks on all cores or whole; name what is wrong in it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from movierec.data.columns import MAX_RATING, MIN_RATING
from movierec.data.grammar import Column, File, Kind, Problem, Violation
from movierec.data.parser import parse
from movierec.memory import require_memory

# Bytes that a thread parses at a time.
_BLOCK = 1 << 20
# Peak memory of reading, in sizes of the file (1.9 at 32 million ratings).
_READ_FACTOR = 2.0
_REMEDY = "close other programs, or use a smaller dataset"
_TYPES = {Kind.WHOLE: np.int32, Kind.STARS: np.float32}
_TRUNCATED = "the file was truncated: fetch or copy it again"
_UTF8_MARK, _UTF16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
# Characters of a value that a message shows.
_SHOWN = 60


class TableError(ValueError):
    """A file violates its grammar; the message names the file, the line and the remedy."""


class OtherForm(TableError):
    """As far as it can be told, the file is not damaged but of another form, to be imported."""


def read_file(path: Path, file: File) -> pd.DataFrame:
    """The columns of a file that are kept: int32, float32 or text.

    Raises TableError where it violates the grammar, and NotEnoughMemory.
    """
    columns, start = begin(path, file)
    require_memory(int(_READ_FACTOR * path.stat().st_size), f"Reading {path}", _REMEDY)
    if all(one.kind in _TYPES for one in columns):
        frame = _read_numbers(path, file, columns, start)
    else:
        frame = _read_text(path, file, columns, start)
    return frame[[one.name for one in file.columns if one.name in frame]]


def line_of_row(path: Path, file: File, row: int) -> int:
    """The line that a row of a valid file begins in; both count, but the line counts from 1."""
    columns, start = begin(path, file)
    data = _decoded(path, file)
    return _line(data, int(parse(data, columns, file.dialect, start).starts[row]))


def begin(path: Path, file: File) -> tuple[tuple[Column, ...], int]:
    """The columns in the file's order, and the offset of its first row.

    Raises TableError where the file is missing, or has another header.
    """
    expected = file.dialect.separator.join(one.name for one in file.columns)
    if not path.exists():
        raise OtherForm(f"{path} is missing")
    if not path.is_file():
        raise TableError(f"{path} is not a regular file: copy what it gives into one")
    with path.open("rb") as opened:
        mark = len(_UTF8_MARK) if opened.read(len(_UTF8_MARK)) == _UTF8_MARK else 0
        opened.seek(mark)
        line = opened.readline()
    if not line:
        starts = f"start with {expected}" if file.header else "have a row for each of them"
        raise TableError(f"{path} is empty; it must {starts}")
    if line.startswith(_UTF16_MARKS):
        raise OtherForm(f"{path}, line 1: UTF-16, not UTF-8 text; save it as UTF-8")
    if not file.header:
        return file.columns, mark
    return header_columns(path, file, line), mark + len(line)


def header_columns(path: Path, file: File, line: bytes) -> tuple[Column, ...]:
    """The columns that a header names, in its order."""
    try:
        line.decode()
        fields = line.count(file.dialect.separator.encode()) + 1
        header = parse(line, (Column("header", Kind.TEXT),) * fields, file.dialect)
        found = [str(name).strip(" \t") for column in header.columns if column for name in column]
    except UnicodeDecodeError as error:
        raise OtherForm(f"{path}, line 1: not UTF-8 text; save it as UTF-8 ({error})") from None
    except (Violation, ValueError):
        found = []
    known = {one.name: one for one in file.columns}
    lists = {
        "missing": [name for name in known if name not in found and name not in file.optional],
        "unknown": [name for name in found if name not in known],
        "repeated": [name for name, times in Counter(found).items() if times > 1],
    }
    faults = {kind: f"{kind}: {', '.join(names)}" for kind, names in lists.items() if names}
    if faults:
        remedies = {"missing": "add what is missing", "unknown": "remove what is unknown"}
        remedy = remedies.get("".join(faults), "rename the columns, in any order")
        shown = _shortened(line.decode().rstrip("\r\n"))
        expected = file.dialect.separator.join(known)
        optional = f" ({' and '.join(file.optional)} optional)" if file.optional else ""
        raise OtherForm(
            f"{path}, line 1: the header is {shown!r}, not {expected!r}{optional};"
            f" {'; '.join(faults.values())}; {remedy}"
        )
    return tuple(known[name] for name in found)


def _read_numbers(path: Path, file: File, columns: tuple[Column, ...], start: int) -> pd.DataFrame:
    """A file whose columns are all numeric, parsed block by block into preallocated columns."""
    # An upper bound: one digit per number. Pages that are never written to take no memory.
    most = path.stat().st_size // (2 * len(columns)) + 1
    kept = {one.name: np.empty(most, _TYPES[one.kind]) for one in columns}

    def parse_block(bounds: tuple[int, int]) -> list[np.ndarray]:
        begin, end = bounds
        with path.open("rb") as opened:
            opened.seek(begin)
            data = opened.read(end - begin)
        try:
            fields = parse(data, columns, file.dialect).columns
        except Violation as violation:
            violation.start += begin
            raise
        return [
            np.asarray(one, kept[of.name].dtype) for one, of in zip(fields, columns, strict=True)
        ]

    rows = 0
    with ThreadPoolExecutor(pa.cpu_count()) as threads:
        try:
            for block in threads.map(parse_block, _bounds(path, start)):
                begin, rows = rows, rows + len(block[0])
                for column, values in zip(kept.values(), block, strict=True):
                    column[begin:rows] = values
        except Violation as violation:
            threads.shutdown(cancel_futures=True)
            raise error_of(path, file, columns, path.read_bytes(), violation) from None
    for column in kept.values():
        column.resize(rows, refcheck=False)
    return pd.DataFrame(kept, copy=False)


def _bounds(path: Path, start: int) -> list[tuple[int, int]]:
    """Byte ranges of the blocks of a file, split at line breaks; the last is no small rest."""
    size, ends = path.stat().st_size, [start]
    with path.open("rb") as opened:
        while size - ends[-1] > 2 * _BLOCK:
            opened.seek(ends[-1] + _BLOCK)
            opened.readline()
            ends.append(opened.tell())
    return list(pairwise([*ends, size]))


def _read_text(path: Path, file: File, columns: tuple[Column, ...], start: int) -> pd.DataFrame:
    data = _decoded(path, file)
    try:
        fields = parse(data, columns, file.dialect, start)
    except Violation as violation:
        raise error_of(path, file, columns, data, violation) from None
    kept = {
        one.name: values if one.kind is Kind.TEXT else values.astype(_TYPES[one.kind])
        for one, values in zip(columns, fields.columns, strict=True)
        if values is not None
    }
    return pa.table(kept).to_pandas()


def _decoded(path: Path, file: File) -> bytes:
    """The file in UTF-8. Raises TableError where it is in none of its encodings."""
    data = path.read_bytes()
    marked = data.startswith(_UTF8_MARK)
    for encoding in file.encodings[:1] if marked else file.encodings:
        if encoding == "utf-8" and _is_utf8(data):
            return data
        try:
            return data.decode(encoding).encode()
        except UnicodeDecodeError as error:
            first = error
    raise OtherForm(
        f"{path}, line {_line(data, first.start)}: not UTF-8 text; save the file as UTF-8 ({first})"
    )


def _is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8, without a copy in Python's own, larger form."""
    offsets = pa.array([0, len(data)], pa.int64()).buffers()[1]
    try:
        pa.LargeStringArray.from_buffers(1, offsets, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def error_of(
    path: Path, file: File, columns: tuple[Column, ...], data: bytes, violation: Violation
) -> TableError:
    """What is wrong where; data: the file's bytes, to find the line."""
    line, start = _line(data, violation.start), violation.start
    separator, column = file.dialect.separator.encode(), columns[violation.column]
    row = data[start:end] if (end := data.find(b"\n", start)) >= 0 else data[start:]
    row = row.rstrip(b"\r")
    shown = _shortened(row.decode(errors="backslashreplace"))
    n_fields = row.count(separator) + 1
    is_last = end < 0 or not data[end:].strip()
    explanation = {
        Problem.NUMBER: lambda: not_a_number(column, row.split(separator)[0]),
        Problem.FEWER: lambda: (
            f"{n_fields} of {len(columns)} fields ({shown}); "
            + (_TRUNCATED + ", or correct the line" if is_last else "correct the line")
        ),
        Problem.MORE: lambda: (
            f"{n_fields} of {len(columns)} fields ({shown}); correct the line"
            + (", or put text with commas in quotation marks" if file.dialect.quotes else "")
        ),
        Problem.UNCLOSED: lambda: (
            f"{column.name} opens a quotation mark that nothing closes:"
            f" close it, or double it if it is part of the text ({shown})"
        ),
        Problem.AFTER_QUOTE: lambda: (
            f"{column.name} goes on after its closing quotation mark:"
            f" double those that are part of the text ({shown})"
        ),
        Problem.SWALLOWS: lambda: (
            f"{column.name} opens a quotation mark that is still open where"
            f" another row seems to begin: close it, or leave the line break out ({shown})"
        ),
        Problem.NUL: lambda: (
            f"{column.name} holds a NUL character: the file is damaged or no text;"
            " copy it again, or remove the character"
        ),
        Problem.CARRIAGE_RETURN: lambda: (
            f"{column.name} holds a carriage return that is no line"
            " end: save the file with LF or CRLF line ends"
        ),
        Problem.AMBIGUOUS: lambda: (
            f"{column.name} is followed by {3 * separator.decode()[0]!r}:"
            f" which of them separate cannot be told; put a blank between ({shown})"
        ),
        Problem.CUT: lambda: (
            f"the last line has no line break, and {column.name} fewer digits than"
            f" the line above ({shown}), so {_TRUNCATED} (or, if it is whole, add the line break)"
        ),
    }
    # Numbers of another scale or notation are no damage.
    kind = OtherForm if violation.problem is Problem.NUMBER else TableError
    return kind(f"{path}, line {line}: {explanation[violation.problem]()}")


def not_a_number(column: Column, value: bytes) -> str:
    """Why a value is none of a column's numbers."""
    shown = _shortened(value.decode(errors="backslashreplace").strip(" \t"))
    if column.kind is Kind.STARS:
        return f"{column.name} {shown!r} is not a number from {MIN_RATING} to {MAX_RATING}"
    return (
        f"{column.name} {shown!r} is not a whole number from 0 to {column.most},"
        " without sign or leading zeros"
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
