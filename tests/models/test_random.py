import numpy as np
import pytest
from scipy import sparse

from movierec.models.random import Random

# An odd number of movies, so that a block of rows may end within a draw of two numbers.
ROWS = sparse.csr_array((40, 7), dtype=np.float32)


def scores(seed: int) -> np.ndarray:
    return Random(seed).fit(ROWS).score(ROWS)


def test_the_same_seed_gives_the_same_scores():
    assert scores(3).tobytes() == scores(3).tobytes()


def test_another_seed_gives_other_scores():
    assert (scores(3) != scores(4)).any()


def test_scores_lie_from_zero_to_below_one():
    drawn = scores(0)

    assert drawn.shape == (40, 7)
    assert drawn.min() >= 0
    assert drawn.max() < 1


@pytest.mark.parametrize("size", [1, 3, 16])
def test_blocks_change_nothing(size):
    model = Random(0).fit(ROWS)

    blocks = [model.score(ROWS[start : start + size]) for start in range(0, 40, size)]

    assert np.vstack(blocks).tobytes() == scores(0).tobytes()


def test_scores_are_drawn_anew_whenever_asked():
    model = Random(0).fit(ROWS)

    assert (model.score(ROWS) != model.score(ROWS)).any()


def test_fitting_again_begins_anew():
    model = Random(0)

    again = [model.fit(ROWS).score(ROWS) for _ in range(2)]

    assert again[0].tobytes() == again[1].tobytes()
