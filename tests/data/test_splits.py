"""Training, known and test part under each protocol."""

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.data.splits import Split, make_split, sample_users, validation
from movierec.settings import ProtocolSettings

BY_RATINGS = ["user-random", "leave-last-out", "global-time", "unseen-users", "cold-movies"]
ALL = [*BY_RATINGS, "given"]
DAY = 86_400


def interactions(stars: ArrayLike, times: ArrayLike | None = None) -> Interactions:
    """Users 10, 20, ... by movies 100, 200, ...; 0 stars are no rating, its time is unread."""
    stars = np.asarray(stars, dtype=np.float32)
    times = np.zeros(stars.shape) if times is None else np.asarray(times)
    n_users, n_movies = stars.shape
    return Interactions(
        user_ids=np.arange(1, n_users + 1, dtype=np.int32) * 10,
        movie_ids=np.arange(1, n_movies + 1, dtype=np.int32) * 100,
        user_items=sparse.csr_array(stars),
        timestamps=times[stars > 0].astype(np.int32),
    )


def given_frame(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["userId", "movieId", "rating"])
    return frame.astype({"userId": np.int32, "movieId": np.int32, "rating": np.float32})


def ratings_of(matrix: sparse.csr_array) -> dict[tuple[int, int], float]:
    """All stored entries, zeros too."""
    coo = matrix.tocoo()
    pairs = zip(coo.row.tolist(), coo.col.tolist(), strict=True)
    return dict(zip(pairs, coo.data.tolist(), strict=True))


def times_of(whole: Interactions) -> dict[tuple[int, int], int]:
    return dict(zip(ratings_of(whole.user_items), whole.timestamps.tolist(), strict=True))


def rated(matrix: sparse.csr_array) -> set[tuple[int, int]]:
    return set(ratings_of(matrix))


def users_of(matrix: sparse.csr_array) -> set[int]:
    return {user for user, _ in rated(matrix)}


@pytest.fixture
def few() -> Interactions:
    """Users with 10, 5, 1 and no ratings of ten movies, each rating different."""
    stars = np.zeros((4, 10))
    stars[0] = np.arange(1, 11) / 2
    stars[1, ::2] = np.arange(1, 6)
    stars[2, 3] = 4.5
    return interactions(stars)


@pytest.fixture
def many() -> Interactions:
    """Thirty users, twenty movies, about 240 ratings at different times."""
    rng = np.random.default_rng(0)
    stars = np.where(rng.random((30, 20)) < 0.4, rng.integers(1, 11, (30, 20)) / 2, 0)
    return interactions(stars, rng.permutation(600).reshape(30, 20))


def asked(name: str, seed: int = 0) -> ProtocolSettings:
    return ProtocolSettings(protocol=name, test_share=0.3, seed=seed)


def split_by(name: str, whole: Interactions, seed: int = 0) -> Split:
    """`many` split by a protocol; its test.csv holds some of the ratings and some other pairs."""
    pairs = [(user, movie, 3.0) for user in range(10, 310, 10) for movie in (100, 400, 900)]
    return make_split(whole, asked(name, seed), given_frame(*pairs))


@pytest.fixture(params=ALL)
def split(request: pytest.FixtureRequest, many: Interactions) -> Split:
    """`many` split by each protocol."""
    return split_by(request.param, many)


def only(*names: str) -> pytest.MarkDecorator:
    """Restricts `split` to some protocols."""
    return pytest.mark.parametrize("split", names, indirect=True)


def all_but(name: str) -> pytest.MarkDecorator:
    return only(*(other for other in ALL if other != name))


def test_no_test_rating_is_trained_on_or_known(split):
    assert rated(split.test)
    assert rated(split.train).isdisjoint(rated(split.test))
    assert rated(split.known).isdisjoint(rated(split.test))


@only(*BY_RATINGS)
def test_known_and_test_ratings_together_are_all_ratings(split, many):
    assert ratings_of(split.known) | ratings_of(split.test) == ratings_of(many.user_items)


@all_but("unseen-users")
def test_known_ratings_are_the_training_ratings(split):
    assert ratings_of(split.known) == ratings_of(split.train)


