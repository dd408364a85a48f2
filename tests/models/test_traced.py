"""Scores taken apart: the parts add up, and are what leaving the others out would give."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.models import ease
from movierec.models.als import ALS
from movierec.models.base import signed_preferences
from movierec.models.ease import EASE
from movierec.models.hybrid import Hybrid, HybridSettings
from movierec.models.recency import RecentPopularity
from movierec.models.traced import Traced, TracedALS, TracedEASE, TracedHybrid

N_USERS, N_ITEMS = 30, 7
LIKE_FROM, ALPHA, REGULARIZATION, DISCOUNT, EXPONENT = 3.0, 2.0, 4.0, 0.5, 0.6

# What somebody new says of the movies, in stars, and 0 of those left out.
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
def item_content() -> sparse.csr_array:
    rng = np.random.default_rng(1)
    terms = rng.random((N_ITEMS, 4)) * (rng.random((N_ITEMS, 4)) < 0.6)
    return sparse.csr_array(terms.astype(np.float32))


@pytest.fixture(scope="module")
def side(item_content) -> sparse.csr_array:
    """Four side rows, some movies not in all of them."""
    return sparse.csr_array(3 * item_content.T)


@pytest.fixture(scope="module")
def als(stars, side) -> ALS:
    return ALS(
        factors=3,
        regularization=REGULARIZATION,
        alpha=ALPHA,
        iterations=20,
        positive_threshold=LIKE_FROM,
        seed=0,
        item_features=side,
        activity_discount=DISCOUNT,
        rating_exponent=EXPONENT,
    ).fit(sparse.csr_array(stars))


@pytest.fixture(scope="module")
def traced_als(als, stars, side) -> TracedALS:
    return TracedALS.of(als, sparse.csr_array(stars), side)


@pytest.fixture(scope="module")
def ease_model(stars, side) -> EASE:
    model = EASE(
        REGULARIZATION, LIKE_FROM, side, activity_discount=DISCOUNT, rating_exponent=EXPONENT
    )
    return model.fit(sparse.csr_array(stars))


@pytest.fixture(scope="module")
def traced_ease(ease_model, side) -> TracedEASE:
    return TracedEASE.of(ease_model, side)


@pytest.fixture(scope="module")
def settings() -> HybridSettings:
    return HybridSettings(
        factors=3,
        regularization=REGULARIZATION,
        alpha=ALPHA,
        iterations=20,
        positive_threshold=LIKE_FROM,
        activity_discount=DISCOUNT,
        rating_exponent=EXPONENT,
        als_term_weight=3.0,
        als_genre_weight=1.0,
        ease_regularization=REGULARIZATION,
        ease_term_weight=2.0,
        ease_genre_weight=1.0,
        ease_weight=0.3,
        recency_weight=0.5,
        recency_half_life_years=0.001,
        solver="compiled",
        seed=0,
    )


@pytest.fixture(scope="module")
def genres() -> sparse.csr_array:
    return sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(N_ITEMS) % 2])


@pytest.fixture(scope="module")
def interactions(stars) -> Interactions:
    """The stars, each rated some hours after the one before it."""
    train = sparse.csr_array(stars)
    times = 20_000 * np.arange(train.nnz, dtype=np.int32)
    return Interactions(np.arange(N_USERS), np.arange(N_ITEMS), train, times)


@pytest.fixture(scope="module")
def traced_hybrid(settings, interactions, item_content, genres) -> TracedHybrid:
    return TracedHybrid.fit(settings, interactions, item_content, genres)


@pytest.fixture(params=["als", "ease"])
def traced(request, traced_als, traced_ease) -> Traced:
    return {"als": traced_als, "ease": traced_ease}[request.param]


@pytest.fixture(params=ROWS.values(), ids=ROWS)
def said(request) -> sparse.csr_array:
    """One row of signed_preferences."""
    return signed_preferences(
        sparse.csr_array(np.array([request.param], dtype=np.float32)), LIKE_FROM
    )


def _worth(said: np.ndarray) -> np.ndarray:
    """What signed_preferences count, by hand, in double precision: likes by the power, dislikes as said."""
    likes = said.astype(np.float64)
    likes[said > 0] = 3.5 * (likes[said > 0] / 3.5) ** EXPONENT
    return likes


def _like_weights(stars: np.ndarray) -> np.ndarray:
    """What the likes of each user weigh, by hand: (n_users, 1)."""
    numbers = (stars >= LIKE_FROM).sum(axis=1)
    typical = np.median(numbers[numbers > 0])
    return ((np.maximum(numbers, 1) / typical) ** -DISCOUNT)[:, None]


def _rows(stars: np.ndarray, side: sparse.csr_array) -> np.ndarray:
    """What ALS factorises, in double precision: weighted likes, and below them side rows."""
    liked = _worth(np.where(stars >= LIKE_FROM, stars, 0))
    return np.vstack([liked * _like_weights(stars), side.toarray()])


def _solved(factors: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The normal equations of one movie or user: confidence alpha * value, or 1 at no value.

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


def test_parts_add_up_to_the_score(traced, said):
    scores = traced.score(said)[0]
    for item in range(N_ITEMS):
        by_movie, by_side = traced.contributions(said, item)
        assert by_movie.sum() + by_side.sum() == pytest.approx(scores[item], abs=1e-5)


def test_what_side_rows_bring_adds_up_to_the_content_part(traced, said):
    content = traced.content_part(said)[0]
    for item in range(N_ITEMS):
        assert traced.contributions(said, item)[1].sum() == pytest.approx(content[item], abs=1e-5)


def test_only_rated_movies_and_own_side_rows_contribute(traced, said, side):
    for item in np.setdiff1d(np.arange(N_ITEMS), said.indices):
        by_movie, by_side = traced.contributions(said, item)
        assert set(np.flatnonzero(by_movie)) <= set(said.indices)
        assert set(np.flatnonzero(by_side)) <= set(np.flatnonzero(side.toarray()[:, item]))


def test_als_solves_each_movie_by_the_normal_equations(traced_als, stars, side):
    rows = _rows(stars, side)
    for item in range(N_ITEMS):
        expected = _solved(traced_als.row_factors, rows[:, item], rows[:, item] > 0)
        np.testing.assert_allclose(traced_als.item_factors[item], expected, atol=1e-4)


def test_als_content_factors_want_side_rows_alone(traced_als, stars, side):
    rows = _rows(stars, side)
    is_side = np.arange(len(rows)) >= N_USERS
    for item in range(N_ITEMS):
        wanted = (rows[:, item] > 0) & is_side
        expected = _solved(traced_als.row_factors, rows[:, item], wanted)
        np.testing.assert_allclose(traced_als.content_factors[item], expected, atol=1e-4)


def test_als_folds_somebody_in_by_the_normal_equations(traced_als, said):
    values = _worth(said.toarray()[0])
    values *= (np.count_nonzero(values) / traced_als.median_activity) ** -DISCOUNT
    user = _solved(traced_als.item_factors, values, values > 0)
    expected = traced_als.item_factors @ user
    np.testing.assert_allclose(traced_als.score(said)[0], expected, atol=1e-5)


def test_each_side_row_brings_als_what_wanting_it_alone_would(traced_als, stars, side, said):
    rows = _rows(stars, side)
    user = _solved_user(traced_als, said)
    for item in np.setdiff1d(np.arange(N_ITEMS), said.indices):
        by_side = traced_als.contributions(said, item)[1]
        for row in range(side.shape[0]):
            wanted = (np.arange(len(rows)) == N_USERS + row) & (rows[:, item] > 0)
            alone = _solved(traced_als.row_factors, rows[:, item], wanted)
            assert by_side[row] == pytest.approx(user @ alone, abs=1e-5)


def _solved_user(traced_als: TracedALS, said: sparse.csr_array) -> np.ndarray:
    """The factors that give the scores, from the scores themselves."""
    return np.linalg.lstsq(traced_als.item_factors, traced_als.score(said)[0], rcond=None)[0]


def test_als_says_nothing_to_somebody_without_a_like(traced_als):
    said = signed_preferences(
        sparse.csr_array(np.array([ROWS["dislikes"]], dtype=np.float32)), LIKE_FROM
    )
    assert not traced_als.score(said).any()


def test_traced_als_scores_like_the_untraced(als, traced_als, stars):
    rows = sparse.csr_array(stars)
    np.testing.assert_allclose(traced_als.score(rows), als.score(rows), atol=1e-3)


def test_ease_content_weights_are_ridge_regressions_on_side_rows_alone(traced_ease, stars, side):
    liked = _worth(np.where(stars >= LIKE_FROM, stars, 0))
    rows = np.vstack([np.sqrt(_like_weights(stars)) * liked, side.toarray()])
    side_alone = np.vstack([np.zeros_like(liked), side.toarray()])
    for item in range(N_ITEMS):
        whole = _ridge(rows, rows[:, item], item)
        content = _ridge(rows, side_alone[:, item], item)
        np.testing.assert_allclose(traced_ease.weights[:, item], whole, atol=1e-5)
        np.testing.assert_allclose(traced_ease.content_weights[:, item], content, atol=1e-5)


def test_each_side_row_brings_ease_what_a_regression_on_it_alone_would(
    traced_ease, stars, side, said
):
    liked = _worth(np.where(stars >= LIKE_FROM, stars, 0))
    rows = np.vstack([np.sqrt(_like_weights(stars)) * liked, side.toarray()])
    for item in np.setdiff1d(np.arange(N_ITEMS), said.indices):
        by_side = traced_ease.contributions(said, item)[1]
        for row in range(side.shape[0]):
            target = np.zeros(len(rows))
            target[N_USERS + row] = rows[N_USERS + row, item]
            alone = _worth(said.toarray()[0]) @ _ridge(rows, target, item)
            assert by_side[row] == pytest.approx(alone, abs=1e-5)


def test_each_movie_brings_ease_its_own_opinion_times_its_weight(traced_ease, said):
    own = _worth(said.toarray()[0])
    for item in np.setdiff1d(np.arange(N_ITEMS), said.indices):
        weights = traced_ease.weights[:, item] - traced_ease.content_weights[:, item]
        by_movie = traced_ease.contributions(said, item)[0]
        np.testing.assert_allclose(by_movie, own * weights, atol=1e-6)


def test_traced_ease_scores_like_the_untraced(ease_model, traced_ease, stars):
    rows = sparse.csr_array(stars)
    np.testing.assert_array_equal(traced_ease.score(rows), ease_model.score(rows))


def test_the_hybrid_s_parts_add_up_to_its_score(traced_hybrid, said):
    scores = traced_hybrid.score(said)[0]
    for item in np.setdiff1d(np.arange(N_ITEMS), said.indices):
        by_movie, by_side, rest = traced_hybrid.contributions(said, item)
        total = by_movie.sum() + by_side.sum() + traced_hybrid.lately[item] + rest
        assert total == pytest.approx(scores[item], abs=1e-4)


def test_the_hybrid_s_rest_is_the_same_for_every_movie(traced_hybrid, said):
    items = np.setdiff1d(np.arange(N_ITEMS), said.indices)
    rest = [traced_hybrid.contributions(said, item)[2] for item in items]
    assert rest == pytest.approx([rest[0]] * len(rest))


def test_content_s_share_is_that_of_the_side_rows_in_all_but_the_rest(traced_hybrid, said):
    shares = traced_hybrid.content_share(said)[0]
    for item in np.setdiff1d(np.arange(N_ITEMS), said.indices):
        by_movie, by_side, _ = traced_hybrid.contributions(said, item)
        expected = by_side.sum() / (by_movie.sum() + by_side.sum())
        assert shares[item] == pytest.approx(expected, rel=1e-2, abs=1e-3)


def test_where_nothing_was_said_content_has_no_share(traced_hybrid):
    nothing = sparse.csr_array((1, N_ITEMS), dtype=np.float32)
    assert np.isnan(traced_hybrid.content_share(nothing)).all()


def test_the_traced_hybrid_scores_like_the_untraced(
    traced_hybrid, settings, interactions, item_content, genres
):
    train = interactions.user_items
    parts = [
        (settings.als("als", settings.als_rows(item_content, genres)), 1 - settings.ease_weight),
        (settings.ease("ease", settings.ease_rows(item_content, genres)), settings.ease_weight),
    ]
    recent = RecentPopularity(interactions, settings.recency_half_life_years)
    untraced = Hybrid(parts, recent, settings.recency_weight).fit(train)
    now = np.full(N_USERS, interactions.timestamps.max())
    np.testing.assert_allclose(traced_hybrid.score(train), untraced.score_at(train, now), atol=1e-3)


def begun_at(begin, settings, interactions, item_content, genres) -> np.ndarray:
    """Scores of a hybrid that takes a single iteration from there."""
    settings = replace(settings, iterations=5)
    hybrid = TracedHybrid.fit(settings, interactions, item_content, genres, begin)
    return hybrid.score(interactions.user_items)


def test_begun_where_training_ends_the_hybrid_stays_there(
    settings, interactions, item_content, genres
):
    parts = item_content, genres
    settings = replace(settings, iterations=500)
    ended = TracedHybrid.fit(settings, interactions, *parts)

    begun = begun_at(ended.parts[0][0].item_factors, settings, interactions, *parts)

    np.testing.assert_allclose(begun, ended.score(interactions.user_items), atol=0.01)


def test_a_beginning_with_another_number_of_factors_is_not_taken(
    settings, interactions, item_content, genres
):
    parts = settings, interactions, item_content, genres
    other = np.ones((N_ITEMS, 2), dtype=np.float32)

    assert np.array_equal(begun_at(other, *parts), begun_at(None, *parts))


def test_beyond_what_ease_can_take_the_hybrid_is_als_alone(
    settings, interactions, item_content, genres, monkeypatch
):
    monkeypatch.setattr(ease, "MAX_ITEMS", N_ITEMS - 1)
    hybrid = TracedHybrid.fit(settings, interactions, item_content, genres)
    assert [type(part) for part, _ in hybrid.parts] == [TracedALS]
