"""`import`: from other people's files to a dataset's folder."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from movierec.data.columns import (
    GENRES,
    MAX_RATING,
    MOVIE,
    MOVIES_HEADER,
    NO_GENRES,
    RATING,
    RATINGS_HEADER,
    TAG,
    TAGS_HEADER,
    TIMESTAMP,
    TITLE,
    USER,
)
from movierec.data.layouts import ML_1M, ML_100K, layout_of
from movierec.data.originals import MOVIES_FILE, USERS_FILE, Originals, write_originals
from movierec.data.reader import TableError
from movierec.data.tables import read_tables
from movierec.importing import names, values
from movierec.importing.choices import CannotImport, Choices
from movierec.importing.files import Part, Parts, choose
from movierec.importing.joins import is_part, join_parts, with_genres, with_own_ids
from movierec.importing.sheets import Sheet, read_sheet
from movierec.importing.sources import Source, find_sources
from movierec.importing.values import Ids, Scale
from movierec.paths import atomic_folder

RECORD = "imported.json"
# A file that cannot be read is left out, and named, unless its name is one of these.
_NEEDED = ("rating", "movie", "item", "book", "tag", "train", "test", "inter")


@dataclass(frozen=True)
class Imported:
    """A dataset's tables, and what was done and could not be known.

    ratings, tags  as in `data.tables.Tables`
    movies         movieId, title, genres
    test           userId, movieId, and rating if it is known; None without such a file
    notes          sentences by subject
    """

    ratings: pd.DataFrame
    movies: pd.DataFrame
    tags: pd.DataFrame
    test: pd.DataFrame | None
    originals: Originals
    notes: list[tuple[str, str]] = field(default_factory=list)


def import_folder(source: Path, out: Path, choices: Choices, suffix: str = "csv") -> Imported:
    """Convert a folder, a file or an archive to a dataset's folder, written whole or not at all.

    suffix: csv or parquet, of the files to write
    Raises CannotImport, and NotEnoughMemory.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CannotImport(f"{out} is there already; name a new folder with --out")
    imported = read(source, choices)
    about = {"source": str(source.resolve()), "notes": imported.notes}
    with atomic_folder(out) as draft:
        write(draft, imported, suffix)
        text = json.dumps(about, indent=2, ensure_ascii=False)
        (draft / RECORD).write_text(text + "\n", encoding="utf-8")
    return imported


def read(source: Path, choices: Choices) -> Imported:
    """What a folder, a file or an archive holds, as a dataset's tables."""
    if choices == Choices() and layout_of(source) in (ML_100K, ML_1M):
        with suppress(TableError):  # Other people's files have the same names.
            return _as_it_is(source)
    sources, skipped = find_sources(source)
    sheets, notes = _read_all(sources, choices)
    sheets, own = with_own_ids(list(map(with_genres, join_parts(sheets))))
    notes += own
    parts = choose(sheets, choices)
    left_out = [*parts.unused, *skipped]
    if left_out:
        notes.append(("left out", ", ".join(left_out)))
    return convert(parts, choices, notes)


def _as_it_is(folder: Path) -> Imported:
    """A folder in one of MovieLens's older layouts, which need no conversion to be run on."""
    tables = read_tables(folder)
    note = "one of MovieLens's layouts, which `run --dataset` reads as it is"
    test = None if tables.given.empty else tables.given
    return Imported(
        tables.ratings, tables.movies, tables.tags, test, Originals.none(), [("read", note)]
    )


def _read_all(sources: list[Source], choices: Choices) -> tuple[list[Sheet], list[tuple[str, str]]]:
    told = {choices.ratings, choices.movies, choices.tags, choices.test}
    sheets, notes = [], []
    for source in sources:
        try:
            if (sheet := read_sheet(source, choices)) is not None and len(sheet.table):
                sheets.append(sheet)
        except CannotImport as error:
            needed = any(word in source.stem for word in _NEEDED)
            if needed or is_part(source.name) or source.name in told or len(sources) == 1:
                raise
            notes.append(("left out", str(error)))
    if not sheets:
        shown = ", ".join(source.name for source in sources)
        raise CannotImport(f"no rows in {shown}, or --separator must name what is between fields")
    return sheets, notes


