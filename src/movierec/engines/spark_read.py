"""A dataset that Spark reads: checked, counted, cut to its top movies, kept by user."""

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from movierec.data import counts
from movierec.data.columns import (
    MAX_RATING,
    MIN_RATING,
    MOVIE,
    MOVIES_HEADER,
    RATING,
    RATINGS_HEADER,
    TAGS_HEADER,
    TIMESTAMP,
    USER,
)
from movierec.data.grammar import MOST_WHOLE, Column, Dialect, File, Violation
from movierec.data.interactions import Interactions
from movierec.data.layouts import ML_LATEST, layout_of
from movierec.data.originals import Originals, read_originals
from movierec.data.parser import parse
from movierec.data.reader import TableError, begin, error_of, header_columns
from movierec.data.tables import (
    nonblank_tags,
    read_given,
    read_movies,
    read_optional,
    with_unknown,
)
from movierec.datasets import DatasetFacts, locate
from movierec.engines import hashing
from movierec.engines.rows import (
    MOVIES,
    RATINGS,
    SCHEMA,
    TIMESTAMPS,
    flat,
    from_lists,
    gather,
    lengths_of,
    map_tables,
    to_block,
)
from movierec.engines.session import readable_errors
from movierec.paths import atomic_write, sha256_of
from movierec.settings import DataSettings
from movierec.simulation import simulator
from movierec.stages import ROWS, OpenStage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Of each user: ratings of many movies. A partition is what a task holds at once.
PARTITION_RATINGS = 2_000_000
# Ratings that the driver holds at most, of all users or of a sample; some 20 bytes each.
HELD_RATINGS = 40_000_000
_TYPES = {USER: "int", MOVIE: "int", RATING: "float", TIMESTAMP: "int"}
_RATINGS_SCHEMA = ", ".join(f"{name} {_TYPES[name]}" for name in RATINGS_HEADER)
# Bytes in which the last two lines of a file lie.
_END_BYTES = 4_096


@dataclass
class SparkDataset:
    """See `base.Dataset`. `users` has a row for each user, with movieIds in place of columns."""

    users: "DataFrame"
    facts: DatasetFacts
    movies: pd.DataFrame
    tags: pd.DataFrame
    given: pd.DataFrame
    star_counts: pd.Series
    user_counts: pd.Series
    movie_counts: pd.Series
    month_counts: pd.Series
    movie_means: pd.DataFrame
    active_users: pd.DataFrame
    missing: pd.DataFrame
    scratch: Path
    originals: Originals | None = None

    def select(self, settings: DataSettings) -> "SparkKept":
        most = self.movie_counts.sort_index().nlargest(settings.top_movies)
        movie_ids = np.sort(most.index.to_numpy()).astype(np.int32)
        sample = settings.ratings_fraction, settings.seed
        with readable_errors():
            parts = gather(self.users, _CountKept(movie_ids, *sample))
            kept = sum(part for part, _ in parts)
            if not np.any(kept):
                raise ValueError(f"no rating remains at ratings_fraction {sample[0]}; increase it")
            movie_ids = movie_ids[kept > 0]
            rows = map_tables(self.users, _Select(movie_ids, *sample), SCHEMA)
        movies = self.movies.set_index(MOVIE).loc[movie_ids].reset_index()
        return SparkKept(
            rows,
            movie_ids,
            sum(users for _, users in parts),
            movies.assign(ratings=kept[kept > 0]),
            self.tags[self.tags[MOVIE].isin(movie_ids)],
            self.scratch,
            self.originals,
        )


