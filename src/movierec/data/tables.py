"""Read and validate ratings.csv, movies.csv, tags.csv and test.csv."""

import csv
import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from movierec.data.columns import (
    GENRES,
    MAX_RATING,
    MIN_RATING,
    MOVIE,
    MOVIES_HEADER,
    NO_GENRES,
    RATING,
    RATINGS_HEADER,
    TAG,
    TAGS_HEADER,
    TEST_HEADERS,
    TIMESTAMP,
    TITLE,
    USER,
)
from movierec.memory import require_memory
from movierec.paths import atomic_write

_TYPES = {
    USER: pa.int32(),
    MOVIE: pa.int32(),
    RATING: pa.float32(),
    TIMESTAMP: pa.int32(),
    TITLE: pa.string(),
    GENRES: pa.string(),
    TAG: pa.string(),
}
_MEANING = {
    USER: "a whole number from 0 to 2147483647",
    MOVIE: "a whole number from 0 to 2147483647",
    RATING: f"a number from {MIN_RATING} to {MAX_RATING}",
    TIMESTAMP: "whole seconds since 1970, at most 2147483647",
}
_RANGE = {
    USER: (0, np.inf),
    MOVIE: (0, np.inf),
    TIMESTAMP: (0, np.inf),
    RATING: (MIN_RATING, MAX_RATING),
}
# Bytes that a thread parses at a time.
_BLOCK = 1 << 20
# Peak memory of reading and selecting, in sizes of the file (1.9 at 32 million ratings); and of
# sorting, in bytes per rating.
_READ_FACTOR, _SORT_BYTES = 2.0, 72
_TRUNCATED = "the file was truncated: fetch or copy it again"


class TableError(ValueError):
    """A file violates MovieLens's schema; the message names the file, the line and the remedy."""


@dataclass(frozen=True)
class Tables:
    """A validated dataset with at most one rating per user and movie.

    ratings  userId int32, movieId int32, rating float32 (stars), timestamp int32 (s since 1970)
    movies   movieId int32, title, genres; all rated movies and others, sorted by movieId
    tags     userId int32, movieId int32, tag (never blank), timestamp int32
    given    userId int32, movieId int32, rating float32: the lines of test.csv, unchanged; ratings
             are NaN without a rating column, and there are no lines without the file

    duplicate_ratings      dropped: earlier ratings of the same user and movie
    missing_tags           dropped: blank tags
    unknown_movies         rated movies that movies.csv lacks; added as "movie <id>"
    unknown_movie_ratings  ratings of those
    """

    ratings: pd.DataFrame
    movies: pd.DataFrame
    tags: pd.DataFrame
    given: pd.DataFrame
    duplicate_ratings: int
    missing_tags: int
    unknown_movies: int
    unknown_movie_ratings: int


def read_tables(folder: Path) -> Tables:
    """Read a folder in MovieLens's schema; tags.csv and test.csv are optional.

    Raises TableError where a file violates the schema or the rating scale, and NotEnoughMemory.
    """
    path = folder / "ratings.csv"
    ratings = _read(path, RATINGS_HEADER)
    if ratings.empty:
        raise TableError(f"{path}: there are no ratings after the header")
    path = folder / "movies.csv"
    movies = _read(path, MOVIES_HEADER)
    repeated = movies[MOVIE].duplicated()
    _require(path, movies[MOVIE], ~repeated, "is also in an earlier line: keep one of them")
    path = folder / "tags.csv"
    tags = _read(path, TAGS_HEADER) if path.exists() else _empty(TAGS_HEADER)

    n_read = len(ratings)
    ratings = _latest(ratings)
    unknown = np.setdiff1d(pd.unique(ratings[MOVIE]), movies[MOVIE])
    nonblank = tags[tags[TAG].str.strip() != ""]
    return Tables(
        ratings=ratings,
        movies=_with_unknown(movies, unknown),
        tags=nonblank.reset_index(drop=True),
        given=_read_given(folder / "test.csv"),
        duplicate_ratings=n_read - len(ratings),
        missing_tags=len(tags) - len(nonblank),
        unknown_movies=len(unknown),
        unknown_movie_ratings=int(ratings[MOVIE].isin(unknown).sum()) if len(unknown) else 0,
    )


