"""Thousands of damaged files, against a parser of regular expressions and Python's own numbers.

Whatever the reader accepts has the values that the other parser finds; whatever it refuses is
refused in the line where the other parser finds the first fault.
"""

import random
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from movierec.data import reader
from movierec.data.grammar import Column, File, Kind
from movierec.data.layouts import ML_1M, ML_100K, ML_LATEST
from movierec.data.reader import TableError, read_file

FILES_OF_EACH = 700
LINE_BREAK = r"(?:\n|\r\n|\Z)"
WHOLE = r"(0|[1-9][0-9]{0,9})"
STARS = rf"{WHOLE}(?:\.[0-9]+)?"


class Fault(Exception):
    """The line in which a file is wrong; 0 where it is empty."""


def parsed(data: bytes, file: File) -> list[tuple]:
    """The rows that a file holds, the kept columns in the order of `file`. Raises Fault."""
    if not data.removeprefix(b"\xef\xbb\xbf"):
        raise Fault(0)
    columns, start = file.columns, 0
    if file.header:
        columns, start = header(data.decode("utf-8-sig", "surrogateescape"), file)
    text = decoded(data, file)
    order = [columns.index(one) for one in file.columns if one in columns]
    kept = [n for n in order if columns[n].kind is not Kind.SKIPPED]
    tabs = "" if file.dialect.separator == "\t" else r"\t"
    blank = re.compile(rf"[ {tabs}]*{LINE_BREAK}")
    rows, digits, at = [], 0, start
    while at < len(text):
        if found := blank.match(text, at):
            at = found.end()
            continue
        fields, after = row(text, at, columns, file)
        above, digits = digits, len(re.findall("[0-9]", fields[-1]))
        numeric = columns[-1].kind in (Kind.WHOLE, Kind.STARS)
        if numeric and not text[at:after].endswith("\n") and digits < above:
            raise fault(text, at)
        values = [value(field, one) for field, one in zip(fields, columns, strict=True)]
        rows.append(tuple(values[n] for n in kept))
        at = after
    return rows


def decoded(data: bytes, file: File) -> str:
    if all(one.kind in (Kind.WHOLE, Kind.STARS) for one in file.columns):
        return data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if "latin-1" in file.encodings and not data.startswith(b"\xef\xbb\xbf"):
            return data.decode("latin-1")
        raise Fault(error.object[: error.start].count(b"\n") + 1) from None


def header(text: str, file: File) -> tuple[tuple[Column, ...], int]:
    line = re.match(r"[^\n]*\n?", text)[0]
    name = r'(?:"((?:[^"\n]|"")*)"|(?!")([^,\r\n\0]*))'
    if not re.fullmatch(rf"{name}(?:,{name})*(?:\r?\n)?", line):
        raise Fault(1)
    fields = re.findall(rf"(?:^|,){name}", line)
    names = [(inner or plain).strip(" \t") for inner, plain in fields]
    known = {one.name: one for one in file.columns}
    required = set(known) - set(file.optional)
    if len(set(names)) < len(names) or not required <= set(names) <= set(known):
        raise Fault(1)
    return tuple(known[one] for one in names), len(line)


def row(text: str, start: int, columns: tuple[Column, ...], file: File) -> tuple[list[str], int]:
    """The fields of a row, and where the next begins."""
    separator, fields, at = re.escape(file.dialect.separator), [], start
    for number, column in enumerate(columns):
        if column.kind in (Kind.WHOLE, Kind.STARS):
            field, at = numeral(text, at, column, file)
        elif file.dialect.quotes and text.startswith('"', at):
            field, at = quoted(text, at, columns)
        else:
            field, at = plain(text, at, separator)
        fields.append(field)
        separates = re.compile(separator).match(text, at)
        last = number == len(columns) - 1
        if last == bool(separates):
            raise fault(text, start)
        at = separates.end() if separates else re.compile(LINE_BREAK).match(text, at).end()
    return fields, at


