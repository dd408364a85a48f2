"""Training, known and test part under every protocol: what lies where, and what never leaks."""

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.data.splits import Protocol, Split, make_split, validation

BY_RATINGS = ["user-random", "leave-last-out", "global-time", "unseen-users", "cold-movies"]
EVERY = [*BY_RATINGS, "given"]
DAY = 86_400


def interactions(stars: np.ndarray, times: np.ndarray | None = None) -> Interactions:
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


def protocol(name: str, test_share: float = 0.3, seed: int = 0) -> Protocol:
    """A protocol for `many`; its test.csv holds some of the ratings and some other pairs."""
    pairs = [(user, movie, 3.0) for user in range(10, 310, 10) for movie in (100, 400, 900)]
    return Protocol(name, test_share, given=given_frame(*pairs), seed=seed)


@pytest.mark.parametrize("name", EVERY)
def test_no_test_rating_is_learnt_from_or_known(many, name):
    split = make_split(many, protocol(name))
    assert rated(split.test)
    assert rated(split.train).isdisjoint(rated(split.test))
    assert rated(split.known).isdisjoint(rated(split.test))


@pytest.mark.parametrize("name", BY_RATINGS)
def test_what_is_known_and_the_test_part_together_are_everything(many, name):
    split = make_split(many, protocol(name))
    assert ratings_of(split.known) | ratings_of(split.test) == ratings_of(many.user_items)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_learnt_from_is_known(many, name):
    split = make_split(many, protocol(name))
    assert ratings_of(split.train).items() <= ratings_of(split.known).items()


@pytest.mark.parametrize("name", EVERY)
def test_each_part_has_the_users_and_movies_of_the_whole(many, name):
    split = make_split(many, protocol(name))
    assert split.training.user_ids.tolist() == many.user_ids.tolist()
    assert split.training.movie_ids.tolist() == many.movie_ids.tolist()
    assert split.train.shape == split.known.shape == split.test.shape == (30, 20)
    assert split.candidates.shape == (20,)


@pytest.mark.parametrize("name", EVERY)
def test_training_ratings_keep_their_stars_and_times(many, name):
    training = make_split(many, protocol(name)).training
    assert ratings_of(training.user_items).items() <= ratings_of(many.user_items).items()
    assert times_of(training).items() <= times_of(many).items()


@pytest.mark.parametrize("name", [name for name in EVERY if name != "global-time"])
def test_users_ask_with_the_last_rating_that_is_known_of_them(many, name):
    split = make_split(many, protocol(name))
    times = times_of(many)
    for user in users_of(split.known):
        theirs = [times[pair] for pair in rated(split.known) if pair[0] == user]
        assert split.query_times[user] == max(theirs)


def test_users_ask_at_the_cut_where_time_is_cut(many):
    split = make_split(many, protocol("global-time"))
    assert split.query_times.tolist() == [split.split_time] * 30


@pytest.mark.parametrize("name", EVERY)
def test_no_part_stores_zeros(many, name):
    split = make_split(many, protocol(name))
    for part in (split.train, split.known, split.test):
        assert (part.data != 0).all()
        assert part.nnz == np.count_nonzero(part.toarray())


@pytest.mark.parametrize("name", EVERY)
def test_the_same_seed_gives_the_same_split(many, name):
    first, second = (make_split(many, protocol(name, seed=1)) for _ in range(2))
    assert ratings_of(first.train) == ratings_of(second.train)
    assert ratings_of(first.known) == ratings_of(second.known)
    assert ratings_of(first.test) == ratings_of(second.test)
    assert first.candidates.tolist() == second.candidates.tolist()


@pytest.mark.parametrize("name", ["user-random", "unseen-users", "cold-movies"])
def test_another_seed_gives_another_split(many, name):
    first, other = (make_split(many, protocol(name, seed=seed)) for seed in (1, 2))
    assert rated(first.test) != rated(other.test)


