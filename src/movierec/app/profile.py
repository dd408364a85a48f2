"""What one visitor has rated and turned down, and its form in the address of a page."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from movierec.data.columns import MAX_RATING, MIN_RATING
from movierec.data.movielens import MOVIELENS

# Servers before this one take addresses of 8,000 characters by default.
LONGEST = 7_000
_TURNED_DOWN = "x"


class UnreadableProfile(ValueError):
    """The profile in an address is damaged, or of a form that this version does not have."""


@dataclass(frozen=True)
class Profile:
    """Ratings, movieId -> stars, the latest last; and the movieIds that are not wanted."""

    ratings: Mapping[int, float] = field(default_factory=dict)
    turned_down: frozenset[int] = frozenset()

    def rated(self, movie: int, stars: float | None) -> Self:
        """With a movie rated, as the latest; None takes its rating away."""
        kept = {one: given for one, given in self.ratings.items() if one != movie}
        ratings = kept if stars is None else {**kept, movie: stars}
        return type(self)(ratings, self.turned_down.difference([movie]))

    def without(self, movie: int) -> Self:
        """With a movie turned down."""
        return type(self)(self.rated(movie, None).ratings, self.turned_down.union([movie]))

    def restored(self) -> Self:
        """With nothing turned down."""
        return type(self)(self.ratings)

    def joined(self, ratings: Mapping[int, float]) -> Self:
        """With more ratings, which replace those of the same movies."""
        return type(self)({**self.ratings, **ratings}, self.turned_down.difference(ratings))

    def __bool__(self) -> bool:
        return bool(self.ratings or self.turned_down)


def to_text(profile: Profile, catalogue: str) -> str:
    """A profile as letters, digits, ".", "-", "~" and "_", which addresses hold as they are.

    catalogue: of `catalogue_of`; what the movieIds mean. After it stands a group of movies for
    each number of half stars, as "10-16c.1": 10 half stars for movieId 1,524 (16c in base 36), and
    for the one whose movieId is larger by 1.
    """
    groups = defaultdict(list)
    for movie, stars in profile.ratings.items():
        groups[f"{2 * stars:.0f}"].append(movie)
    groups[_TURNED_DOWN] += profile.turned_down
    parts = [f"{name}-{_packed(movies)}" for name, movies in groups.items() if movies]
    return "~".join([catalogue, *parts])


def from_text(text: str, catalogue: str) -> Profile:
    """The profile of a text that `to_text` made, best ratings first.

    Raises UnreadableProfile where it is damaged, or made for another catalogue.
    """
    made_for, *parts = text.split("~")
    if made_for != catalogue:
        raise UnreadableProfile(
            f"it was made for the films of {made_for[:40]}, not for those of {catalogue}"
        )
    ratings: dict[int, float] = {}
    turned_down: frozenset[int] = frozenset()
    try:
        for part in parts:
            name, packed = part.split("-")
            movies = _unpacked(packed)
            if name == _TURNED_DOWN:
                turned_down = frozenset(movies)
            else:
                stars = int(name) / 2
                if not MIN_RATING <= stars <= MAX_RATING:
                    raise ValueError(name)
                ratings |= dict.fromkeys(movies, stars)
    except ValueError:
        raise UnreadableProfile("it is damaged") from None
    by_stars = sorted(ratings.items(), key=lambda rating: rating[1])
    return Profile(dict(by_stars), turned_down.difference(ratings))


def catalogue_of(dataset: str) -> str:
    """The name of what movieIds mean: all MovieLens datasets share them."""
    letters = "".join(letter if letter.isalnum() else "." for letter in dataset)
    return "movielens" if dataset in MOVIELENS else letters


def _packed(movies: Iterable[int]) -> str:
    differences = np.diff(sorted(movies), prepend=0)
    return ".".join(np.base_repr(int(one), 36).lower() for one in differences)


def _unpacked(text: str) -> list[int]:
    # Six figures hold every movieId.
    if not re.fullmatch(r"[0-9a-z]{1,6}(\.[0-9a-z]{1,6})*", text):
        raise ValueError(text)
    return np.cumsum([int(one, 36) for one in text.split(".")]).tolist()
