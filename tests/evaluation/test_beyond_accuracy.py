"""Metrics of lists against scikit-learn and scipy, and by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.spatial.distance import jensenshannon
from sklearn.metrics.pairwise import cosine_distances
from sklearn.preprocessing import normalize

from movierec.evaluation import beyond_accuracy
from movierec.evaluation.beyond_accuracy import (
    as_rows,
    coverage,
    diversity,
    genre_shares,
    gini,
    list_qualities,
    miscalibration,
    novelty,
    popularity_lift,
)
from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.models.kernels import ranking

ALL_FOUR = np.ones(4, dtype=bool)
# Movies of genre A, of A and B, of none, and of C.
GENRES = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]], dtype=np.float32)


def rows(*ones: list[int]) -> sparse.csr_array:
    return sparse.csr_array(np.array(ones, dtype=bool))


def lists(*items: list[int], n_movies: int = 4) -> sparse.csr_array:
    return as_rows(np.array(items), n_movies)


@pytest.fixture
def item_content() -> sparse.csr_array:
    """Fifty movies by 200 terms, rows of length one; the first three movies have no term."""
    rng = np.random.default_rng(0)
    terms = sparse.random_array((50, 200), density=0.1, format="csr", dtype=np.float32, rng=rng)
    return normalize(sparse.csr_array(sparse.vstack([sparse.csr_array((3, 200)), terms[3:]])))


def test_coverage_is_the_share_of_candidates_on_some_list():
    assert coverage(lists([0, 1, 3], [1, 0, 3]), ALL_FOUR) == 0.75


def test_coverage_counts_candidates_only():
    candidates = np.array([True, False, True, False])

    assert coverage(lists([0, 1], [3, 0]), candidates) == 0.5


def test_padding_covers_nothing():
    assert coverage(lists([0, -1], [-1, -1]), ALL_FOUR) == 0.25


def test_gini_is_nearly_one_where_one_movie_takes_all():
    assert gini(lists(*[[2]] * 7, n_movies=1_000), np.ones(1_000, dtype=bool)) == pytest.approx(
        0.999
    )


def test_gini_is_half_the_mean_difference_over_the_mean():
    rng = np.random.default_rng(0)
    listed = rng.random((40, 20)) < rng.random(20)
    exposure = listed.sum(axis=0)

    found = gini(rows(*listed), np.ones(20, dtype=bool))

    difference = np.abs(exposure[:, None] - exposure).mean()
    assert found == pytest.approx(difference / 2 / exposure.mean())


def test_gini_counts_candidates_only():
    candidates = np.array([True, True, False, False])

    assert gini(lists([0, 1, 2], [1, 0, 2]), candidates) == 0


def test_gini_of_empty_lists_is_not_defined():
    assert np.isnan(gini(lists([-1], [-1]), ALL_FOUR))


def test_novelty_by_hand():
    # Rated by 8, 4 and 1 of 16 users: 1, 2 and 4 bits.
    found = novelty(lists([0, 1], [2, 0], n_movies=3), np.array([8, 4, 1]), 16)

    assert found == pytest.approx([1.5, 2.5])


def test_a_movie_without_a_rating_is_as_novel_as_one_with_one():
    assert novelty(lists([0], [1], n_movies=2), np.array([0, 1]), 16).tolist() == [4, 4]


def test_novelty_is_over_the_length_of_the_list():
    found = novelty(lists([2, -1], [-1, -1], n_movies=3), np.array([8, 4, 1]), 16)

    assert found == pytest.approx([4, np.nan], nan_ok=True)


@pytest.fixture(params=["movies", "lists"])
def _each_way(request, monkeypatch):
    """Cosines of few movies are kept, those of many are multiplied list by list."""
    if request.param == "lists":
        monkeypatch.setattr(beyond_accuracy, "_DENSE_MOVIES", 0)


@pytest.mark.usefixtures("_each_way")
def test_diversity_is_the_mean_distance_of_all_pairs(item_content):
    rng = np.random.default_rng(0)
    items = np.array([rng.permutation(50)[:6] for _ in range(30)] + [[0, 1, 2, 3, 4, 5]])

    found = diversity(as_rows(items, 50), item_content)

    pairs = np.triu_indices(6, k=1)
    expected = [cosine_distances(item_content[row])[pairs].mean() for row in items]
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.usefixtures("_each_way")
def test_diversity_is_the_same_in_blocks(item_content, monkeypatch):
    listed = rows(*np.random.default_rng(0).random((20, 50)) < 0.1)
    at_once = diversity(listed, item_content)
    monkeypatch.setattr(ranking, "BLOCK_BYTES", 3 * 4 * 200)
    monkeypatch.setattr(ranking, "FEWEST_ROWS", 1)

    assert diversity(listed, item_content) == pytest.approx(at_once, rel=1e-12)


@pytest.mark.usefixtures("_each_way")
def test_diversity_leaves_padding_out(item_content):
    found = diversity(lists([7, 9, -1, -1], n_movies=50), item_content)

    assert found == pytest.approx([cosine_distances(item_content[[7, 9]])[0, 1]], abs=1e-6)


@pytest.mark.usefixtures("_each_way")
def test_diversity_of_fewer_than_two_movies_is_not_defined(item_content):
    listed = rows(*np.eye(51, 50))

    assert np.isnan(diversity(listed, item_content)).all()


def test_popularity_lift_by_hand():
    # The history's movies have 3 ratings on average, the list's 8, then 3, then 2.
    histories = rows(*[[0, 1, 0, 1]] * 3)

    found = popularity_lift(lists([0, 2], [3, 1], [1, -1]), histories, np.array([10, 2, 6, 4]))

    assert found == pytest.approx([5 / 3, 0, -1 / 3])


def test_popularity_lift_needs_a_list_and_a_history():
    listed = lists([-1, -1], [0, 1], n_movies=2)

    found = popularity_lift(listed, rows([0, 1], [0, 0]), np.array([10, 2]))

    assert np.isnan(found).all()


def test_a_movie_s_genres_share_its_weight_evenly():
    # Once A, and once half A and half B.
    assert genre_shares(rows([1, 1, 0, 0]), GENRES).tolist() == [[0.75, 0.25, 0]]


def test_movies_without_genres_are_left_out():
    assert genre_shares(rows([0, 0, 1, 1]), GENRES).tolist() == [[0, 0, 1]]


def test_genre_shares_of_nothing_are_not_defined():
    assert np.isnan(genre_shares(rows([0, 0, 0, 0], [0, 0, 1, 0]), GENRES)).all()


def test_miscalibration_is_that_of_scipy_for_many_genres():
    rng = np.random.default_rng(0)
    one_genre_each = np.eye(6, dtype=np.float32)[np.arange(30) % 6]
    listed, known = rng.random((25, 30)) < 0.3, rng.random((25, 30)) < 0.3

    found = miscalibration(rows(*listed), rows(*known), one_genre_each)

    # scipy makes shares of numbers by itself.
    totals = [of_users.astype(float) @ one_genre_each for of_users in (listed, known)]
    expected = jensenshannon(*totals, base=2, axis=1) ** 2
    assert found == pytest.approx(expected, abs=1e-8)


def test_lists_with_the_genres_of_the_history_are_calibrated():
    history = rows([0, 1, 0, 1])

    assert miscalibration(lists([3, 1]), history, GENRES) == pytest.approx([0], abs=1e-12)


def test_lists_with_none_of_the_history_s_genres_are_one_apart():
    assert miscalibration(lists([3]), rows([1, 1, 0, 0]), GENRES) == pytest.approx([1])


def test_miscalibration_needs_genres_on_both_sides():
    histories = rows([1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0])

    found = miscalibration(lists([-1], [0], [0], [2]), histories, GENRES)

    assert np.isnan(found).all()


def test_lists_as_rows_hold_no_padding():
    found = as_rows(np.array([[2, 0], [-1, -1], [1, -1]]), 4)

    assert found.toarray().tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0]]


@pytest.fixture
def lists_of_two(split_of, fixed) -> Evaluation:
    """Of two users with a test rating, who get movies 0, 1 and 1, 3 by one of two models.

    Of four users with a training rating one rated movie 0, one movie 2 and two movie 3; user 1
    is held out whole, and knows movie 2.
    """
    nothing = [0, 0, 0, 0]
    train = [[0, 0, 0, 5], nothing, [0, 0, 0, 5], [5, 0, 0, 0], [0, 0, 5, 0]]
    known = [train[0], [0, 0, 5, 0], *train[2:]]
    test = [[0, 5, 0, 0], [0, 5, 0, 0], *[nothing] * 3]
    tables = {"given": [[0] * 4, [0] * 4, [0, 3, 0, 0], [5, 4, 0, 0]], "silent": np.zeros((4, 4))}
    models = [fixed(table, name) for name, table in tables.items()]
    return evaluate(models, split_of(train, test, known), cutoffs=(2,))


def test_list_qualities_by_hand(lists_of_two):
    # Movies 0 and 2 are of one genre, 1 and 3 of another; their content is the same.
    genres = np.eye(2, dtype=np.float32)[[0, 1, 0, 1]]

    per_user, overall = list_qualities(
        lists_of_two, sparse.csr_array(genres), pd.DataFrame(genres), k=2
    )

    # A movie with a rating by one of the four training users has 2 bits, by two of them 1 bit;
    # one without counts as one with one.
    given = per_user["given"].xs(2, axis=1, level="k")
    assert given["Novelty"].tolist() == pytest.approx([2, 1.5])
    assert given["Diversity"].tolist() == pytest.approx([1, 0])
    # Ratings of the list's movies, 1 and 0, 0 and 2, over those of the user's, 2 and 1.
    assert given["PopularityLift"].tolist() == pytest.approx([0.5 / 2 - 1, 1 / 1 - 1])
    # Half of the first list is of the history's genre; nothing of the second is.
    assert given["Miscalibration"].tolist() == pytest.approx([0.311278, 1], abs=1e-6)
    assert overall.columns.tolist() == ["model", "metric", "k", "mean"]
    of_given = overall[overall["model"] == "given"].set_index("metric")["mean"]
    # Exposures 0, 1, 1, 2: a mean difference of 0.75 over twice the mean of 1.
    assert of_given.to_dict() == pytest.approx({"Coverage": 0.75, "Gini": 0.375})
    metrics = ["Novelty", "Diversity", "PopularityLift", "Miscalibration"]
    expected = pd.MultiIndex.from_product(
        [["given", "silent"], metrics, [2]], names=["model", "metric", "k"]
    )
    assert per_user.columns.equals(expected)


def test_list_qualities_are_those_of_the_first_k(lists_of_two):
    ones = np.ones((4, 1), dtype=np.float32)

    _, overall = list_qualities(lists_of_two, sparse.csr_array(ones), pd.DataFrame(ones), k=1)

    coverage = overall[overall["metric"] == "Coverage"].set_index("model")["mean"]
    # The tie order gives both users movie 3 first, which user 0 knows.
    assert coverage.to_dict() == {"given": 0.5, "silent": 0.5}


@pytest.fixture
def two_models(split_of, fixed) -> Evaluation:
    """Three users; the first model lists movies 1, 2 for each, the second 2, 3 for two of them."""
    train = np.eye(3, 4)[[0, 0, 0]]
    test = np.eye(3, 4)[[1, 1, 1]]
    models = [fixed([[0, 3, 2, 1]], "first"), fixed([[0, 1, 3, 2]], "second")]
    return evaluate(models, split_of(train, test), cutoffs=(2, 10))


def test_lists_of_a_model_overlap_with_themselves_and_half_with_those_of_another(two_models):
    found = beyond_accuracy.list_overlap(two_models, k=2)
    assert found.index.tolist() == found.columns.tolist() == ["first", "second"]
    assert found.to_numpy().tolist() == [[1, 0.5], [0.5, 1]]


def test_places_are_added_up_from_the_most_listed_movie_on(two_models):
    found = beyond_accuracy.exposure(two_models, ["first"], k=2)
    assert found["first"].tolist() == [0, 0.5, 1, 1, 1]