def test_each_part_has_the_users_and_movies_of_the_whole(split, many):
    assert split.training.user_ids.tolist() == many.user_ids.tolist()
    assert split.training.movie_ids.tolist() == many.movie_ids.tolist()
    assert split.train.shape == split.known.shape == split.test.shape == (30, 20)
    assert split.candidates.shape == (20,)


def test_training_ratings_keep_their_stars_and_times(split, many):
    assert ratings_of(split.train).items() <= ratings_of(many.user_items).items()
    assert times_of(split.training).items() <= times_of(many).items()


@all_but("global-time")
def test_query_times_are_those_of_the_last_known_ratings(split, many):
    times = times_of(many)
    for user in users_of(split.known):
        known = [times[pair] for pair in rated(split.known) if pair[0] == user]
        assert split.query_times[user] == max(known)
    assert split.split_time is None


@only("global-time")
def test_all_query_times_of_a_temporal_split_are_the_split_time(split):
    assert split.query_times.tolist() == [split.split_time] * 30


@all_but("cold-movies")
def test_all_movies_are_candidates(split):
    assert split.candidates.all()


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_split(many, name):
    first, second = (split_by(name, many, seed=1) for _ in range(2))
    assert ratings_of(first.train) == ratings_of(second.train)
    assert ratings_of(first.test) == ratings_of(second.test)
    assert first.candidates.tolist() == second.candidates.tolist()


@pytest.mark.parametrize("name", ["user-random", "unseen-users", "cold-movies"])
def test_another_seed_gives_another_split(many, name):
    first, other = (split_by(name, many, seed) for seed in (1, 2))
    assert rated(first.test) != rated(other.test)


@pytest.mark.parametrize("name", ["leave-last-out", "global-time", "given"])
def test_deterministic_protocols_ignore_the_seed(many, name):
    first, other = (split_by(name, many, seed) for seed in (1, 2))
    assert ratings_of(first.test) == ratings_of(other.test)


def test_each_protocol_has_its_own_question(many):
    questions = {split_by(name, many).question for name in ALL}
    assert len(questions) == 6
    assert all("It measures" in question for question in questions)


@only("user-random", "unseen-users", "cold-movies")
def test_the_question_names_the_share(split):
    assert "A random 30% of" in split.question


@pytest.mark.parametrize(
    ("share", "held_out"), [(0.2, [2, 1, 0, 0]), (0.5, [5, 2, 0, 0]), (0.99, [9, 4, 0, 0])]
)
def test_user_random_holds_out_a_share_of_each_user_s_ratings_but_never_all(few, share, held_out):
    split = make_split(few, ProtocolSettings(protocol="user-random", test_share=share))
    assert np.diff(split.test.indptr).tolist() == held_out


def test_user_random_may_hold_out_any_rating(few):
    held_out = set().union(
        *(
            rated(make_split(few, ProtocolSettings(protocol="user-random", seed=seed)).test)
            for seed in range(100)
        )
    )
    assert {movie for user, movie in held_out if user == 0} == set(range(10))


def test_leave_last_out_holds_out_each_user_s_last_rating_unless_it_is_the_only_one():
    whole = interactions(
        [[1, 2, 3], [4, 0, 5], [0, 3, 0], [0, 0, 0]],
        times=[[30, 10, 20], [5, 99, 50], [0, 90, 0], [0, 0, 0]],
    )
    split = make_split(whole, ProtocolSettings(protocol="leave-last-out"))
    assert ratings_of(split.test) == {(0, 0): 1, (1, 2): 5}


def test_leave_last_out_breaks_ties_in_time_at_random():
    whole = interactions([[1, 2, 3, 4]], times=[[50, 10, 50, 50]])
    held_out = [
        rated(make_split(whole, ProtocolSettings(protocol="leave-last-out", seed=seed)).test)
        for seed in range(50)
    ]
    assert all(len(test) == 1 for test in held_out)
    assert set().union(*held_out) == {(0, 0), (0, 2), (0, 3)}


