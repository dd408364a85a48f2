"""Ranked lists of models whose scores are given."""

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import sparse

from movierec.evaluation.ranking import RankedLists, popular_first, rank_items
from movierec.models.kernels import ranking

# User u rated movie u with one star, so that a model of fixed scores gives them row u of its table.
HISTORY = np.eye(2, 5)
HELD_OUT = np.array([[0, 0, 4, 0, 0], [0, 0, 0, 2, 5]])
SCORES = [[0, 1, 4, 2, 3], [5, 0, 2, 1, 4]]


def csr(table: ArrayLike) -> sparse.csr_array:
    return sparse.csr_array(np.asarray(table, dtype=np.float32))


def ranked(
    model,
    history: ArrayLike = HISTORY,
    seen: ArrayLike = HISTORY,
    relevant: ArrayLike = HELD_OUT,
    candidates: ArrayLike = (True,) * 5,
    tie_order: ArrayLike | None = None,
    depth: int = 3,
    query_times: np.ndarray | None = None,
) -> RankedLists:
    candidates = np.asarray(candidates)
    tie_order = np.arange(candidates.sum()) if tie_order is None else np.asarray(tie_order)
    parts = csr(history), csr(seen), csr(relevant)
    return rank_items(model, *parts, candidates, tie_order, depth, query_times)


def test_items_are_sorted_by_score_with_scores_and_hits_beside_them(fixed):
    lists = ranked(fixed(SCORES))

    assert lists.items.tolist() == [[2, 4, 3], [0, 4, 2]]
    assert lists.scores.tolist() == [[4, 3, 2], [5, 4, 2]]
    assert lists.hits.tolist() == [[True, False, False], [False, True, False]]


def test_a_timed_model_scores_at_the_query_times(fixed):
    class Timed(fixed):
        """Scores movie t best at time t."""

        def score_at(self, user_items, query_times):
            return np.eye(5, dtype=np.float32)[query_times]

    lists = ranked(Timed(np.zeros((2, 5))), query_times=np.array([4, 3]))

    assert lists.items[:, 0].tolist() == [4, 3]


def test_seen_movies_are_never_recommended(fixed):
    # The highest scores are those of the rated movies.
    lists = ranked(fixed(9 * np.eye(2, 5)), depth=4)

    assert lists.items.tolist() == [[1, 2, 3, 4], [0, 2, 3, 4]]


def test_the_model_scores_the_history_whatever_was_seen(fixed):
    lists = ranked(fixed(SCORES), history=HISTORY[::-1], seen=np.zeros((2, 5)))

    assert lists.items.tolist() == [[0, 4, 2], [2, 4, 3]]


def test_only_candidates_are_recommended(fixed):
    candidates = [False, True, False, True, True]

    lists = ranked(fixed([[9, 1, 8, 2, 3], [9, 0, 8, 5, 4]]), candidates=candidates, depth=2)

    assert lists.items.tolist() == [[4, 3], [3, 4]]
    assert lists.scores.tolist() == [[3, 2], [5, 4]]
    assert lists.hits.tolist() == [[False, False], [True, True]]


def test_equal_scores_are_in_the_tie_order(fixed):
    lists = ranked(fixed(np.zeros((2, 5))), tie_order=[3, 0, 4, 1, 2], depth=4)

    assert lists.items.tolist() == [[3, 4, 1, 2], [3, 0, 4, 2]]


def test_the_tie_order_has_positions_among_the_candidates(fixed):
    candidates = [False, True, False, True, True]
    no_scores = fixed(np.zeros((2, 5)))

    lists = ranked(no_scores, seen=np.zeros((2, 5)), candidates=candidates, tie_order=[2, 0, 1])

    assert lists.items.tolist() == [[4, 1, 3]] * 2


