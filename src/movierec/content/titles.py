"""Finding movies by what people call them."""

import re
import unicodedata

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process, utils

from movierec.data.columns import TITLE

# How alike two words or names must be for one to be the other, mistyped; less is a hint.
_MISTYPED = 75
_HINT = 0.75
# The beginning of a longer word is a hint; alone it is not enough to be sure.
_BEGINNING = 60
# A title that holds all that was typed, and more, is less near than one that is just that.
_PART = 0.95
# What a wrong year takes off.
_WRONG_YEAR = 10
_YEAR = re.compile(r"^(.*\S)\s*(?:\((\d{4})\)|\s((?:19|20)\d\d))\s*$")
_ARTICLES = "the a an le la les l il lo el los der die das den".split()
_NUMERALS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}


def matching(movies: pd.DataFrame, query: str, most: int) -> tuple[np.ndarray, bool]:
    """Rows of movies whose title holds the query, most rated first, and whether any did.

    movies: title, ratings (how many it has). Where nothing matches, or the query is empty,
    the most rated movies stand in. At most `most` rows, case does not matter.
    """
    found = movies[TITLE].str.contains(query, case=False, regex=False).to_numpy()
    matched = bool(query) and bool(found.any())
    by_ratings = np.argsort(-movies["ratings"].to_numpy(), kind="stable")
    rows = by_ratings[found[by_ratings]] if matched else by_ratings
    return rows[:most], matched


def with_others(rows: np.ndarray, n_movies: int, size: int, seed: int) -> np.ndarray:
    """`rows` filled up to `size` with other movies drawn at random."""
    others = np.setdiff1d(np.arange(n_movies), rows)
    missing = min(max(size - len(rows), 0), len(others))
    return np.r_[rows, np.random.default_rng(seed).choice(others, missing, replace=False)]


class Titles:
    """The titles of some movies, by all names they have, ready to be searched.

    movies: title, ratings. "Seven (a.k.a. Se7en) (1995)" has two names. Case, accents,
    punctuation, articles at either end and Roman numerals make no difference.
    """

    def __init__(self, movies: pd.DataFrame):
        self._ratings = movies["ratings"].to_numpy()
        named = [_names(title) for title in movies[TITLE]]
        self._years = np.array([year for _, year in named])
        self._names = [name for names, _ in named for name in names]
        self._first_name = _starts([len(names) for names, _ in named])
        words = [name.split() or [""] for name in self._names]
        self._words, self._word_of = np.unique(np.concatenate(words), return_inverse=True)
        self._first_word = _starts([len(one) for one in words])

    def closest(self, query: str, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the movies whose titles are nearest to the query, and how near: 0 to 100.

        100 is a name as it is; close to it are mistyped ones and names that hold all words of
        the query, or their beginnings, among others. A year at the end of the query decides
        between movies of one name. Of equally near ones the most rated goes first.
        """
        match = self._match(query)
        if dated := _YEAR.match(query):
            wrong = self._years != (dated[2] or dated[3])
            match = np.maximum(match, self._match(dated[1]) - _WRONG_YEAR * wrong)
        rows = np.lexsort((-self._ratings, -match))[:most]
        return rows, match[rows]

    def _match(self, query: str) -> np.ndarray:
        """How near each movie is by the nearest of its names: (n_movies,)."""
        typed = _plain(query)
        if not typed:
            return np.zeros(len(self._ratings))
        whole = process.cdist([typed], self._names, scorer=fuzz.ratio)[0]
        whole[whole < _MISTYPED] *= _HINT
        by_name = np.maximum(whole, _PART * self._share_said(typed.split()))
        return np.maximum.reduceat(by_name, self._first_name)

    def _share_said(self, typed: list[str]) -> np.ndarray:
        """How much of what was typed, by letters, is among each name's words: 0 to 100."""
        alike = process.cdist(typed, self._words, scorer=fuzz.ratio, score_cutoff=_MISTYPED)
        begun = [np.char.startswith(self._words, word) for word in typed]
        alike = np.maximum(alike, _BEGINNING * np.array(begun))
        by_name = np.maximum.reduceat(alike[:, self._word_of], self._first_word, axis=1)
        return np.average(by_name, axis=0, weights=[len(word) for word in typed])


def _names(title: str) -> tuple[list[str], str]:
    """The plain names of a movie, and its year or nothing.

    Other names follow the first in brackets, each in its own.
    """
    name, year = title, ""
    if dated := re.match(r"^(.*\S)\s*\((\d{4})\)\s*$", title):
        name, year = dated.groups()
    others = []
    while bracketed := re.match(r"^(.*\S)\s*\(([^()]+)\)\s*$", name):
        name, other = bracketed.groups()
        others.append(re.sub(r"^a\.?k\.?a\.?\s", "", other, flags=re.IGNORECASE))
    return [_plain(one) for one in (name, *others)], year


def _plain(name: str) -> str:
    """ "Matrix, The" and "The Matrix" as "matrix", "Léon" as "leon", "Part II" as "part 2"."""
    folded = unicodedata.normalize("NFKD", name)
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = utils.default_process(folded).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _ARTICLES and "," in name:
        words = words[:-1]
    return " ".join(_NUMERALS.get(word, word) for word in words)


def _starts(sizes: list[int]) -> np.ndarray:
    """Where each of some groups begins that lie one after another."""
    return np.cumsum([0, *sizes])[:-1]
