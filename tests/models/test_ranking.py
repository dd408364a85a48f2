"""Ranking agrees with a plain sort, whatever the ties."""

import numpy as np
import pytest
from scipy import sparse

from movierec.models import ranking
from movierec.models.ranking import row_blocks, top_k


def sorted_columns(row: np.ndarray, k: int, seen: tuple[int, ...] = ()) -> list[int]:
    unseen = [column for column in range(len(row)) if column not in seen]
    best = sorted(unseen, key=lambda column: (-float(row[column]), column))[:k]
    return best + [-1] * (k - len(best))


@pytest.fixture
def tied_scores() -> np.ndarray:
    """Rows of few distinct values: negatives, both zeros, positives."""
    values = np.array([-1e30, -2.5, -1e-30, -0.0, 0.0, 1e-30, 2.5, 1e30], dtype=np.float32)
    return np.random.default_rng(0).choice(values, size=(50, 30))


@pytest.mark.parametrize("k", [1, 7, 29, 30])
def test_ranking_is_a_plain_sort_with_ties_to_the_lower_column(tied_scores, k):
    assert top_k(tied_scores, k).tolist() == [sorted_columns(row, k) for row in tied_scores]


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


def test_equal_scores_give_the_first_columns():
    assert top_k(np.full((1, 9), 0.5), 4).tolist() == [[0, 1, 2, 3]]


def test_a_row_too_short_for_k_is_padded():
    assert top_k(np.array([[1.0, 2.0]]), 4).tolist() == [[1, 0, -1, -1]]


def test_a_row_with_too_few_unseen_is_padded():
    seen = sparse.csr_array(np.array([[0, 1, 1]]))

    assert top_k(np.array([[1.0, 2.0, 3.0]]), 2, seen).tolist() == [[0, -1]]


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

    covered = [row for block in row_blocks(60, row_length) for row in range(60)[block]]

    assert covered == list(range(60))


def test_blocks_fit_the_memory_given(monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 100)

    lengths = {block.stop - block.start for block in row_blocks(60, 5)}

    assert lengths == {5}


def test_a_row_longer_than_a_block_stands_alone(monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 100)

    assert list(row_blocks(2, 26)) == [slice(0, 1), slice(1, 2)]
