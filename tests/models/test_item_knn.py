"""Shrunk cosines by hand, plain ones by scikit-learn."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from movierec.models.item_knn import ItemKNN
from movierec.models.kernels import ranking
from movierec.settings import PreferenceSettings

# Movies 0 and 2 have four likes each, three of them of the same users; movie 1 has one, of a user
# who likes movie 0 too.
LIKES = np.array([[5, 0, 3], [4, 0, 4], [3, 0, 5], [4, 5, 0], [0, 0, 4]], dtype=np.float32)


PLAIN = PreferenceSettings(positive_threshold=3.0, rating_exponent=0.0, activity_discount=0.0)


def item_knn(**changed) -> ItemKNN:
    return ItemKNN(**{"neighbours": 2, "shrinkage": 2.0, "preferences": PLAIN} | changed)


def gains(model: ItemKNN, n_items: int) -> list[list[float]]:
    """Row m: what a user who likes movie m alone is told of every movie."""
    return model.score(5 * sparse.eye_array(n_items, dtype=np.float32, format="csr")).tolist()


@pytest.fixture
def many_likes() -> sparse.csr_array:
    """Sixty users by twelve movies, a third liked."""
    return sparse.csr_array(4.0 * (np.random.default_rng(0).random((60, 12)) < 1 / 3))


def test_likeness_is_a_shrunk_cosine():
    model = item_knn().fit(sparse.csr_array(LIKES))

    # 0 and 1: 1 / (2 * 1 + 2). 0 and 2: 3 / (2 * 2 + 2). 1 and 2 have no user in common.
    assert gains(model, 3) == [[0, 0.25, 0.5], [0.25, 0, 0], [0.5, 0, 0]]


def test_without_shrinkage_it_is_the_cosine(many_likes):
    model = item_knn(neighbours=11, shrinkage=0.0).fit(many_likes)

    expected = cosine_similarity(many_likes.T.toarray())
    np.fill_diagonal(expected, 0)
    assert np.array(gains(model, 12)) == pytest.approx(expected, abs=1e-6)


def test_likenesses_are_summed_over_the_likes():
    model = item_knn().fit(sparse.csr_array(LIKES))

    scores = model.score(sparse.csr_array(np.array([[0, 3, 5]], dtype=np.float32)))

    assert scores.tolist() == [[0.75, 0, 0]]


def test_a_movie_hears_of_its_own_nearest_alone():
    model = item_knn(neighbours=1).fit(sparse.csr_array(LIKES))

    # The nearest of movie 1 is 0, but that of movie 0 is 2.
    assert gains(model, 3) == [[0, 0.25, 0.5], [0, 0, 0], [0.5, 0, 0]]


def test_more_neighbours_than_there_are_movies_are_all():
    all_others, more = (
        item_knn(neighbours=neighbours).fit(sparse.csr_array(LIKES)) for neighbours in (2, 9)
    )

    assert gains(more, 3) == gains(all_others, 3)


def test_low_ratings_teach_nothing():
    disliked = np.where(LIKES == 0, 2.5, LIKES).astype(np.float32)

    with_dislikes, without = (
        item_knn().fit(sparse.csr_array(ratings)) for ratings in (disliked, LIKES)
    )

    assert gains(with_dislikes, 3) == gains(without, 3)


def test_low_ratings_say_nothing():
    model = item_knn().fit(sparse.csr_array(LIKES))

    scores = model.score(sparse.csr_array(np.array([[2.5, 3, 0]], dtype=np.float32)))

    assert scores.tolist() == [[0.25, 0, 0]]


@pytest.mark.parametrize(("shrinkage", "likeness"), [(2.0, 0.5), (0.0, 0.75)])
def test_a_movie_that_nobody_likes_gets_nothing(shrinkage, likeness):
    model = item_knn(shrinkage=shrinkage).fit(sparse.csr_array(LIKES * [1, 0, 1]))

    assert gains(model, 3) == [[0, 0, likeness], [0, 0, 0], [likeness, 0, 0]]


@pytest.mark.parametrize("rows", [1, 5, 12])
def test_blocks_change_nothing(many_likes, monkeypatch, rows):
    at_once = gains(item_knn(neighbours=4).fit(many_likes), 12)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 4 * 12 * rows)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    assert gains(item_knn(neighbours=4).fit(many_likes), 12) == at_once


def test_likeness_weighs_likes_by_stars_and_users_by_activity():
    weighted = PLAIN.replace(rating_exponent=1.0, activity_discount=0.5)
    model = item_knn(preferences=weighted).fit(sparse.csr_array(LIKES))

    # Likes of the five users: 2, 2, 2, 2 and 1, so the median is 2 and the last weighs sqrt(2).
    r, w = LIKES / 3.5, np.array([1, 1, 1, 1, np.sqrt(2)])
    together = r.T @ (w[:, None] * r)
    length = np.sqrt(np.diag(together))
    expected = together / (np.outer(length, length) + 2.0)
    np.fill_diagonal(expected, 0)
    # Five stars alone are summed as 5 / 3.5.
    assert np.array(gains(model, 3)) == pytest.approx(expected * 5 / 3.5, rel=1e-5)
