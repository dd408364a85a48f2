"""What somebody wants of a list of movies, whatever their taste."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from movierec.content.features import decades, genres
from movierec.data.columns import MOVIE


@dataclass(frozen=True)
class Filters:
    """Conditions that all movies of a list meet.

    genres       at least one of them; empty for any
    decades      such as "1990s", one of them; empty for any. A title without a year has none.
    min_ratings  least number of ratings
    excluded     movieIds that are not wanted
    """

    genres: frozenset[str] = frozenset()
    decades: frozenset[str] = frozenset()
    min_ratings: int = 0
    excluded: frozenset[int] = frozenset()


class FilterIndex:
    """What filters ask about, of movies with the columns movieId, title, genres, ratings."""

    def __init__(self, movies: pd.DataFrame):
        self._movies = movies

    @cached_property
    def genres(self) -> pd.DataFrame:
        """Indicators, a column for each genre, ascending."""
        return genres(self._movies).astype(bool)

    @cached_property
    def decades(self) -> pd.Series:
        """Such as "1990s"; NaN for a title without a year."""
        return decades(self._movies)

    def allowed(self, filters: Filters) -> np.ndarray:
        """Which movies meet all conditions: (n_movies,) bool. Raises KeyError for a new genre."""
        movies = self._movies
        allowed = (movies["ratings"] >= filters.min_ratings).to_numpy(copy=True)
        if filters.genres:
            allowed &= self.genres[sorted(filters.genres)].any(axis=1).to_numpy()
        if filters.decades:
            allowed &= self.decades.isin(filters.decades).to_numpy()
        if filters.excluded:
            allowed &= ~movies[MOVIE].isin(filters.excluded).to_numpy()
        return allowed
