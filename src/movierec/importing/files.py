"""Which file holds what, and which of its columns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd

from movierec.importing.choices import CannotImport, Choices
from movierec.importing.names import (
    GENRES,
    ITEM,
    RATING,
    ROLES,
    TAG,
    TIME,
    TITLE,
    USER,
    plain,
    roles,
)
from movierec.importing.sheets import Sheet
from movierec.importing.values import units

# Exports of one person's ratings, by columns that only they have.
_OWN_EXPORTS = (
    {"letterboxduri", "name", "year"},
    {"const", "yourrating"},
    {"movieid", "imdbid", "tmdbid", "rating"},
)
# Files without a header whose columns are known: MovieLens 100K, 1M and 10M.
_MOVIELENS = {"u.data": 4, "ratings.dat": 4}
# Rows that tell what a column without a name is.
_ROWS = 10_000
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*"


@dataclass(frozen=True)
class Part:
    """A file of the dataset, and its columns by role.

    own  whether it is one person's, without a column of users
    """

    sheet: Sheet
    columns: dict[str, str]
    own: bool = False

    def get(self, role: str) -> pd.Series | None:
        column = self.columns.get(role)
        return None if column is None else self.sheet.table[column]

    def described(self) -> str:
        """How the file is written, and which column is what, for people."""
        place = "" if self.sheet.named else "column "
        used = [
            f"{role} from {place}{column}"
            for role, column in self.columns.items()
            if plain(column) not in (role, f"{role}id")
        ]
        kept = set(self.columns.values())
        others = [one for one in self.sheet.table if one not in kept]
        ignored = [f"not used: {place}{', '.join(others)}"] if others else []
        return f"{self.sheet.name}: {'; '.join([', '.join(self.sheet.written), *used, *ignored])}"


@dataclass(frozen=True)
class Parts:
    """The files of a dataset; unused: names of tables that are none of them."""

    ratings: Part
    movies: Part | None
    tags: Part | None
    test: Part | None
    unused: list[str]


def choose(sheets: list[Sheet], choices: Choices) -> Parts:
    """Which sheet holds what. Raises CannotImport where several may, and where none does."""
    movies = _one("movies", filter(None, map(_movies, sheets)), choices.movies)
    known = None if movies is None else set(movies.sheet.table[movies.columns[ITEM]])
    single = choices.ratings or (sheets[0].name if len(sheets) == 1 else None)
    found = [
        part
        for sheet in sheets
        if movies is None or sheet is not movies.sheet
        if (part := _interactions(sheet, choices, known, sheet.name == single))
    ]
    tags = [part for part in found if TAG in part.columns and RATING not in part.columns]
    rest = [part for part in found if part not in tags]
    tests = [part for part in rest if _says("test", part)]
    ratings = [part for part in rest if not _says("test|val|valid|validation", part)] or rest
    for word in ("train", "ratings?"):
        some = [part for part in ratings if _says(word, part)]
        ratings = some if len(some) == 1 else ratings
    with_stars = [part for part in ratings if RATING in part.columns]
    chosen = _one("ratings", with_stars if len(with_stars) == 1 else ratings, choices.ratings)
    if chosen is None:
        raise CannotImport(_no_ratings(sheets))
    test = _one("test", (part for part in tests if part is not chosen), choices.test)
    tag = _one("tags", tags, choices.tags)
    used = {part.sheet.name for part in (chosen, movies, tag, test) if part}
    return Parts(chosen, movies, tag, test, [one.name for one in sheets if one.name not in used])


def _says(word: str, part: Part) -> bool:
    return bool(re.search(rf"(?:^|[^a-z])(?:{word})(?:[^a-z]|$)", part.sheet.stem))


def _one(kind: str, parts: Iterable[Part], told: str | None) -> Part | None:
    found = list(parts)
    if told:
        found = [part for part in found if part.sheet.name == told]
        if not found:
            raise CannotImport(f"--{kind} {told}: there is no such file with columns of {kind}")
    if len(found) > 1:
        flags = (f"--{kind} {part.sheet.name}  ({', '.join(part.sheet.table)})" for part in found)
        raise CannotImport.ask(f"{len(found)} files", f"each may hold the {kind}", *flags)
    return found[0] if found else None


def _interactions(
    sheet: Sheet, choices: Choices, known: set[str] | None, alone: bool
) -> Part | None:
    """A sheet of users and items; None for another. alone: it must be one."""
    if choices.columns and (alone or sheet.named or choices.ratings is None):
        told = _told(sheet, choices.columns, alone)
        if told is not None:
            return told
    if not sheet.named:
        return _unnamed(sheet, known, alone)
    columns = _named(sheet)
    own = any(one <= set(map(plain, sheet.table)) for one in _OWN_EXPORTS)
    if USER not in columns and (own or (choices.one_user and {ITEM, TITLE} & columns.keys())):
        own, columns = True, {USER: "", **columns}
    if USER not in columns or not {ITEM, TITLE} & columns.keys():
        if alone:
            raise CannotImport(_lacking(sheet, columns))
        return None
    if ITEM not in columns:
        columns[ITEM] = columns[TITLE]
    return Part(sheet, {role: one for role, one in columns.items() if one}, own)


def _named(sheet: Sheet) -> dict[str, str]:
    """Column by role. Raises CannotImport where two columns may be users, items or ratings."""
    found = roles(sheet.table)
    for role in (USER, ITEM, RATING):
        if len(some := found.get(role, [])) > 1 and not _same_start(some):
            if role == ITEM and TITLE in found and USER not in found:
                continue  # of a catalogue: which one is joined with the ratings is asked there
            flags = (f"--columns {role}={column}  as {_example(sheet, column)}" for column in some)
            raise CannotImport.ask(sheet.name, f"several columns may be the {role}", *flags)
    return {role: some[0] for role, some in found.items()}


def _same_start(columns: list[str]) -> bool:
    """Whether a column is the id of what another one names, as user_id and user_name."""
    return False if len(columns) != 2 else plain(columns[0]) + "id" == plain(columns[1])


def _example(sheet: Sheet, column: str) -> str:
    return ", ".join(sheet.table[column].head(3))


def _told(sheet: Sheet, columns: str, alone: bool) -> Part | None:
    """The columns that --columns names; None where this sheet lacks them."""
    parts = [one.strip() for one in columns.split(",")]
    pairs = [one.partition("=")[::2] if "=" in one else ("", one) for one in parts]
    if all(role for role, _ in pairs):
        named = dict(pairs)
    elif any(role for role, _ in pairs):
        raise CannotImport("--columns: give roles in order, or ROLE=NAME for each")
    else:
        places = dict(zip(parts, sheet.table, strict=False))
        named = {role: column for role, column in places.items() if role not in ("", "-")}
        if len(parts) != len(sheet.table.columns) and alone:
            raise CannotImport(
                f"--columns {columns}: {len(parts)} roles, but {sheet.name} has"
                f" {len(sheet.table.columns)} columns; write - for one that is not used"
            )
    if unknown := named.keys() - set(ROLES):
        raise CannotImport(f"--columns: no role {', '.join(unknown)}; roles: {', '.join(ROLES)}")
    if missing := set(named.values()) - set(sheet.table):
        if alone:
            raise CannotImport(
                f"{sheet.name} has no column {', '.join(missing)}, only {', '.join(sheet.table)}"
            )
        return None
    found = {role: some[0] for role, some in roles(sheet.table).items()} if sheet.named else {}
    chosen = {role: one for role, one in found.items() if one not in named.values()} | named
    if not {USER, ITEM} <= chosen.keys():
        if alone:
            raise CannotImport(_lacking(sheet, chosen))
        return None
    return Part(sheet, {role: chosen[role] for role in ROLES if role in chosen})


def _movies(sheet: Sheet) -> Part | None:
    """A sheet of items and their titles or genres; None for another."""
    if not sheet.named:
        return _unnamed_movies(sheet)
    found = roles(sheet.table)
    normal = set(map(plain, sheet.table))
    if USER in found or ITEM not in found or any(one <= normal for one in _OWN_EXPORTS):
        return None
    columns = {role: some[0] for role, some in found.items()}
    return (
        Part(sheet, columns) if {TITLE, GENRES} & columns.keys() and RATING not in columns else None
    )


def _unnamed_movies(sheet: Sheet) -> Part | None:
    table = sheet.table.head(_ROWS)
    key, *others = table
    if not table[key].is_unique or len(table) < 2 or sheet.stem.startswith("user"):
        return None
    words = [one for one in others if table[one].str.contains(r"[^\W\d]", regex=True).mean() > 0.5]
    titled = [one for one in words if table[one].nunique() > len(table) / 2]
    if not titled:
        return None
    columns = {ITEM: key, TITLE: titled[0]}
    if GENRES in table:
        columns[GENRES] = GENRES
    elif listed := [
        one for one in words if one != titled[0] and table[one].str.contains("|", regex=False).any()
    ]:
        columns[GENRES] = listed[0]
    return Part(sheet, columns)


def _unnamed(sheet: Sheet, known: set[str] | None, alone: bool) -> Part | None:
    """A sheet without names of columns: what they hold tells most."""
    names = list(sheet.table)
    last = re.split(r"[/\\]", sheet.name)[-1].lower()
    if len(names) == _MOVIELENS.get(last):
        return Part(sheet, dict(zip((USER, ITEM, RATING, TIME), names, strict=True)))
    table = sheet.table.head(_ROWS)
    kinds = {column: _kind(table[column]) for column in names}
    times = [one for one, kind in kinds.items() if kind == TIME]
    stars = [one for one, kind in kinds.items() if kind == RATING]
    ids = [one for one in names if one not in times and one not in stars]
    while len(ids) < 2 and stars:  # a few users' or movies' ids look like ratings
        ids = [one for one in names if one in ids or one == stars[0]]
        stars = stars[1:]
    if len(ids) != 2 or len(times) > 1 or len(stars) > 1:
        if alone:
            shown = ", ".join(table.iloc[0])
            raise CannotImport(
                f"{sheet.name}: {len(names)} columns without names, as {shown};"
                " say what each is, as --columns user,item,rating,timestamp, with - for others"
            )
        return None
    part = Part(sheet, dict(zip((USER, ITEM), ids, strict=True)))
    others = {RATING: stars, TIME: times}
    rest = {role: some[0] for role, some in others.items() if some}
    turned = replace(part, columns={USER: ids[1], ITEM: ids[0]} | rest)
    part = replace(part, columns=part.columns | rest)
    if known is not None:
        fits = [one for one in (part, turned) if set(one.sheet.table[one.columns[ITEM]]) <= known]
        if len(fits) == 1:
            return fits[0]
        if not fits and not alone:
            return None
    first = table.iloc[0]
    readings = []
    for one in (part, turned):
        role_of = {column: role for role, column in one.columns.items()}
        order = ",".join(role_of.get(column, "-") for column in names)
        readings.append(
            f"--columns {order}  user {first[one.columns[USER]]}, item {first[one.columns[ITEM]]}"
        )
    raise CannotImport.ask(sheet.name, "no names of columns", *readings)


def _kind(values: pd.Series) -> str:
    """TIME or RATING where values look like it, else ""."""
    numeric = pd.to_numeric(values, errors="coerce")
    if numeric.notna().all():
        if units(numeric):
            return TIME
        return RATING if numeric.max() <= 100 and numeric.nunique() <= 21 else ""
    return TIME if values.str.fullmatch(_DATE).all() else ""


def _no_ratings(sheets: list[Sheet]) -> str:
    shown = "".join(f"\n  {one.name}: {', '.join(one.table)}" for one in sheets)
    return (
        f"no file has a column of users and one of items:{shown}\n"
        "name the file and its columns: --ratings FILE --columns user=NAME,item=NAME,rating=NAME"
    )


def _lacking(sheet: Sheet, columns: dict[str, str]) -> str:
    lacking = [role for role in (USER, ITEM) if role not in columns]
    return (
        f"{sheet.name}: no column of {'s and of '.join(lacking)}s among {', '.join(sheet.table)};"
        f" name it, as --columns {','.join(f'{role}=NAME' for role in lacking)}"
        + (", or, if they are one person's ratings, --one-user" if lacking == [USER] else "")
    )
