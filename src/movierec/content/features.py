"""Item features: TF-IDF terms, genres and decades of movies."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.columns import GENRES, NO_GENRES, TITLE


@dataclass(frozen=True)
class ItemFeatures:
    """What is known about items besides their ratings.

    terms   (n_items, n_terms) CSR float32, TF-IDF rows of length one; empty for no terms
    genres  (n_items, n_genres + n_decades) CSR float32, indicators
    """

    terms: sparse.csr_array
    genres: sparse.csr_array

    @classmethod
    def of(cls, movies: pd.DataFrame, item_content: sparse.csr_array) -> Self:
        """Features of `movies` (title, genres), whose TF-IDF rows are `item_content`."""
        return cls(item_content, sparse.csr_array(genres_and_decades(movies).to_numpy(np.float32)))

    def weighted(self, term_weight: float, genre_weight: float) -> sparse.csr_array:
        """Both kinds scaled and stacked: (n_terms + n_genres + n_decades, n_items) CSR float32.

        Rows are features, so that a model can append them to `user_items` as further users.
        """
        rows = sparse.vstack([term_weight * self.terms.T, genre_weight * self.genres.T], "csr")
        # ALS reads a stored zero as an observed dislike.
        rows.eliminate_zeros()
        return rows


def genres(movies: pd.DataFrame) -> pd.DataFrame:
    """Genre indicators: one float32 column per genre, indexed like `movies`."""
    indicators = movies[GENRES].replace(NO_GENRES, "").str.get_dummies("|")
    return indicators.drop(columns="", errors="ignore").astype(np.float32)


def decades(movies: pd.DataFrame) -> pd.Series:
    """Such as "1990s", of the year in parentheses at the end of a title; NaN for other titles."""
    years = movies[TITLE].str.extract(r"\((\d{4})\)\s*$", expand=False)
    return years.str[:3] + "0s"


def genres_and_decades(movies: pd.DataFrame) -> pd.DataFrame:
    """Indicators of genres and decade, a column such as "Comedy" or "1990s" for each."""
    return pd.concat([genres(movies), pd.get_dummies(decades(movies), dtype=np.float32)], axis=1)


def genres_by_decade(movies: pd.DataFrame, least: int = 20) -> pd.DataFrame:
    """Share of each decade's movies (rows) that have a genre (columns, the most frequent first).

    Decades of fewer than `least` movies are left out.
    """
    of_genre = genres(movies)
    largest_first = of_genre.sum().sort_values(ascending=False, kind="stable").index
    decade = decades(movies)
    large = decade.map(decade.value_counts()) >= least
    return of_genre.loc[large, largest_first].groupby(decade[large]).mean()