def convert(parts: Parts, choices: Choices, notes: list[tuple[str, str]]) -> Imported:
    """Tables of a dataset, of the files that hold it."""
    used = [part for part in (parts.ratings, parts.movies, parts.tags, parts.test) if part]
    notes = [("read", part.described()) for part in used] + notes
    ratings = _rows(parts.ratings, notes)
    scale = _scale(parts.ratings, ratings, choices)
    notes.append(("ratings", str(scale) if scale else "none: each line counts as 5 stars"))
    ratings = _with_stars(ratings, scale, parts.ratings.sheet.name, notes)
    ratings = _with_times(ratings, parts.ratings.sheet.name, choices.times, notes)

    catalogue = _catalogue(parts, notes)
    tags = _rows(parts.tags, notes) if parts.tags else pd.DataFrame(columns=list(names.ROLES))
    test = _rows(parts.test, notes) if parts.test else None
    asked = [ratings, tags, *([] if test is None else [test])]
    users = Ids.of(*(one[names.USER].astype("str") for one in asked))
    items = Ids.of(*(one[names.ITEM].astype("str") for one in asked), catalogue[names.ITEM])
    for what, ids, file in (("users", users, USERS_FILE), ("movies", items, MOVIES_FILE)):
        if ids.renamed:
            notes.append(("ids", f"{what} are numbered from 1; their own ids are in {file}"))
    numbered = {
        USER: users.of_texts(ratings[names.USER]),
        MOVIE: items.of_texts(ratings[names.ITEM]),
        RATING: ratings[names.RATING],
        TIMESTAMP: ratings[names.TIME],
    }
    return Imported(
        pd.DataFrame(numbered).reset_index(drop=True),
        _movies(catalogue, items),
        _tags(tags, users, items, parts, choices, notes),
        None if test is None else _test(test, users, items, scale, notes),
        Originals(_own_ids(users), _own_ids(items)),
        notes,
    )


def write(folder: Path, imported: Imported, suffix: str = "csv") -> None:
    """Write tables as a dataset's files; suffix: csv or parquet."""
    tables = {
        "ratings": imported.ratings[list(RATINGS_HEADER)],
        "movies": imported.movies[list(MOVIES_HEADER)],
        "tags": imported.tags[list(TAGS_HEADER)] if len(imported.tags) else None,
        "test": imported.test,
    }
    for name, table in tables.items():
        path = folder / f"{name}.{suffix}"
        if table is None:
            continue
        if suffix == "parquet":
            table.to_parquet(path, index=False)
        elif name in ("ratings", "test"):
            _write_numbers(table, path)
        else:
            table.to_csv(path, index=False, lineterminator="\n")
    write_originals(folder, imported.originals)


def _write_numbers(frame: pd.DataFrame, path: Path) -> None:
    with path.open("wb") as file:
        file.write((",".join(frame) + "\n").encode())
        table = pa.Table.from_pandas(frame, preserve_index=False)
        csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style="none"))


def _rows(part: Part, notes: list[tuple[str, str]]) -> pd.DataFrame:
    """The rows of a file that name a user and an item; columns by role."""
    found = {role: part.get(role) for role in part.columns}
    table = pd.DataFrame(found)
    if part.own:
        table[names.USER] = "1"
        notes.append(("users", f"{part.sheet.name} is one person's, here user 1"))
    for role in (names.USER, names.ITEM):
        table[role] = values.whole(table[role])
    filled = (table[names.USER] != "") & (table[names.ITEM] != "")
    if not filled.all():
        notes.append(("dropped", f"{(~filled).sum():,} lines without user or item"))
    if not filled.any():
        raise CannotImport(f"{part.sheet.name}: no line has a user and an item")
    return table[filled].reset_index(drop=True)


def _scale(part: Part, table: pd.DataFrame, choices: Choices) -> Scale | None:
    """The scale of a file's ratings; None where it has none, or they are not to count."""
    if choices.implicit or names.RATING not in table:
        return None
    if choices.scale:
        return Scale.parse(choices.scale)
    columns = set(map(names.plain, part.sheet.table))
    if {"letterboxduri", "tmdbid"} & columns:
        return Scale(0.5, 5)
    if "const" in columns:
        return Scale(1, 10)
    name = part.sheet.name
    ratings = values.numbers(table[names.RATING], name, "rating").dropna()
    if ratings.empty:
        raise CannotImport(f"{name}: column {part.columns[names.RATING]} is blank; --implicit?")
    return values.find_scale(ratings, name)


def _with_stars(
    table: pd.DataFrame, scale: Scale | None, name: str, notes: list[tuple[str, str]]
) -> pd.DataFrame:
    if scale is None:
        return table.assign(**{names.RATING: MAX_RATING})
    given = values.numbers(table[names.RATING], name, "rating")
    usable = given.between(scale.low, scale.high)
    if not usable.any():
        raise CannotImport(f"{name}: no rating lies in {scale.low:g}-{scale.high:g}")
    if not usable.all():
        outside = f"{(~usable).sum():,} lines without a rating in {scale.low:g}-{scale.high:g}"
        notes.append(("dropped", outside))
    stars = scale.stars(given[usable])
    return table[usable].assign(**{names.RATING: stars}).reset_index(drop=True)


