"""Which models are compared, and that on real data they give the numbers measured before."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from movierec.content.features import genre_and_decade
from movierec.content.tfidf import known_content
from movierec.data.interactions import Interactions, select_interactions
from movierec.data.splits import Protocol, make_split
from movierec.data.tables import read_tables
from movierec.evaluation.evaluate import evaluate
from movierec.models import ease
from movierec.models.base import TimedModel
from movierec.models.registry import TARGET, Settings, build_models

NAMES = [
    "random",
    "popularity",
    "content",
    "original_mean",
    "original_similarity",
    "item_knn",
    "bpr",
    "als",
    "ease",
    "als_content",
    "ease_content",
    "hybrid",
]


@pytest.fixture(scope="module")
def ndcg_at_10(ml_latest_small: Path, settings: Settings) -> pd.Series:
    """NDCG@10 by model: the 1,000 most rated movies, a fifth of each user's ratings hidden.

    The mean of two splits, since one moves the weaker models by as much as is allowed.
    """
    tables = read_tables(ml_latest_small)
    interactions = select_interactions(tables.ratings, 1_000)
    movies = tables.movies[tables.movies["movieId"].isin(interactions.movie_ids)]
    item_content = known_content(movies, tables.tags, 5_000)
    evaluations = [
        evaluate(
            build_models(settings, item_content, genre_and_decade(movies)).values(),
            make_split(interactions, Protocol("user-random", 0.2, seed=seed)),
            cutoffs=(10,),
        )
        for seed in (0, 1)
    ]
    means = [one.per_user.mean().xs(("NDCG", 10), level=("metric", "k")) for one in evaluations]
    return (means[0] + means[1]) / 2


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


def test_the_hybrid_beats_every_other_model(ndcg_at_10):
    assert ndcg_at_10[TARGET] > ndcg_at_10.drop(TARGET).max()


def test_the_hybrid_is_as_good_as_it_was(ndcg_at_10):
    assert ndcg_at_10[TARGET] >= 0.405


def test_every_model_beats_random(ndcg_at_10):
    assert ndcg_at_10["random"] < ndcg_at_10.drop("random").min()


@pytest.fixture
def world(two_tastes) -> tuple[sparse.csr_array, sparse.csr_array, sparse.csr_array]:
    """Ratings of ten movies, their words and their genres: even ones are alike, odd ones too."""
    kinds = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(10) % 2])
    return two_tastes, kinds, kinds


def test_all_models_are_compared(settings, world):
    _, content, genres = world

    models = build_models(settings, content, genres)

    assert list(models) == NAMES
    assert [model.name for model in models.values()] == NAMES


def test_all_models_score_all_movies(settings, world):
    train, content, genres = world

    for model in build_models(settings, content, genres).values():
        scores = model.fit(train).score(train)

        assert scores.shape == train.shape
        assert np.isfinite(scores).all()


def test_some_models_can_be_compared_without_the_chosen_one(settings, world):
    _, content, genres = world

    models = build_models(settings, content, genres, "als, popularity")

    assert list(models) == ["popularity", "als"]


def test_the_baseline_has_something_to_be_compared_with(settings, world):
    _, content, genres = world

    with pytest.raises(ValueError, match="name a model to compare with popularity"):
        build_models(settings, content, genres, "popularity")


def test_a_baseline_stays_beside_the_chosen_model(settings, world):
    _, content, genres = world

    assert list(build_models(settings, content, genres, TARGET)) == ["popularity", TARGET]


def test_an_unknown_model_is_told(settings, world):
    _, content, genres = world

    with pytest.raises(ValueError, match="no model svd here; there are random, popularity, "):
        build_models(settings, content, genres, "als,svd")


def test_the_hybrid_compared_alone_is_that_compared_with_all(settings, world):
    train, content, genres = world
    alone = build_models(settings, content, genres, TARGET)
    together = build_models(settings, content, genres)

    for model in together.values():
        model.fit(train)

    assert alone[TARGET].fit(train).score(train) == pytest.approx(together[TARGET].score(train))


def test_dense_models_are_left_out_of_large_catalogues(settings, world, monkeypatch):
    _, content, genres = world
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)

    names = list(build_models(settings, content, genres))

    dense = {"original_similarity", "ease", "ease_content"}
    assert names == [name for name in NAMES if name not in dense]


def test_a_dense_model_cannot_be_asked_for_in_a_large_catalogue(settings, world, monkeypatch):
    _, content, genres = world
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)

    with pytest.raises(ValueError, match="there is no model ease here"):
        build_models(settings, content, genres, "als,ease")


def test_the_hybrid_of_a_large_catalogue_ranks_as_als_with_content(settings, world, monkeypatch):
    train, content, genres = world
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)
    models = build_models(settings, content, genres)

    als_scores = models["als_content"].fit(train).score(train)
    hybrid_scores = models["hybrid"].fit(train).score(train)

    for part, whole in zip(als_scores, hybrid_scores, strict=True):
        assert np.corrcoef(part, whole)[0, 1] == pytest.approx(1, abs=1e-4)


def test_recent_ratings_weigh_in_the_hybrid_only(settings, world):
    train, content, genres = world
    settings = replace(settings, recency_weight=3.0, recency_half_life_years=1.0)
    # Movie m was rated by 20 - m users, all within seconds, in which nothing fades.
    rated = sparse.csr_array(np.tril(np.ones((20, 10), dtype=np.float32)))
    times = np.arange(rated.nnz, dtype=np.int32)
    training = Interactions(np.arange(20), np.arange(10), rated, times)

    models = build_models(settings, content, genres, training=training)

    assert [name for name, model in models.items() if isinstance(model, TimedModel)] == [TARGET]
    hybrid = models[TARGET].fit(train)
    lately = stats.zscore(np.log1p(np.arange(20, 10, -1)))
    added = hybrid.score_at(train, np.full(20, rated.nnz)) - hybrid.score(train)
    assert added == pytest.approx(np.tile(3 * lately, (20, 1)), abs=1e-3)


def test_settings_are_found_among_other_values(settings):
    values = {"run": "sample", "top_movies": 1_000, **asdict(settings), "_": None}

    assert Settings.among(values) == settings


def test_a_missing_setting_is_named(settings):
    values = asdict(settings)
    del values["ease_weight"]

    with pytest.raises(KeyError, match="ease_weight"):
        Settings.among(values)
