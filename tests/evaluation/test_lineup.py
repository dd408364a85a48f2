"""The compared models on real data give the numbers that were measured before."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.data.content import content_text, genre_and_decade, tfidf
from movierec.data.interactions import select_interactions
from movierec.data.splits import user_random
from movierec.data.tables import read_tables
from movierec.evaluation.experiment import evaluate
from movierec.evaluation.lineup import CHOSEN, Settings, compared_models
from movierec.models import ease

SETTINGS = Settings(
    factors=64,
    regularization=30.0,
    alpha=1.43,
    iterations=15,
    like_from=2.0,
    als_term_stars=10.5,
    als_genre_stars=7.0,
    ease_regularization=3675.0,
    ease_term_stars=22.0,
    ease_genre_stars=15.6,
    ease_share=0.5,
    seed=0,
)


@pytest.fixture(scope="module")
def ndcg_at_10(ml_latest_small: Path) -> pd.Series:
    """NDCG@10 by model: the 1,000 most rated movies, a fifth of each user's ratings hidden.

    The mean of two splits, since one moves the weaker models by as much as is allowed.
    """
    tables = read_tables(ml_latest_small)
    interactions = select_interactions(tables.ratings, 1_000)
    movies = tables.movies[tables.movies["movieId"].isin(interactions.movie_ids)]
    _, item_content = tfidf(content_text(movies, tables.tags), 5_000)
    item_genres = genre_and_decade(movies)
    evaluations = [
        evaluate(
            compared_models(SETTINGS, item_content, item_genres),
            user_random(interactions.user_items, 0.2, seed),
            cutoffs=(10,),
        )
        for seed in (0, 1)
    ]
    means = [one.per_user.mean().xs(("NDCG", 10), level=[1, 2]) for one in evaluations]
    return (means[0] + means[1]) / 2


@pytest.mark.parametrize(
    ("model", "measured"), [("popularity", 0.1945), ("als", 0.394), ("original_similarity", 0.139)]
)
def test_accuracy_is_as_measured(ndcg_at_10, model, measured):
    assert ndcg_at_10[model] == pytest.approx(measured, abs=0.015)


def test_the_hybrid_beats_every_other_model(ndcg_at_10):
    assert ndcg_at_10[CHOSEN] > ndcg_at_10.drop(CHOSEN).max()


def test_the_hybrid_is_as_good_as_it_was(ndcg_at_10):
    assert ndcg_at_10[CHOSEN] >= 0.405


@pytest.fixture
def world(two_tastes) -> tuple[sparse.csr_array, sparse.csr_array, sparse.csr_array]:
    """Ratings of ten movies, their words and their genres: even ones are alike, odd ones too."""
    kinds = sparse.csr_array(np.eye(2, dtype=np.float32)[np.arange(10) % 2])
    return two_tastes, kinds, kinds


def test_all_models_are_compared(world):
    _, content, genres = world

    assert [model.name for model in compared_models(SETTINGS, content, genres)] == [
        "popularity",
        "content",
        "original_similarity",
        "als",
        "als_content",
        "ease_content",
        "hybrid",
    ]


def test_dense_models_are_left_out_of_large_catalogues(world, monkeypatch):
    _, content, genres = world
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)

    assert [model.name for model in compared_models(SETTINGS, content, genres)] == [
        "popularity",
        "content",
        "als",
        "als_content",
        "hybrid",
    ]


def test_the_hybrid_of_a_large_catalogue_ranks_as_als_with_content(world, monkeypatch):
    train, content, genres = world
    monkeypatch.setattr(ease, "MAX_ITEMS", 9)
    models = {model.name: model for model in compared_models(SETTINGS, content, genres)}

    als_scores = models["als_content"].fit(train).score(train)
    hybrid_scores = models["hybrid"].fit(train).score(train)

    for part, whole in zip(als_scores, hybrid_scores, strict=True):
        assert np.corrcoef(part, whole)[0, 1] == pytest.approx(1, abs=1e-4)
