"""The catalogue of film facts: its films, and which of them a title is."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from movierec.data.columns import GENRES, TITLE
from movierec.data.titles import names_and_year

# Columns of facts by group; each group has a weight of its own in TF-IDF.
GROUPS = {
    "people": ("director", "writers", "cast"),
    "origin": ("countries", "languages"),
    "subject": ("based_on", "series", "setting", "themes", "mood", "style", "craft"),
}
FACTS = tuple(column for columns in GROUPS.values() for column in columns)
FILE = "films.csv"


@cache
def films() -> pd.DataFrame:
    """All films: title, genres and the columns of FACTS, whose values are tuples of texts."""
    with (resources.files(__package__) / FILE).open(encoding="utf-8") as file:
        table = pd.read_csv(file, keep_default_na=False)
    split = {
        column: [tuple(filter(None, cell.split("|"))) for cell in table[column]] for column in FACTS
    }
    return table[[TITLE, GENRES]].assign(**split)


def match(titles: Iterable[str]) -> np.ndarray:
    """Row of `films` that each title is, -1 for none: (n_titles,) int64.

    A title is a film that has one of its names (see `data.titles`) and its year, or else the year
    before or after. Where that is true of two films, or of two titles, none of them matches;
    neither does a title without a year.
    """
    asked = [names_and_year(title) for title in titles]
    found = np.full(len(asked), -1)
    open_titles = {row for row, (_, year) in enumerate(asked) if year}
    open_films = set(range(len(films())))
    index = _by_name_and_year()
    for apart in ((0,), (-1, 1)):
        pairs = {
            (row, film)
            for row in open_titles
            for name in asked[row][0]
            for years in apart
            for film in index.get((name, int(asked[row][1]) + years), ())
            if film in open_films
        }
        per_title, per_film = Counter(row for row, _ in pairs), Counter(film for _, film in pairs)
        for row, film in pairs:
            if per_title[row] == per_film[film] == 1:
                found[row] = film
        open_titles -= per_title.keys()
        open_films -= per_film.keys()
    return found


@cache
def _by_name_and_year() -> dict[tuple[str, int], list[int]]:
    """Rows of the films that have a name, in the form names are compared in, and a year."""
    index: dict[tuple[str, int], list[int]] = {}
    for film, title in enumerate(films()[TITLE]):
        names, year = names_and_year(title)
        for name in set(names):
            index.setdefault((name, int(year)), []).append(film)
    return index
