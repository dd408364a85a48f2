"""Points on a plane from similarities."""

import numpy as np
from scipy.spatial.distance import pdist, squareform

from movierec.serving.movie_map import plane


def test_distances_in_a_plane_are_kept():
    points = np.random.default_rng(0).random((8, 2)) / 2
    distances = pdist(points)
    np.testing.assert_allclose(pdist(plane(1 - squareform(distances))), distances, atol=1e-12)


def test_each_axis_points_to_its_farthest_movie():
    similarity = np.random.default_rng(1).random((6, 6))
    found = plane(similarity)
    assert (found.max(axis=0) == np.abs(found).max(axis=0)).all()


def test_a_movie_alone_is_in_the_middle():
    assert plane(np.ones((1, 1))).tolist() == [[0.0, 0.0]]
