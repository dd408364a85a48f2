"""MovieLens titles: the names and the year they hold, in the form they are compared in."""

import re
import unicodedata

import pandas as pd
from rapidfuzz import utils

from movierec.data.columns import MOVIE, TITLE
from movierec.data.originals import ORIGINAL

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
