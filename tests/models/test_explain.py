"""Parts of a score add up, and are what leaving the other parts out would give."""

import numpy as np
import pytest
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.data.interactions import Interactions
from movierec.models.als import ALS
from movierec.models.base import graded_preferences
from movierec.models.ease import EASE
from movierec.models.explain import (
    als_contributions,
    content_factors,
    content_share,
    contributions,
    ease_contributions,
    ease_own_features,
    feature_scores,
)
from movierec.models.hybrid import Hybrid
from movierec.models.registry import build_hybrid
from movierec.settings import ALSSettings, HybridSettings

N_USERS, N_ITEMS = 30, 7
LIKE_FROM, ALPHA, REGULARIZATION, DISCOUNT, EXPONENT = 3.0, 2.0, 4.0, 0.5, 0.6
SETTINGS = ALSSettings(
    factors=3,
    regularization=REGULARIZATION,
    alpha=ALPHA,
    iterations=20,
    positive_threshold=LIKE_FROM,
    activity_discount=DISCOUNT,
    rating_exponent=EXPONENT,
)

# What a cold-start user says of the movies, in stars, and 0 of those left out.
ROWS = {
    "likes": [5, 0, 4, 0, 0, 0, 3],
    "likes and dislikes": [5, 0.5, 0, 0, 1, 4, 0],
    "dislikes": [0, 1, 0, 0, 0, 0.5, 0],
}


@pytest.fixture(scope="module")
def stars() -> np.ndarray:
    """Half stars; users differ in how much they rate, and some ratings are no likes."""
    rng = np.random.default_rng(0)
    ratings = rng.integers(1, 11, size=(N_USERS, N_ITEMS)) / 2
    rated = rng.random((N_USERS, N_ITEMS)) < rng.uniform(0.3, 0.9, size=(N_USERS, 1))
    return np.where(rated, ratings, 0).astype(np.float32)


@pytest.fixture(scope="module")
def item_features() -> ItemFeatures:
    """Four terms, some movies without some of them, and two genres."""
    rng = np.random.default_rng(1)
    terms = rng.random((N_ITEMS, 4)) * (rng.random((N_ITEMS, 4)) < 0.6)
    genres = np.eye(2, dtype=np.float32)[np.arange(N_ITEMS) % 2]
    return ItemFeatures(sparse.csr_array(terms.astype(np.float32)), sparse.csr_array(genres))


@pytest.fixture(scope="module")
def features(item_features) -> sparse.csr_array:
    """The terms as rows (4, N_ITEMS) over movies."""
    return item_features.weighted(3.0, 0.0)[:4]


@pytest.fixture(scope="module")
def als(stars, features) -> ALS:
    return ALS(SETTINGS, features).fit(sparse.csr_array(stars))


@pytest.fixture(scope="module")
def ease(stars, features) -> EASE:
    return EASE(REGULARIZATION, SETTINGS, features).fit(sparse.csr_array(stars))


@pytest.fixture(scope="module")
def hybrid(stars, item_features) -> Hybrid:
    """With each rating some hours after the one before it."""
    train = sparse.csr_array(stars)
    times = 20_000 * np.arange(train.nnz, dtype=np.int32)
    interactions = Interactions(np.arange(N_USERS), np.arange(N_ITEMS), train, times)
    settings = HybridSettings(
        als_term_weight=3.0,
        als_genre_weight=1.0,
        ease_regularization=REGULARIZATION,
        ease_term_weight=2.0,
        ease_genre_weight=1.0,
        ease_weight=0.3,
        recency_weight=0.5,
        recency_half_life_years=0.001,
    )
    return build_hybrid(SETTINGS, settings, item_features, interactions).fit(train)


@pytest.fixture(params=["als", "ease"])
def explained(request, als, ease):
    """A model, and the function that takes its scores apart."""
    return {"als": (als, als_contributions), "ease": (ease, ease_contributions)}[request.param]


@pytest.fixture(params=ROWS.values(), ids=ROWS)
def row(request) -> sparse.csr_array:
    """One row of preferences."""
    return graded_preferences(sparse.csr_array(np.array([request.param], dtype=np.float32)))


def _unrated(row: sparse.csr_array) -> np.ndarray:
    return np.setdiff1d(np.arange(N_ITEMS), row.indices)


def _user_weights(stars: np.ndarray) -> np.ndarray:
    """What the likes of each user weigh, by hand: (n_users, 1)."""
    numbers = (stars >= LIKE_FROM).sum(axis=1)
    median = np.median(numbers[numbers > 0])
    return ((np.maximum(numbers, 1) / median) ** -DISCOUNT)[:, None]


def _liked(stars: np.ndarray) -> np.ndarray:
    """s of the likes, by hand, in double precision."""
    return 3.5 * (np.where(stars >= LIKE_FROM, stars, 0) / 3.5) ** EXPONENT


def _als_rows(stars: np.ndarray, features: sparse.csr_array) -> np.ndarray:
    """What ALS factorises, by hand: discounted likes, and below them features."""
    return np.vstack([_liked(stars) * _user_weights(stars), features.toarray()])


