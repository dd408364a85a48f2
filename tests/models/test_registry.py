"""Which models are compared, and that on real data they give the numbers measured before."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.content.tfidf import known_content
from movierec.data.interactions import Interactions, select_interactions
from movierec.data.splits import make_split
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import evaluate
from movierec.models import ease, registry
from movierec.models.base import TimedModel
from movierec.models.original import OriginalSimilarity
from movierec.models.registry import SERVED, TARGET, WITHOUT_FACTS, build_models, require_known
from movierec.settings import ContentSettings, ModelSettings, ProtocolSettings

NAMES = [
    "random",
    "popularity",
    "recent_popularity",
    "content",
    "original_mean",
    "original_similarity",
    "item_knn",
    "bpr",
    "als",
    "ease",
    "als_content",
    "ease_content",
    "hybrid_served",
    "hybrid",
]


@pytest.fixture(scope="module")
def ndcg_at_10(ml_latest_small: Path, settings: ModelSettings) -> pd.Series:
    """NDCG@10 by model: the 1,000 most rated movies, a fifth of each user's ratings hidden.

    The mean of two splits, since one moves the weaker models by as much as is allowed.
    """
    tables = read_tables(ml_latest_small)
    interactions = select_interactions(tables.ratings, 1_000)
    movies = tables.movies[tables.movies["movieId"].isin(interactions.movie_ids)]
    features, plain = (
        ItemFeatures.of(movies, known_content(movies, tables.tags, ContentSettings(film_facts=on)))
        for on in (True, False)
    )
    evaluations = []
    for seed in (0, 1):
        split = make_split(
            interactions, ProtocolSettings(protocol="user-random", test_share=0.2, seed=seed)
        )
        models = build_models(settings, features, split.training, without_facts=plain)
        evaluations.append(evaluate(models.values(), split, cutoffs=(10,)))
    means = [one.per_user.mean().xs(("NDCG", 10), level=("metric", "k")) for one in evaluations]
    return (means[0] + means[1]) / 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "measured"),
    [
        ("popularity", 0.1945),
        ("item_knn", 0.3477),
        ("als", 0.394),
        ("ease", 0.3897),
        ("original_mean", 0.1117),
        ("original_similarity", 0.139),
    ],
)
def test_accuracy_is_as_measured(ndcg_at_10, model, measured):
    assert ndcg_at_10[model] == pytest.approx(measured, abs=0.015)


@pytest.mark.slow
def test_the_hybrid_beats_every_other_model(ndcg_at_10):
    assert ndcg_at_10[TARGET] > ndcg_at_10.drop(TARGET).max()


@pytest.mark.slow
def test_the_hybrid_is_as_good_as_it_was(ndcg_at_10):
    assert ndcg_at_10[TARGET] >= 0.405


@pytest.mark.slow
def test_every_model_beats_random(ndcg_at_10):
    assert ndcg_at_10["random"] < ndcg_at_10.drop("random").min()


@pytest.fixture
def features() -> ItemFeatures:
    """Terms and genres of ten movies: even ones are alike, odd ones too."""
    kinds = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(10) % 2])
    return ItemFeatures(kinds, kinds)


@pytest.fixture
def training(two_tastes) -> Interactions:
    times = np.zeros(two_tastes.nnz, dtype=np.int32)
    return Interactions(np.arange(20), np.arange(10), two_tastes, times)


def test_all_models_are_compared(settings, features, training):
    models = build_models(settings, features, training)

    assert list(models) == NAMES
    assert [model.name for model in models.values()] == NAMES


def test_all_models_score_all_movies(settings, features, training):
    train = training.user_items

    for model in build_models(settings, features, training).values():
        scores = model.fit(train).score(train)

        assert scores.shape == train.shape
        assert np.isfinite(scores).all()


def test_some_models_can_be_compared_without_the_chosen_one(settings, features, training):
    models = build_models(settings, features, training, "als, popularity")

    assert list(models) == ["popularity", "als"]


def test_the_baseline_has_something_to_be_compared_with(settings, features, training):
    with pytest.raises(ValueError, match="name a model to compare with popularity"):
        build_models(settings, features, training, "popularity")


def test_a_baseline_stays_beside_the_chosen_model(settings, features, training):
    models = build_models(settings, features, training, TARGET)
    assert list(models) == ["popularity", SERVED, TARGET]


@pytest.fixture
def plain() -> ItemFeatures:
    """Features that know less of the ten movies."""
    terms = sparse.csr_array(np.ones((10, 1), dtype=np.float32))
    return ItemFeatures(terms, terms)


def test_where_facts_are_features_the_hybrid_without_them_is_compared(
    settings, features, training, plain
):
    models = build_models(settings, features, training, without_facts=plain)

    assert list(models) == [*NAMES[:-2], WITHOUT_FACTS, SERVED, TARGET]
    assert [model.name for model in models.values()] == list(models)
    alone = build_models(settings, plain, training, TARGET)[TARGET]
    for model in (models[WITHOUT_FACTS], alone):
        model.fit(training.user_items)
    np.testing.assert_array_equal(
        models[WITHOUT_FACTS].score(training.user_items), alone.score(training.user_items)
    )


def test_names_are_those_of_all_models_in_order(settings, features, training, plain):
    models = build_models(settings, features, training, without_facts=plain)

    assert [*models] == registry.NAMES


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("als, bqr", "no model bqr here; there are random"),
        ("popularity", "name a model to compare"),
    ],
)
def test_names_are_refused_without_any_data(names, message):
    require_known("als, hybrid")
    with pytest.raises(ValueError, match=message):
        require_known(names)


@pytest.mark.parametrize(
    ("names", "compared"),
    [(TARGET, ["popularity", WITHOUT_FACTS, SERVED, TARGET]), ("als", ["popularity", "als"])],
)
def test_it_is_there_whenever_the_hybrid_is(settings, features, training, plain, names, compared):
    models = build_models(settings, features, training, names, without_facts=plain)

    assert list(models) == compared


def test_the_original_knows_no_facts(settings, features, training, plain):
    models = build_models(settings, features, training, without_facts=plain)
    train = training.user_items
    name = OriginalSimilarity.name
    expected = build_models(settings, plain, training)[name].fit(train).score(train)

    np.testing.assert_array_equal(models[name].fit(train).score(train), expected)


def test_an_unknown_model_is_told(settings, features, training):
    with pytest.raises(ValueError, match="no model svd here; there are random, popularity, "):
        build_models(settings, features, training, "als,svd")


def test_the_hybrid_compared_alone_is_that_compared_with_all(settings, features, training):
    train = training.user_items
    alone = build_models(settings, features, training, TARGET)
    together = build_models(settings, features, training)

    for model in together.values():
        model.fit(train)

    assert alone[TARGET].fit(train).score(train) == pytest.approx(together[TARGET].score(train))


def test_dense_models_are_left_out_of_large_catalogues(settings, features, training, monkeypatch):
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)

    names = list(build_models(settings, features, training))

    dense = {"original_similarity", "ease", "ease_content"}
    assert names == [name for name in NAMES if name not in dense]


def test_a_dense_model_cannot_be_asked_for_in_a_large_catalogue(
    settings, features, training, monkeypatch
):
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)

    with pytest.raises(ValueError, match="there is no model ease here"):
        build_models(settings, features, training, "als,ease")


def test_the_hybrid_of_a_large_catalogue_ranks_as_als_with_content(
    settings, features, training, monkeypatch
):
    train = training.user_items
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)
    models = build_models(settings, features, training)

    als_scores = models["als_content"].fit(train).score(train)
    hybrid_scores = models["hybrid"].fit(train).score(train)

    for part, whole in zip(als_scores, hybrid_scores, strict=True):
        assert np.corrcoef(part, whole)[0, 1] == pytest.approx(1, abs=1e-4)


def test_the_query_time_matters_to_recent_popularity_and_the_hybrid_only(
    settings, features, training
):
    models = build_models(settings, features, training)

    timed = [name for name, model in models.items() if isinstance(model, TimedModel)]
    assert timed == ["recent_popularity", SERVED, TARGET]


def test_hybrids_of_the_same_components_share_their_fit(settings, features, training):
    first = build_models(settings, features, training, TARGET)[TARGET].fit(training.user_items)
    weights = first.components.ease.weights
    other = settings.replace(ease_weight=0.9)

    second = build_models(other, features, training, TARGET, first.components)[TARGET]

    assert second.fit(training.user_items).components.ease.weights is weights
    assert not np.allclose(
        first.score(training.user_items), second.score(training.user_items), atol=1e-3
    )
