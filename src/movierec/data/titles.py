"""MovieLens titles: the names and the year they hold, which films they are, telling them apart."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pandas as pd
from rapidfuzz import utils

from movierec.data.columns import MOVIE, TITLE
from movierec.data.originals import ORIGINAL

# Rows of titles by name and year.
TitleIndex = dict[tuple[str, int], list[int]]

_ARTICLES = "the a an le la les l il lo el los der die das den".split()
_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}


def labels(movies: pd.DataFrame) -> pd.Series:
    """Titles; where several movies have one, each with its id: "Emma (1996) [838]".

    movies: movieId, title, and original, their ids before they were numbered, if there are any.
    """
    titles = movies[TITLE]
    shared = titles.duplicated(keep=False)
    if not shared.any():
        return titles
    ids = movies[ORIGINAL if ORIGINAL in movies else MOVIE].astype("str")
    return titles.mask(shared, titles + " [" + ids + "]")


def names_and_year(title: str) -> tuple[list[str], str]:
    """All plain names of a movie, and its year ("" if the title has none).

    Alternative names follow the first, each in parentheses: "Seven (a.k.a. Se7en) (1995)" gives
    (["seven", "se7en"], "1995").
    """
    name, year = title, ""
    if dated := re.match(r"^(.*\S)\s*\((\d{4})\)\s*$", title):
        name, year = dated.groups()
    others = []
    while bracketed := re.match(r"^(.*\S)\s*\(([^()]+)\)\s*$", name):
        name, other = bracketed.groups()
        others.append(re.sub(r"^a\.?k\.?a\.?\s", "", other, flags=re.IGNORECASE))
    return [plain(one) for one in (name, *others)], year


def index_titles(titles: Iterable[str]) -> TitleIndex:
    """Rows of the titles that have a name, in the form names are compared in, and a year."""
    index: TitleIndex = {}
    for row, title in enumerate(titles):
        names, year = names_and_year(title)
        for name in set(names) if year else ():
            index.setdefault((name, int(year)), []).append(row)
    return index


def match(titles: Iterable[str], known: TitleIndex) -> np.ndarray:
    """Row of the known title that each title is, -1 for none: (n_titles,) int64.

    A title is a known one that has one of its names and its year, or else the year before or
    after. Where that is true of two known titles, or of two titles, none of them matches; neither
    does a title without a year.
    """
    asked = [names_and_year(title) for title in titles]
    found = np.full(len(asked), -1)
    open_titles = {row for row, (_, year) in enumerate(asked) if year}
    taken: set[int] = set()
    for apart in ((0,), (-1, 1)):
        pairs = {
            (row, other)
            for row in open_titles
            for name in asked[row][0]
            for years in apart
            for other in known.get((name, int(asked[row][1]) + years), ())
            if other not in taken
        }
        per_title, per_other = Counter(row for row, _ in pairs), Counter(one for _, one in pairs)
        for row, other in pairs:
            if per_title[row] == per_other[other] == 1:
                found[row] = other
        open_titles -= per_title.keys()
        taken |= per_other.keys()
    return found


def plain(name: str) -> str:
    """A name in the form names are compared in.

    Lower case; without accents, punctuation and an article at either end; "&" as "and", Roman
    numerals as digits. "Matrix, The" gives "matrix", "Léon" gives "leon", "Part II" gives "part 2".
    """
    folded = unicodedata.normalize("NFKD", name.replace("&", " and "))
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = utils.default_process(folded).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _ARTICLES and "," in name:
        words = words[:-1]
    return " ".join(_NUMERALS.get(word, word) for word in words)