@pytest.mark.parametrize("name", ["leave-last-out", "global-time", "given"])
def test_a_seed_changes_nothing_where_nothing_is_drawn(many, name):
    first, other = (make_split(many, protocol(name, seed=seed)) for seed in (1, 2))
    assert ratings_of(first.test) == ratings_of(other.test)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "cold-movies"])
def test_every_movie_may_be_recommended(many, name):
    assert make_split(many, protocol(name)).candidates.all()


@pytest.mark.parametrize("name", [name for name in EVERY if name != "global-time"])
def test_there_is_no_moment_of_the_cut_where_time_was_not_cut(many, name):
    assert make_split(many, protocol(name)).split_time is None


@pytest.mark.parametrize("name", BY_RATINGS)
def test_nothing_is_counted_where_nothing_is_left_out(many, name):
    assert make_split(many, protocol(name)).counts == {}


def test_each_protocol_asks_a_question_of_its_own(many):
    questions = {make_split(many, protocol(name)).question for name in EVERY}
    assert len(questions) == 6
    assert all("It asks" in question for question in questions)


@pytest.mark.parametrize("name", ["user-random", "unseen-users", "cold-movies"])
def test_the_question_names_the_share(many, name):
    assert "A random 30% of" in make_split(many, protocol(name)).question


@pytest.mark.parametrize(
    ("share", "held_out"), [(0.2, [2, 1, 0, 0]), (0.5, [5, 2, 0, 0]), (0.99, [9, 4, 0, 0])]
)
def test_each_user_s_share_is_held_out_but_never_all(few, share, held_out):
    split = make_split(few, Protocol("user-random", share))
    assert np.diff(split.test.indptr).tolist() == held_out


def test_an_only_rating_stays_in_the_training_part(few):
    for seed in range(20):
        assert make_split(few, Protocol("user-random", 0.9, seed=seed)).train[2, 3] == 4.5


def test_any_rating_of_a_user_may_be_held_out(few):
    held_out = set().union(
        *(rated(make_split(few, Protocol("user-random", seed=seed)).test) for seed in range(100))
    )
    assert {movie for user, movie in held_out if user == 0} == set(range(10))


def test_all_that_is_known_is_learnt_from_where_ratings_are_drawn(few):
    split = make_split(few, Protocol("user-random", 0.4))
    assert ratings_of(split.known) == ratings_of(split.train)


def test_the_last_rating_of_each_user_is_held_out():
    whole = interactions([[1, 2, 3], [4, 0, 5]], times=[[30, 10, 20], [5, 99, 50]])
    split = make_split(whole, Protocol("leave-last-out"))
    assert ratings_of(split.test) == {(0, 0): 1, (1, 2): 5}
    assert ratings_of(split.train) == {(0, 1): 2, (0, 2): 3, (1, 0): 4}


def test_a_user_s_only_rating_is_not_held_out():
    whole = interactions([[1, 2], [0, 3], [0, 0]], times=[[10, 20], [0, 90], [0, 0]])
    split = make_split(whole, Protocol("leave-last-out"))
    assert ratings_of(split.test) == {(0, 1): 2}
    assert split.train[1, 1] == 3


