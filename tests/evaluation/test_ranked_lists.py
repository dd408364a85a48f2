"""RankedLists of a model whose scores are given: order, what may stand on them, and what is a hit."""

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import sparse

from movierec.evaluation.ranking import RankedLists, popular_first, rank
from movierec.models.kernels import ranking

# User u rated movie u with one star, so that a model of fixed scores gives them row u of its table.
PROFILES = np.eye(2, 5)
HIDDEN = np.array([[0, 0, 4, 0, 0], [0, 0, 0, 2, 5]])


def csr(table: ArrayLike) -> sparse.csr_array:
    return sparse.csr_array(np.asarray(table, dtype=np.float32))


def ranked(
    model,
    profiles: ArrayLike = PROFILES,
    seen: ArrayLike = PROFILES,
    relevant: ArrayLike = HIDDEN,
    candidates: ArrayLike = (True,) * 5,
    tie_order: ArrayLike | None = None,
    depth: int = 3,
    query_times: np.ndarray | None = None,
) -> RankedLists:
    candidates = np.asarray(candidates)
    tie_order = np.arange(candidates.sum()) if tie_order is None else np.asarray(tie_order)
    parts = csr(profiles), csr(seen), csr(relevant)
    return rank(model, *parts, candidates, tie_order, depth, query_times)


def test_the_best_scores_come_first(fixed):
    lists = ranked(fixed([[0, 1, 4, 2, 3], [5, 0, 2, 1, 4]]))

    assert lists.items.tolist() == [[2, 4, 3], [0, 4, 2]]


def test_scores_and_hits_stand_beside_their_items(fixed):
    lists = ranked(fixed([[0, 1, 4, 2, 3], [5, 0, 2, 1, 4]]))

    assert lists.scores.tolist() == [[4, 3, 2], [5, 4, 2]]
    assert lists.hits.tolist() == [[True, False, False], [False, True, False]]


def test_a_model_to_which_it_matters_is_told_when_users_ask(fixed):
    class Timed(fixed):
        """Likes at moment m the movie m best."""

        def score_at(self, user_items, query_times):
            return np.eye(5, dtype=np.float32)[query_times]

    lists = ranked(Timed(np.zeros((2, 5))), query_times=np.array([4, 3]))

    assert lists.items[:, 0].tolist() == [4, 3]


def test_seen_movies_are_never_recommended(fixed):
    # The model likes best what the user has rated.
    lists = ranked(fixed(9 * np.eye(2, 5)), depth=4)

    assert lists.items.tolist() == [[1, 2, 3, 4], [0, 2, 3, 4]]


def test_the_model_is_told_the_profiles_and_not_what_was_seen(fixed):
    model = fixed([[0, 1, 4, 2, 3], [5, 0, 2, 1, 4]])

    lists = ranked(model, profiles=PROFILES[::-1], seen=np.zeros((2, 5)))

    assert lists.items.tolist() == [[0, 4, 2], [2, 4, 3]]


def test_only_candidates_are_recommended(fixed):
    candidates = [False, True, False, True, True]

    lists = ranked(fixed([[9, 1, 8, 2, 3], [9, 0, 8, 5, 4]]), candidates=candidates, depth=2)

    assert lists.items.tolist() == [[4, 3], [3, 4]]
    assert lists.scores.tolist() == [[3, 2], [5, 4]]
    assert lists.hits.tolist() == [[False, False], [True, True]]


def test_equal_scores_go_in_the_tie_order(fixed):
    lists = ranked(fixed(np.zeros((2, 5))), tie_order=[3, 0, 4, 1, 2], depth=4)

    assert lists.items.tolist() == [[3, 4, 1, 2], [3, 0, 4, 2]]


def test_the_tie_order_is_that_of_the_candidates(fixed):
    candidates = [False, True, False, True, True]

    lists = ranked(
        fixed(np.zeros((2, 5))),
        seen=np.zeros((2, 5)),
        candidates=candidates,
        tie_order=[2, 0, 1],
    )

    assert lists.items.tolist() == [[4, 1, 3]] * 2