def test_positions_without_a_movie_hold_no_score_and_no_hit(fixed):
    # The last movie is a hit, and is where an index of -1 would point.
    lists = ranked(fixed([[0, 0, 0, 0, 7]] * 2), relevant=[[0, 0, 0, 0, 1]] * 2, depth=6)

    assert lists.items.tolist() == [[4, 1, 2, 3, -1, -1], [4, 0, 2, 3, -1, -1]]
    assert np.isnan(lists.scores[:, 4:]).all()
    assert lists.hits.sum(axis=1).tolist() == [1, 1]


def test_users_are_all_tied_if_every_candidate_has_the_same_score(fixed):
    tables = [[2, 2, 2, 2, 2], [2, 2, 2, 2, 3]], [[9, 1, 1, 1, 1], [0, 1, 1, 1, 2]]

    for table, candidates in zip(tables, ([True] * 5, [False, *[True] * 4]), strict=True):
        lists = ranked(fixed(table), candidates=candidates)
        assert lists.all_tied.tolist() == [True, False]


@pytest.mark.parametrize("shape", [(2, 4), (2, 6)])
def test_scores_of_the_wrong_shape_are_refused(fixed, shape):
    with pytest.raises(ValueError, match="crooked scored"):
        ranked(fixed(np.ones(shape), "crooked"))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(fixed, wrong):
    table = np.ones((2, 5))
    table[1, 3] = wrong

    with pytest.raises(ValueError, match="broken gave scores that are not finite"):
        ranked(fixed(table, "broken"))


@pytest.fixture
def _one_user_blocks(monkeypatch):
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 4 * 12)


@pytest.mark.usefixtures("_one_user_blocks")
def test_scores_that_are_not_finite_are_refused_in_the_last_block_too(fixed):
    table = np.ones((12, 12))
    table[11, 5] = np.nan

    with pytest.raises(ValueError, match="broken"):
        ranked(fixed(table, "broken"), np.eye(12), np.eye(12), np.eye(12), np.full(12, True))


@pytest.mark.usefixtures("_one_user_blocks")
def test_users_are_scored_block_by_block(fixed):
    asked = []

    class Listening(fixed):
        def score(self, user_items):
            asked.append(user_items.indices.tolist())
            return super().score(user_items)

    ranked(Listening(np.eye(12)), np.eye(12), np.eye(12), np.eye(12), np.full(12, True))

    assert asked == [[user] for user in range(12)]


def test_blocks_change_nothing(fixed, monkeypatch):
    rng = np.random.default_rng(0)
    history, relevant = rng.random((2, 40, 12)) < 0.3
    inputs = {
        "history": history,
        "seen": history,
        "relevant": relevant & ~history,
        "candidates": rng.random(12) < 0.8,
        "depth": 9,
    }
    model = fixed(rng.integers(3, size=(12, 12)))
    at_once = ranked(model, **inputs)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 7 * 4 * 12)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    in_blocks = ranked(model, **inputs)

    for name, expected in vars(at_once).items():
        assert np.array_equal(getattr(in_blocks, name), expected, equal_nan=name == "scores")


def test_scores_are_compared_in_single_precision(fixed):
    class Exact(fixed):
        """The second movie's score is higher by less than single precision resolves."""

        def score(self, user_items):
            return np.tile([1, 1 + 1e-12, 0.5, 0, 0], (user_items.shape[0], 1))

    lists = ranked(Exact(np.eye(5)), seen=np.zeros((2, 5)))

    assert lists.scores.dtype == np.float32
    assert lists.items.tolist() == [[0, 1, 2]] * 2


def test_the_tie_order_is_by_number_of_ratings():
    assert popular_first(np.array([3, 0, 7, 5]), seed=0).tolist() == [2, 3, 0, 1]


def test_movies_with_as_many_ratings_are_ordered_at_random_by_the_seed():
    ratings = np.array([2, 9, 2, 2])

    orders = [tuple(popular_first(ratings, seed).tolist()) for seed in range(100)]

    assert len(set(orders)) == 6
    assert {order[0] for order in orders} == {1}
    assert orders[3] == tuple(popular_first(ratings, 3).tolist())
