"""What a model is, and what ratings tell it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from scipy import sparse

from movierec.data.columns import MAX_RATING, MIN_RATING

# Stars at which the rating exponent changes nothing: a common rating.
REFERENCE_STARS = np.float32(3.5)
_MIDDLE = (MIN_RATING + MAX_RATING) / 2
# A dislike weighs a quarter of a like as far from the middle of the scale.
_DISLIKE = 0.25

M = TypeVar("M")
P = ParamSpec("P")


class Diverged(ValueError):
    """Training found no finite factors with these hyperparameters; the message names them."""


class NothingToLearn(ValueError):
    """The data hold nothing that a model could learn from; the message names the setting."""


class Model(Protocol):
    """Learns from some users' ratings and scores all movies for any user's ratings.

    `score` takes rows of ratings, not user numbers, so a cold-start user is folded in the same
    way as a user of the training data.
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
    """A model whose scores depend on the query time."""

    def score_at(self, user_items: sparse.csr_array, query_times: np.ndarray) -> np.ndarray:
        """As `score`, with a query time for each row: (n_rows,) seconds since 1970."""
        ...


def fit_once(
    fit: Callable[Concatenate[M, sparse.csr_array, P], object],
) -> Callable[Concatenate[M, sparse.csr_array, P], M]:
    """A `fit` that does nothing when it is given the very matrix it was given last.

    A model that is compared by itself and is a component of others is then fitted once. The
    matrix is kept as `training`.
    """

    @wraps(fit)
    def once(model: M, train: sparse.csr_array, *args: P.args, **kwargs: P.kwargs) -> M:
        if train is not getattr(model, "training", None):
            fit(model, train, *args, **kwargs)
            vars(model)["training"] = train
        return model

    return once


def likes(
    user_items: sparse.csr_array, positive_threshold: float, rating_exponent: float = 1.0
) -> sparse.csr_array:
    """Ratings of `positive_threshold` stars and more, as s = 3.5 (stars / 3.5)^rating_exponent.

    Exponent 1 leaves stars as they are, 0 gives every like the same value. Models of implicit
    feedback take every stored entry for positive, however small, so lower ratings must not be
    stored at all, not even as zeros.
    """
    liked = user_items.copy()
    liked.data = np.where(liked.data >= positive_threshold, liked.data, 0)
    liked.eliminate_zeros()
    if rating_exponent != 1:
        liked.data = REFERENCE_STARS * (liked.data / REFERENCE_STARS) ** np.float32(rating_exponent)
    return liked


def training_likes(
    train: sparse.csr_array, positive_threshold: float, rating_exponent: float = 1.0
) -> sparse.csr_array:
    """As `likes`, of ratings to learn from. Raises NothingToLearn where none is a like."""
    liked = likes(train, positive_threshold, rating_exponent)
    if not liked.nnz:
        highest = f"the highest is {train.data.max():g}" if train.nnz else "there is none"
        raise nothing_to_learn(positive_threshold, highest)
    return liked


def nothing_to_learn(positive_threshold: float, highest: str) -> NothingToLearn:
    """The error of a training part without likes; highest: a clause on its ratings."""
    return NothingToLearn(
        f"no rating to learn from reaches positive_threshold, {positive_threshold:g} stars"
        f" ({highest}); lower it, as -p positive_threshold=0.5"
    )


def median_activity(liked: sparse.csr_array) -> float:
    """Likes of the median user who has any; 1 where nobody has."""
    numbers = np.diff(liked.indptr)
    return float(np.median(numbers[numbers > 0])) if liked.nnz else 1.0


def user_weights(liked: sparse.csr_array, discount: float, median: float) -> np.ndarray:
    """(n_users,) float32: (n_u / median)^-discount for users of n_u likes.

    Numbers of likes differ a hundredfold between users; without a discount the few who rate
    almost everything dominate the training loss.
    """
    numbers = np.maximum(np.diff(liked.indptr), 1)
    return ((numbers / median) ** -discount).astype(np.float32)


def discounted(liked: sparse.csr_array, discount: float, median: float) -> sparse.csr_array:
    """Likes times their users' weights (see `user_weights`)."""
    weights = np.repeat(user_weights(liked, discount, median), np.diff(liked.indptr))
    return sparse.csr_array((liked.data * weights, liked.indices, liked.indptr), liked.shape)


def graded_preferences(user_items: sparse.csr_array) -> sparse.csr_array:
    """Ratings in stars as preferences: g = (stars - 2.75) / 2.25, and a quarter of it below zero.

    For recommending to people. Training asks what people watch, and takes nearly every rating for
    a like; here g runs from -0.25 for half a star, through 0 in the middle of the scale, to 1 for
    five stars. Every rating stays stored: one of g = 0 was watched all the same.
    """
    graded = user_items.copy()
    g = (graded.data - _MIDDLE) / (MAX_RATING - _MIDDLE)
    graded.data = np.where(g < 0, _DISLIKE * g, g).astype(np.float32)
    return graded
