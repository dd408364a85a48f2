"""From a file to a table of texts: separators, header, quotation marks, Parquet."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv, parquet

from movierec.importing.choices import CannotImport, Choices
from movierec.importing.names import is_known_name
from movierec.importing.sources import Source
from movierec.importing.text import decode

_SEPARATORS = ("::", "\t", ";", "|", ",", " ")
_SPELT = {"\t": "tab", " ": "space"}
# Characters and rows that tell how a file is written.
_SAMPLE, _SAMPLE_ROWS = 1 << 20, 1000
_BLOCK = 1 << 24
# A single character that stands for "::", which Arrow cannot split at.
_UNIT = "\x1f"
# Share of rows of a sample that have the usual number of fields where a few are broken.
_MOST = 0.9
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Sheet:
    """A table as read, of texts alone.

    name     of the file
    table    columns by name, or "1", "2" ... without a header; no missing values, "" instead
    named    whether columns have names
    written  how the file is written, for people
    lists    whether it was lines of a user and their items
    """

    name: str
    table: pd.DataFrame
    named: bool
    written: list[str] = field(default_factory=list)
    lists: bool = False

    @property
    def stem(self) -> str:
        """The file's name in lower case, without suffix; of parts, that of their folder."""
        *folders, last = re.split(r"[/\\]", self.name.lower())
        stem = last.rpartition(".")[0] or last
        return folders[-1] if stem == "*" and folders else stem


def read_sheet(source: Source, choices: Choices) -> Sheet | None:
    """A file as a table; None where it has no rows of several fields.

    Raises CannotImport where it is broken, or can be read in several ways.
    """
    data = source.read()
    if data.startswith(b"PAR1"):
        return _read_parquet(source.name, data)
    data, encoding = decode(data, source.name, choices.encoding)
    text = data[:_SAMPLE].decode("utf-8-sig", "ignore")
    text = text if len(data) <= _SAMPLE else text[: text.rfind("\n") + 1]
    if _is_lists(text) and choices.separator is None:
        return _read_lists(source.name, data, encoding)
    separator = _separator(text, source.name, choices)
    if separator is None:
        return None
    rows = _rows(text, separator)
    header = _has_header(rows, source.name, choices.header)
    names = _unique(rows[0]) if header else [str(place + 1) for place in range(len(rows[0]))]
    table, notes = _parse(source.name, data, separator, names, header)
    spelt = f"separator {_SPELT.get(separator, repr(separator))}"
    written = [encoding, spelt, "header" if header else "no header", *notes]
    return Sheet(source.name, table, header, written)


def _read_parquet(name: str, data: bytes) -> Sheet:
    try:
        table = parquet.read_table(pa.BufferReader(data)).to_pandas()
    except pa.ArrowException as error:
        raise CannotImport(f"{name}: damaged Parquet ({error}); copy it again") from None
    return Sheet(
        name, pd.DataFrame({str(key): _texts(table[key]) for key in table}), True, ["Parquet"]
    )


def _texts(column: pd.Series) -> pd.Series:
    """Values as texts: lists joined with "|", times in ISO 8601, "" for missing."""
    missing = column.isna()
    if (
        pd.api.types.is_object_dtype(column)
        and column.map(lambda one: hasattr(one, "__len__")).all()
    ):
        column = column.map(lambda one: one if isinstance(one, str) else "|".join(map(str, one)))
    elif pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%dT%H:%M:%S%z")
    elif pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("str").mask(missing, "")


def _is_lists(text: str) -> bool:
    """Whether lines are a user and a varying number of items, all whole numbers."""
    lines = text.splitlines()[:_SAMPLE_ROWS]
    return len({line.count(" ") for line in lines}) > 1 and all(
        re.fullmatch(r"\d+( \d+)* ?", line) for line in lines
    )


def _read_lists(name: str, data: bytes, encoding: str) -> Sheet:
    users, items = [], []
    for number, line in enumerate(data.decode("utf-8-sig").splitlines(), start=1):
        user, *listed = line.split() or [""]
        if not all(map(str.isdigit, listed)):
            raise CannotImport(f"{name}, line {number}: not a user and items, all whole numbers")
        users += [user] * len(listed)
        items += listed
    table = pd.DataFrame({"user": users, "item": items}, dtype="str")
    return Sheet(name, table, True, [encoding, "a user and their items in each line"], lists=True)


def _separator(text: str, name: str, choices: Choices) -> str | None:
    """The separator of a text's fields; None where no line has two."""
    if choices.separator:
        return {spelt: one for one, spelt in _SPELT.items()}.get(
            choices.separator, choices.separator
        )
    named = [
        one
        for one in _SEPARATORS
        if (rows := _rows(text, one)) and sum(map(is_known_name, rows[0])) > 1
    ]
    if len(named) == 1:
        return named[0]
    shares = {one: _regularity(_rows(text, one)) for one in _SEPARATORS}
    if shares["::"]:
        return "::"
    best = max(shares.values())
    fitting = [one for one, share in shares.items() if share == best and share >= _MOST]
    if " " in fitting and len(fitting) > 1:
        fitting.remove(" ")
    if len(fitting) > 1:
        fitting = [one for one in fitting if not _divided(text, one, fitting)] or fitting
    if len(fitting) > 1:
        shown = (
            f"--separator {_SPELT.get(one, repr(one))}  {_rows(text, one)[0]}" for one in fitting
        )
        raise CannotImport.ask(f"{name}, line 1", "several separators are possible", *shown)
    return fitting[0] if fitting else None


