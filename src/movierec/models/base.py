"""What a model is, and what ratings tell it."""

from typing import Protocol, Self, runtime_checkable

import numpy as np
from scipy import sparse

from movierec.data.columns import MAX_RATING

# Stars of a common rating.
USUAL = np.float32(3.5)
# A dislike weighs a quarter of a like as far from the other end of the scale.
_DISLIKE = 0.25


class Diverged(ValueError):
    """Training ran off to infinity with these hyperparameters; the message says which."""


class Model(Protocol):
    """Learns from some users' ratings and scores all movies for any user's ratings.

    `score` is given rows of ratings, not user numbers, so a user who was never seen goes the
    same way as one who was.
    """

    name: str

    def fit(self, train: sparse.csr_array) -> Self:
        """Learn from (n_users, n_items) CSR float32, stars."""
        ...

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        """Scores (n_rows, n_items), higher is better, for rows of ratings in stars."""
        ...


@runtime_checkable
class TimedModel(Model, Protocol):
    """A model to which it matters when a user asks."""

    def score_at(self, user_items: sparse.csr_array, query_times: np.ndarray) -> np.ndarray:
        """As `score`, of rows that ask at these query_times: (n_rows,) seconds since 1970."""
        ...


class Shared:
    """A model that others are made of: fitted once, however many of them ask for it.

    `fit` does nothing when it is given the very matrix it was given last; `model` is the model
    itself, for what is particular to it.
    """

    def __init__(self, model: Model):
        self.name = model.name
        self.model = model
        self._fitted_on = None

    def fit(self, train: sparse.csr_array) -> Self:
        if train is not self._fitted_on:
            self.model.fit(train)
            self._fitted_on = train
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return self.model.score(user_items)


def likes(
    user_items: sparse.csr_array, positive_threshold: float, rating_exponent: float = 1.0
) -> sparse.csr_array:
    """The ratings that say somebody liked a movie: those of `positive_threshold` stars and more.

    rating_exponent: how much more stars are worth: 1 as many times as there are more of them, 0
    nothing, so that every like is one of USUAL stars.

    Models of implicit feedback take every stored entry for a like, however small, so lower
    ratings must not be stored at all, not even as zeros. Entries below zero, see `signed_preferences`,
    stand for dislikes and stay.
    """
    liked = user_items.copy()
    liked.data = np.where((liked.data >= positive_threshold) | (liked.data < 0), liked.data, 0)
    liked.eliminate_zeros()
    if rating_exponent != 1:
        worth = USUAL * (np.maximum(liked.data, 0) / USUAL) ** np.float32(rating_exponent)
        liked.data = np.where(liked.data < 0, liked.data, worth)
    return liked


def median_activity(liked: sparse.csr_array) -> float:
    """Likes of the median user who has any; 1 where nobody has."""
    numbers = np.diff(liked.indptr)
    return float(np.median(numbers[numbers > 0])) if liked.nnz else 1.0


def user_weights(liked: sparse.csr_array, discount: float, typical: float) -> np.ndarray:
    """(n_users,) float32: what a like of each user weighs, (likes / typical) ** -discount.

    Somebody who likes everything says little with each like, and would otherwise be most of
    what a model learns from: users' numbers of likes differ a hundredfold.
    """
    numbers = np.maximum(np.diff(liked.indptr), 1)
    return ((numbers / typical) ** -discount).astype(np.float32)


def weighted(liked: sparse.csr_array, discount: float, typical: float) -> sparse.csr_array:
    """Likes in stars, times their users' weights."""
    weights = np.repeat(user_weights(liked, discount, typical), np.diff(liked.indptr))
    return sparse.csr_array((liked.data * weights, liked.indices, liked.indptr), liked.shape)


def signed_preferences(user_items: sparse.csr_array, positive_threshold: float) -> sparse.csr_array:
    """Ratings with those that are no likes turned into dislikes, below zero.

    For scoring people who are asked for their taste: what they rate low shall count against,
    where evaluation only leaves it out, since a low rating too tells what people watch.
    """
    said = user_items.copy()
    said.data = np.where(
        said.data >= positive_threshold, said.data, _DISLIKE * (said.data - MAX_RATING - 0.5)
    ).astype(np.float32)
    return said
