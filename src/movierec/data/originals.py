"""Ids that users and movies had before they were numbered, where a dataset keeps them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from movierec.data.columns import MOVIE, USER

# The column of such ids, and the files of a dataset's folder.
ORIGINAL = "original"
USERS_FILE, MOVIES_FILE = "users.csv", "items.csv"


@dataclass(frozen=True)
class Originals:
    """Original ids, texts, by userId and by movieId; empty where ids were not renumbered."""

    users: pd.Series
    movies: pd.Series

    @classmethod
    def none(cls) -> "Originals":
        empty = pd.Series([], pd.Index([], dtype="int64"), dtype="str")
        return cls(empty, empty)


def read_originals(folder: Path) -> Originals:
    return Originals(_read(folder / USERS_FILE, USER), _read(folder / MOVIES_FILE, MOVIE))


def write_originals(folder: Path, originals: Originals) -> None:
    """Write those that there are."""
    for file, key, ids in (
        (USERS_FILE, USER, originals.users),
        (MOVIES_FILE, MOVIE, originals.movies),
    ):
        if len(ids):
            ids.rename(ORIGINAL).rename_axis(key).to_csv(folder / file, lineterminator="\n")


def _read(path: Path, key: str) -> pd.Series:
    if not path.exists():
        return Originals.none().users
    types = {key: "int64", ORIGINAL: "str"}
    return pd.read_csv(path, dtype=types, keep_default_na=False).set_index(key)[ORIGINAL]
