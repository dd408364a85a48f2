"""Protocols that split ratings into a training and a test part."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from scipy import sparse

from movierec.data.columns import MOVIE, RATING, TIMESTAMP, USER
from movierec.data.interactions import Interactions
from movierec.settings import ProtocolSettings

# Validation splits of a temporal protocol, at most.
TEMPORAL_SPLITS = 7


@dataclass(frozen=True)
class Split:
    """Training and test ratings, and each user's history at query time.

    training     ratings that models are fitted on; all users and movies keep their indices
    known        (n_users, n_movies) CSR, stars: user history at query time; equals `train`, plus
                 the folded-in ratings of held-out users
    test         (n_users, n_movies) CSR, stars; NaN where test.csv has no rating column
    query_times  (n_users,) seconds since 1970: the split time of a temporal split, otherwise the
                 time of the user's last known rating
    candidates   (n_movies,) bool: items that may be recommended
    question     two sentences: what is held out, and what a result on this split measures
    split_time   seconds since 1970: start of the test period of a temporal split, otherwise None
    outer        (n_users, n_movies) CSR bool: pairs hidden by the split whose training part this
                 one divides; None if it divides all ratings
    counts       by description, numbers of test.csv lines read and excluded

    Raises AssertionError when a test rating is also in the training or known part.
    """

    training: Interactions
    known: sparse.csr_array
    test: sparse.csr_array
    query_times: np.ndarray
    candidates: np.ndarray
    question: str
    split_time: int | None = None
    outer: sparse.csr_array | None = None
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part, ratings in (("training", self.train), ("known", self.known)):
            leaked = ratings.astype(bool).multiply(self.test.astype(bool)).nnz
            if leaked:
                raise AssertionError(f"{leaked} test ratings are in the {part} part")

    @property
    def train(self) -> sparse.csr_array:
        """(n_users, n_movies) CSR float32, stars: the training ratings."""
        return self.training.user_items

    @property
    def has_stars(self) -> bool:
        """Whether every test rating says how many stars were given."""
        return not np.isnan(self.test.data).any()

    @property
    def hidden(self) -> sparse.csr_array:
        """(n_users, n_movies) CSR bool: pairs of which nothing may be known."""
        test = self.test.astype(bool)
        return test if self.outer is None else test + self.outer

    def known_tags(self, tags: pd.DataFrame) -> pd.DataFrame:
        """Tags (userId, movieId, timestamp) but those of hidden pairs and from the split time on.

        A tag tells that its user has seen the movie.
        """
        rows = pd.Index(self.training.user_ids).get_indexer(tags[USER])
        columns = pd.Index(self.training.movie_ids).get_indexer(tags[MOVIE])
        hidden, n_movies = self.hidden, len(self.candidates)
        hidden_pairs = _pairs(_rows(hidden), hidden.indices, n_movies)
        strange = (rows < 0) | (columns < 0)
        known = strange | ~np.isin(_pairs(rows, columns, n_movies), hidden_pairs)
        if self.split_time is not None:
            known &= tags[TIMESTAMP].to_numpy() < self.split_time
        return tags[known]

    def relevant(self, threshold: float) -> sparse.csr_array:
        """Test ratings of at least `threshold` stars; all test ratings for a threshold of 0.

        Raises ValueError for another threshold if test ratings have no stars.
        """
        if not threshold:
            return self.test
        if not self.has_stars:
            raise ValueError(
                f"relevance_threshold is {threshold}, but test.csv has no stars to compare"
                " with it: add a rating column, or set relevance_threshold to 0"
            )
        relevant = self.test.copy()
        relevant.data[relevant.data < threshold] = 0
        relevant.eliminate_zeros()
        return relevant


class Draws:
    """What a split leaves to chance, by a seed; and the moment of a temporal split."""

    def __init__(self, seed: int):
        self.seed = seed

    def ratings(self, interactions: Interactions) -> np.ndarray:
        """(nnz,) numbers in [0, 1), independent of each other."""
        return np.random.default_rng(self.seed).random(interactions.user_items.nnz)

    def users(self, interactions: Interactions, share: float) -> np.ndarray:
        """(n_users,) bool: a random share of the users who have two ratings or more."""
        matrix = interactions.user_items
        eligible = np.flatnonzero(np.diff(matrix.indptr) > 1)
        return _random_mask(matrix.shape[0], eligible, share, self.seed)

    def movies(self, interactions: Interactions, share: float) -> np.ndarray:
        """(n_movies,) bool: a random share of the movies that have a rating."""
        return self.of_rated(interactions.ratings_per_movie > 0, share)

    def of_rated(self, rated: np.ndarray, share: float) -> np.ndarray:
        """As `movies`; rated: (n_movies,) bool, which movies have a rating."""
        return _random_mask(len(rated), np.flatnonzero(rated), share, self.seed)

    def split_time(self, interactions: Interactions, protocol: ProtocolSettings) -> int:
        """See `split_time`."""
        return split_time(interactions.timestamps, protocol)


def make_split(
    interactions: Interactions, protocol: ProtocolSettings, given: pd.DataFrame | None = None
) -> Split:
    """Split ratings by a protocol.

    given: the test set for the protocol of that name: columns userId, movieId, rating.
    Raises ValueError for an empty part, and for a date that is none or outside the ratings.
    """
    split = (
        _given(interactions, given)
        if protocol.protocol == "given"
        else PROTOCOLS[protocol.protocol](interactions, protocol, Draws(protocol.seed))
    )
    for part, ratings, change in (
        ("training", split.train, "lower"),
        ("test", split.test, "raise"),
    ):
        if not ratings.nnz:
            raise ValueError(
                f"protocol {protocol.protocol}: the {part} part is empty; {change} test_share"
                f" ({protocol.test_share:g}), choose another protocol, such as leave-last-out, or"
                " keep more ratings"
            )
    return split


def validation(split: Split, protocol: ProtocolSettings) -> Split:
    """The training part split again by the same protocol, for choosing hyperparameters.

    Replaced are `given`, by user-random, and a date, by the share of the ratings before it.
    """
    name = "user-random" if protocol.protocol == "given" else protocol.protocol
    changes = {"protocol": name, "test_from": "", "seed": protocol.seed + 1}
    # Not `replace`, since the seed may be the highest that a setting can be.
    inner = make_split(split.training, protocol.model_copy(update=changes))
    return replace(inner, outer=split.hidden)


def temporal_validations(split: Split, protocol: ProtocolSettings) -> list[Split]:
    """The training part split at several times; of a protocol with a split time.

    All of its ratings are divided, and the first of them in time, a tenth fewer each time, as long
    as both sides have ratings: one temporal split has few test users with a history.
    """
    times, splits = split.training.timestamps, [validation(split, protocol)]
    with suppress(ValueError):
        while len(splits) < TEMPORAL_SPLITS:
            until = np.quantile(times, 1 - 0.1 * len(splits), method="lower")
            first = replace(split, training=split.training.only(times <= until))
            splits.append(validation(first, protocol))
    return splits


def sample_users(split: Split, most: int, seed: int) -> Split:
    """The split of a random sample of its users, all others left out; itself for at most `most`.

    Movies keep their indices.
    """
    n_users = len(split.training.user_ids)
    if n_users <= most:
        return split
    users = np.sort(np.random.default_rng(seed).choice(n_users, most, replace=False))
    return replace(
        split,
        training=split.training.of_users(users),
        known=split.known[users],
        test=split.test[users],
        query_times=split.query_times[users],
        outer=None if split.outer is None else split.outer[users],
    )


def _user_random(interactions: Interactions, protocol: ProtocolSettings, draws: Draws) -> Split:
    in_test = _share_of_rows(interactions, protocol.test_share, draws)
    what = f"A random {protocol.test_share:.0%} of each user's ratings are"
    if not in_test.any():  # The share rounds to none where users have two ratings.
        in_test = _share_of_rows(interactions, protocol.test_share, draws, at_least=1)
        what = "One random rating of each user with more than one is"
    return _split(
        interactions,
        in_test,
        f"{what} held out, and each model ranks all movies that the user has not rated in the"
        " training part. It measures how well the preferences of known users are completed,"
        " regardless of the order in time.",
    )


def _leave_last_out(interactions: Interactions, protocol: ProtocolSettings, draws: Draws) -> Split:
    counts = np.diff(interactions.user_items.indptr)
    drawn = draws.ratings(interactions)
    # Ties in time are broken at random.
    order = np.lexsort((drawn, interactions.timestamps, _rows(interactions.user_items)))
    in_test = np.zeros(len(order), dtype=bool)
    in_test[order[interactions.user_items.indptr[1:][counts > 1] - 1]] = True
    return _split(
        interactions,
        in_test,
        "The last rating of each user is held out, and each model ranks all movies that the user"
        " has not rated before. It measures next-item prediction for known users; later ratings of"
        " other users may be in the training part.",
    )


def split_time(timestamps: np.ndarray, protocol: ProtocolSettings) -> int:
    """Start of the test period of a temporal split, seconds since 1970.

    timestamps: (n_ratings,) of the ratings that `test_share` is a share of.
    Raises ValueError for a `test_from` that is no date, and if one part would have no rating.
    """
    if timestamps.min() == timestamps.max():
        raise ValueError(
            "all ratings have the same time, so none is later than others, whatever test_share or"
            " test_from: choose another protocol"
        )
    if protocol.test_from:
        start = seconds_of(protocol.test_from)
    else:
        place = time_place(len(timestamps), protocol)
        start = int(np.partition(timestamps, place)[place])
    check_split_time(start, timestamps.min(), timestamps.max())
    return start


def time_place(n_ratings: int, protocol: ProtocolSettings) -> int:
    """How many ratings come before the split time, where `test_share` gives it."""
    return n_ratings - max(1, round(n_ratings * protocol.test_share))


def check_split_time(start: int, first: int, last: int) -> None:
    """Raise ValueError unless ratings from `first` to `last`, in seconds, lie on both sides."""
    if start <= first or start > last:
        raise ValueError(
            f"no rating is {'before' if start <= first else 'after'} the split time"
            f" {utc(start):%Y-%m-%d %H:%M:%S} UTC; ratings run from {utc(first):%Y-%m-%d} to"
            f" {utc(last):%Y-%m-%d}: choose test_share or test_from so that both parts have some"
        )


def utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _global_time(interactions: Interactions, protocol: ProtocolSettings, draws: Draws) -> Split:
    start = draws.split_time(interactions, protocol)
    late = interactions.timestamps >= start
    return _split(
        interactions,
        late,
        f"All ratings ({late.mean():.0%}) and tags from {utc(start):%Y-%m-%d %H:%M} UTC on"
        " are held out; this temporal split is deterministic. It measures how well a recommender"
        " trained at that time predicts later ratings, often of users with no history (cold"
        " start).",
        split_time=start,
    )


def _unseen_users(interactions: Interactions, protocol: ProtocolSettings, draws: Draws) -> Split:
    share = protocol.test_share
    of_held_out = draws.users(interactions, share)[_rows(interactions.user_items)]
    in_test = _share_of_rows(interactions, share, draws, at_least=1) & of_held_out
    return _split(
        interactions,
        in_test,
        f"A random {share:.0%} of the users are held out of training; all but {share:.0%} of each"
        " one's ratings are then folded in, and each model ranks the movies that are not among"
        " them (strong generalisation). It measures how well cold-start users are served once they"
        " have rated something.",
        in_training=~of_held_out,
    )


def _cold_movies(interactions: Interactions, protocol: ProtocolSettings, draws: Draws) -> Split:
    cold = draws.movies(interactions, protocol.test_share)
    return _split(
        interactions,
        cold[interactions.user_items.indices],
        f"A random {protocol.test_share:.0%} of the movies lose all their ratings, and each model"
        " ranks only these movies for each user. It measures item cold start: recommending movies"
        " that nobody has rated yet.",
        candidates=cold,
    )


def _given(interactions: Interactions, given: pd.DataFrame | None) -> Split:
    if given is None or given.empty:
        raise ValueError(
            'protocol "given" needs a test.csv (userId,movieId and optionally rating) in the'
            " dataset's folder; it is missing or empty"
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
    pairs, held_out = (
        _pairs(_rows(matrix), matrix.indices, n_movies)
        for matrix in (interactions.user_items, test)
    )
    overlap = np.isin(pairs, held_out)
    training = interactions.only(~overlap)
    return Split(
        training,
        known=training.user_items,
        test=test,
        query_times=training.last_times,
        candidates=np.ones(n_movies, dtype=bool),
        question=(
            "The held-out ratings are those of the dataset's own test.csv, and each model ranks"
            " all movies that the user has not rated in the training part. It measures what that"
            " test set was made for."
        ),
        counts={
            "lines of test.csv": len(given),
            "repeated pairs (the last is kept)": int(repeated.sum()),
            "lines of users without ratings (excluded)": int((rows < 0).sum()),
            "lines of movies that are not kept (excluded)": int((columns < 0).sum()),
            "pairs also in ratings.csv (removed from training)": int(overlap.sum()),
        },
    )


# All but "given", which needs a test set.
PROTOCOLS: dict[str, Callable[[Interactions, ProtocolSettings, Draws], Split]] = {
    "user-random": _user_random,
    "leave-last-out": _leave_last_out,
    "global-time": _global_time,
    "unseen-users": _unseen_users,
    "cold-movies": _cold_movies,
}


def _split(
    interactions: Interactions,
    in_test: np.ndarray,
    question: str,
    *,
    in_training: np.ndarray | None = None,
    candidates: np.ndarray | None = None,
    split_time: int | None = None,
) -> Split:
    """A split by masks over the ratings, (nnz,) bool; ratings outside the test part are known.

    Without `in_training`, models are also trained on all of these.
    """
    n_users, n_movies = interactions.user_items.shape
    known = interactions.only(~in_test)
    return Split(
        known if in_training is None else interactions.only(in_training),
        known=known.user_items,
        test=interactions.only(in_test).user_items,
        query_times=known.last_times if split_time is None else np.full(n_users, split_time),
        candidates=np.ones(n_movies, dtype=bool) if candidates is None else candidates,
        question=question,
        split_time=split_time,
    )


def _random_mask(size: int, eligible: np.ndarray, share: float, seed: int) -> np.ndarray:
    """(size,) bool, true at a random share of the `eligible` indices, but at least at one."""
    mask = np.zeros(size, dtype=bool)
    drawn = np.random.default_rng(seed).permutation(eligible)
    mask[drawn[: max(1, round(share * len(eligible)))]] = True
    return mask


def _share_of_rows(
    interactions: Interactions, share: float, draws: Draws, at_least: int = 0
) -> np.ndarray:
    """(nnz,) bool, true at a random share of each row's n entries.

    Their number is n * share rounded, but at least `at_least` and at most n - 1, so that every
    user keeps some history.
    """
    matrix = interactions.user_items
    counts = np.diff(matrix.indptr)
    wanted = np.maximum(np.rint(counts * share).astype(int), at_least)
    wanted = np.minimum(wanted, np.maximum(counts - 1, 0))
    drawn = draws.ratings(interactions)
    taken = np.zeros(matrix.nnz, dtype=bool)
    for start, end, n in zip(matrix.indptr[:-1], matrix.indptr[1:], wanted, strict=True):
        taken[start + np.argsort(drawn[start:end])[:n]] = True
    return taken


def _pairs(rows: np.ndarray, columns: np.ndarray, n_columns: int) -> np.ndarray:
    """One number, int64, for each pair of row and column."""
    return np.int64(n_columns) * rows + columns


def _rows(matrix: sparse.csr_array) -> np.ndarray:
    """(nnz,) row number of each stored entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def seconds_of(date: str) -> int:
    """Seconds since 1970 of an ISO date, in UTC unless it names another zone. Raises ValueError."""
    try:
        time = datetime.fromisoformat(date)
    except ValueError:
        raise ValueError(f"test_from is {date!r}; give a date such as 2015-01-31") from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
