"""The ratings of a run as one sparse matrix with its user and movie ids."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.columns import MOVIE, RATING, TIMESTAMP, USER
from movierec.data.originals import ORIGINAL, Originals
from movierec.data.tables import Tables, in_order
from movierec.paths import atomic_write

_NAMES = ("user_names", "movie_names")


@dataclass(frozen=True)
class Interactions:
    """Ratings under contiguous user and movie indices.

    user_ids    (n_users,) int32, ascending; row u of the matrix is user_ids[u]
    movie_ids   (n_movies,) int32, ascending; column m of the matrix is movie_ids[m]
    user_items  (n_users, n_movies) CSR float32, stars; indices ascending within a row
    timestamps  (nnz,) int32, seconds since 1970, aligned with user_items.data
    user_names  (n_users,) texts, their ids before they were numbered; None if they were not
    movie_names (n_movies,) likewise
    """

    user_ids: np.ndarray
    movie_ids: np.ndarray
    user_items: sparse.csr_array
    timestamps: np.ndarray
    user_names: np.ndarray | None = None
    movie_names: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of users and movies."""
        return len(self.user_ids), len(self.movie_ids)

    @property
    def n_ratings(self) -> int:
        return self.user_items.nnz

    @property
    def sparsity(self) -> float:
        """Share of user-movie pairs without a rating, 0 to 1."""
        n_users, n_movies = self.user_items.shape
        return 1 - self.user_items.nnz / (n_users * n_movies)

    @property
    def ratings_per_movie(self) -> np.ndarray:
        """(n_movies,) number of ratings of each movie."""
        return np.bincount(self.user_items.indices, minlength=len(self.movie_ids))

    @property
    def last_times(self) -> np.ndarray:
        """(n_users,) int32, seconds since 1970: time of each user's last rating.

        For users without ratings it is the last time of all ratings.
        """
        last = np.full(len(self.user_ids), self.timestamps.max(initial=0))
        rated = np.diff(self.user_items.indptr) > 0
        # Empty rows hold no entries, so the segments of the other rows are adjacent.
        last[rated] = np.maximum.reduceat(self.timestamps, self.user_items.indptr[:-1][rated])
        return last

    def only(self, mask: np.ndarray) -> "Interactions":
        """The ratings selected by a mask, (nnz,) bool; ids and shape stay the same."""
        matrix = self.user_items
        indptr = np.r_[0, np.cumsum(mask)][matrix.indptr].astype(np.int32)
        kept = sparse.csr_array((matrix.data[mask], matrix.indices[mask], indptr), matrix.shape)
        return replace(self, user_items=kept, timestamps=self.timestamps[mask])

    def of_users(self, users: np.ndarray) -> "Interactions":
        """The ratings of some users; all movies keep their index. users: ascending indices."""
        chosen = np.zeros(len(self.user_ids), dtype=bool)
        chosen[users] = True
        part = self.only(np.repeat(chosen, np.diff(self.user_items.indptr)))
        names = None if self.user_names is None else self.user_names[users]
        rows = part.user_items[users]
        return replace(part, user_ids=self.user_ids[users], user_items=rows, user_names=names)

    def named(self, originals: Originals) -> "Interactions":
        """With the ids that users and movies had before they were numbered."""
        return replace(
            self,
            user_names=_names(originals.users, self.user_ids),
            movie_names=_names(originals.movies, self.movie_ids),
        )

    def user_name(self, user: int) -> str:
        """The original id of the user of a row, or else the number."""
        names = self.user_ids if self.user_names is None else self.user_names
        return str(names[user])

    def save(self, path: Path) -> None:
        with atomic_write(path) as draft:
            np.savez(
                draft,
                user_ids=self.user_ids,
                movie_ids=self.movie_ids,
                indptr=self.user_items.indptr,
                indices=self.user_items.indices,
                ratings=self.user_items.data,
                timestamps=self.timestamps,
                **{name: getattr(self, name) for name in _NAMES if getattr(self, name) is not None},
            )

    @classmethod
    def load(cls, path: Path | BinaryIO) -> "Interactions":
        with np.load(path, allow_pickle=False) as file:
            shape = len(file["user_ids"]), len(file["movie_ids"])
            matrix = sparse.csr_array((file["ratings"], file["indices"], file["indptr"]), shape)
            names = {name: file[name] for name in _NAMES if name in file}
            return cls(file["user_ids"], file["movie_ids"], matrix, file["timestamps"], **names)