@pytest.fixture
def ten_days() -> Interactions:
    """Two users rate five movies, a rating a day at midnight UTC from 1970-01-02 to 01-11.

    In order of time: users 0 and 1 by turns, movies 0 to 4.
    """
    return interactions(np.full((2, 5), 3), times=np.arange(1, 11).reshape(5, 2).T * DAY)


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_global_time_holds_out_the_latest_share_of_all_ratings(ten_days):
    split = make_split(ten_days, ProtocolSettings(protocol="global-time", test_share=0.3))
    assert rated(split.test) == {(1, 3), (0, 4), (1, 4)}
    assert split.split_time == 8 * DAY


def test_global_time_does_not_separate_ratings_of_the_same_second():
    whole = interactions([[1, 1, 1, 1, 1, 1, 1]], times=[[10, 20, 30, 30, 30, 30, 40]])
    split = make_split(whole, ProtocolSettings(protocol="global-time", test_share=0.3))
    assert split.training.timestamps.tolist() == [10, 20]


@pytest.mark.usefixtures("far_from_utc")
def test_global_time_splits_at_midnight_utc_of_a_date_in_place_of_the_share(ten_days):
    split = make_split(
        ten_days, ProtocolSettings(protocol="global-time", test_share=0.9, test_from="1970-01-10")
    )
    assert split.split_time == 9 * DAY
    assert rated(split.test) == {(0, 4), (1, 4)}
    assert "All ratings (20%) and tags from 1970-01-10 00:00 UTC on" in split.question


def test_a_date_may_have_a_time(ten_days):
    split = make_split(
        ten_days, ProtocolSettings(protocol="global-time", test_from="1970-01-10T00:00:01")
    )
    assert split.split_time == 9 * DAY + 1
    assert rated(split.test) == {(1, 4)}


@pytest.mark.parametrize(
    ("date", "side"),
    [("1969-12-31", "before"), ("1970-01-02", "before"), ("1970-01-12", "after")],
    ids=["earlier than all", "of the first", "later than all"],
)
def test_a_date_with_ratings_on_one_side_only_is_refused_with_their_span(ten_days, date, side):
    with pytest.raises(ValueError, match=f"no rating is {side} the split time {date}") as error:
        make_split(ten_days, ProtocolSettings(protocol="global-time", test_from=date))
    assert "ratings run from 1970-01-02 to 1970-01-11" in str(error.value)


def test_ratings_all_of_one_time_cannot_be_split_by_time():
    whole = interactions(np.ones((3, 4)), times=np.full((3, 4), DAY))
    with pytest.raises(ValueError, match="the same time") as error:
        make_split(whole, ProtocolSettings(protocol="global-time"))
    assert "whatever test_share or test_from" in str(error.value)


@pytest.mark.parametrize("date", ["soon", "2015", "31.01.2015", "2015-13-01", "2015-02-30"])
def test_an_invalid_date_is_refused_with_an_example(ten_days, date):
    with pytest.raises(ValueError, match=f"test_from is '{date}'; give a date such as 2015-01-31"):
        make_split(ten_days, ProtocolSettings(protocol="global-time", test_from=date))


def test_unseen_users_holds_out_a_share_of_the_users_and_tests_a_share_of_their_ratings():
    whole = interactions(np.full((20, 10), 3))
    held_out = np.diff(
        make_split(whole, ProtocolSettings(protocol="unseen-users", test_share=0.3)).test.indptr
    )
    assert sorted(held_out.tolist()) == [0] * 14 + [3] * 6


@only("unseen-users")
def test_all_ratings_of_the_other_users_and_no_others_are_trained_on(split, many):
    others = {
        pair: stars
        for pair, stars in ratings_of(many.user_items).items()
        if pair[0] not in users_of(split.test)
    }
    assert ratings_of(split.train) == others


@pytest.mark.parametrize(("share", "held_out"), [(0.1, 1), (0.2, 2), (0.9, 9)])
def test_each_held_out_user_has_at_least_one_test_rating_and_one_known(share, held_out):
    whole = interactions(np.full((10, 2), 3))
    split = make_split(whole, ProtocolSettings(protocol="unseen-users", test_share=share))
    assert sorted(np.diff(split.test.indptr).tolist()) == [0] * (10 - held_out) + [1] * held_out
    assert users_of(split.known) == set(range(10))


