"""The files of a dataset's folder in each of MovieLens's layouts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from movierec.data.columns import GENRES, MOVIE, RATING, TAG, TIMESTAMP, TITLE, USER
from movierec.data.grammar import Column, Dialect, File, Kind

# Genres that ML-100K has a column each for, after one for "unknown".
GENRE_FLAGS = (
    "Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror"
    "|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western"
).split("|")

_USER, _MOVIE, _TIMESTAMP = (Column(name, Kind.WHOLE) for name in (USER, MOVIE, TIMESTAMP))
_RATING = Column(RATING, Kind.STARS)
_RATINGS = (_USER, _MOVIE, _RATING, _TIMESTAMP)
_MOVIES = (_MOVIE, Column(TITLE, Kind.TEXT), Column(GENRES, Kind.TEXT))
_TAGS = (_USER, _MOVIE, Column(TAG, Kind.TEXT), _TIMESTAMP)
_TAGS_CSV = File("tags.csv", _TAGS)
_TEST_CSV = File("test.csv", _RATINGS, optional=(RATING, TIMESTAMP))
_COLONS = Dialect("::", quotes=False)
_ITEMS = (
    *_MOVIES[:2],
    *(Column(name, Kind.SKIPPED) for name in ("release date", "video release date", "IMDb URL")),
    *(Column(name, Kind.WHOLE, most=1) for name in ("unknown", *GENRE_FLAGS)),
)


@dataclass(frozen=True)
class Layout:
    """Files that make a dataset; those of tags and of a given test set are optional."""

    ratings: File
    movies: File
    tags: File = _TAGS_CSV
    given: File = _TEST_CSV

    def __iter__(self) -> Iterator[File]:
        return iter((self.ratings, self.movies, self.tags, self.given))


# ML-20M and later, and a folder of one's own.
ML_LATEST = Layout(File("ratings.csv", _RATINGS), File("movies.csv", _MOVIES))
ML_100K = Layout(
    File("u.data", _RATINGS, Dialect("\t", quotes=False), header=False),
    File("u.item", _ITEMS, Dialect("|", quotes=False), False, encodings=("utf-8", "latin-1")),
)
ML_10M = Layout(
    File("ratings.dat", _RATINGS, _COLONS, header=False),
    File("movies.dat", _MOVIES, _COLONS, header=False),
    File("tags.dat", _TAGS, _COLONS, header=False),
)
# Published in Latin-1, without tags; copies in UTF-8 are about.
ML_1M = replace(ML_10M, movies=replace(ML_10M.movies, encodings=("utf-8", "latin-1")))
LAYOUTS = (ML_LATEST, ML_100K, ML_1M)


def layout_of(folder: Path) -> Layout:
    """The layout whose file of ratings the folder has; the first one's if it has none.

    In the first, each file can be Parquet: it is where there is no CSV.
    """
    found = next((one for one in LAYOUTS if (folder / one.ratings.name).exists()), ML_LATEST)
    return Layout(*(_stored(folder, one) for one in ML_LATEST)) if found is ML_LATEST else found


def _stored(folder: Path, file: File) -> File:
    name = Path(file.name).with_suffix(".parquet").name
    is_parquet = (folder / name).exists() and not (folder / file.name).exists()
    return replace(file, name=name) if is_parquet else file