def in_order(users: np.ndarray, movies: np.ndarray) -> bool:
    """Whether ratings are sorted by user, then movie, without duplicates, as MovieLens's are."""
    same_user, later_movie = users[1:] == users[:-1], movies[1:] > movies[:-1]
    return bool(np.all((users[1:] > users[:-1]) | (same_user & later_movie)))


def save_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet, atomically."""
    with atomic_write(path) as draft:
        frame.to_parquet(draft, index=False)


def _read_given(path: Path) -> pd.DataFrame:
    columns = list(RATINGS_HEADER[:3])
    if not path.exists():
        return _empty(columns)
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        fields = len(file.readline().split(","))
    header = next((one for one in TEST_HEADERS if len(one) == fields), TEST_HEADERS[1])
    return _read(path, header).reindex(columns=columns).astype({RATING: np.float32})


def _empty(header: Iterable[str]) -> pd.DataFrame:
    return pa.schema([(name, _TYPES[name]) for name in header]).empty_table().to_pandas()


def _read(path: Path, header: tuple[str, ...]) -> pd.DataFrame:
    """One file with typed columns and numbers within their ranges."""
    _check_ends(path, header)
    numbers = all(pa.types.is_primitive(_TYPES[name]) for name in header)
    try:
        frame = _read_numbers(path, header) if numbers else _parse(path, header).to_pandas()
    except pa.ArrowInvalid:
        raise _parse_error(path, header) from None
    for column, bounds in _RANGE.items():
        if column in header:
            _require(path, frame[column], frame[column].between(*bounds))
    return frame


def _check_ends(path: Path, header: tuple[str, ...]) -> None:
    """Check that the first line is the header and the last line ends with a line break."""
    expected = ",".join(header)
    if not path.exists():
        raise TableError(f"{path} is missing; a dataset needs ratings.csv and movies.csv")
    with path.open("rb") as file:
        try:
            first = file.readline().decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            raise TableError(
                f"{path}, line 1: not UTF-8 text; save it as UTF-8 ({error})"
            ) from None
        if not first and path.stat().st_size == 0:
            raise TableError(f"{path} is empty; it must start with {expected}")
        try:
            found = tuple(next(csv.reader([first]), ()))
        except csv.Error:
            found = ()
        if found != header:
            lacking = [name for name in header if name not in found]
            raise TableError(
                f"{path}, line 1: the header is {first!r}, MovieLens's is {expected!r}"
                + (f"; missing: {', '.join(lacking)}" if lacking else "; use that order")
            )
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.seek(0)
            lines = sum(1 for _ in file)
            raise TableError(
                f"{path}, line {lines}: the last line has no line break, so {_TRUNCATED}"
                " (or, if the line is complete, add the line break)"
            )


def _read_numbers(path: Path, header: tuple[str, ...]) -> pd.DataFrame:
    """A file whose columns are all numeric, parsed block by block into preallocated columns."""
    size = path.stat().st_size
    remedy = "close other programs, or use a smaller dataset"
    require_memory(int(_READ_FACTOR * size), f"Reading {path}", remedy)
    # An upper bound: one digit per number. Pages that are never written to take no memory.
    most = size // (2 * len(header))
    columns = {name: np.empty(most, _TYPES[name].to_pandas_dtype()) for name in header}
    end = 0
    with ThreadPoolExecutor(pa.cpu_count()) as threads:
        for block in threads.map(lambda bounds: _parse_block(path, header, *bounds), _bounds(path)):
            start, end = end, end + len(block)
            for name, column in columns.items():
                column[start:end] = block[name].to_numpy()
    for column in columns.values():
        column.resize(end, refcheck=False)
    return pd.DataFrame(columns, copy=False)


def _bounds(path: Path) -> list[tuple[int, int]]:
    """Byte ranges of the blocks of a file, split at line breaks, without the header."""
    size = path.stat().st_size
    with path.open("rb") as file:
        ends = [len(file.readline())]
        while ends[-1] < size:
            file.seek(min(ends[-1] + _BLOCK, size))
            file.readline()
            ends.append(file.tell())
    return list(pairwise(ends))


def _parse_block(path: Path, header: tuple[str, ...], start: int, end: int) -> pa.Table:
    with path.open("rb") as file:
        file.seek(start)
        lines = pa.py_buffer(file.read(end - start))
    return _parse(lines, header, column_names=header, use_threads=False, block_size=2 * _BLOCK)


def _parse(source: Path | pa.Buffer, header: tuple[str, ...], **options: object) -> pa.Table:
    """All of a file or buffer; options are those of Arrow's ReadOptions."""
    types = {name: _TYPES[name] for name in header}
    # No text is null: an empty number is an error, and "nan" is a valid tag.
    conversion = arrow_csv.ConvertOptions(column_types=types, null_values=[])
    return arrow_csv.read_csv(source, arrow_csv.ReadOptions(**options), None, conversion)