@dataclass
class SparkKept:
    """See `base.Kept`."""

    rows: "DataFrame"
    movie_ids: np.ndarray
    n_users: int
    movies: pd.DataFrame
    tags: pd.DataFrame
    scratch: Path
    originals: Originals | None

    @property
    def shape(self) -> tuple[int, int]:
        return self.n_users, len(self.movie_ids)

    @property
    def n_ratings(self) -> int:
        return int(self.movies["ratings"].sum())

    @property
    def sparsity(self) -> float:
        return 1 - self.n_ratings / (self.shape[0] * self.shape[1])

    def save(self, stage: OpenStage) -> None:
        path = stage.output(ROWS)
        with readable_errors(), atomic_write(path) as draft:
            self.rows.write.parquet(draft.as_uri())
        shutil.rmtree(self.scratch, ignore_errors=True)
        with readable_errors():
            share = min(1.0, HELD_RATINGS / self.n_ratings)
            rows = self.rows.sparkSession.read.parquet(path.as_uri())
            held = held_users(rows, self.movie_ids, share)
        if self.originals is not None:
            held = held.named(self.originals)
        held.save(stage.output("interactions.npz"))


def held_users(rows: "DataFrame", movie_ids: np.ndarray, share: float) -> Interactions:
    """The users of a share, drawn by hash, in order of userId, on the driver."""
    tables = gather(rows, _Held(share))
    found = [to_block(table, movie_ids) for table in tables if table.num_rows]
    users = np.concatenate([one.user_ids for one in found])
    order = np.argsort(users)
    lengths = np.concatenate([np.diff(one.user_items.indptr) for one in found])
    starts = np.r_[0, np.cumsum(lengths)]
    indptr = np.r_[0, np.cumsum(lengths[order])]
    entries = np.repeat(starts[:-1][order] - indptr[:-1], lengths[order]) + np.arange(indptr[-1])
    stars, movies, times = (
        np.concatenate(parts)[entries]
        for parts in zip(
            *((o.user_items.data, o.user_items.indices, o.timestamps) for o in found), strict=True
        )
    )
    shape = len(users), len(movie_ids)
    matrix = sparse.csr_array((stars, movies, indptr.astype(np.int32)), shape)
    return Interactions(users[order], movie_ids, matrix, times)


