"""The catalogue of film facts: its films, and which of them a title is."""

from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np
import pandas as pd

from movierec.data.columns import GENRES, TITLE
from movierec.data.titles import TitleIndex, index_titles, match as match_titles

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
    """Row of `films` that each title is, -1 for none: (n_titles,) int64 (see `titles.match`)."""
    return match_titles(titles, _by_name_and_year())


@cache
def _by_name_and_year() -> TitleIndex:
    return index_titles(films()[TITLE])