def test_of_last_ratings_in_the_same_second_any_one_is_held_out():
    whole = interactions([[1, 2, 3, 4]], times=[[50, 10, 50, 50]])
    held_out = [
        rated(make_split(whole, Protocol("leave-last-out", seed=seed)).test) for seed in range(50)
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


def test_the_last_share_of_all_ratings_is_held_out(ten_days):
    split = make_split(ten_days, Protocol("global-time", 0.3))
    assert rated(split.test) == {(1, 3), (0, 4), (1, 4)}


def test_the_moment_of_the_cut_is_the_first_test_rating_s(ten_days):
    assert make_split(ten_days, Protocol("global-time", 0.3)).split_time == 8 * DAY


def test_ratings_of_the_same_second_stay_together():
    whole = interactions([[1, 1, 1, 1, 1, 1, 1]], times=[[10, 20, 30, 30, 30, 30, 40]])
    split = make_split(whole, Protocol("global-time", 0.3))
    assert split.training.timestamps.tolist() == [10, 20]
    assert split.test.nnz == 5


def test_all_from_a_date_on_is_held_out(ten_days):
    split = make_split(ten_days, Protocol("global-time", test_from="1970-01-10"))
    assert rated(split.test) == {(0, 4), (1, 4)}


def test_a_day_begins_at_midnight():
    # A second before midnight, midnight itself, and the round number of seconds that day saw.
    whole = interactions([[1, 2, 3]], times=[[999_993_599, 999_993_600, 1_000_000_000]])
    split = make_split(whole, Protocol("global-time", test_from="2001-09-09"))
    assert split.split_time == 999_993_600
    assert ratings_of(split.train) == {(0, 0): 1}


@pytest.mark.usefixtures("far_from_utc")
def test_a_date_is_one_of_utc_wherever_it_is_read(ten_days):
    split = make_split(ten_days, Protocol("global-time", test_from="1970-01-10"))
    assert split.split_time == 9 * DAY
    assert "1970-01-10 00:00 UTC" in split.question


def test_a_date_may_have_a_time(ten_days):
    split = make_split(ten_days, Protocol("global-time", test_from="1970-01-10T00:00:01"))
    assert split.split_time == 9 * DAY + 1
    assert rated(split.test) == {(1, 4)}


def test_the_date_goes_before_the_share(ten_days):
    split = make_split(ten_days, Protocol("global-time", 0.9, test_from="1970-01-10"))
    assert split.test.nnz == 2


def test_the_question_names_the_moment_and_what_lies_behind_it(ten_days):
    question = make_split(ten_days, Protocol("global-time", test_from="1970-01-09")).question
    assert "from 1970-01-09 00:00 UTC on (30% of the ratings) is hidden" in question


@pytest.mark.parametrize(
    ("date", "side"),
    [("1969-12-31", "before"), ("1970-01-02", "before"), ("1970-01-12", "after")],
    ids=["earlier than all", "of the first", "later than all"],
)
def test_a_date_with_ratings_on_one_side_only_is_refused_with_their_span(ten_days, date, side):
    with pytest.raises(ValueError, match=f"no rating lies {side} the cut at {date}") as error:
        make_split(ten_days, Protocol("global-time", test_from=date))
    assert "the ratings run from 1970-01-02 to 1970-01-11" in str(error.value)


def test_ratings_all_of_one_time_cannot_be_cut_by_time():
    whole = interactions(np.ones((3, 4)), times=np.full((3, 4), DAY))
    with pytest.raises(ValueError, match="no rating lies before the cut at 1970-01-02") as error:
        make_split(whole, Protocol("global-time"))
    assert "choose test_share or test_from" in str(error.value)


@pytest.mark.parametrize("date", ["soon", "2015", "31.01.2015", "2015-13-01", "2015-02-30"])
def test_a_date_that_is_none_is_refused_with_an_example(ten_days, date):
    with pytest.raises(ValueError, match=f"test_from is '{date}'; give a date such as 2015-01-31"):
        make_split(ten_days, Protocol("global-time", test_from=date))


def test_a_share_of_the_users_is_held_out_and_a_share_of_what_each_rated():
    whole = interactions(np.full((20, 10), 3))
    hidden = np.diff(make_split(whole, Protocol("unseen-users", 0.3)).test.indptr)
    assert sorted(hidden.tolist()) == [0] * 14 + [3] * 6


def test_nothing_of_a_held_out_user_is_learnt_from(many):
    split = make_split(many, protocol("unseen-users"))
    assert users_of(split.train) == set(range(30)) - users_of(split.test)


def test_the_rest_of_a_held_out_user_s_ratings_is_known(many):
    split = make_split(many, protocol("unseen-users"))
    held_out = users_of(split.test)
    told = {pair for pair in rated(split.known) if pair[0] in held_out}
    theirs = {pair for pair in rated(many.user_items) if pair[0] in held_out}
    assert told == theirs - rated(split.test)
    assert {user for user, _ in told} == held_out


def test_all_ratings_of_the_other_users_are_learnt_from(many):
    split = make_split(many, protocol("unseen-users"))
    others = {
        pair: stars
        for pair, stars in ratings_of(many.user_items).items()
        if pair[0] not in users_of(split.test)
    }
    assert ratings_of(split.train) == others


@pytest.mark.parametrize(("share", "held_out"), [(0.1, 1), (0.2, 2), (0.9, 9)])
def test_each_held_out_user_has_one_rating_hidden_at_least_and_one_known(share, held_out):
    whole = interactions(np.full((10, 2), 3))
    split = make_split(whole, Protocol("unseen-users", share))
    assert sorted(np.diff(split.test.indptr).tolist()) == [0] * (10 - held_out) + [1] * held_out
    assert users_of(split.known) == set(range(10))


def test_one_user_at_least_is_held_out(few):
    assert len(users_of(make_split(few, Protocol("unseen-users", 0.01)).test)) == 1


def test_users_with_fewer_than_two_ratings_are_not_held_out(few):
    held_out = set().union(
        *(users_of(make_split(few, Protocol("unseen-users", seed=seed)).test) for seed in range(20))
    )
    assert held_out == {0, 1}


def test_a_share_of_the_movies_is_cold():
    whole = interactions(np.full((3, 20), 3))
    assert make_split(whole, Protocol("cold-movies", 0.3)).candidates.sum() == 6


def test_one_movie_at_least_is_cold(few):
    assert make_split(few, Protocol("cold-movies", 0.01)).candidates.sum() == 1


def test_nobody_has_rated_a_candidate_where_movies_are_cold(many):
    split = make_split(many, protocol("cold-movies"))
    assert not split.training.ratings_per_movie[split.candidates].any()
    assert not split.known[:, split.candidates].nnz


def test_the_ratings_of_the_cold_movies_are_the_test_part(many):
    split = make_split(many, protocol("cold-movies"))
    cold = set(np.flatnonzero(split.candidates).tolist())
    theirs = {pair: stars for pair, stars in ratings_of(many.user_items).items() if pair[1] in cold}
    assert ratings_of(split.test) == theirs


def test_a_movie_without_ratings_is_no_candidate():
    whole = interactions([[1, 0, 3, 4], [5, 0, 1, 0]])
    drawn = [
        make_split(whole, Protocol("cold-movies", 0.4, seed=seed)).candidates for seed in range(30)
    ]
    assert np.any(drawn, axis=0).tolist() == [True, False, True, True]


@pytest.fixture
def rated_by_three() -> Interactions:
    return interactions([[4, 3, 0], [0, 5, 0], [2, 0, 1]])


def test_the_given_pairs_are_the_test_part(rated_by_three):
    given = given_frame((30, 200, 4.5), (10, 300, 1.0), (20, 100, 2.5))
    split = make_split(rated_by_three, Protocol("given", given=given))
    assert ratings_of(split.test) == {(2, 1): 4.5, (0, 2): 1, (1, 0): 2.5}
    assert ratings_of(split.train) == ratings_of(rated_by_three.user_items)


def test_a_given_pair_among_the_ratings_is_taken_out_of_training(rated_by_three):
    given = given_frame((10, 100, 5.0), (20, 100, 1.0))
    split = make_split(rated_by_three, Protocol("given", given=given))
    assert ratings_of(split.train) == {(0, 1): 3, (1, 1): 5, (2, 0): 2, (2, 2): 1}
    assert ratings_of(split.known) == ratings_of(split.train)
    assert split.test[0, 0] == 5


def test_of_a_pair_given_twice_the_last_counts(rated_by_three):
    given = given_frame((20, 300, 2.0), (20, 100, 1.0), (20, 300, 3.0))
    split = make_split(rated_by_three, Protocol("given", given=given))
    assert ratings_of(split.test) == {(1, 2): 3, (1, 0): 1}


def test_given_pairs_of_unknown_users_and_movies_are_left_out(rated_by_three):
    given = given_frame((99, 100, 1.0), (10, 999, 2.0), (20, 100, 3.0), (5, 150, 4.0))
    split = make_split(rated_by_three, Protocol("given", given=given))
    assert ratings_of(split.test) == {(1, 0): 3}


def test_what_was_met_in_a_given_test_set_is_counted(rated_by_three):
    given = given_frame(
        (10, 100, 5.0),
        (20, 200, 5.0),
        (20, 300, 2.0),
        (20, 300, 3.0),
        (20, 300, 4.0),
        (97, 100, 1.0),
        (98, 100, 1.0),
        (99, 100, 1.0),
        (10, 999, 2.0),
    )
    split = make_split(rated_by_three, Protocol("given", given=given))
    assert split.counts == {
        "lines of test.csv": 9,
        "repeated there (the last counts)": 2,
        "of users without ratings, left out": 3,
        "of movies that are not kept, left out": 1,
        "also among the ratings, taken out of training": 2,
    }


def test_a_test_set_may_be_given_without_stars(rated_by_three):
    given = given_frame((10, 100, np.nan), (20, 300, np.nan))
    split = make_split(rated_by_three, Protocol("given", given=given))
    assert rated(split.test) == {(0, 0), (1, 2)}
    assert np.isnan(split.test.data).all()


@pytest.mark.parametrize("given", [None, given_frame()], ids=["no file", "no lines"])
def test_a_test_set_that_was_not_given_is_asked_for(rated_by_three, given):
    with pytest.raises(ValueError, match=r"needs a test\.csv"):
        make_split(rated_by_three, Protocol("given", given=given))


def split_of(training: Interactions, known: Interactions, test: sparse.csr_array) -> Split:
    """A split made by hand, of which all movies are candidates."""
    candidates = np.ones(len(training.movie_ids), dtype=bool)
    return Split(training, known.user_items, test, known.last_times, candidates, question="")


@pytest.fixture
def starred() -> Split:
    """Three test ratings, of 3, 4 and 5 stars."""
    test = sparse.csr_array(np.array([[0, 3, 4], [5, 0, 0]], dtype=np.float32))
    training = interactions([[1, 0, 0], [0, 2, 2]])
    return split_of(training, training, test)


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
def test_test_ratings_from_the_threshold_on_are_relevant(starred, threshold, relevant):
    found = starred.relevant(threshold)
    assert rated(found) == relevant
    assert found.nnz == len(relevant)


def test_the_test_part_stays_whole_when_asked_what_is_relevant(starred):
    starred.relevant(4.5)
    assert ratings_of(starred.test) == {(0, 1): 3, (0, 2): 4, (1, 0): 5}


def test_test_ratings_without_stars_are_all_relevant_without_a_threshold(rated_by_three):
    given = given_frame((10, 100, np.nan), (20, 300, np.nan))
    split = make_split(rated_by_three, Protocol("given", given=given))
    assert rated(split.relevant(0)) == {(0, 0), (1, 2)}


def test_a_threshold_for_test_ratings_without_stars_is_refused(rated_by_three):
    given = given_frame((10, 100, np.nan), (20, 300, np.nan))
    split = make_split(rated_by_three, Protocol("given", given=given))
    with pytest.raises(ValueError, match=r"relevance_threshold is 4\.0, but test\.csv"):
        split.relevant(4.0)


def test_a_split_that_trains_on_test_ratings_is_refused(few):
    test = np.zeros((4, 10), dtype=np.float32)
    test[[0, 1, 3], [0, 0, 9]] = 1.0
    with pytest.raises(AssertionError, match="2 test ratings are in the training part"):
        split_of(few, few, sparse.csr_array(test))


def test_a_split_that_knows_test_ratings_is_refused(few):
    test = np.zeros((4, 10), dtype=np.float32)
    test[[1, 2, 3], [1, 3, 9]] = np.nan
    training = few.only(np.arange(16) < 10)
    with pytest.raises(AssertionError, match="1 test ratings are in the known part"):
        split_of(training, few, sparse.csr_array(test))


@pytest.mark.parametrize("name", EVERY)
def test_hyperparameters_are_chosen_on_nothing_of_the_test_part(many, name):
    split = make_split(many, protocol(name))
    again = validation(split, protocol(name))
    assert rated(again.test)
    for part in (again.train, again.known, again.test):
        assert rated(part).isdisjoint(rated(split.test))


@pytest.mark.parametrize("name", EVERY)
def test_validation_shares_out_the_training_part(many, name):
    split = make_split(many, protocol(name))
    again = validation(split, protocol(name))
    assert ratings_of(again.known) | ratings_of(again.test) == ratings_of(split.train)


def test_validation_takes_the_last_rating_but_one():
    whole = interactions([[1, 2, 3, 4]], times=[[40, 10, 30, 20]])
    last = Protocol("leave-last-out")
    assert ratings_of(validation(make_split(whole, last), last).test) == {(0, 2): 3}


def test_validation_holds_out_other_users_than_the_test_part(many):
    unseen = protocol("unseen-users")
    split = make_split(many, unseen)
    again = validation(split, unseen)
    assert users_of(again.test).isdisjoint(users_of(split.test))
    assert users_of(again.train) == set(range(30)) - users_of(split.test) - users_of(again.test)


def test_validation_has_cold_movies_of_its_own(many):
    cold = protocol("cold-movies")
    split = make_split(many, cold)
    again = validation(split, cold)
    assert again.candidates.any()
    assert not (again.candidates & split.candidates).any()


def test_validation_cuts_at_a_share_of_the_time_before_the_date(ten_days):
    dated = Protocol("global-time", 0.25, test_from="1970-01-10")
    again = validation(make_split(ten_days, dated), dated)
    assert rated(again.test) == {(0, 3), (1, 3)}
    assert again.split_time == 7 * DAY


def test_validation_draws_of_every_user_where_the_test_set_was_given():
    whole = interactions(np.full((3, 10), 3))
    given = Protocol("given", 0.4, given=given_frame((10, 100, 3.0), (20, 500, 3.0)))
    again = validation(make_split(whole, given), given)
    # Of nine, nine and ten ratings.
    assert np.diff(again.test.indptr).tolist() == [4, 4, 4]
    assert again.counts == {}


def test_an_unknown_protocol_is_refused_with_those_there_are(few):
    names = "user-random, leave-last-out, global-time, unseen-users, cold-movies, given"
    with pytest.raises(ValueError, match=f"protocol 'random' is not one of {names}"):
        make_split(few, Protocol("random"))


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_out_of_range_is_refused(few, share):
    with pytest.raises(ValueError, match=f"test_share is {share}"):
        make_split(few, Protocol(test_share=share))


@pytest.mark.parametrize("name", ["user-random", "leave-last-out", "unseen-users"])
def test_users_of_one_rating_each_leave_the_test_part_empty(name):
    whole = interactions(np.eye(4))
    with pytest.raises(ValueError, match=f"protocol {name}: the test part is empty; hold out more"):
        make_split(whole, Protocol(name))


@pytest.mark.parametrize(
    ("name", "stars"), [("unseen-users", [[1, 2]]), ("cold-movies", [[1], [2]])]
)
def test_holding_out_everything_leaves_the_training_part_empty(name, stars):
    expected = f"protocol {name}: the training part is empty; hold out less"
    with pytest.raises(ValueError, match=expected):
        make_split(interactions(stars), Protocol(name))


def test_a_given_test_set_of_strangers_leaves_the_test_part_empty(rated_by_three):
    given = given_frame((99, 100, 1.0), (10, 999, 2.0))
    with pytest.raises(ValueError, match="protocol given: the test part is empty"):
        make_split(rated_by_three, Protocol("given", given=given))


def test_a_given_test_set_of_all_ratings_leaves_the_training_part_empty():
    given = given_frame((10, 100, 4.0), (10, 200, 3.0))
    with pytest.raises(ValueError, match="protocol given: the training part is empty"):
        make_split(interactions([[4, 3]]), Protocol("given", given=given))
