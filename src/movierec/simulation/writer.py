"""Write simulated tables as the files of a MovieLens layout."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from movierec.data.columns import GENRES, MOVIE, RATING, TITLE
from movierec.data.grammar import CSV, File
from movierec.data.layouts import GENRE_FLAGS

_WHOLE_STARS = pa.array([f"{half / 2:g}" for half in range(11)])
_STARS = pa.array([f"{half / 2:.1f}" for half in range(11)])
# What ML-100K and ML-1M call children's films.
_CHILDREN = {"Children": "Children's"}


@contextmanager
def writing(folder: Path, file: File | None) -> Iterator[Callable[[pa.Table], object]]:
    """A function that appends rows to a file; without a file it leaves them out.

    Raises pyarrow.ArrowInvalid for text that would need quotation marks.
    """
    if file is None:
        yield lambda table: None
        return
    with (folder / file.name).open("wb") as opened:
        if file.header:
            opened.write((",".join(one.name for one in file.columns) + "\n").encode())
        yield lambda table: opened.write(_rows(table, file))


def write_movies(movies: pd.DataFrame, folder: Path, file: File) -> None:
    """Write movies with the columns movieId, title and genres."""
    if file.dialect == CSV:
        movies.to_csv(folder / file.name, index=False, lineterminator="\n")
        return
    if "latin-1" in file.encodings:
        genres = movies[GENRES].str.split("|")
        renamed = ["|".join(_CHILDREN.get(one, one) for one in names) for names in genres]
        movies = movies.assign(**{GENRES: renamed})
    if GENRES not in [one.name for one in file.columns]:
        movies = _flagged(movies, file)
    with writing(folder, file) as write:
        write(pa.Table.from_pandas(movies, preserve_index=False))


def _flagged(movies: pd.DataFrame, file: File) -> pd.DataFrame:
    """Movies with ML-100K's columns: a date, addresses left blank, and a flag for each genre."""
    flags = movies[GENRES].str.get_dummies("|").reindex(columns=GENRE_FLAGS, fill_value=0)
    flags.insert(0, "unknown", (flags.sum(axis=1) == 0).astype(int))
    blank = dict.fromkeys([one.name for one in file.columns], "")
    dated = {"release date": "01-Jan-" + movies[TITLE].str[-5:-1]}
    known = {MOVIE: movies[MOVIE], TITLE: movies[TITLE]}
    return pd.DataFrame(blank | known | dated | dict(flags), index=movies.index)


def _rows(table: pa.Table, file: File) -> bytes:
    if RATING in table.column_names:
        halves = (table[RATING].to_numpy() * 2).astype(np.int8)
        stars = (_STARS if file.header else _WHOLE_STARS).take(pa.array(halves))
        table = table.set_column(table.column_names.index(RATING), RATING, stars)
    # Arrow separates by one character only.
    delimiter = "," if file.dialect == CSV else "\t"
    buffer = pa.BufferOutputStream()
    options = csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="none")
    csv.write_csv(table, buffer, options)
    rows = buffer.getvalue().to_pybytes()
    if file.dialect == CSV:
        return rows
    text = rows.decode().replace(delimiter, file.dialect.separator)
    return text.encode(file.encodings[-1], errors="replace")