def test_places_without_a_movie_hold_no_score_and_no_hit(fixed):
    # The last movie is a hit, and stands where an index of -1 would point.
    lists = ranked(fixed([[0, 0, 0, 0, 7]] * 2), relevant=[[0, 0, 0, 0, 1]] * 2, depth=6)

    assert lists.items.tolist() == [[4, 1, 2, 3, -1, -1], [4, 0, 2, 3, -1, -1]]
    assert np.isnan(lists.scores[:, 4:]).all()
    assert lists.hits.sum(axis=1).tolist() == [1, 1]


def test_users_to_whom_all_movies_score_the_same_are_told(fixed):
    lists = ranked(fixed([[2, 2, 2, 2, 2], [2, 2, 2, 2, 3]]))

    assert lists.all_tied.tolist() == [True, False]


def test_only_scores_of_candidates_decide(fixed):
    lists = ranked(fixed([[9, 1, 1, 1, 1], [0, 1, 1, 1, 2]]), candidates=[False, *[True] * 4])

    assert lists.all_tied.tolist() == [True, False]


@pytest.mark.parametrize("shape", [(2, 4), (2, 6)])
def test_scores_of_the_wrong_shape_are_refused(fixed, shape):
    with pytest.raises(ValueError, match="crooked"):
        ranked(fixed(np.ones(shape), "crooked"))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(fixed, wrong):
    table = np.ones((2, 5))
    table[1, 3] = wrong

    with pytest.raises(ValueError, match="broken"):
        ranked(fixed(table, "broken"))


def test_scores_that_are_not_finite_are_refused_in_the_last_block_too(fixed, monkeypatch):
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 4 * 12)
    table = np.ones((12, 12))
    table[11, 5] = np.nan

    with pytest.raises(ValueError, match="broken"):
        ranked(fixed(table, "broken"), np.eye(12), np.eye(12), np.eye(12), np.full(12, True))


def test_users_are_scored_one_block_after_the_other(fixed, monkeypatch):
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 4 * 12)
    asked = []

    class Listening(fixed):
        """Remembers whom it was asked for."""

        def score(self, user_items):
            asked.append(user_items.indices.tolist())
            return super().score(user_items)

    ranked(Listening(np.eye(12)), np.eye(12), np.eye(12), np.eye(12), np.full(12, True))

    assert asked == [[user] for user in range(12)]


def test_scores_in_double_precision_are_listed_in_single(fixed):
    class Exact(fixed):
        """Its second movie is better by less than single precision tells."""

        def score(self, user_items):
            return np.tile([1, 1 + 1e-12, 0.5, 0, 0], (user_items.shape[0], 1))

    lists = ranked(Exact(np.eye(5)), seen=np.zeros((2, 5)))

    assert lists.scores.dtype == np.float32
    assert lists.items.tolist() == [[0, 1, 2]] * 2


def test_blocks_change_nothing(fixed, monkeypatch):
    rng = np.random.default_rng(0)
    profiles, relevant = rng.random((2, 40, 12)) < 0.3
    inputs = {
        "profiles": profiles,
        "seen": profiles,
        "relevant": relevant & ~profiles,
        "candidates": rng.random(12) < 0.8,
        "depth": 9,
    }
    model = fixed(rng.integers(3, size=(12, 12)))
    at_once = ranked(model, **inputs)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 7 * 4 * 12)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    in_blocks = ranked(model, **inputs)

    for part in ("items", "scores", "hits", "all_tied"):
        assert np.array_equal(
            getattr(in_blocks, part), getattr(at_once, part), equal_nan=part == "scores"
        )


def test_popular_movies_go_first():
    assert popular_first(np.array([3, 0, 7, 5]), seed=0).tolist() == [2, 3, 0, 1]


def test_equally_popular_movies_go_in_any_order():
    orders = {tuple(popular_first(np.array([2, 9, 2, 2]), seed).tolist()) for seed in range(100)}

    assert orders == {
        (1, 0, 2, 3),
        (1, 0, 3, 2),
        (1, 2, 0, 3),
        (1, 2, 3, 0),
        (1, 3, 0, 2),
        (1, 3, 2, 0),
    }


def test_the_same_seed_orders_the_same():
    counts = np.ones(50, dtype=int)

    assert popular_first(counts, 3).tolist() == popular_first(counts, 3).tolist()
