"""Cutting ratings into a part to learn from and a part to be judged by."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.columns import MOVIE, RATING, USER
from movierec.data.interactions import Interactions


@dataclass(frozen=True)
class Split:
    """Ratings to train on and ratings to predict, and what a result on them answers.

    training    the ratings that models learn from, of all users and movies of the whole
    known       (n_users, n_movies) CSR, stars: what is known of a user when movies are ranked;
                the training part, and more where users were held out whole
    test        (n_users, n_movies) CSR, stars: what is to be found; nan where none were given
    query_times     (n_users,) seconds since 1970: when each user asks, which is at the cut, or
                with the last rating that is known of the user
    candidates  (n_movies,) bool: the movies that may be recommended
    question    in two sentences, what a result on this split answers
    split_time    seconds since 1970: what came from then on is not known; None without such a cut
    counts      what was met on the way and left out, by its description

    Raises AssertionError when a test pair is in the training part or known of its user.
    """

    training: Interactions
    known: sparse.csr_array
    test: sparse.csr_array
    query_times: np.ndarray
    candidates: np.ndarray
    question: str
    split_time: int | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        for part, ratings in (("training", self.train), ("known", self.known)):
            leaked = _pairs(ratings).multiply(_pairs(self.test)).nnz
            if leaked:
                raise AssertionError(f"{leaked} test ratings are in the {part} part")

    @property
    def train(self) -> sparse.csr_array:
        """(n_users, n_movies) CSR float32, stars: the training ratings."""
        return self.training.user_items

    def relevant(self, threshold: float) -> sparse.csr_array:
        """The test ratings of `threshold` stars and more; all of them, stars or not, for 0.

        Raises ValueError for a threshold where test ratings have no stars.
        """
        if not threshold:
            return self.test
        if np.isnan(self.test.data).any():
            raise ValueError(
                f"relevance_threshold is {threshold}, but test.csv gives no stars to compare"
                " with it: give it a rating column, or set relevance_threshold to 0"
            )
        relevant = self.test.copy()
        relevant.data = np.where(relevant.data >= threshold, relevant.data, 0)
        relevant.eliminate_zeros()
        return relevant


@dataclass(frozen=True)
class Protocol:
    """How to cut: `name` is one of PROTOCOLS.

    test_share  how much is held out: of each user's ratings, of all ratings, of the users (and
                of each one's ratings), or of the movies, as the protocol says
    test_from   global-time: an ISO date, instead of the share; empty for none
    given       given: the test set that came with the dataset, userId, movieId and rating
    seed        of what is drawn
    """

    name: str = "user-random"
    test_share: float = 0.2
    test_from: str = ""
    given: pd.DataFrame | None = None
    seed: int = 0


def make_split(interactions: Interactions, protocol: Protocol) -> Split:
    """Split by a protocol.

    Raises ValueError for an unknown protocol, a share outside (0, 1), and where either part
    would be empty.
    """
    if protocol.name not in PROTOCOLS:
        raise ValueError(f"protocol {protocol.name!r} is not one of {', '.join(PROTOCOLS)}")
    if not 0 < protocol.test_share < 1:
        raise ValueError(f"test_share is {protocol.test_share}; it lies between 0 and 1")
    split = PROTOCOLS[protocol.name](interactions, protocol)
    for part, ratings in (("training", split.train), ("test", split.test)):
        if not ratings.nnz:
            raise ValueError(
                f"protocol {protocol.name}: the {part} part is empty; hold out"
                f" {'less' if part == 'training' else 'more'}, or keep more ratings"
            )
    return split


def validation(split: Split, protocol: Protocol) -> Split:
    """The training part cut once more, the same way, to choose hyperparameters on.

    Where the test set was given, a random share of each user's ratings; where time was cut at
    a date, the last share of what came before it.
    """
    name = "user-random" if protocol.name == "given" else protocol.name
    return make_split(
        split.training, replace(protocol, name=name, test_from="", seed=protocol.seed + 1)
    )


def _user_random(interactions: Interactions, protocol: Protocol) -> Split:
    in_test = _share_of_rows(interactions.user_items, protocol.test_share, protocol.seed)
    return _split(
        interactions,
        in_test,
        f"A random {protocol.test_share:.0%} of every user's ratings are hidden, and each model"
        " has to find them again among all movies the user has not rated in the rest. It asks"
        " how well a known user's taste is filled in, with ratings of all times mixed.",
    )


def _leave_last_out(interactions: Interactions, protocol: Protocol) -> Split:
    counts = np.diff(interactions.user_items.indptr)
    drawn = np.random.default_rng(protocol.seed).random(interactions.user_items.nnz)
    # Of ratings in the same second, one is drawn.
    order = np.lexsort((drawn, interactions.timestamps, _rows(interactions.user_items)))
    in_test = np.zeros(len(order), dtype=bool)
    in_test[order[interactions.user_items.indptr[1:][counts > 1] - 1]] = True
    return _split(
        interactions,
        in_test,
        "The last rating of every user is hidden, and each model has to find it among all movies"
        " the user has not rated before. It asks what a known user turns to next, though what"
        " others did later may have been learnt from.",
    )


def _global_time(interactions: Interactions, protocol: Protocol) -> Split:
    times = interactions.timestamps
    if protocol.test_from:
        moment = _seconds(protocol.test_from)
    else:
        place = len(times) - max(1, round(len(times) * protocol.test_share))
        moment = int(np.partition(times, place)[place])
    late = times >= moment
    if late.all() or not late.any():
        first, last = (f"{datetime.fromtimestamp(int(t), UTC):%Y-%m-%d}" for t in _span(times))
        raise ValueError(
            f"no rating lies {'before' if late.all() else 'after'} the cut at"
            f" {datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC; the ratings run from"
            f" {first} to {last}: choose test_share or test_from so that both sides have some"
        )
    return replace(
        _split(
            interactions,
            late,
            f"All that happened from {datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC on"
            f" ({late.mean():.0%} of the ratings) is hidden, tags too, and each model has to find"
            " what users rated from then on. It asks how a recommender would have served the"
            " future, to people of whom it often knew nothing yet.",
        ),
        query_times=np.full(len(interactions.user_ids), moment),
        split_time=moment,
    )


def _unseen_users(interactions: Interactions, protocol: Protocol) -> Split:
    matrix, share = interactions.user_items, protocol.test_share
    able = np.flatnonzero(np.diff(matrix.indptr) > 1)
    rng = np.random.default_rng(protocol.seed)
    held_out = np.zeros(matrix.shape[0], dtype=bool)
    held_out[rng.permutation(able)[: max(1, round(share * len(able)))]] = True
    # Each of them has two ratings at least, and one of them is always hidden.
    theirs = held_out[_rows(matrix)]
    hidden = _share_of_rows(matrix, share, protocol.seed, at_least=1) & theirs
    known = interactions.only(~hidden)
    return Split(
        interactions.only(~theirs),
        known=known.user_items,
        test=interactions.only(hidden).user_items,
        query_times=known.last_times,
        candidates=np.ones(matrix.shape[1], dtype=bool),
        question=(
            f"A random {share:.0%} of the users are held out whole; a model that never saw them"
            f" is then told all but {share:.0%} of their ratings, and has to find those. It asks"
            " how well somebody new is served, once they have rated something."
        ),
    )


def _cold_movies(interactions: Interactions, protocol: Protocol) -> Split:
    rated = np.flatnonzero(interactions.ratings_per_movie)
    rng = np.random.default_rng(protocol.seed)
    cold = np.zeros(len(interactions.movie_ids), dtype=bool)
    cold[rng.permutation(rated)[: max(1, round(protocol.test_share * len(rated)))]] = True
    return replace(
        _split(
            interactions,
            cold[interactions.user_items.indices],
            f"A random {protocol.test_share:.0%} of the movies lose all their ratings, and each"
            " model has to order just these movies for every user. It asks how well movies are"
            " recommended that nobody has rated yet.",
        ),
        candidates=cold,
    )


def _given(interactions: Interactions, protocol: Protocol) -> Split:
    given = protocol.given
    if given is None or given.empty:
        raise ValueError(
            'protocol "given" needs a test.csv (userId,movieId and, if you like, rating) in the'
            " dataset's folder, and there is none, or an empty one"
        )
    n_users, n_movies = interactions.user_items.shape
    repeated = given.duplicated([USER, MOVIE], keep="last")
    rows = pd.Index(interactions.user_ids).get_indexer(given[USER])
    columns = pd.Index(interactions.movie_ids).get_indexer(given[MOVIE])
    usable = (rows >= 0) & (columns >= 0) & ~repeated.to_numpy()
    test = sparse.csr_array(
        (given[RATING].to_numpy(np.float32)[usable], (rows[usable], columns[usable])),
        shape=(n_users, n_movies),
    )
    pair = np.int64(n_movies) * _rows(interactions.user_items) + interactions.user_items.indices
    overlap = np.isin(pair, np.int64(n_movies) * _rows(test) + test.indices)
    training = interactions.only(~overlap)
    return Split(
        training,
        known=training.user_items,
        test=test,
        query_times=training.last_times,
        candidates=np.ones(n_movies, dtype=bool),
        question=(
            "The dataset brought its own test set, and each model has to find its movies among"
            " all that the user has not rated in the rest. It asks whatever the maker of that"
            " test set had in mind."
        ),
        counts={
            "lines of test.csv": len(given),
            "repeated there (the last counts)": int(repeated.sum()),
            "of users without ratings, left out": int((rows < 0).sum()),
            "of movies that are not kept, left out": int((columns < 0).sum()),
            "also among the ratings, taken out of training": int(overlap.sum()),
        },
    )


PROTOCOLS: dict[str, Callable[[Interactions, Protocol], Split]] = {
    "user-random": _user_random,
    "leave-last-out": _leave_last_out,
    "global-time": _global_time,
    "unseen-users": _unseen_users,
    "cold-movies": _cold_movies,
    "given": _given,
}


def _split(interactions: Interactions, in_test: np.ndarray, question: str) -> Split:
    """The ratings under the mask are the test part, all others are learnt from and known."""
    training = interactions.only(~in_test)
    return Split(
        training,
        known=training.user_items,
        test=interactions.only(in_test).user_items,
        query_times=training.last_times,
        candidates=np.ones(len(interactions.movie_ids), dtype=bool),
        question=question,
    )


def _share_of_rows(
    matrix: sparse.csr_array, share: float, seed: int, at_least: int = 0
) -> np.ndarray:
    """A mask (nnz,) over a random share of each row's entries.

    Of n entries it takes n * share to the nearest whole number, and at most n - 1, so that
    everyone keeps something to be known by.
    """
    counts = np.diff(matrix.indptr)
    shuffled = np.lexsort((np.random.default_rng(seed).random(matrix.nnz), _rows(matrix)))
    place = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], counts)
    wanted = np.maximum(np.rint(counts * share), at_least)
    taken = np.zeros(matrix.nnz, dtype=bool)
    taken[shuffled] = place < np.repeat(np.minimum(wanted, np.maximum(counts - 1, 0)), counts)
    return taken


def _rows(matrix: sparse.csr_array) -> np.ndarray:
    """The row of each stored entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _span(times: np.ndarray) -> tuple[int, int]:
    return times.min(), times.max()


def _seconds(date: str) -> int:
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        raise ValueError(f"test_from is {date!r}; give a date such as 2015-01-31") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _pairs(matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(
        (np.ones(matrix.nnz, dtype=bool), matrix.indices, matrix.indptr), shape=matrix.shape
    )