def _divided(text: str, separator: str, others: list[str]) -> bool:
    """Whether fields hold another possible separator elsewhere than as a decimal comma."""
    found = Counter(
        other
        for row in _rows(text, separator)[:_SAMPLE_ROWS]
        for one in row
        for other in others
        if other != separator and other in one and not _NUMBER.fullmatch(one)
    )
    return bool(found)


def _regularity(rows: list[list[str]]) -> float:
    """Share of rows with the usual number of fields; 0 where that is one."""
    counts = Counter(map(len, rows))
    usual, times = counts.most_common(1)[0] if counts else (1, 0)
    return times / len(rows) if usual > 1 else 0.0


def _rows(text: str, separator: str) -> list[list[str]]:
    """The first rows that are not empty; none where quotation marks do not fit."""
    if len(separator) > 1:
        return _stripped(line.split(separator) for line in text.splitlines()[:_SAMPLE_ROWS])
    rows = _csv_rows(text, separator)
    if '\\"' in text and _regularity(rows) < 1:
        rows = max(rows, _csv_rows(text, separator, "\\"), key=_regularity)
    return rows


def _csv_rows(text: str, separator: str, escape: str | None = None) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, escapechar=escape)
    try:
        return _stripped(islice(reader, _SAMPLE_ROWS))
    except csv.Error:
        return []


def _stripped(rows: Iterable[list[str]]) -> list[list[str]]:
    return [[one.strip() for one in row] for row in rows if any(row)]


def _has_header(rows: list[list[str]], name: str, told: bool | None) -> bool:
    """Whether the first row has names: known ones, or words above numbers."""
    first, others = rows[0], rows[1:]
    if told is not None:
        return told
    if any(map(is_known_name, first)):
        return True
    if any(_NUMBER.fullmatch(one) for one in first) or not all(first):
        return False
    below = zip(*(row for row in others if len(row) == len(first)), strict=True)
    if any(all(_NUMBER.fullmatch(one) for one in column) for column in below):
        return True
    raise CannotImport.ask(
        f"{name}, line 1",
        "it may be names of columns or data",
        f"--header     columns {', '.join(first)}",
        f"--no-header  a row of data: {', '.join(first)}",
    )


def _unique(names: list[str]) -> list[str]:
    """Names of columns, numbered where one occurs again or is empty."""
    seen: Counter[str] = Counter()
    unique = []
    for place, name in enumerate(names, start=1):
        seen[name] += 1
        unique.append(f"{name} ({place})" if seen[name] > 1 or not name else name)
    return unique


def _parse(
    name: str, data: bytes, separator: str, names: list[str], header: bool
) -> tuple[pd.DataFrame, list[str]]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    quotes = separator in (",", ";") or (separator in "\t|" and _is_quoted(data, separator))
    if len(separator) > 1:
        data, separator = data.replace(separator.encode(), _UNIT.encode()), _UNIT
    try:
        table = _read_csv(data, separator, names, header, quotes, None)
        broken = sum(int(table[column].str.contains("\n").sum()) for column in table)
        if broken and data.count(b'"') % 2:
            line = _unclosed(data)
            raise CannotImport(f"{name}: a quotation mark is not closed, maybe that of line {line}")
        return table, [f"{broken:,} texts of several lines"] if broken else []
    except pa.ArrowInvalid as error:
        first = error
    try:  # Some programs write \" for a quotation mark within a text.
        table = _read_csv(data, separator, names, header, quotes, "\\")
        return table, ['quotation marks written as \\"']
    except pa.ArrowInvalid:
        where = re.search(r"Row #(\d+)", str(first))
        row = f", row {where[1]}" if where else ""
        why = re.sub(r"^.*?(Row #\d+: )", "", str(first), flags=re.DOTALL)
        raise CannotImport(f"{name}{row}: {why.strip()[:200]}; correct it or take it out") from None


def _unclosed(data: bytes) -> int:
    """The first line with an odd number of quotation marks."""
    lines = enumerate(data.splitlines(), start=1)
    return next(number for number, line in lines if line.count(b'"') % 2)


def _is_quoted(data: bytes, separator: str) -> bool:
    """Whether fields that begin with a quotation mark end with one."""
    s = re.escape(separator.encode())
    opened = re.findall(rb'(?:^|%b)"' % s, data[:_SAMPLE], flags=re.MULTILINE)
    closed = re.findall(
        rb'(?:^|%b)"[^"\n]*"(?=%b|\r?$)' % (s, s), data[:_SAMPLE], flags=re.MULTILINE
    )
    return bool(opened) and len(opened) == len(closed)


def _read_csv(
    data: bytes, separator: str, names: list[str], header: bool, quotes: bool, escape: str | None
) -> pd.DataFrame:
    reading = arrow_csv.ReadOptions(
        column_names=names, skip_rows=int(header), block_size=_BLOCK, use_threads=False
    )
    parsing = arrow_csv.ParseOptions(
        delimiter=separator,
        quote_char='"' if quotes else False,
        escape_char=escape or False,
        newlines_in_values=quotes and b'"' in data,
    )
    conversion = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, null_values=[]
    )
    table = arrow_csv.read_csv(pa.py_buffer(data), reading, parsing, conversion)
    return table.to_pandas().apply(lambda column: column.str.strip())
