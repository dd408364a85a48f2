"""The hybrid adds z-scored component scores and recent popularity, and is restored as it was."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.content.tfidf import known_content
from movierec.data.interactions import Interactions, select_interactions
from movierec.data.splits import make_split
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import evaluate
from movierec.models.base import fit_once
from movierec.models.hybrid import Components, Hybrid
from movierec.models.recency import RecentPopularity
from movierec.models.registry import build_hybrid
from movierec.settings import ALSSettings, ContentSettings, HybridSettings, ProtocolSettings

ROW = sparse.csr_array((1, 3), dtype=np.float32)


class Fixed:
    """A model whose scores are given, and that remembers what it was fitted on."""

    name = "fixed"

    def __init__(self, *scores: list[float]):
        self._scores = np.array(scores, dtype=np.float32)
        self.fitted_on = []

    @fit_once
    def fit(self, train):
        self.fitted_on.append(train)

    def score(self, user_items):
        return self._scores


class Linear:
    """Gives who prefers movie m by g, g times row m of a table."""

    def __init__(self, table: np.ndarray):
        self._table = table

    def score_preferences(self, preferences):
        return preferences @ self._table


@pytest.fixture
def recent() -> RecentPopularity:
    """Of movies with 0, 1 and 3 ratings, all in one second."""
    rated = sparse.csr_array(np.array([[0, 1, 1], [0, 0, 1], [0, 0, 1]], dtype=np.float32))
    return RecentPopularity(
        Interactions(np.arange(3), np.arange(3), rated, np.zeros(4, dtype=np.int32)), 1.0
    )


@pytest.fixture
def make(recent):
    def hybrid(als, ease=None, ease_weight=0.0, recency_weight=0.0) -> Hybrid:
        settings = HybridSettings(ease_weight=ease_weight, recency_weight=recency_weight)
        return Hybrid(Components(als, ease), recent, settings)

    return hybrid


def test_components_add_by_their_weights_whatever_their_scale(make):
    # Both standardise to 1 and -1.
    hybrid = make(Fixed([100, 300, 200]), Fixed([0.5, 0.1, 0.3]), ease_weight=0.25)

    best = np.sqrt(1.5)
    assert hybrid.score(ROW)[0] == pytest.approx([-0.5 * best, 0.5 * best, 0], abs=1e-6)


@pytest.mark.parametrize("constant", [0.0, 2.0, 1.7])
def test_a_component_that_ties_all_movies_adds_nothing(make, constant):
    together = make(Fixed([3, 1, 2]), Fixed([constant] * 3), ease_weight=0.5).score(ROW)

    alone = make(Fixed([3, 1, 2]), ease_weight=0.5).score(ROW)
    assert together.tolist() == alone.tolist()


def test_rows_are_standardised_one_by_one(make):
    rows = sparse.csr_array((2, 2), dtype=np.float32)

    scores = make(Fixed([1, 3], [500, 100])).score(rows)

    assert scores == pytest.approx(np.array([[-1, 1], [1, -1]]))


def test_components_are_fitted_on_the_ratings(make):
    als, ease = Fixed([1, 2, 3]), Fixed([3, 2, 1])

    make(als, ease).fit(ROW)

    assert als.fitted_on == ease.fitted_on == [ROW]


def test_a_fitted_component_is_not_fitted_again(make):
    als = Fixed([1, 2, 3])
    als.fit(ROW)

    make(als).fit(ROW)

    assert als.fitted_on == [ROW]


def test_recent_popularity_adds_by_its_weight(make):
    hybrid, without = make(Fixed([1, 2, 3]), recency_weight=2.0), make(Fixed([1, 2, 3]))

    added = hybrid.score(ROW) - without.score(ROW)

    counts = np.log1p([0, 1, 3])
    expected = 2 * (counts - counts.mean()) / counts.std()
    assert added[0] == pytest.approx(expected, abs=1e-5)


def test_before_the_first_rating_nothing_is_recent(make):
    hybrid = make(Fixed([1, 2, 3]), recency_weight=2.0)

    early = hybrid.score_at(ROW, np.array([-5]))

    assert early.tolist() == make(Fixed([1, 2, 3])).score(ROW).tolist()


def test_a_score_is_linear_in_preferences_whatever_their_spread(make):
    table = np.array([[1, 0, 0], [0, 2, 5], [3, 1, 0]], dtype=np.float32)
    hybrid = make(Linear(table), Linear(table[::-1]), ease_weight=0.25)
    rated = np.array([[1, 1, 0], [1, -0.5, 0], [2, 0.5, 0]], dtype=np.float32)

    one, other, both = hybrid.score_preferences(sparse.csr_array(rated), np.zeros(3))

    assert one + other == pytest.approx(both, abs=1e-5)


def test_a_row_that_likes_all_it_rated_is_standardised(make):
    table = np.array([[1, 0, 0], [0, 2, 5], [3, 1, 0]], dtype=np.float32)
    rated = sparse.csr_array(np.array([[1, 0, 1]], dtype=np.float32))

    scores = make(Linear(table)).score_preferences(rated, np.zeros(1))

    assert scores.mean() == pytest.approx(0, abs=1e-6)
    assert scores.std() == pytest.approx(1)


def test_the_model_that_was_evaluated_is_restored_as_it_was(ml_latest_small: Path, tmp_path):
    tables = read_tables(ml_latest_small)
    interactions = select_interactions(tables.ratings, 1_000)
    movies = tables.movies[tables.movies["movieId"].isin(interactions.movie_ids)]
    split = make_split(interactions, ProtocolSettings())
    features = ItemFeatures.of(movies, known_content(movies, tables.tags, ContentSettings()))
    settings = ALSSettings(), HybridSettings()
    ranked = build_hybrid(*settings, features, split.training)
    evaluated = evaluate([ranked], split, cutoffs=(10,))

    ranked.save(tmp_path / "hybrid.npz")
    restored = build_hybrid(*settings, features, split.training)
    restored.restore(dict(np.load(tmp_path / "hybrid.npz")), split.train)

    rows, times = split.known[evaluated.users], split.query_times[evaluated.users]
    np.testing.assert_allclose(
        restored.score_at(rows, times), ranked.score_at(rows, times), atol=1e-5
    )
    again = evaluate([restored], split, cutoffs=(10,))
    np.testing.assert_array_equal(again.lists["hybrid"].items, evaluated.lists["hybrid"].items)
