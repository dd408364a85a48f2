"""Ranking agrees with a plain sort, whatever the ties."""

import numpy as np
import pytest
from scipy import sparse

from movierec.models.kernels import ranking
from movierec.models.kernels.ranking import row_blocks, top_k


def sorted_columns(row: np.ndarray, k: int, seen: tuple[int, ...] = ()) -> list[int]:
    unseen = [column for column in range(len(row)) if column not in seen]
    best = sorted(unseen, key=lambda column: (-float(row[column]), column))[:k]
    return best + [-1] * (k - len(best))


@pytest.fixture
def tied_scores() -> np.ndarray:
    """Rows of few distinct values: negatives, both zeros, positives."""
    values = np.array([-1e30, -2.5, -1e-30, -0.0, 0.0, 1e-30, 2.5, 1e30], dtype=np.float32)
    return np.random.default_rng(0).choice(values, size=(50, 30))


def lexsorted(
    scores: np.ndarray, k: int, seen: np.ndarray, tie_order: np.ndarray
) -> list[list[int]]:
    """Every row ordered whole by numpy's own sort of two keys."""
    places = np.empty(len(tie_order), dtype=int)
    places[tie_order] = np.arange(len(tie_order))
    best = []
    for row, known in zip(scores, seen, strict=True):
        columns = np.lexsort((places, -row.astype(np.float64)))
        columns = columns[~known[columns]][:k].tolist()
        best.append(columns + [-1] * (k - len(columns)))
    return best


@pytest.mark.parametrize("k", [1, 7, 29, 30])
def test_ranking_is_a_plain_sort_with_ties_to_the_lower_column(tied_scores, k):
    assert top_k(tied_scores, k).tolist() == [sorted_columns(row, k) for row in tied_scores]


@pytest.mark.parametrize("k", [1, 2, 10, 998, 999, 1_000, 1_001, 1_010])
@pytest.mark.parametrize("tied", [1.0, 0.5, 0.0])
def test_ranking_is_a_plain_sort_with_ties_to_the_one_ahead_in_an_order(tied, k):
    # Wide, since numpy sorts short rows whole where it is asked to partition them. All rows full
    # of ties, some, or none; of nothing, some or nearly everything seen.
    rng = np.random.default_rng(2)
    few = rng.choice(np.array([-2.5, -0.0, 0.0, 1e-30, 2.5], dtype=np.float32), size=(50, 1_000))
    distinct = rng.normal(size=few.shape).astype(np.float32)
    scores = np.where(rng.random((50, 1)) < tied, few, distinct)
    seen = rng.random(scores.shape) < rng.choice([0, 0.4, 0.995], size=(50, 1))
    tie_order = rng.permutation(1_000)

    best = top_k(scores, k, sparse.csr_array(seen), tie_order)

    assert best.tolist() == lexsorted(scores, k, seen, tie_order)


@pytest.mark.parametrize("k", [501, 800, 1_000])
def test_long_lists_are_ordered_as_short_ones_are(k):
    rng = np.random.default_rng(4)
    scores = rng.integers(0, 40, size=(20, 800)).astype(np.float32)
    seen, tie_order = rng.random(scores.shape) < 0.3, rng.permutation(800)

    best = top_k(scores, k, sparse.csr_array(seen), tie_order)

    assert best.tolist() == lexsorted(scores, k, seen, tie_order)


@pytest.mark.parametrize("k", [2, 9])
def test_the_largest_numbers_there_are_do_not_get_in_the_way(k):
    # Wide, so that most of a row is set aside; of some rows only a handful, in others nearly all.
    rng = np.random.default_rng(5)
    extreme = np.array([np.finfo(np.float32).min, np.finfo(np.float32).max, -np.inf, np.inf])
    scores = rng.normal(size=(40, 300)).astype(np.float32)
    there = rng.random(scores.shape) < rng.choice([0.01, 0.9], size=(40, 1))
    scores[there] = rng.choice(extreme, size=np.count_nonzero(there))
    seen = rng.random(scores.shape) < 0.1
    tie_order = rng.permutation(300)

    best = top_k(scores, k, sparse.csr_array(seen), tie_order)

    assert best.tolist() == lexsorted(scores, k, seen, tie_order)


def test_seen_items_are_left_out(tied_scores):
    seen = np.random.default_rng(1).random(tied_scores.shape) < 0.4

    best = top_k(tied_scores, 10, sparse.csr_array(seen))

    expected = [
        sorted_columns(row, 10, tuple(np.flatnonzero(known)))
        for row, known in zip(tied_scores, seen, strict=True)
    ]
    assert best.tolist() == expected