def test_at_least_one_user_is_held_out(few):
    assert (
        len(
            users_of(
                make_split(few, ProtocolSettings(protocol="unseen-users", test_share=0.01)).test
            )
        )
        == 1
    )


def test_users_with_fewer_than_two_ratings_are_not_held_out(few):
    held_out = set().union(
        *(
            users_of(make_split(few, ProtocolSettings(protocol="unseen-users", seed=seed)).test)
            for seed in range(20)
        )
    )
    assert held_out == {0, 1}


@pytest.mark.parametrize(("share", "n_cold"), [(0.3, 6), (0.01, 1)])
def test_a_share_of_the_movies_is_cold_but_at_least_one(share, n_cold):
    whole = interactions(np.full((3, 20), 3))
    assert (
        make_split(
            whole, ProtocolSettings(protocol="cold-movies", test_share=share)
        ).candidates.sum()
        == n_cold
    )


@only("cold-movies")
def test_the_ratings_of_the_cold_movies_are_the_test_part(split, many):
    cold = set(np.flatnonzero(split.candidates).tolist())
    of_cold = {pair for pair in rated(many.user_items) if pair[1] in cold}
    assert rated(split.test) == of_cold


def test_a_movie_without_ratings_is_never_cold():
    whole = interactions([[1, 0, 3, 4], [5, 0, 1, 0]])
    drawn = [
        make_split(
            whole, ProtocolSettings(protocol="cold-movies", test_share=0.4, seed=seed)
        ).candidates
        for seed in range(30)
    ]
    assert np.any(drawn, axis=0).tolist() == [True, False, True, True]


@pytest.fixture
def rated_by_three() -> Interactions:
    return interactions([[4, 3, 0], [0, 5, 0], [2, 0, 1]])


def test_the_given_pairs_are_the_test_part(rated_by_three):
    given = given_frame((30, 200, 4.5), (10, 300, 1.0), (20, 100, 2.5))
    split = make_split(rated_by_three, ProtocolSettings(protocol="given"), given)
    assert ratings_of(split.test) == {(2, 1): 4.5, (0, 2): 1, (1, 0): 2.5}
    assert ratings_of(split.train) == ratings_of(rated_by_three.user_items)


def test_a_given_pair_among_the_ratings_is_removed_from_training(rated_by_three):
    given = given_frame((10, 100, 5.0), (20, 100, 1.0))
    split = make_split(rated_by_three, ProtocolSettings(protocol="given"), given)
    assert ratings_of(split.train) == {(0, 1): 3, (1, 1): 5, (2, 0): 2, (2, 2): 1}
    assert split.test[0, 0] == 5


def test_unusable_lines_of_a_given_test_set_are_excluded_and_counted(rated_by_three):
    given = given_frame(
        (10, 100, 5.0),
        (20, 200, 5.0),
        (20, 300, 2.0),
        (20, 300, 4.0),
        (20, 300, 3.0),
        (5, 100, 1.0),
        (5, 150, 1.0),
        (99, 100, 1.0),
        (10, 999, 2.0),
    )
    split = make_split(rated_by_three, ProtocolSettings(protocol="given"), given)
    assert ratings_of(split.test) == {(0, 0): 5, (1, 1): 5, (1, 2): 3}
    assert split.counts == {
        "lines of test.csv": 9,
        "repeated pairs (the last is kept)": 2,
        "lines of users without ratings (excluded)": 3,
        "lines of movies that are not kept (excluded)": 2,
        "pairs also in ratings.csv (removed from training)": 2,
    }


@pytest.mark.parametrize("given", [None, given_frame()], ids=["no file", "no lines"])
def test_a_missing_test_set_is_named(rated_by_three, given):
    with pytest.raises(ValueError, match=r"needs a test\.csv"):
        make_split(rated_by_three, ProtocolSettings(protocol="given"), given)


@pytest.fixture
def without_stars(rated_by_three: Interactions) -> Split:
    given = given_frame((10, 100, np.nan), (20, 300, np.nan))
    return make_split(rated_by_three, ProtocolSettings(protocol="given"), given)