def read_dataset(spark: "SparkSession", dataset: str, scratch: Path) -> SparkDataset:
    """Read and check a dataset; its ratings, by user, are kept under `scratch` for this session.

    Raises TableError where a table violates the schema or the rating scale, and DatasetMissing.
    """
    source = _Source(spark, dataset)
    ratings, n_read = source.ratings()
    n_parts = max(spark.sparkContext.defaultParallelism, -(-n_read // PARTITION_RATINGS))
    by_user = ratings.repartition(n_parts, USER).sortWithinPartitions(USER, MOVIE, TIMESTAMP)
    by_user.mapInArrow(_users_of, SCHEMA).write.parquet(scratch.as_uri(), mode="overwrite")
    users = spark.read.parquet(scratch.as_uri())
    counted = gather(users, _count)
    user_counts = pd.concat([one.users for one in counted]).sort_values(ascending=False)
    n_users = len(user_counts)
    of_movies = _added([one.movies for one in counted])
    movie_counts = of_movies["ratings"].sort_values(ascending=False)
    n_ratings = int(movie_counts.sum())
    movies, tags, given = source.others()
    unknown = np.setdiff1d(movie_counts.index.to_numpy(), movies[MOVIE])
    nonblank = nonblank_tags(tags)
    movies = with_unknown(movies, unknown)
    facts = DatasetFacts(
        name=source.name,
        simulated=source.simulated,
        ratings=n_ratings,
        users=n_users,
        movies=len(movies),
        tags=len(nonblank),
        duplicate_ratings=n_read - n_ratings,
        missing_tags=len(tags) - len(nonblank),
        unknown_movies=len(unknown),
        unknown_movie_ratings=int(movie_counts.loc[unknown].sum()),
        sha256=source.sha256(),
    )
    ids = {USER: pd.Series(user_counts.index), MOVIE: pd.Series(movie_counts.index)}
    return SparkDataset(
        users,
        facts,
        movies,
        nonblank,
        given,
        _added([one.stars for one in counted]),
        user_counts,
        movie_counts,
        counts.months_of_days(_added([one.days for one in counted])),
        of_movies.assign(mean=of_movies["mean"] / of_movies["ratings"]),
        _added([one.active for one in counted]).asfreq("MS", fill_value=0),
        counts.missing(ids, movies, nonblank),
        scratch,
        source.originals,
    )


class _Source:
    """The tables of a dataset: text files as of `layouts`, Parquet files, or folders of either."""

    def __init__(self, spark: "SparkSession", dataset: str):
        self._spark = spark
        remote = "://" in dataset
        self._folder = dataset.rstrip("/") if remote else str(locate(dataset))
        self._local = None if remote else Path(self._folder)
        self._layout = ML_LATEST if self._local is None else layout_of(self._local)
        self.name = self._folder.rsplit("/", 1)[-1]

    @property
    def simulated(self) -> bool:
        return self._exists(f"{self._folder}/{simulator.RECORD}")

    @property
    def originals(self) -> Originals | None:
        return read_originals(self._local) if self._local is not None else None

    def sha256(self) -> dict[str, str]:
        """Of the tables' files on this machine, by path within the dataset."""
        tables = [self._table(file) for file in self._layout if self._local is not None]
        found = {}
        for table in filter(None, tables):
            parts = sorted(Path(table).rglob("*")) if Path(table).is_dir() else [Path(table)]
            for part in parts:
                if part.is_file():
                    found[part.relative_to(self._folder).as_posix()] = sha256_of(part)
        return found

    def ratings(self) -> tuple["DataFrame", int]:
        """Ratings with typed columns, checked, and their number."""
        path = self._table(self._layout.ratings)
        if path is None:
            raise TableError(
                f"{self._folder} holds no ratings; a dataset needs ratings.csv, ratings.parquet or"
                " a folder ratings of either, and movies likewise"
            )
        if self._is_parquet(path):
            return self._of_parquet(path)
        return self._of_text(path, self._layout.ratings)

    def others(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Movies, tags and the given test set, whole, as of `read_tables`."""
        layout = self._layout
        if self._table(layout.movies) is None:
            raise TableError(f"{self._folder} holds no movies; a dataset needs movies.csv")
        movies = self._whole(layout.movies, MOVIES_HEADER, read_movies)
        tags = self._whole(layout.tags, TAGS_HEADER, read_optional)
        given = Path(self._folder) / layout.given.name
        return movies, tags, read_given(given, layout.given)

    def _whole(self, file: File, header: tuple[str, ...], read: Any) -> pd.DataFrame:
        """A small table on the driver; by `read` where it is one text file of this machine."""
        path = self._table(file)
        is_one = path is not None and self._local is not None and Path(path).is_file()
        if path is None or is_one or (self._local is not None and not self._is_parquet(path)):
            place = Path(path or f"{self._folder}/{file.name}")
            if place.is_dir():
                parts = [read(part, file) for part in sorted(place.rglob("*.csv"))]
                return pd.concat(parts, ignore_index=True)
            return read(place, file)
        if self._is_parquet(path):
            frame = self._spark.read.parquet(_uri(path)).select(*header)
        else:
            frame = self._spark.read.csv(path, header=True, escape='"').select(*header)
        from pyspark.sql import functions as f

        types = {name: _TYPES.get(name, "string") for name in header}
        columns = [f.col(name).cast(kind).alias(name) for name, kind in types.items()]
        return frame.select(*columns).toArrow().to_pandas()

    def _of_parquet(self, path: str) -> tuple["DataFrame", int]:
        from pyspark.sql import functions as f

        read = self._spark.read.parquet(_uri(path))
        if lacking := [name for name in RATINGS_HEADER if name not in read.columns]:
            raise TableError(f"{path} has no column {', '.join(lacking)}")
        wrong = ~f.coalesce(_all_in_range(), f.lit(False))
        counted = read.agg(f.count("*"), f.count_if(wrong)).collect()[0]
        n_read, n_wrong = counted[0], counted[1]
        if n_wrong:
            names: list[Any] = [*RATINGS_HEADER, f.input_file_name().alias("file")]
            row = read.filter(wrong).select(*names).limit(1).collect()[0].asDict()
            file = re.sub(r"^file:/+", "/", row.pop("file"))
            shown = ", ".join(f"{name} {value}" for name, value in row.items())
            raise TableError(
                f"{file}: {shown} is no rating: ids and times are whole numbers from 0 to"
                f" 2147483647, ratings from {MIN_RATING} to {MAX_RATING}{_many(n_wrong, 'rows')}"
            )
        if not n_read:
            raise TableError(f"{path}: there are no ratings")
        return read.select(*(f.col(name).cast(_TYPES[name]) for name in RATINGS_HEADER)), n_read

    def _of_text(self, path: str, file: File) -> tuple["DataFrame", int]:
        from pyspark.sql import functions as f

        lines = self._spark.read.text(_uri(path))
        header, columns = None, file.columns
        files = _local_files(path)
        for one in files:
            columns, _ = begin(one, file)
            _check_end(one, file, columns)
        if file.header:
            first = lines.first()
            header = first[0].lstrip("\ufeff") if first else ""
            if not files:
                columns = header_columns(Path(path), file, header.encode())
        parser = _Parser(columns, file.dialect, header)
        checked = lines.mapInArrow(parser.check, "n long, wrong long, first string")
        totals = checked.agg(f.sum("n"), f.sum("wrong"), f.min("first")).collect()
        n_read, n_wrong, first_wrong = totals[0]
        if n_wrong:
            there = lines.filter(f.col("value") == first_wrong)
            found = there.select(f.input_file_name()).limit(1).collect()
            name = re.sub(r"^file:/+", "/", found[0][0])
            raise TableError(parser.describe(Path(name), file, first_wrong) + _many(n_wrong))
        if not n_read:
            raise TableError(f"{path}: there are no ratings")
        return lines.mapInArrow(parser.rows, _RATINGS_SCHEMA), n_read

    def _table(self, file: File) -> str | None:
        stem = Path(file.name).stem
        names = (file.name, f"{stem}.parquet", stem)
        return next(filter(self._exists, (f"{self._folder}/{name}" for name in names)), None)

    def _exists(self, path: str) -> bool:
        if self._local is not None:
            return Path(path).exists()
        java: Any = self._spark._jvm
        place = java.org.apache.hadoop.fs.Path(path)
        configuration = self._spark._jsc.hadoopConfiguration()
        return place.getFileSystem(configuration).exists(place)

    def _is_parquet(self, path: str) -> bool:
        if "." in path.rsplit("/", 1)[-1]:
            return path.endswith(".parquet")
        if self._local is not None:
            return any(Path(path).rglob("*.parquet"))
        names = self._spark.read.format("binaryFile").load(path).select("path").limit(1)
        return names.collect()[0][0].endswith(".parquet")


@dataclass(frozen=True)
class _Parser:
    """Rows from lines of text, by the grammar of the local engine; headers are left out."""

    columns: tuple[Column, ...]
    dialect: Dialect
    header: str | None

    def check(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Numbers of rows and of lines that are none, and the first of these."""
        n, wrong, first = 0, 0, None
        for data in map(self._bytes, batches):
            start = 0
            while start < len(data):
                try:
                    n += len(parse(data[start:], self.columns, self.dialect).starts)
                    break
                except Violation as violation:
                    line, start = _line_at(data, start + violation.start)
                    wrong, first = wrong + 1, first or line
        rows = {"n": [n], "wrong": [wrong], "first": pa.array([first], pa.string())}
        yield pa.RecordBatch.from_pydict(rows)

    def rows(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        names = [one.name for one in self.columns]
        for batch in batches:
            values = parse(self._bytes(batch), self.columns, self.dialect).columns
            found = dict(zip(names, values, strict=True))
            typed = {
                name: np.asarray(found[name], np.float32 if name == RATING else np.int32)
                for name in RATINGS_HEADER
            }
            yield pa.RecordBatch.from_pydict(typed)

    def describe(self, path: Path, file: File, line: str) -> str:
        """What is wrong with a line of a file, and where it stands, if the file is at hand."""
        number = _line_number(path, line)
        before = b"\n" * ((number or 1) - 1)
        data = line.encode() + b"\n"
        try:
            parse(data, self.columns, self.dialect)
        except Violation as violation:
            violation.start += len(before)
            error = error_of(path, file, self.columns, before + data + b".", violation)
            return str(error) if number else str(error).replace(", line 1:", ":", 1)
        raise AssertionError(f"{path}: {line!r} is right")

    def _bytes(self, batch: pa.RecordBatch) -> bytes:
        lines = batch["value"]
        if self.header is not None:
            lines = lines.filter(pc.not_equal(pc.utf8_ltrim(lines, "\ufeff"), self.header))
        ended = pc.binary_join_element_wise(lines, "", "\n")
        return _content(ended)


def _content(text: pa.StringArray) -> bytes:
    """All values, one after the other."""
    if not len(text):
        return b""
    offsets, data = text.buffers()[1:]
    bounds = np.frombuffer(offsets, np.int32)[[text.offset, text.offset + len(text)]]
    return data[bounds[0] : bounds[1]].to_pybytes()


def _line_at(data: bytes, offset: int) -> tuple[str, int]:
    """The line that an offset lies in, and where the next one begins."""
    end = data.find(b"\n", offset)
    return data[data.rfind(b"\n", 0, offset) + 1 : end].decode(), end + 1


def _check_end(path: Path, file: File, columns: tuple[Column, ...]) -> None:
    """Refuse a file of this machine whose last line was cut: on the cluster no line looks so."""
    size = path.stat().st_size
    with path.open("rb") as opened:
        opened.seek(max(0, size - _END_BYTES))
        data = opened.read()
    if data.endswith(b"\n"):
        return
    *_, above, last = [b"", *data.rsplit(b"\n", 2)]
    ending = above + b"\n" + last
    try:
        parse(ending, columns, file.dialect)
    except Violation as violation:
        violation.start += size - len(ending)
        raise error_of(path, file, columns, path.read_bytes(), violation) from None


def _all_in_range() -> Any:
    """A column: whether a row of numbers is a rating."""
    from pyspark.sql import functions as f

    right = f.col(RATING).between(MIN_RATING, MAX_RATING)
    for name in (USER, MOVIE, TIMESTAMP):
        value = f.col(name)
        right &= value.between(0, MOST_WHOLE) & (value == f.floor(value))
    return right


def _many(n_wrong: int, what: str = "lines") -> str:
    return f" ({n_wrong:,} such {what})" if n_wrong > 1 else ""


def _line_number(file: Path, line: str) -> int | None:
    """Where a line first stands in a text file of this machine."""
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", errors="replace") as lines:
        return next((n for n, one in enumerate(lines, 1) if one.rstrip("\r\n") == line), None)


def _uri(path: str) -> str:
    return path if "://" in path else Path(path).as_uri()


def _local_files(path: str) -> list[Path]:
    """The text files of a table on this machine."""
    if "://" in path:
        return []
    return [Path(path)] if Path(path).is_file() else sorted(Path(path).rglob("*.csv"))


def _users_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Rows of users from ratings sorted by user, movie and time: the latest of each pair.

    A user whose ratings end with a batch may go on in the next, so they wait for it.
    """
    waiting: list[np.ndarray] = []
    for batch in batches:
        columns = [batch[name].to_numpy() for name in RATINGS_HEADER]
        if waiting:
            columns = [np.r_[old, new] for old, new in zip(waiting, columns, strict=True)]
        last = int(np.searchsorted(columns[0], columns[0][-1])) if len(columns[0]) else 0
        waiting = [column[last:] for column in columns]
        if last:
            yield _listed([column[:last] for column in columns])
    if waiting and len(waiting[0]):
        yield _listed(waiting)


def _listed(columns: list[np.ndarray]) -> pa.RecordBatch:
    users, movies = columns[:2]
    last = np.r_[(users[1:] != users[:-1]) | (movies[1:] != movies[:-1]), True]
    users, movies, stars, times = (column[last] for column in columns)
    user_ids, starts = np.unique(users, return_index=True)
    lists = {MOVIES: movies, RATINGS: stars, TIMESTAMPS: times}
    return from_lists(user_ids, np.r_[starts, len(users)], lists)


@dataclass(frozen=True)
class _Counts:
    """Numbers of ratings by userId, stars and day; movies: ratings, and mean for their sum."""

    users: pd.Series
    movies: pd.DataFrame
    stars: pd.Series
    days: pd.Series
    active: pd.DataFrame


def _count(table: pa.Table) -> _Counts:
    lengths, user_ids = lengths_of(table), table[USER].to_numpy()
    columns = {
        USER: np.repeat(user_ids, lengths),
        MOVIE: flat(table, MOVIES),
        RATING: flat(table, RATINGS),
        TIMESTAMP: flat(table, TIMESTAMPS),
    }
    ratings = pd.DataFrame(columns, copy=False)
    movies = counts.ratings_and_mean(ratings)
    days = ratings[TIMESTAMP] // counts.DAY
    return _Counts(
        pd.Series(lengths, user_ids),
        movies.assign(mean=movies["mean"] * movies["ratings"]),
        ratings[RATING].value_counts(),
        days.value_counts(),
        counts.active_users(ratings),
    )


def _added(parts: list[Any]) -> Any:
    return pd.concat(parts).groupby(level=0).sum()


@dataclass(frozen=True)
class _Select:
    """Keep some movies, numbered, and of their ratings a share drawn by hash."""

    movie_ids: np.ndarray
    share: float
    seed: int

    def __call__(self, table: pa.Table) -> pa.RecordBatch | None:
        movies = flat(table, MOVIES)
        users = np.repeat(table[USER].to_numpy(), lengths_of(table))
        columns = np.searchsorted(self.movie_ids, movies)
        columns[columns == len(self.movie_ids)] = 0
        kept = self.movie_ids[columns] == movies
        if self.share < 1:
            kept &= hashing.of_ratings(users, movies, self.seed) < self.share
        if not kept.any():
            return None
        user_ids, starts = np.unique(users[kept], return_index=True)
        lists = {
            MOVIES: columns[kept].astype(np.int32),
            RATINGS: flat(table, RATINGS)[kept],
            TIMESTAMPS: flat(table, TIMESTAMPS)[kept],
        }
        return from_lists(user_ids, np.r_[starts, kept.sum()], lists)


class _CountKept(_Select):
    """Ratings of each movie that `_Select` would keep, and users with one."""

    def __call__(self, table: pa.Table) -> tuple[np.ndarray, int]:
        kept = super().__call__(table)
        if kept is None:
            return np.zeros(len(self.movie_ids), np.int64), 0
        movies = flat(pa.Table.from_batches([kept]), MOVIES)
        return np.bincount(movies, minlength=len(self.movie_ids)), kept.num_rows


@dataclass(frozen=True)
class _Held:
    """The rows of users of a share, drawn by hash."""

    share: float

    def __call__(self, table: pa.Table) -> pa.Table:
        drawn = hashing.of_users(table[USER].to_numpy(), 0) < self.share
        return table.filter(pa.array(drawn))