def test_an_item_is_seen_even_where_a_zero_is_stored():
    seen = sparse.csr_array((np.zeros(1), [0], [0, 1]), shape=(1, 2))

    assert top_k(np.array([[2.0, 1.0]]), 1, seen).tolist() == [[1]]


def test_minus_zero_equals_zero():
    assert top_k(np.array([[-0.0, 0.0, -0.0]]), 3).tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("k", [1, 2, 3])
def test_minus_zero_equals_zero_in_an_order(k):
    scores = np.array([[0.0, -0.0, 0.0]])

    assert top_k(scores, k, tie_order=np.array([1, 2, 0])).tolist() == [[1, 2, 0][:k]]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_equal_scores_go_by_the_order_given(k):
    # The cut at 2 and at 3 runs through the equal ones.
    scores = np.array([[1.0, 1.0, 2.0, 1.0]])

    assert top_k(scores, k, tie_order=np.array([3, 0, 2, 1])).tolist() == [[2, 3, 0, 1][:k]]


def test_the_order_decides_nothing_but_ties():
    scores = np.array([[0.5, 2.0, -1.0, 1.0]])

    assert top_k(scores, 4, tie_order=np.array([2, 0, 3, 1])).tolist() == [[1, 3, 0, 2]]


def test_all_equal_scores_give_the_order_itself():
    order = np.array([4, 0, 3, 1, 2])

    assert top_k(np.full((2, 5), -0.5), 3, tie_order=order).tolist() == [[4, 0, 3]] * 2


def test_each_row_is_cut_for_itself():
    # One clear row among two whose equal scores lie on both sides of the cut.
    scores = np.array([[1, 1, 1, 0], [4, 1, 3, 2], [0, 5, 5, 5]])

    assert top_k(scores, 2).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_equal_scores_give_the_first_columns():
    assert top_k(np.full((1, 9), 0.5), 4).tolist() == [[0, 1, 2, 3]]


def test_a_row_too_short_for_k_is_padded():
    assert top_k(np.array([[1.0, 2.0]]), 4).tolist() == [[1, 0, -1, -1]]


def test_a_row_with_too_few_unseen_is_padded():
    seen = sparse.csr_array(np.array([[0, 1, 1]]))

    assert top_k(np.array([[1.0, 2.0, 3.0]]), 2, seen).tolist() == [[0, -1]]


def test_the_few_unseen_go_by_the_order_too():
    seen = sparse.csr_array(np.array([[0, 1, 0, 1]]))
    scores, order = np.array([[1.0, 2.0, 1.0, 3.0]]), np.array([3, 2, 1, 0])

    assert top_k(scores, 3, seen, order).tolist() == [[2, 0, -1]]


def test_the_lowest_score_there_is_is_not_taken_for_seen():
    lowest = np.finfo(np.float32).min

    assert top_k(np.array([[lowest, 0.0, lowest]]), 3).tolist() == [[1, 0, 2]]


def test_no_rows_have_no_best():
    assert top_k(np.empty((0, 3)), 2).shape == (0, 2)


def test_a_row_with_everything_seen_is_all_padding():
    seen = sparse.csr_array(np.ones((1, 3)))

    assert top_k(np.array([[1.0, 2.0, 3.0]]), 2, seen).tolist() == [[-1, -1]]


def test_float64_scores_rank_too():
    assert top_k(np.array([[0.25, -3.0, 1.5]], dtype=np.float64), 3).tolist() == [[2, 0, 1]]


def test_scores_are_not_changed():
    scores = np.array([[0.5, -0.0, 2.0]], dtype=np.float32)
    before = scores.tobytes()

    top_k(scores, 2, sparse.csr_array(np.array([[0, 0, 1]])))

    assert scores.tobytes() == before


@pytest.mark.parametrize("row_length", [0, 1, 25, 26, 1_000])
def test_blocks_cover_every_row_once(monkeypatch, row_length):
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 100)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    covered = [row for block in row_blocks(60, row_length) for row in range(60)[block]]

    assert covered == list(range(60))


def test_blocks_fit_the_memory_given(monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 100)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    lengths = {block.stop - block.start for block in row_blocks(60, 5)}

    assert lengths == {5}


def test_a_row_longer_than_a_block_stands_alone(monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 100)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    assert list(row_blocks(2, 26)) == [slice(0, 1), slice(1, 2)]


def test_very_long_rows_come_a_few_hundred_at_a_time():
    lengths = [block.stop - block.start for block in row_blocks(300, 10_000_000)]

    assert lengths == [128, 128, 44]