def _solved(factors: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The normal equations of one movie: confidence alpha * value, or 1 at no value.

    factors (n, f); values (n,); wanted (n,) bool: whose preference is 1, the others' being 0.
    """
    confidence = np.where(values == 0, 1, ALPHA * np.abs(values))
    gram = (factors.T * confidence) @ factors + REGULARIZATION * np.eye(factors.shape[1])
    return np.linalg.solve(gram, factors.T @ (confidence * wanted))


def _ridge(rows: np.ndarray, target: np.ndarray, item: int) -> np.ndarray:
    """Weights of all other columns that rebuild the target best; the item's own is zero."""
    others = np.arange(rows.shape[1]) != item
    gram = rows[:, others].T @ rows[:, others] + REGULARIZATION * np.eye(others.sum())
    weights = np.zeros(rows.shape[1])
    weights[others] = np.linalg.solve(gram, rows[:, others].T @ target)
    return weights


def test_parts_add_up_to_the_score(explained, row):
    model, contributions_of = explained
    scores = model.score_preferences(row)[0]
    for item in range(N_ITEMS):
        by_movie, by_feature = contributions_of(model, row, item)
        assert by_movie.sum() + by_feature.sum() == pytest.approx(scores[item], abs=1e-5)


def test_only_rated_movies_and_own_features_contribute(explained, row, features):
    model, contributions_of = explained
    for item in _unrated(row):
        by_movie, by_feature = contributions_of(model, row, item)
        assert set(np.flatnonzero(by_movie)) <= set(row.indices)
        assert set(np.flatnonzero(by_feature)) <= set(np.flatnonzero(features.toarray()[:, item]))


def test_als_content_factors_want_features_alone(als, stars, features):
    rows = _als_rows(stars, features)
    factors = np.vstack([als.user_factors, als.feature_factors])
    is_feature = np.arange(len(rows)) >= N_USERS
    found = content_factors(als)
    for item in range(N_ITEMS):
        wanted = (rows[:, item] > 0) & is_feature
        expected = _solved(factors, rows[:, item], wanted)
        np.testing.assert_allclose(found[item], expected, atol=1e-4)


def test_each_feature_brings_als_what_wanting_it_alone_would(als, stars, features, row):
    rows = _als_rows(stars, features)
    factors = np.vstack([als.user_factors, als.feature_factors])
    user = np.linalg.lstsq(als.item_factors, als.score_preferences(row)[0], rcond=None)[0]
    for item in _unrated(row):
        by_feature = als_contributions(als, row, item)[1]
        for feature in range(features.shape[0]):
            wanted = (np.arange(len(rows)) == N_USERS + feature) & (rows[:, item] > 0)
            alone = _solved(factors, rows[:, item], wanted)
            assert by_feature[feature] == pytest.approx(user @ alone, abs=1e-5)


def test_each_feature_brings_ease_what_a_regression_on_it_alone_would(ease, stars, features, row):
    rows = np.vstack([np.sqrt(_user_weights(stars)) * _liked(stars), features.toarray()])
    for item in _unrated(row):
        by_feature = ease_contributions(ease, row, item)[1]
        for feature in range(features.shape[0]):
            target = np.zeros(len(rows))
            target[N_USERS + feature] = rows[N_USERS + feature, item]
            alone = row.toarray()[0] @ _ridge(rows, target, item)
            assert by_feature[feature] == pytest.approx(alone, abs=1e-5)


def test_each_movie_brings_ease_what_a_regression_on_ratings_alone_would(
    ease, stars, features, row
):
    liked = np.sqrt(_user_weights(stars)) * _liked(stars)
    rows = np.vstack([liked, features.toarray()])
    ratings_alone = np.vstack([liked, np.zeros(features.shape)])
    for item in _unrated(row):
        by_movie = ease_contributions(ease, row, item)[0]
        expected = row.toarray()[0] * _ridge(rows, ratings_alone[:, item], item)
        np.testing.assert_allclose(by_movie, expected, atol=1e-5)


def test_parts_of_the_hybrid_and_recent_popularity_add_up_to_its_score(hybrid, row):
    now = np.array([hybrid.recent.last_time])
    scores, recency = hybrid.score_preferences(row, now)[0], hybrid.recency_scores(now)[0]
    for item in _unrated(row):
        by_movie, by_feature, offset = contributions(hybrid, row, item)
        total = by_movie.sum() + by_feature.sum() + recency[item] + offset
        assert total == pytest.approx(scores[item], abs=1e-4)


def test_the_offset_is_the_same_for_every_movie(hybrid, row):
    offsets = [contributions(hybrid, row, item)[2] for item in range(N_ITEMS)]
    assert offsets == pytest.approx([offsets[0]] * N_ITEMS)


def test_the_content_share_is_that_of_features_in_all_but_the_offset(hybrid, row):
    items = _unrated(row)
    shares = content_share(hybrid, content_factors(hybrid.components.als), row, items)
    for share, item in zip(shares, items, strict=True):
        by_movie, by_feature, _ = contributions(hybrid, row, item)
        expected = by_feature.sum() / (by_movie.sum() + by_feature.sum())
        assert share == pytest.approx(expected, rel=1e-2, abs=1e-3)


def test_where_nothing_was_rated_content_has_no_share(hybrid):
    nothing = sparse.csr_array((1, N_ITEMS), dtype=np.float32)
    shares = content_share(
        hybrid, content_factors(hybrid.components.als), nothing, np.arange(N_ITEMS)
    )
    assert np.isnan(shares).all()


def test_features_bring_to_all_movies_what_they_bring_to_each(hybrid, row):
    own = ease_own_features(hybrid.components.ease)
    found = feature_scores(hybrid, content_factors(hybrid.components.als), own, row)
    for item in _unrated(row):
        _, by_feature, _ = contributions(hybrid, row, item)
        assert found[item] == pytest.approx(by_feature.sum(), abs=1e-4)
