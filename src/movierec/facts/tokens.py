"""Facts as words of a text, each of them one word, and as people read them."""

import re
from collections.abc import Iterable
from functools import cache

import numpy as np
import pandas as pd

from movierec.facts.catalogue import FACTS, GROUPS, films, match

_PHRASES = {
    "countries": "from {}",
    "languages": "in {}",
    "based_on": "based on {}",
    "series": "series: {}",
    "setting": "set in {}",
    "themes": "about {}",
    "mood": "mood: {}",
    "style": "style: {}",
    "craft": "craft: {}",
}


def fact_text(titles: pd.Series) -> pd.Series:
    """The facts of the film that each title is as one word each: "ridley_scott set_in_space".

    Indexed like `titles`; empty for titles that are no film of the catalogue.
    """
    texts = np.array([*_texts(), ""], dtype=object)
    return pd.Series(texts[match(titles)], titles.index, dtype="str")


def readable(words: Iterable[str]) -> np.ndarray:
    """Words of texts as people read them: "Ridley Scott", "set in space"; others as they are."""
    phrases = _phrases()
    return np.array([phrases.get(word, word) for word in words], dtype=object)


def groups(words: Iterable[str]) -> list[str | None]:
    """The group of facts that each word belongs to, None for words that are no fact."""
    known = _groups()
    return [known.get(word) for word in words]


def _phrase(column: str, value: str) -> str:
    return _PHRASES.get(column, "{}").format(value)


def _word(phrase: str) -> str:
    """One word of a phrase, with an underscore, which no other word of a text has.

    "Ridley Scott" gives "ridley_scott", "Cher" gives "cher_".
    """
    word = re.sub(r"\W+", "_", phrase.lower()).strip("_")
    return word if "_" in word else f"{word}_"


@cache
def _texts() -> list[str]:
    """The words of each film, each once."""
    rows = films()[list(FACTS)].to_dict("records")
    return [
        " ".join(dict.fromkeys(_word(_phrase(c, value)) for c in FACTS for value in row[c]))
        for row in rows
    ]


@cache
def _phrases() -> dict[str, str]:
    phrases = {_phrase(c, value) for c in FACTS for values in films()[c] for value in values}
    return {_word(phrase): phrase for phrase in phrases}


@cache
def _groups() -> dict[str, str]:
    return {
        _word(_phrase(c, value)): group
        for group, columns in GROUPS.items()
        for c in columns
        for values in films()[c]
        for value in values
    }
