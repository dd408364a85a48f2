"""Fuzzy search over movie titles."""

import re

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from movierec.data.columns import TITLE
from movierec.data.titles import names_and_year, plain

# Match (0 to 100) from which a title is taken for what was typed.
MIN_MATCH = 60
# Similarity (0 to 100) from which a word or name counts as a misspelling of another; a whole
# name below it is discounted by _WEAK.
_MISSPELT = 75
_WEAK = 0.75
# Similarity of a word to a longer word that starts with it, below what counts as a sure match.
_PREFIX = 60
# A name that contains all words of the query, and others, ranks below one that equals it.
_PARTIAL = 0.95
# Subtracted where the year in the query is not the movie's.
_WRONG_YEAR = 10
_DATED = re.compile(r"^(.*\S)\s*(?:\((\d{4})\)|\s((?:19|20)\d\d))\s*$")


class Titles:
    """Index of movie titles under all their names.

    movies: title, ratings (number of ratings). "Seven (a.k.a. Se7en) (1995)" has two names.
    Case, accents, punctuation, articles at either end and Roman numerals are ignored.
    """

    def __init__(self, movies: pd.DataFrame):
        self._ratings = movies["ratings"].to_numpy()
        named = [names_and_year(title) for title in movies[TITLE]]
        self._years = np.array([year for _, year in named])
        self._names = [name for names, _ in named for name in names]
        self._first_name = _starts([len(names) for names, _ in named])
        words = [name.split() or [""] for name in self._names]
        self._words, self._word_of = np.unique(np.concatenate(words), return_inverse=True)
        self._first_word = _starts([len(one) for one in words])

    def closest(self, query: str, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers of the `most` best matches and their match, 0 to 100, best first.

        100 is an exact name. Misspelt names, and names that contain all words of the query or
        words that start with them, come close to it. A year at the end of the query decides
        between movies of the same name. Ties go to the movie with more ratings.
        """
        match = self._match(query)
        if dated := _DATED.match(query):
            wrong = self._years != (dated[2] or dated[3])
            match = np.maximum(match, self._match(dated[1]) - _WRONG_YEAR * wrong)
        rows = np.lexsort((-self._ratings, -match))[:most]
        return rows, match[rows]

    def _match(self, query: str) -> np.ndarray:
        """The match of each movie's best name: (n_movies,), 0 to 100."""
        typed = plain(query)
        if not typed:
            return np.zeros(len(self._ratings))
        whole = process.cdist([typed], self._names, scorer=fuzz.ratio)[0]
        whole[whole < _MISSPELT] *= _WEAK
        by_name = np.maximum(whole, _PARTIAL * self._share_of_words(typed.split()))
        return np.maximum.reduceat(by_name, self._first_name)

    def _share_of_words(self, typed: list[str]) -> np.ndarray:
        """How much of the query, weighted by letters, each name contains: (n_names,), 0 to 100."""
        alike = process.cdist(typed, self._words, scorer=fuzz.ratio, score_cutoff=_MISSPELT)
        begun = [np.char.startswith(self._words, word) for word in typed]
        alike = np.maximum(alike, _PREFIX * np.array(begun))
        by_name = np.maximum.reduceat(alike[:, self._word_of], self._first_word, axis=1)
        return np.average(by_name, axis=0, weights=[len(word) for word in typed])


def _starts(sizes: list[int]) -> np.ndarray:
    """The index of the first element of each of some consecutive groups."""
    return np.cumsum([0, *sizes])[:-1]
