"""Read and validate the tables of a dataset: ratings, movies, tags, and a given test set."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from movierec.data.columnar import SUFFIX, parquet_columns, read_parquet
from movierec.data.columns import (
    GENRES,
    MOVIE,
    MOVIES_HEADER,
    NO_GENRES,
    RATING,
    RATINGS_HEADER,
    TAG,
    TIMESTAMP,
    TITLE,
    USER,
)
from movierec.data.grammar import File, Kind
from movierec.data.layouts import GENRE_FLAGS, layout_of
from movierec.data.reader import TableError, begin, line_of_row, read_file
from movierec.memory import require_memory
from movierec.paths import atomic_write

# Peak memory of sorting, in bytes per rating.
_SORT_BYTES = 72


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
    layout = layout_of(folder)
    ratings = read_table(folder / layout.ratings.name, layout.ratings)
    if ratings.empty:
        raise TableError(f"{folder / layout.ratings.name}: there are no ratings")
    movies = read_movies(folder / layout.movies.name, layout.movies)
    tags = read_optional(folder / layout.tags.name, layout.tags)

    n_read = len(ratings)
    ratings = _latest(ratings)
    unknown = np.setdiff1d(pd.unique(ratings[MOVIE]), movies[MOVIE])
    nonblank = nonblank_tags(tags)
    return Tables(
        ratings=ratings,
        movies=with_unknown(movies, unknown),
        tags=nonblank,
        given=read_given(folder / layout.given.name, layout.given),
        duplicate_ratings=n_read - len(ratings),
        missing_tags=len(tags) - len(nonblank),
        unknown_movies=len(unknown),
        unknown_movie_ratings=int(ratings[MOVIE].isin(unknown).sum()) if len(unknown) else 0,
    )


def read_table(path: Path, file: File) -> pd.DataFrame:
    """The columns of a file, text or Parquet, that are kept: int32, float32 or text.

    Raises TableError and NotEnoughMemory.
    """
    return read_parquet(path, file) if path.suffix == SUFFIX else read_file(path, file)


def require_columns(path: Path, file: File) -> None:
    """Raise TableError unless a file is there and has the columns it must."""
    if path.suffix == SUFFIX:
        parquet_columns(path, file)
    else:
        begin(path, file)


def in_order(users: np.ndarray, movies: np.ndarray) -> bool:
    """Whether ratings are sorted by user, then movie, without duplicates, as MovieLens's are."""
    same_user, later_movie = users[1:] == users[:-1], movies[1:] > movies[:-1]
    return bool(np.all((users[1:] > users[:-1]) | (same_user & later_movie)))


def save_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet, atomically."""
    with atomic_write(path) as draft:
        frame.to_parquet(draft, index=False)


def nonblank_tags(tags: pd.DataFrame) -> pd.DataFrame:
    return tags[tags[TAG].str.strip() != ""].reset_index(drop=True)


def read_movies(path: Path, file: File) -> pd.DataFrame:
    """Columns movieId, title, genres. Raises TableError, for a movieId in two lines too."""
    movies = read_table(path, file)
    if movies.empty:
        raise TableError(f"{path}: there are no movies")
    repeated = movies[MOVIE].duplicated().to_numpy()
    if repeated.any():
        row = int(repeated.argmax())
        movie = movies[MOVIE].iloc[row]
        first = int((movies[MOVIE] == movie).argmax())
        raise TableError(
            f"{path}, {_place(path, file, row)}: movieId {movie} is also in"
            f" {_place(path, file, first)}: keep one of them"
        )
    if GENRES not in movies:
        flags = movies[GENRE_FLAGS].to_numpy(bool)
        names = np.array(GENRE_FLAGS, dtype=object)
        movies[GENRES] = ["|".join(names[has]) for has in flags]
    return movies[list(MOVIES_HEADER)].replace({GENRES: {"": NO_GENRES}})


def read_optional(path: Path, file: File) -> pd.DataFrame:
    """As `read_table`; no rows where there is no file."""
    if path.exists():
        return read_table(path, file)
    types = {Kind.WHOLE: np.int32, Kind.STARS: np.float32, Kind.TEXT: "str"}
    return pd.DataFrame({one.name: pd.Series(dtype=types[one.kind]) for one in file.columns})


def read_given(path: Path, file: File) -> pd.DataFrame:
    """A test set as `Tables.given`; no rows where there is no file."""
    columns = list(RATINGS_HEADER[:3])
    return read_optional(path, file).reindex(columns=columns).astype({RATING: np.float32})


def _place(path: Path, file: File, row: int) -> str:
    """Where a row of a valid file is, for people; row: from 0."""
    if path.suffix == SUFFIX:
        return f"row {row + 1}"
    return f"line {line_of_row(path, file, row)}"


def _latest(ratings: pd.DataFrame) -> pd.DataFrame:
    """One rating per user and movie: the latest; of equal timestamps, the later line."""
    users, movies = ratings[USER].to_numpy(), ratings[MOVIE].to_numpy()
    if in_order(users, movies):
        return ratings
    remedy = "sort the ratings by userId and movieId beforehand"
    require_memory(_SORT_BYTES * len(ratings), "Sorting the ratings", remedy)
    pair = users.astype(np.int64) << 32 | movies
    order = np.lexsort((ratings[TIMESTAMP].to_numpy(), pair))
    ordered = pair[order]
    last = np.r_[ordered[1:] != ordered[:-1], True]
    return ratings.iloc[order[last]].reset_index(drop=True)


def with_unknown(movies: pd.DataFrame, unknown: np.ndarray) -> pd.DataFrame:
    """Movies and those rated that are not among them, (n,) movieIds, sorted by movieId."""
    titles = [f"movie {movie}" for movie in unknown]
    added = pd.DataFrame({MOVIE: unknown, TITLE: titles, GENRES: NO_GENRES}).astype(movies.dtypes)
    return pd.concat([movies, added]).sort_values(MOVIE, ignore_index=True)