def select_interactions(
    ratings: pd.DataFrame,
    top_movies: int,
    ratings_fraction: float = 1.0,
    seed: int = 0,
    before: int | None = None,
) -> Interactions:
    """Keep the most rated movies and a random share of their ratings.

    ratings           as in `Tables.ratings`
    top_movies        number of movies; all if there are fewer. Ties go to the lower movieId
    ratings_fraction  share of these movies' ratings, in (0, 1]
    before            seconds since 1970; earlier ratings alone say which movies are the most rated

    Movies and users without a remaining rating are dropped. Raises ValueError if no rating
    remains, and for ratings of a single movie or user.
    """
    counted = ratings if before is None else ratings[ratings[TIMESTAMP] < before]
    counts = counted[MOVIE].value_counts().sort_index()
    if len(counts) < 2:
        raise ValueError(
            "only one movie has ratings, so there is none to recommend beside it; give a dataset"
            " of more movies"
        )
    if (ratings[USER] == ratings[USER].iloc[0]).all():
        raise ValueError(
            "only one user has ratings, and models learn from many; to recommend for one person,"
            " give their ratings to a model of others: python -m movierec recommend --profile FILE"
        )
    # Pages of zeros that are never written to take no memory, however large an id is.
    kept = np.zeros(int(ratings[MOVIE].max()) + 1, dtype=bool)
    kept[counts.nlargest(top_movies).index] = True
    keep = kept[ratings[MOVIE]]
    if ratings_fraction < 1:
        rng = np.random.default_rng(seed)
        keep &= rng.random(len(keep), dtype=np.float32) < ratings_fraction
    if not keep.any():
        raise ValueError(f"no rating remains at ratings_fraction {ratings_fraction}; increase it")
    return _index(ratings if keep.all() else ratings[keep])


def kept_metadata(tables: Tables, interactions: Interactions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The movies of the matrix's columns, in their order, and their tags.

    The movies gain the columns ratings, their number of ratings in the matrix, and original, their
    ids before they were numbered, if they were.
    """
    movies = tables.movies.set_index(MOVIE).loc[interactions.movie_ids].reset_index()
    if interactions.movie_names is not None:
        movies[ORIGINAL] = interactions.movie_names
    tags = tables.tags[tables.tags[MOVIE].isin(interactions.movie_ids)]
    return movies.assign(ratings=interactions.ratings_per_movie), tags


def _names(originals: pd.Series, ids: np.ndarray) -> np.ndarray | None:
    return None if originals.empty else originals.reindex(ids).fillna("").to_numpy(dtype=str)


def _index(ratings: pd.DataFrame) -> Interactions:
    user_ids, rows = _contiguous(ratings[USER].to_numpy())
    movie_ids, columns = _contiguous(ratings[MOVIE].to_numpy())
    stars, timestamps = ratings[RATING].to_numpy(), ratings[TIMESTAMP].to_numpy()
    if not in_order(rows, columns):
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
        stars, timestamps = stars[order], timestamps[order]
    # Of the type of `rows`, which would be copied otherwise.
    starts = np.arange(len(user_ids) + 1, dtype=np.int32)
    indptr = np.searchsorted(rows, starts).astype(np.int32)
    matrix = sparse.csr_array((stars, columns, indptr), (len(user_ids), len(movie_ids)))
    return Interactions(user_ids, movie_ids, matrix, timestamps)


def _contiguous(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct ids, and the index of each value among them, int32."""
    indices, distinct = pd.factorize(ids, sort=True)
    return distinct, indices.astype(np.int32)
