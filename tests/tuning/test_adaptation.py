"""Hyperparameters fitted to the data within a run."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from movierec.data.interactions import select_interactions
from movierec.datasets import DatasetFacts
from movierec.evaluation.inputs import EvaluationInputs
from movierec.settings import ADAPTED, ContentSettings, ModelSettings, ProtocolSettings
from movierec.tuning import adaptation
from movierec.tuning.adaptation import adapt, choose

SETTINGS = ModelSettings(factors=16, regularization=0.5, ease_regularization=20.0)
N_USERS = 120


@pytest.fixture(scope="module")
def inputs() -> EvaluationInputs:
    """Each user rated 12 of the 20 movies of one of two tastes, and 4 of all 40 at random."""
    rng = np.random.default_rng(0)
    rated = [
        np.unique(np.r_[rng.permutation(20)[:12] + 20 * (user % 2), rng.integers(0, 40, 4)])
        for user in range(N_USERS)
    ]
    ratings = pd.DataFrame(
        {
            "userId": np.repeat(np.arange(N_USERS), [len(movies) for movies in rated]),
            "movieId": np.concatenate(rated),
        },
        dtype=np.int32,
    ).assign(rating=np.float32(4), timestamp=np.int32(0))
    interactions = select_interactions(ratings, top_movies=40)
    movies = pd.DataFrame(
        {"movieId": interactions.movie_ids, "title": "Film (1999)", "genres": "Drama"}
    )
    tags = pd.DataFrame({"userId": 1, "movieId": [0], "tag": ["dull"], "timestamp": [5]})
    return EvaluationInputs(
        interactions,
        movies,
        tags,
        DatasetFacts("two-tastes", False, *[0] * 8, {}, {}),
        ProtocolSettings(test_share=0.3),
        ratings.head(0),
        SETTINGS,
        ContentSettings(film_facts=False),
    )


@pytest.fixture(scope="module")
def adapted(inputs):
    return adapt(inputs, inputs.split())


def test_of_values_as_good_as_the_best_the_nearest_to_the_start_is_chosen():
    # 2.0 is a tenth of a standard error behind 4.0, and 1.0 is ten of them.
    best = np.array([0.5, 0.7, 0.5, 0.7])
    alternating = np.array([0.1, -0.1, 0.1, -0.1])
    error = alternating.std(ddof=1) / 2
    tried = {1.0: best - alternating - 10 * error, 2.0: best - alternating - 0.1 * error, 4.0: best}
    assert choose(tried, start=1.0) == 2.0


def test_the_start_stays_where_nothing_is_better():
    tried = {value: np.array([0.5, 0.25]) for value in (1.0, 2.0)}
    assert choose(tried, start=2.0) == 2.0


def test_a_penalty_that_lets_noise_in_is_raised(adapted):
    tried = adapted.trials["regularization"]
    assert adapted.settings.regularization > 1.5 * SETTINGS.regularization
    assert tried[adapted.settings.regularization] > tried[SETTINGS.regularization] + 0.02


def test_what_is_chosen_was_tried_and_nearly_best(adapted):
    assert set(adapted.chosen) == set(adapted.trials)
    for step, tried in adapted.trials.items():
        assert tried[adapted.chosen[step]] > tried.max() - 0.03


def test_other_settings_stay(adapted):
    assert set(adapted.changes.index) <= ADAPTED


def test_held_out_ratings_are_never_seen(inputs, adapted):
    split = inputs.split()
    without = replace(split, test=split.test * 0)

    assert adapt(inputs, without).settings == adapted.settings


def test_penalties_found_on_some_users_grow_with_the_square_root_of_the_ratings(
    inputs, monkeypatch
):
    """One of four users, and movies of equal popularity: the ratings are four times as many."""
    monkeypatch.setattr(adaptation, "MAX_USERS", N_USERS // 2)
    found = adapt(inputs, inputs.split())

    on_all = found.settings.regularization
    assert on_all / found.chosen["regularization"] == pytest.approx(np.sqrt(2), rel=0.03)


def test_settings_are_kept_where_nothing_is_asked(inputs):
    given = inputs.with_settings(SETTINGS.replace(adapt=False))

    found = adapt(given, given.split())

    assert found.settings == given.settings
    assert found.changes.empty
    assert "`adapt` is off" in found.about


def test_too_few_users_leave_settings_as_they_are(inputs):
    few = replace(inputs, interactions=inputs.interactions.of_users(np.arange(40)))

    found = adapt(few, few.split())

    assert found.settings == SETTINGS
    assert "40 users, 50 are needed" in found.about


@pytest.fixture(scope="module")
def drifting(inputs) -> EvaluationInputs:
    """What is rated moves on from movie to movie; most users come and go within a year of ten."""
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(400), 8)
    years = np.where(users % 5, users / 40, rng.uniform(0, 10, len(users))) + rng.random(len(users))
    movies = np.clip(years * 4 + rng.normal(0, 3, len(users)), 0, 39).astype(np.int32)
    ratings = pd.DataFrame({"userId": users, "movieId": movies, "rating": np.float32(4)})
    ratings["timestamp"] = (years * 365.25 * 86_400).astype(np.int32)
    interactions = select_interactions(ratings.drop_duplicates(["userId", "movieId"]), 40)
    known = inputs.movies["movieId"].isin(interactions.movie_ids)
    protocol = ProtocolSettings(protocol="global-time", test_share=0.2)
    return replace(
        inputs, interactions=interactions, movies=inputs.movies[known], protocol=protocol
    )


def test_of_a_temporal_split_recency_is_chosen_on_earlier_ones_by_the_best_mean(drifting):
    split = drifting.split()

    found = adapt(drifting, split)

    for name in ("recency_weight", "recency_half_life_years"):
        assert getattr(found.settings, name) == found.trials[name].idxmax()
    assert found.settings.recency_weight > SETTINGS.recency_weight
    assert found.settings.recency_half_life_years <= 1
    without = adapt(drifting, replace(split, test=split.test * 0))
    assert without.settings == found.settings
