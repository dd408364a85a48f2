"""Training and test part: nothing in both, nothing lost, everyone's share."""

import numpy as np
import pytest
from scipy import sparse

from movierec.data.splits import Split, user_random


@pytest.fixture
def user_items() -> sparse.csr_array:
    """Users with 10, 5, 1 and no ratings of ten movies, each rating different."""
    stars = np.zeros((4, 10), dtype=np.float32)
    stars[0] = np.arange(1, 11) / 2
    stars[1, ::2] = np.arange(1, 6)
    stars[2, 3] = 4.5
    return sparse.csr_array(stars)


def ratings_of(matrix: sparse.csr_array) -> set[tuple]:
    coo = matrix.tocoo()
    return set(zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True))


def test_no_rating_is_in_both_parts(user_items):
    split = user_random(user_items, 0.4)
    assert ratings_of(split.train).isdisjoint(ratings_of(split.test))


def test_both_parts_together_are_everything(user_items):
    split = user_random(user_items, 0.4)
    assert ratings_of(split.train) | ratings_of(split.test) == ratings_of(user_items)


def test_both_parts_have_the_shape_of_the_whole(user_items):
    split = user_random(user_items, 0.2)
    assert split.train.shape == split.test.shape == (4, 10)


@pytest.mark.parametrize(
    ("share", "held_out"), [(0.2, [2, 1, 0, 0]), (0.5, [5, 2, 0, 0]), (0.99, [9, 4, 0, 0])]
)
def test_each_user_s_share_is_held_out_but_never_all(user_items, share, held_out):
    split = user_random(user_items, share)
    assert np.diff(split.test.indptr).tolist() == held_out


def test_an_only_rating_stays_in_the_training_part(user_items):
    for seed in range(20):
        assert user_random(user_items, 0.9, seed).train[2, 3] == 4.5


def test_any_rating_of_a_user_may_be_held_out(user_items):
    held_out = sum(user_random(user_items, 0.2, seed).test.toarray() > 0 for seed in range(100))
    assert (held_out[0] > 0).all()


def test_the_same_seed_gives_the_same_split(user_items):
    first, second, other = (ratings_of(user_random(user_items, 0.4, s).test) for s in (1, 1, 2))
    assert first == second
    assert first != other


def test_neither_part_stores_zeros(user_items):
    split = user_random(user_items, 0.4)
    assert (split.train.data != 0).all()
    assert (split.test.data != 0).all()
    assert split.train.nnz + split.test.nnz == 16


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_out_of_range_is_refused(user_items, share):
    with pytest.raises(ValueError, match=f"test_share is {share}"):
        user_random(user_items, share)


def test_a_split_that_leaks_is_refused(user_items):
    test = np.zeros((4, 10), dtype=np.float32)
    test[[0, 1, 3], [0, 0, 9]] = 1.0
    with pytest.raises(AssertionError, match="2 test ratings are in the training part"):
        Split(user_items, sparse.csr_array(test), question="")