def _parse_error(path: Path, header: tuple[str, ...]) -> TableError:
    """The error of a file that could not be parsed, with its line."""
    try:  # Arrow reports the row only when it uses one thread.
        _parse(path, header, use_threads=False)
    except pa.ArrowInvalid as error:
        return TableError(f"{path}, {_translate(str(error), path, header)}")
    raise AssertionError(f"{path} can be read by one thread but not by several")


def _translate(message: str, path: Path, header: tuple[str, ...]) -> str:
    """Arrow's error message as: line, column, value, and what the value must be."""
    row = re.search(r"Row #(\d+)", message)
    where = f"line {_line(path, int(row[1]))}: " if row else ""
    if width := re.search(r"Expected (\d+) columns, got (\d+)(?:: (.*))?", message, re.DOTALL):
        remedy = f"correct the line, or, if it is the last, {_TRUNCATED}"
        return f"{where}{width[2]} of {width[1]} fields ({(width[3] or '').strip()}); {remedy}"
    column = re.search(r"In CSV column #(\d+)", message)
    name = header[int(column[1])] if column else ""
    if value := re.search(r"invalid value '(.*)'", message, re.DOTALL):
        return f"{where}{name} {value[1]!r} is not {_MEANING[name]}"
    if "UTF8" in message:
        return f"{where}{name} is not UTF-8 text; save the file as UTF-8"
    return where + message


def _line(path: Path, row: int) -> int:
    """The line number of a row; the header is row 1, and empty lines are not rows."""
    with path.open("rb") as file:
        rows = (number for number, line in enumerate(file, start=1) if line.strip(b"\r\n"))
        return next(islice(rows, row - 1, None))


def _require(path: Path, values: pd.Series, right: pd.Series, why: str | None = None) -> None:
    """Raise TableError, naming the first line whose value is wrong, unless all are right."""
    if not right.all():
        row, n_wrong = int(right.argmin()), int((~right).sum())
        raise TableError(
            f"{path}, line {_line(path, row + 2)}: {values.name} {values.iloc[row]}"
            f" {why or 'is not ' + _MEANING[str(values.name)]}"
            + (f" ({n_wrong} such lines)" if n_wrong > 1 else "")
        )


def _latest(ratings: pd.DataFrame) -> pd.DataFrame:
    """One rating per user and movie: the latest; of equal timestamps, the later line."""
    users, movies = ratings[USER].to_numpy(), ratings[MOVIE].to_numpy()
    if in_order(users, movies):
        return ratings
    remedy = "sort ratings.csv by userId and movieId beforehand"
    require_memory(_SORT_BYTES * len(ratings), "Sorting the ratings", remedy)
    pair = users.astype(np.int64) << 32 | movies
    order = np.lexsort((ratings[TIMESTAMP].to_numpy(), pair))
    ordered = pair[order]
    last = np.r_[ordered[1:] != ordered[:-1], True]
    return ratings.iloc[order[last]].reset_index(drop=True)


def _with_unknown(movies: pd.DataFrame, unknown: np.ndarray) -> pd.DataFrame:
    titles = [f"movie {movie}" for movie in unknown]
    added = pd.DataFrame({MOVIE: unknown, TITLE: titles, GENRES: NO_GENRES}).astype(movies.dtypes)
    return pd.concat([movies, added]).sort_values(MOVIE, ignore_index=True)