def _with_times(
    table: pd.DataFrame, name: str, told: str | None, notes: list[tuple[str, str]]
) -> pd.DataFrame:
    """With whole seconds; where no time is known, 0; where only some are, the earliest of them."""
    written = "no such column"
    known = pd.Series(np.nan, table.index)
    if names.TIME in table:
        known, written = values.seconds(table[names.TIME], name, told)
    if known.isna().all():
        notes.append(("times", f"unknown ({written}): nothing can depend on when"))
        return table.assign(**{names.TIME: 0})
    if known.isna().any():
        written += f"; {known.isna().sum():,} blank ones count as the earliest"
    notes.append(("times", written))
    return table.assign(**{names.TIME: known.fillna(known.min()).astype("int64")})


def _catalogue(parts: Parts, notes: list[tuple[str, str]]) -> pd.DataFrame:
    """Items, titles ("" where unknown) and genres, one row an item, texts."""
    part = parts.movies
    if part is None:
        part = parts.ratings
        unknown = [role for role in (names.TITLE, names.GENRES) if role not in part.columns]
        if unknown:
            notes.append(("movies", f"no file of them; unknown: {' and '.join(unknown)}"))
    elif names.GENRES not in part.columns:
        notes.append(("movies", "genres unknown"))
    table = part.sheet.table
    items = values.whole(table[part.columns[names.ITEM]])
    blank = pd.Series("", table.index, dtype="str")
    title, genre = part.get(names.TITLE), part.get(names.GENRES)
    titles = blank if title is None else values.titles(title, part.get(names.YEAR))
    genres = blank + NO_GENRES if genre is None else values.genres(genre)
    catalogue = pd.DataFrame({names.ITEM: items, TITLE: titles, GENRES: genres})
    catalogue = catalogue[items != ""]
    repeated = catalogue.duplicated(names.ITEM)
    if parts.movies is not None and repeated.any():
        notes.append(("dropped", f"{repeated.sum():,} lines of movies named before"))
    return catalogue[~repeated].reset_index(drop=True)


def _movies(catalogue: pd.DataFrame, items: Ids) -> pd.DataFrame:
    """Every item, with what is known of it; without a title it is called by its own id."""
    known = catalogue.set_index(names.ITEM)
    own = pd.Series(items.numbers.index, items.numbers.index)
    titles = known[TITLE].reindex(own.index).fillna("")
    titles = titles.mask(titles == "", own if items.renamed else "movie " + own)
    genres = known[GENRES].reindex(own.index).fillna(NO_GENRES)
    columns = {MOVIE: items.numbers.to_numpy(), TITLE: titles.array, GENRES: genres.array}
    return pd.DataFrame(columns).sort_values(MOVIE, ignore_index=True)


def _tags(
    table: pd.DataFrame,
    users: Ids,
    items: Ids,
    parts: Parts,
    choices: Choices,
    notes: list[tuple[str, str]],
) -> pd.DataFrame:
    if parts.tags is None:
        return pd.DataFrame(columns=list(TAGS_HEADER))
    table = _with_times(table, parts.tags.sheet.name, choices.times, notes)
    columns = {
        USER: users.of_texts(table[names.USER]),
        MOVIE: items.of_texts(table[names.ITEM]),
        TAG: values.titles(table[names.TAG], None),
        TIMESTAMP: table[names.TIME],
    }
    return pd.DataFrame(columns)


def _test(
    table: pd.DataFrame, users: Ids, items: Ids, scale: Scale | None, notes: list[tuple[str, str]]
) -> pd.DataFrame:
    if scale is not None and names.RATING in table:
        table = _with_stars(table, scale, "test", notes)
    columns = {
        USER: users.of_texts(table[names.USER]),
        MOVIE: items.of_texts(table[names.ITEM]),
    }
    if scale is not None and names.RATING in table:
        columns[RATING] = table[names.RATING]
    return pd.DataFrame(columns)


def _own_ids(ids: Ids) -> pd.Series:
    """Original ids by number; none where they are the numbers."""
    if not ids.renamed:
        return Originals.none().users
    return pd.Series(ids.numbers.index, pd.Index(ids.numbers.to_numpy()), dtype="str")