def numeral(text: str, at: int, column: Column, file: File) -> tuple[str, int]:
    blanks = "[ ]*" if file.dialect.separator == "\t" else r"[ \t]*"
    number = f"{blanks}{WHOLE if column.kind is Kind.WHOLE else STARS}{blanks}"
    number = f'"{number}"|{number}' if file.dialect.quotes else number
    end = rf"(?={re.escape(file.dialect.separator)}|{LINE_BREAK})"
    found = re.compile(f"(?:{number}){end}").match(text, at)
    if not found:
        raise fault(text, at)
    digits = found[0].strip('" \t')
    low, high = (0, column.most) if column.kind is Kind.WHOLE else (Decimal("0.5"), 5)
    if not low <= Decimal(digits) <= high or len(digits.replace(".", "")) > 18:
        raise fault(text, at)
    return digits, found.end()


def quoted(text: str, at: int, columns: tuple[Column, ...]) -> tuple[str, int]:
    inner = re.compile(r'"((?:[^"]|"")*)').match(text, at)
    another = r"\n[ \t]*[0-9]+[ \t]*," if columns[0].kind is Kind.WHOLE else r"\n"
    if wrong := re.search(rf"\0|{another}", inner[1] + text[inner.end() : inner.end() + 0]):
        raise fault(text, inner.start(1) + wrong.start() if wrong[0] == "\0" else at)
    if not re.compile(rf'"(?=,|{LINE_BREAK})').match(text, inner.end()):
        raise fault(text, at)
    return inner[1].replace('""', '"'), inner.end() + 1


def plain(text: str, at: int, separator: str) -> tuple[str, int]:
    found = re.compile(rf"(?:(?!{separator})[^\r\n\0]|\r(?!\n))*").match(text, at)
    triple = len(separator) == 2 and text.startswith(separator + separator[0], found.end())
    if "\r" in found[0] or text.startswith("\0", found.end()) or triple:
        raise fault(text, at)
    return found[0], found.end()


def value(field: str, column: Column) -> int | float | str:
    if column.kind is Kind.WHOLE:
        return int(field)
    return float(np.float32(field)) if column.kind is Kind.STARS else field


def fault(text: str, at: int) -> Fault:
    return Fault(text[:at].count("\n") + 1)


