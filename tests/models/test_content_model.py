import numpy as np
import pytest
from scipy import sparse

from movierec.models.content import Content

# Cosines with movie 0: 1, 0.6, 0; with movie 2: 0, 0.8, 1.
WORDS = sparse.csr_array(np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32))


def scores(*stars: float) -> list[float]:
    model = Content(WORDS, positive_threshold=3.0)
    row = sparse.csr_array(np.array([stars], dtype=np.float32))
    return model.fit(row).score(row)[0].tolist()


def test_cosines_are_summed_by_stars():
    assert scores(5, 0, 3) == pytest.approx([5, 5 * 0.6 + 3 * 0.8, 3])


def test_low_ratings_say_nothing():
    assert scores(5, 0, 2.5) == pytest.approx([5, 3, 0])