def test_without_stars_and_threshold_all_test_ratings_are_relevant(without_stars):
    assert rated(without_stars.relevant(0)) == {(0, 0), (1, 2)}
    assert np.isnan(without_stars.test.data).all()


def test_a_threshold_for_test_ratings_without_stars_is_refused(without_stars):
    with pytest.raises(ValueError, match=r"relevance_threshold is 4\.0, but test\.csv"):
        without_stars.relevant(4.0)


def split_of(training: Interactions, known: Interactions, test: ArrayLike) -> Split:
    """A split made by hand, of which all movies are candidates."""
    candidates = np.ones(len(training.movie_ids), dtype=bool)
    test = sparse.csr_array(np.asarray(test, dtype=np.float32))
    return Split(training, known.user_items, test, known.last_times, candidates, question="")


@pytest.mark.parametrize(
    ("threshold", "relevant"),
    [
        (0.0, {(0, 1), (0, 2), (1, 0)}),
        (3.5, {(0, 2), (1, 0)}),
        (4.0, {(0, 2), (1, 0)}),
        (4.5, {(1, 0)}),
        (5.5, set()),
    ],
)
def test_test_ratings_of_at_least_the_threshold_are_relevant(threshold, relevant):
    training = interactions([[1, 0, 0], [0, 2, 2]])
    split = split_of(training, training, test=[[0, 3, 4], [5, 0, 0]])
    assert rated(split.relevant(threshold)) == relevant
    assert ratings_of(split.test) == {(0, 1): 3, (0, 2): 4, (1, 0): 5}


def test_a_split_that_trains_on_test_ratings_is_refused(few):
    test = np.zeros((4, 10))
    test[[0, 1, 3], [0, 0, 9]] = 1.0
    with pytest.raises(AssertionError, match="2 test ratings are in the training part"):
        split_of(few, few, test)


def test_a_split_that_knows_test_ratings_is_refused(few):
    test = np.zeros((4, 10))
    test[[1, 2, 3], [1, 3, 9]] = np.nan
    training = few.only(np.arange(16) < 10)
    with pytest.raises(AssertionError, match="1 test ratings are in the known part"):
        split_of(training, few, test)


@pytest.mark.parametrize("name", ALL)
def test_validation_splits_the_training_part(many, name):
    split = split_by(name, many)
    again = validation(split, asked(name))
    assert rated(again.test)
    assert ratings_of(again.known) | ratings_of(again.test) == ratings_of(split.train)


def test_validation_holds_out_the_last_rating_but_one():
    whole = interactions([[1, 2, 3, 4]], times=[[40, 10, 30, 20]])
    last = ProtocolSettings(protocol="leave-last-out")
    assert ratings_of(validation(make_split(whole, last), last).test) == {(0, 2): 3}


def test_validation_holds_out_a_share_of_the_time_before_the_date(ten_days):
    dated = ProtocolSettings(protocol="global-time", test_share=0.25, test_from="1970-01-10")
    again = validation(make_split(ten_days, dated), dated)
    assert rated(again.test) == {(0, 3), (1, 3)}
    assert again.split_time == 7 * DAY


def test_validation_is_user_random_where_the_test_set_was_given():
    whole = interactions(np.full((3, 10), 3))
    protocol = ProtocolSettings(protocol="given", test_share=0.4)
    given = given_frame((10, 100, 3.0), (20, 500, 3.0))
    again = validation(make_split(whole, protocol, given), protocol)
    # Of nine, nine and ten ratings.
    assert np.diff(again.test.indptr).tolist() == [4, 4, 4]
    assert again.counts == {}


def test_a_sample_of_users_keeps_theirs_and_nothing_else(many):
    split = make_split(many, asked("user-random"))

    sample = sample_users(split, 7, seed=3)

    users = np.flatnonzero(np.isin(many.user_ids, sample.training.user_ids))
    assert len(users) == 7
    for part in ("train", "known", "test"):
        found, whole = getattr(sample, part), getattr(split, part)
        assert found.toarray().tolist() == whole.toarray()[users].tolist()
    times = times_of(split.training)
    expected = {
        (users[row], movie): time for (row, movie), time in times_of(sample.training).items()
    }
    assert expected.items() <= times.items()
    assert sample.query_times.tolist() == split.query_times[users].tolist()


