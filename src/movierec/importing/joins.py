"""Tables that are written in pieces: part files, ids in a list beside, a column for each genre."""

import re
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from movierec.data.layouts import GENRE_FLAGS
from movierec.importing.choices import CannotImport
from movierec.importing.names import GENRES, ITEM, RATING, USER, plain, roles
from movierec.importing.sheets import Sheet

# "part-00000-9f...-c000.snappy" of Spark, "train-00000-of-00003", "0".
_PART = re.compile(r"^part[-_.]?\d+.*$|\d+-of-\d+|^\d+$")
# Columns of LightGCN's user_list.txt and item_list.txt: the original id, and that of train.txt.
_OWN, _LISTED = "orgid", "remapid"
_FLAGS = {"0", "1", "0.0", "1.0", "true", "false", ""}
_SET = ("1", "1.0", "true")
_KNOWN_GENRES = set(map(plain, GENRE_FLAGS)) | {"children", "scifi", "sciencefiction", "family"}
# The genre of no genre in ML-100K.
_UNKNOWN = "unknown"


def is_part(name: str) -> bool:
    """Whether a file is, by its name, one of the parts of a table."""
    return bool(_PART.search(PurePosixPath(name).stem.lower()))


def join_parts(sheets: list[Sheet]) -> list[Sheet]:
    """With one table for the parts of each, named as "ratings/*.csv".

    Raises CannotImport where the parts have other columns.
    """
    groups: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        path = PurePosixPath(sheet.name)
        whole = path.with_name(_PART.sub("*", path.stem.lower()) + path.suffix)
        groups.setdefault(str(whole) if is_part(sheet.name) else sheet.name, []).append(sheet)
    return [_joined(name, some) if len(some) > 1 else some[0] for name, some in groups.items()]


def _joined(name: str, parts: list[Sheet]) -> Sheet:
    first = parts[0]
    for part in parts[1:]:
        if part.named != first.named or list(part.table) != list(first.table):
            raise CannotImport(
                f"{part.name}: columns {', '.join(part.table)}, but {first.name}, of the same"
                f" table, has {', '.join(first.table)}; give all parts the same"
            )
    table = pd.concat([part.table for part in parts], ignore_index=True)
    return replace(first, name=name, table=table, written=[*first.written, f"{len(parts)} parts"])


def with_own_ids(sheets: list[Sheet]) -> tuple[list[Sheet], list[tuple[str, str]]]:
    """Lists of users and items by the ids that user_list.txt and item_list.txt give for theirs.

    Raises CannotImport where one is not in its list, or is there twice.
    """
    listing = [one for one in sheets if one.named and {_OWN, _LISTED} <= set(map(plain, one.table))]
    lists = [one for one in sheets if one.lists]
    notes = []
    for role in (USER, ITEM) if lists else ():
        if len(named := [one for one in listing if one.stem.startswith(role)]) == 1:
            own = _own_ids(named[0])
            lists = [_renamed(one, role, own, named[0].name) for one in lists]
            listing.remove(named[0])
            sheets = [one for one in sheets if one is not named[0]]
            notes.append(("ids", f"those of {role}s are the org_id of {named[0].name}"))
    renamed = {one.name: one for one in lists}
    return [renamed.get(one.name, one) for one in sheets], notes


def _own_ids(sheet: Sheet) -> pd.Series:
    columns = {plain(column): sheet.table[column] for column in sheet.table}
    own = pd.Series(columns[_OWN].array, pd.Index(columns[_LISTED]))
    for what, ids in (("remap_id", own.index), ("org_id", pd.Index(own))):
        if (again := ids.duplicated()).any():
            raise CannotImport(f"{sheet.name}: {what} {ids[again.argmax()]} is there twice")
    return own


def _renamed(sheet: Sheet, role: str, own: pd.Series, where: str) -> Sheet:
    found = sheet.table[role].map(own)
    if found.isna().any():
        lacking = sheet.table[role][found.isna()].iloc[0]
        raise CannotImport(f"{sheet.name}: {role} {lacking} is not among the remap_id of {where}")
    return replace(sheet, table=sheet.table.assign(**{role: found}))


def with_genres(sheet: Sheet) -> Sheet:
    """With one column of genres in place of one for each that holds 0 and 1."""
    if sheet.named and GENRES in roles(sheet.table):
        return sheet
    flags = _genre_columns(sheet)
    if not flags:
        return sheet
    has = np.column_stack([sheet.table[one].str.lower().isin(_SET) for one in flags])
    names = np.array(list(flags.values()), dtype=object)
    kept = names != _UNKNOWN
    genres = ["|".join(names[row & kept]) for row in has]
    table = sheet.table.drop(columns=list(flags)).assign(**{GENRES: pd.array(genres, dtype="str")})
    written = f"genres from {len(flags)} columns, {names[0]} to {names[-1]}"
    return replace(sheet, table=table, written=[*sheet.written, written])


def _is_flag(values: pd.Series) -> bool:
    # The first rows tell most other columns, at no cost.
    return all(set(map(str.lower, some.unique())) <= _FLAGS for some in (values[:1000], values))


def _genre_columns(sheet: Sheet) -> dict[str, str]:
    """Genre by column: neighbouring columns of 0 and 1, two of which have names of genres."""
    others = {USER, RATING}
    is_flag = [
        not others & roles([one]).keys() and _is_flag(sheet.table[one]) for one in sheet.table
    ]
    if not sheet.named:
        order = (_UNKNOWN, *GENRE_FLAGS)
        if len(is_flag) <= len(order) or not all(is_flag[-len(order) :]):
            return {}
        return dict(zip(list(sheet.table)[-len(order) :], order, strict=True))
    run: dict[str, str] = {}
    for column, flag in zip([*sheet.table, ""], [*is_flag, False], strict=True):
        if flag:
            run[column] = re.sub(r"^(?:is|genres?)[-_ .:]+", "", column, flags=re.IGNORECASE)
        elif sum(plain(one) in _KNOWN_GENRES for one in run.values()) > 1:
            break
        else:
            run = {}
    return {column: _UNKNOWN if name.lower() == _UNKNOWN else name for column, name in run.items()}
