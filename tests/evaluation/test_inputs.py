"""Inputs of an evaluation, from what earlier stages leave."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from movierec.data.splits import validation
from movierec.data.tables import Tables
from movierec.datasets import DatasetFacts
from movierec.evaluation import inputs as inputs_module
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.inputs import EvaluationInputs
from movierec.models.popularity import Popularity
from movierec.models.random import Random
from movierec.models.registry import build_models
from movierec.settings import (
    ALSSettings,
    BaselineSettings,
    ContentSettings,
    DataSettings,
    HybridSettings,
    ProtocolSettings,
    SimilaritySettings,
)
from movierec.stages import OpenStage


@pytest.fixture
def inputs(interactions) -> EvaluationInputs:
    """Of forty users and thirty movies; movie 0 has a tag from time 5, and time 50."""
    ids = interactions.movie_ids
    movies = pd.DataFrame({"movieId": ids, "title": "Film (1999)", "genres": "Drama|War"})
    tags = pd.DataFrame(
        {"userId": 1, "movieId": ids[0], "tag": ["early", "late"], "timestamp": [5, 50]}
    )
    given = pd.DataFrame({"userId": [], "movieId": [], "rating": []})
    eda = OpenStage("01_eda", "mine")
    interactions.save(eda.output("interactions.npz"))
    for name, table in {"movies": movies, "tags": tags, "given": given}.items():
        table.to_parquet(eda.output(f"{name}.parquet"))
    DatasetFacts("mine", False, *[0] * 8, {}, {}).save(eda.output("dataset.json"))
    eda.commit(DataSettings())
    OpenStage("02_content_features", "mine").commit(ContentSettings(max_features=7))
    OpenStage("03_als_training", "mine").commit(ALSSettings(factors=3))
    OpenStage("04_hybrid_similarity", "mine").commit(SimilaritySettings(), HybridSettings())
    asked = ProtocolSettings(test_share=0.3, seed=4)
    baselines = BaselineSettings(knn_neighbours=9)
    return EvaluationInputs.load(OpenStage("05_evaluation", "mine"), asked, baselines)


def test_settings_are_those_of_the_stages_that_own_them(inputs):
    assert inputs.content.max_features == 7
    assert (inputs.settings.factors, inputs.settings.knn_neighbours) == (3, 9)
    assert (inputs.protocol.test_share, inputs.protocol.seed) == (0.3, 4)
    assert inputs.facts.name == "mine"
    assert inputs.genres.columns.tolist() == ["Drama", "War"]


def test_tags_from_the_split_time_on_are_no_features(inputs):
    whole = inputs.split()

    everything = inputs.features(whole)
    known = inputs.features(replace(whole, split_time=50))

    assert everything.terms[[0]].nnz == known.terms[[0]].nnz + 1
    assert np.array_equal(everything.genres.toarray(), known.genres.toarray())


def test_facts_of_films_are_features(inputs):
    titles = inputs.movies["title"].to_list()
    movies = inputs.movies.assign(title=["Alien (1979)", *titles[1:]])
    known = replace(inputs, movies=movies, content=ContentSettings())
    split = known.split()

    assert known.films == 1
    with_facts, without = known.features(split), known.features_without_facts(split)
    assert with_facts.terms[[0]].nnz > without.terms[[0]].nnz
    off = replace(known, content=known.content.replace(film_facts=False))
    assert np.array_equal(without.terms.toarray(), off.features(split).terms.toarray())


@pytest.mark.parametrize("off", [True, False])
def test_without_facts_there_is_nothing_to_leave_out(inputs, off):
    titles = inputs.movies["title"].to_list()
    if off:
        movies = inputs.movies.assign(title=["Alien (1979)", *titles[1:]])
        content = inputs.content.replace(film_facts=False)
        inputs = replace(inputs, movies=movies, content=content)

    assert inputs.films == 0
    assert inputs.features_without_facts(inputs.split()) is None


def test_models_are_validated_on_a_part_of_the_training_ratings(inputs):
    models = [Popularity(), Random(inputs.settings.seed)]
    evaluation = evaluate(models, inputs.split(), cutoffs=(10,), seed=4)

    means = inputs.validate(evaluation, "popularity,random")

    held_out = validation(evaluation.split, inputs.protocol)
    held = evaluate(models, held_out, cutoffs=(10,), seed=4)
    for name, one in {"validation": held, "test": evaluation}.items():
        assert means[name].to_dict() == one.values("NDCG").mean().to_dict()
    assert means["test"].is_monotonic_decreasing


def test_training_ratings_too_few_to_be_divided_again_validate_nothing(inputs):
    evaluation = evaluate([Popularity(), Random(0)], inputs.split(), cutoffs=(10,), seed=4)
    training = evaluation.split.training
    first = np.zeros(training.n_ratings, dtype=bool)
    first[training.user_items.indptr[:-1][np.diff(training.user_items.indptr) > 0]] = True
    one_each = replace(evaluation, split=replace(evaluation.split, training=training.only(first)))

    assert inputs.validate(one_each, "popularity,random").empty


@pytest.fixture
def few_diagnosed(monkeypatch) -> int:
    monkeypatch.setattr(inputs_module, "DIAGNOSED_USERS", 15)
    return 15


def test_of_many_users_diagnostics_train_and_evaluate_a_sample(inputs, few_diagnosed):
    split = inputs.split()
    features = inputs.features(split)
    models = build_models(inputs.settings, features, split.training, "als")
    whole = evaluate(models.values(), split, cutoffs=(10,), seed=4)

    sample, fitted = inputs.sampled(whole, models, features, None)

    users = sample.split.training.user_ids
    rows = np.flatnonzero(np.isin(split.training.user_ids, users))
    assert len(users) == few_diagnosed
    assert list(fitted) == list(models)
    expected = build_models(inputs.settings, features, split.training, "als")["als"]
    scores = expected.fit(split.train[rows]).score(split.known[rows])
    assert fitted["als"].score(sample.split.known) == pytest.approx(scores)
    assert sample.values("NDCG").shape == (np.count_nonzero(split.test[rows].sum(axis=1)), 2)


def test_of_few_users_diagnostics_are_of_all(inputs):
    split = inputs.split()
    models = {"popularity": Popularity()}
    whole = evaluate(models.values(), split, cutoffs=(10,))

    assert inputs.sampled(whole, models, inputs.features(split), None) == (whole, models)


def test_tags_of_hidden_ratings_are_no_features(inputs):
    split = inputs.split()
    user, movie = (int(one[0]) for one in split.test.nonzero())
    ids = split.training.user_ids[user], split.training.movie_ids[movie]
    tags = pd.DataFrame({"userId": ids[0], "movieId": ids[1], "tag": ["betrayal"], "timestamp": 0})

    words = [
        replace(inputs, tags=one).features(split).terms[[movie]].nnz for one in (tags, tags[:0])
    ]

    assert words[0] == words[1]
    everybody_s = replace(inputs, tags=tags.assign(userId=1))
    assert everybody_s.features(split).terms[[movie]].nnz == words[0] + 1


def tables_of(rows: list[tuple]) -> Tables:
    ratings = pd.DataFrame(rows, columns=["userId", "movieId", "rating", "timestamp"])
    ratings = ratings.astype({"rating": np.float32, "timestamp": np.int32})
    ids = sorted(set(ratings["movieId"]))
    movies = pd.DataFrame({"movieId": ids, "title": "Film (1999)", "genres": "Drama"})
    tags = pd.DataFrame({"userId": [], "movieId": [], "tag": [], "timestamp": []})
    return Tables(ratings, movies, tags, ratings[:0], 0, 0, 0, 0)


# Movie 9 is rated most, but only lately; before, movies 1 and 2 are.
EARLY = [(user, movie, 4.0, 10 * user + movie) for user in range(1, 5) for movie in (1, 2)]
LATE = [(user, movie, 4.0, 100 + user) for user in range(11, 19) for movie in (1, 9)]


def test_the_catalogue_of_a_temporal_split_is_what_was_known_at_its_time(settings):
    def catalogue(**protocol) -> EvaluationInputs:
        asked = ProtocolSettings(**protocol)
        data, facts = DataSettings(top_movies=2), DatasetFacts("mine", False, *[0] * 8, {}, {})
        tables = tables_of(EARLY + LATE)
        return EvaluationInputs.of(tables, facts, data, asked, settings, ContentSettings())

    assert catalogue().interactions.movie_ids.tolist() == [1, 9]
    found = catalogue(protocol="global-time", test_share=16 / 24)
    assert found.interactions.movie_ids.tolist() == found.movies["movieId"].tolist() == [1, 2]
    # The last sixteen of all ratings are held out, eight of which are of a kept movie.
    split = found.split()
    assert (split.split_time, split.train.nnz, split.test.nnz) == (111, 8, 8)


@pytest.mark.parametrize("changed", [False, True])
def test_a_temporal_split_reads_the_dataset_again_if_it_is_the_same(inputs, monkeypatch, changed):
    facts = replace(inputs.facts, sha256={"ratings.csv": "other"} if changed else {})
    tables = tables_of(EARLY + LATE)
    monkeypatch.setattr(inputs_module, "load_dataset", lambda name: (tables, facts))
    asked = ProtocolSettings(protocol="global-time", test_share=0.5)

    def load() -> EvaluationInputs:
        return EvaluationInputs.load(OpenStage("05_evaluation", "mine"), asked, BaselineSettings())

    if changed:
        with pytest.raises(ValueError, match="sample has changed since 01_eda"):
            load()
    else:
        assert load().interactions.user_items.nnz == 24
