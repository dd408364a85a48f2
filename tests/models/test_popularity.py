import numpy as np
from scipy import sparse

from movierec.models.popularity import Popularity

# Movie 0 has three low ratings, movie 1 one high, movie 2 none, movie 3 two.
TRAIN = sparse.csr_array(np.array([[0.5, 5, 0, 3], [1, 0, 0, 0], [0.5, 0, 0, 2]], dtype=np.float32))


def test_scores_are_numbers_of_ratings():
    assert Popularity().fit(TRAIN).score(TRAIN[[0]]).tolist() == [[3, 1, 0, 2]]


def test_everyone_is_told_the_same():
    strangers = sparse.csr_array(np.array([[0, 5, 5, 0], [0, 0, 0, 0]], dtype=np.float32))

    assert Popularity().fit(TRAIN).score(strangers).tolist() == [[3, 1, 0, 2]] * 2
