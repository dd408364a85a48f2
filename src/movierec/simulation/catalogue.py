"""The movies of a simulation: a catalogue of real films, and invented titles beyond it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from movierec.data.columns import TITLE
from movierec.facts.catalogue import GROUPS, films

# What makes a film known where it is shared with others.
_KNOWN_BY = ("director", "cast", "series")

_FIRST_WORDS = (
    "Silent Crimson Broken Hidden Last Burning Distant Golden Hollow Midnight Restless Paper"
    " Wandering Frozen Electric Velvet Lonely Savage Gentle Forgotten Scarlet Iron Quiet Bitter"
    " Wild Northern Second Perfect Secret Fallen Bright Stolen Endless Glass Painted Crooked"
    " Summer Winter Dancing Phantom"
).split()
_LAST_WORDS = (
    "Harbor Garden Road River Promise Shadow Kingdom Letter Stranger Orchard Station Mirror"
    " Horizon Detective Symphony Voyage Carnival Island Winter Heart Empire Lantern Witness"
    " Daughter Brothers Frontier Waltz Signal Cathedral Bargain Tide Circus Fortress Reunion"
    " Passenger Masquerade Thunder Labyrinth Farewell Machine"
).split()


@cache
def catalogue() -> pd.DataFrame:
    """The films of the catalogue of facts: title, genres, facts, and year, tags, fame.

    Facts are tuples, as in `facts.catalogue.films`. tags are what a user may write of a film: its
    people and subject. fame, about standard normal, is invented: the log of how many films
    the people and series of a film have together.
    """
    known = films()
    year = known[TITLE].str.extract(r"\((\d{4})\)$", expand=False).astype(int)
    written = [*GROUPS["people"], *GROUPS["subject"]]
    tags = [tuple(dict.fromkeys(sum(row, ()))) for row in _rows(known, written)]
    known_by = [set(sum(row, ())) for row in _rows(known, _KNOWN_BY)]
    films_of = Counter(name for names in known_by for name in names)
    shared = np.log([1 + sum(films_of[name] for name in names) for names in known_by])
    fame = (shared - shared.mean()) / shared.std()
    return known.assign(year=year, tags=pd.Series(tags, dtype=object), fame=fame)


def _rows(table: pd.DataFrame, columns: Iterable[str]) -> Iterator[tuple]:
    return table[list(columns)].itertuples(index=False, name=None)


def invented_titles(
    size: int, last_year: int, rng: np.random.Generator
) -> tuple[list[str], np.ndarray]:
    """`size` distinct titles in MovieLens's form, and their years from 1920 to `last_year`.

    Raises ValueError if there are not so many.
    """
    years = np.arange(1920, last_year + 1)
    pairs = [(first, last) for first in _FIRST_WORDS for last in _LAST_WORDS]
    names = [
        f"{first} {last}, The" if number % 2 else f"{first} {last}"
        for number, (first, last) in enumerate(pairs)
    ]
    most = len(names) * len(years)
    if size > most:
        raise ValueError(f"at most {most} titles can be invented, not {size}")
    drawn = rng.choice(most, size, replace=False)
    name, year = drawn % len(names), years[drawn // len(names)]
    return [f"{names[n]} ({y})" for n, y in zip(name, year, strict=True)], year