RATINGS = [(1 + n // 6, 3 + n % 6 * 7, n % 10 / 2 + 0.5, 964_980_000 + n * 997) for n in range(36)]
TITLES = [
    "Heat (1995)",
    "American President, The (1995)",
    'Say "Hi", Max (2001)',
    "Amélie (2001)",
    "Two\nlines (1999)",
    "千と千尋の神隠し (2001)",
    "Se7en (a.k.a. Seven) (1995)",
    "Alien (1979)",
    "Up (2009)",
    "Jaws (1975)",
]
MOVIES = [(n * 5 + 1, title, "Comedy|Drama") for n, title in enumerate(TITLES)]
TAGS = [(n + 1, n * 5 + 1, title[:9], 964_980_000 + n) for n, title in enumerate(TITLES)]
PLAIN = {n for n, title in enumerate(TITLES) if title.isascii() and "\n" not in title}


def written(rows: list[tuple], file: File) -> bytes:
    separator = file.dialect.separator
    # A given test set may have fewer columns.
    names = [one.name for one in file.columns][: len(rows[0])]
    lines = [separator.join(names)] if file.header else []
    for fields in rows:
        texts = [str(one) for one in fields]
        if file.dialect.quotes:
            texts = [
                '"' + one.replace('"', '""') + '"' if re.search('[",\n]', one) else one
                for one in texts
            ]
        lines.append(separator.join(texts))
    return "".join(f"{line}\n" for line in lines).encode(file.encodings[-1])


ITEMS = [
    (movie, TITLES[n], "01-Jan-1995", "", "http://x/?y", *[int(m == n) for m in range(19)])
    for n, (movie, _, _) in enumerate(MOVIES)
    if n in PLAIN or n == 3
]
DOTTED = [(movie, title, "Drama") for n, (movie, title, _) in enumerate(MOVIES) if n in PLAIN]
BASES = {
    "ratings.csv": (ML_LATEST.ratings, RATINGS),
    "movies.csv": (ML_LATEST.movies, MOVIES),
    "tags.csv": (ML_LATEST.tags, TAGS),
    "test.csv": (ML_LATEST.given, [one[:2] for one in RATINGS]),
    "u.data": (ML_100K.ratings, [(*one[:2], 3, one[3]) for one in RATINGS]),
    "u.item": (ML_100K.movies, ITEMS),
    "ratings.dat": (ML_1M.ratings, RATINGS),
    "movies.dat": (ML_1M.movies, DOTTED),
    "tags.dat": (ML_1M.tags, [one for n, one in enumerate(TAGS) if n in PLAIN]),
}
# What a byte can become, and a number.
BYTES = [*b'"",,\n\n\r\t  0159.:|;+-ex\0', 0xC3, 0xA9, 0xFF]
NUMBERS = (
    b'0x10|+5|4e0|0.4999999999|007|0| 5 |"5"| "5"|"5" |" 5"|5.|.5|5.0|5.00000000000000000001|-1'
    b"|2147483647|2147483648|99999999999999999999|nan|inf|1_0|3.5|0.5|5.1|4.50|1\0|\t7|7\xa0|"
).split(b"|")


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A file with one to three faults of the kinds that editors, disks and programs make."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.randrange(1, 40))
        lines = data.splitlines(keepends=True) or [b""]
        line = rng.randrange(len(lines))
        match rng.randrange(15):
            case 0 | 1:
                data = data[:at] + bytes([rng.choice(BYTES)]) + data[at + 1 :]
            case 2 | 3:
                data = data[:at] + bytes([rng.choice(BYTES)]) + data[at:]
            case 4:
                data = data[:at] + data[at + 1 :]
            case 5 | 6:
                numbers = list(re.finditer(rb"[0-9.]+", data)) or [re.match(b"", data)]
                one = rng.choice(numbers)
                data = data[: one.start()] + rng.choice(NUMBERS) + data[one.end() :]
            case 7:
                data = data[:at]
            case 8:
                data = data[:end] + data[at:]
            case 9:
                blank = rng.choice([b"\n", b"  \n", b" \t \n", b"\r\n", b"\xc2\xa0\n"])
                data = b"".join([*lines[:line], blank, *lines[line:]])
            case 10:
                data = b"".join([*lines[:line], lines[line].rstrip(b"\r\n"), *lines[line + 1 :]])
            case 11 | 12:
                # A quotation mark at the beginning of a field, another at the end of a later one.
                ends = [one.start() for one in re.finditer(rb"[,\r\n]", data)] or [0]
                first = rng.randrange(len(ends))
                start, end = ends[first] + 1, ends[min(len(ends) - 1, first + rng.randrange(1, 5))]
                data = data[:start] + b'"' + data[start:end] + b'"' + data[end:]
            case 13:
                marks = [one.start() for one in re.finditer(rb"[,:|\t]", data)] or [0]
                one = rng.choice(marks)
                data = data[:one] + data[one : one + 1] + data[one:]
            case _:
                data = rng.choice(
                    [
                        data.replace(b"\n", b"\r\n"),
                        b"\xef\xbb\xbf" + data,
                        data.rstrip(b"\n"),
                        data.replace(b"userId,movieId", b"movieId ,userId"),
                        data.replace(b"title,genres", b'genres,"title"'),
                    ]
                )
    return data


def outcome(path: Path, file: File) -> list[tuple] | int:
    """Rows, or the line of the fault."""
    try:
        frame = read_file(path, file)
    except TableError as error:
        found = re.match(rf"{re.escape(str(path))}, line (\d+): ", str(error))
        return int(found[1]) if found else 0
    return list(frame.itertuples(index=False, name=None))


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_damaged_files_have_no_wrong_value_and_no_wrong_line(tmp_path, monkeypatch, name):
    # Some lines a block, so that damage lies at seams too.
    monkeypatch.setattr(reader, "_BLOCK", 300)
    file, rows = BASES[name]
    whole, rng, path = written(rows, file), random.Random(name), tmp_path / name
    accepted, wrong = Counter(), []
    for _ in range(FILES_OF_EACH):
        data = mutated(whole, rng)
        path.write_bytes(data)
        try:
            expected: list[tuple] | int = parsed(data, file)
        except Fault as found:
            expected = found.args[0]
        accepted[isinstance(expected, list)] += 1
        if (actual := outcome(path, file)) != expected:
            wrong.append((data, expected, actual))
    assert wrong[:1] == []
    assert min(accepted[True], accepted[False]) > FILES_OF_EACH / 20