def test_another_seed_samples_other_users(many):
    split = make_split(many, asked("user-random"))
    first, other = (sample_users(split, 7, seed).training.user_ids.tolist() for seed in (1, 2))
    assert first != other


def test_of_fewer_users_the_sample_is_the_split(many):
    split = make_split(many, asked("user-random"))
    assert sample_users(split, 30, seed=0) is split


def tagged(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["userId", "movieId", "tag", "timestamp"])


def every_tag(whole: Interactions) -> pd.DataFrame:
    """A tag from time 0 of each user to each movie, rated or not."""
    pairs = [(user, movie, "tag", 0) for user in whole.user_ids for movie in whole.movie_ids]
    return tagged(*pairs)


def pairs_of(tags: pd.DataFrame) -> set[tuple[int, int]]:
    return set(zip(tags["userId"] // 10 - 1, tags["movieId"] // 100 - 1, strict=True))


def test_tags_of_hidden_pairs_are_not_known_and_all_others_are(split, many):
    everything = every_tag(many)
    assert pairs_of(split.known_tags(everything)) == pairs_of(everything) - rated(split.test)


@pytest.mark.parametrize("name", ALL)
def test_in_validation_the_tags_of_test_pairs_stay_hidden(many, name):
    split = split_by(name, many)
    inner = validation(split, asked(name))
    known = pairs_of(inner.known_tags(every_tag(many)))
    assert known.isdisjoint(rated(split.test) | rated(inner.test))
    assert rated(inner.known) <= known


def test_the_hidden_pairs_of_sampled_users_stay_hidden(many):
    outer = make_split(many, asked("user-random"))
    inner = validation(outer, asked("user-random"))
    sample = sample_users(inner, 7, seed=0)
    users = np.flatnonzero(np.isin(many.user_ids, sample.training.user_ids))
    assert sample.hidden.toarray().tolist() == inner.hidden.toarray()[users].tolist()


def test_tags_of_strangers_and_of_other_movies_are_known(many):
    split = make_split(many, asked("user-random"))
    strangers = tagged((9, 100, "tag", 5), (10, 7, "tag", 5))
    assert split.known_tags(strangers).equals(strangers)


def test_tags_from_the_split_time_on_are_not_known(ten_days):
    split = make_split(ten_days, ProtocolSettings(protocol="global-time", test_share=0.3))
    tags = tagged(*[(99, 100, "tag", split.split_time + shift) for shift in (-1, 0, 1)])
    assert split.known_tags(tags)["timestamp"].tolist() == [split.split_time - 1]


def test_one_of_two_ratings_is_held_out_where_the_share_of_two_is_none():
    whole = interactions(np.tile([[4, 0, 3], [0, 5, 2]], (6, 1)))
    found = make_split(whole, ProtocolSettings(test_share=0.2))
    assert np.diff(found.test.indptr).tolist() == [1] * 12
    assert np.diff(found.train.indptr).tolist() == [1] * 12
    assert found.question.startswith("One random rating of each user with more than one is")


STRANGERS = given_frame((99, 100, 1.0), (10, 999, 2.0))
EVERYTHING = given_frame((10, 100, 4.0), (10, 200, 3.0))


@pytest.mark.parametrize(
    ("name", "stars", "given", "empty"),
    [
        ("user-random", np.eye(4), None, "test part is empty; raise test_share"),
        ("leave-last-out", np.eye(4), None, "test part is empty; raise test_share"),
        ("unseen-users", np.eye(4), None, "test part is empty; raise test_share"),
        ("given", [[4, 3]], STRANGERS, "test part is empty"),
        ("unseen-users", [[1, 2]], None, "training part is empty; lower test_share"),
        ("cold-movies", [[1], [2]], None, "training part is empty; lower test_share"),
        ("given", [[4, 3]], EVERYTHING, "training part is empty"),
    ],
)
def test_an_empty_part_is_refused(name, stars, given, empty):
    with pytest.raises(ValueError, match=f"protocol {name}: the {empty}"):
        make_split(interactions(stars), ProtocolSettings(protocol=name), given)
