"""The tuning task: what is asked, validation splits, and the value of a trial."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import linalg, sparse

from movierec.data.interactions import Interactions, select_interactions
from movierec.data.splits import TEMPORAL_SPLITS, Split, make_split
from movierec.datasets import load_dataset
from movierec.evaluation.evaluate import evaluate
from movierec.evaluation.inputs import EvaluationInputs
from movierec.models.ease import EASE, MAX_ITEMS
from movierec.models.recency import RecentPopularity
from movierec.settings import (
    ContentSettings,
    ModelSettings,
    PreferenceSettings,
    ProtocolSettings,
    SettingsError,
)
from movierec.tuning import search
from movierec.tuning.search import TuningTask, load_task, validation_splits

PROTOCOLS = ["user-random", "leave-last-out", "global-time", "unseen-users", "cold-movies", "given"]


@pytest.fixture(scope="module")
def timed(interactions: Interactions) -> Interactions:
    """The same ratings, each at a moment of its own in the course of years."""
    moments = np.random.default_rng(1).permutation(interactions.user_items.nnz)
    return replace(interactions, timestamps=(moments * 1_000_003).astype(np.int32))


@pytest.fixture
def load(dataset: Path) -> Callable[..., TuningTask]:
    """Load a task of the small dataset: `load("test_share=0.3", model="ease")`."""
    return lambda *assignments, model="ease", preset="tuned": load_task(
        str(dataset), model, preset, assignments
    )


def pairs(matrix: sparse.csr_array) -> set[tuple[int, int]]:
    return set(zip(*(part.tolist() for part in matrix.nonzero()), strict=True))


def split_by(name: str, whole: Interactions) -> tuple[Split, list[Split]]:
    """The split of a protocol, and its validation splits."""
    rows, columns = whole.user_items.nonzero()
    given = pd.DataFrame(
        {"userId": whole.user_ids[rows], "movieId": whole.movie_ids[columns], "rating": 4.0}
    )
    protocol = ProtocolSettings(protocol=name, test_share=0.3)
    split = make_split(whole, protocol, given[::7])
    return split, validation_splits(split, protocol, "ease")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_validation_split_holds_a_test_rating(timed, name):
    split, splits = split_by(name, timed)

    for one in splits:
        for part in (one.train, one.known, one.test):
            assert pairs(part)
            assert not pairs(part) & pairs(split.test)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_validation_splits_differ(timed, name):
    _, splits = split_by(name, timed)

    assert len(splits) > 1
    assert len({frozenset(pairs(one.test)) for one in splits}) == len(splits)


def test_what_is_left_out_last_no_earlier_validation_split_knows(timed):
    _, splits = split_by("leave-last-out", timed)

    for number, earlier in enumerate(splits):
        for later in splits[:number]:
            assert not (pairs(earlier.test) | pairs(earlier.known)) & pairs(later.test)


def test_temporal_validation_splits_divide_ever_fewer_of_the_first_ratings(timed):
    split, splits = split_by("global-time", timed)

    for number, one in enumerate(splits):
        late = one.train.nnz + one.test.nnz
        assert late == pytest.approx(split.train.nnz * (1 - 0.1 * number), abs=2)
        assert one.training.timestamps.max() < one.split_time
        assert pairs(one.test) | pairs(one.known) <= pairs(split.train)


@pytest.mark.parametrize(("ratings", "number"), [(3, 1), (4, 2), (5, 3), (6, 3)])
def test_there_are_as_many_temporal_splits_as_ratings_allow(timed, ratings, number):
    starts = np.repeat(timed.user_items.indptr[:-1], np.diff(timed.user_items.indptr))
    few = timed.only(np.arange(timed.user_items.nnz) - starts < ratings)

    assert len(split_by("leave-last-out", few)[1]) == number


@pytest.mark.parametrize(
    ("users", "model", "number"),
    [
        (1, "ease", 1),
        (39, "ease", 1),
        (60, "ease", 2),
        (60, "hybrid", 8),
        (10_000, "ease", 10),
        (10_000, "bpr", 4),
    ],
)
def test_the_fewer_users_judge_the_more_splits_there_are(timed, monkeypatch, users, model, number):
    monkeypatch.setattr(search, "USERS", users)
    protocol = ProtocolSettings(test_share=0.3)
    split = make_split(timed, protocol)
    assert np.count_nonzero(np.diff(split.test.indptr)) == 39

    assert len(validation_splits(split, protocol, model)) == number


def test_values_are_the_mean_ndcg_at_10_of_each_validation_split(load, dataset, monkeypatch):
    monkeypatch.setattr(search, "USERS", 60)
    task = load("test_share=0.3", "positive_threshold=2", "relevance_threshold=3", "top_movies=20")
    found = list(task.scores(task.settings.replace(ease_regularization=5.0)))

    protocol = ProtocolSettings(test_share=0.3)
    split = make_split(select_interactions(load_dataset(str(dataset))[0].ratings, 20), protocol)
    model = EASE(5.0, PreferenceSettings(positive_threshold=2))
    values = [
        evaluate([model], one, 3.0, cutoffs=(10,)).per_user["ease", "NDCG", 10].mean()
        for one in validation_splits(split, protocol, "ease")
    ]
    assert task.n_splits == 3
    assert found == pytest.approx(values)


def test_features_are_those_known_in_each_validation_split(load, monkeypatch):
    asked, features = [], EvaluationInputs.features

    def recorded(inputs, split):
        asked.append(split)
        return features(inputs, split)

    monkeypatch.setattr(EvaluationInputs, "features", recorded)
    task = load("protocol=global-time")
    for _ in range(2):
        list(task.scores(task.settings))

    times = [split.split_time for split in asked]
    assert times == sorted(set(times), reverse=True)
    assert len(times) == TEMPORAL_SPLITS


def test_weights_of_facts_are_searched_with_features_made_anew(load, dataset):
    films = "Alien (1979)|Aliens (1986)|Blade Runner (1982)|Amelie (2001)|Heat (1995)".split("|")
    lines = (dataset / "movies.csv").read_text().splitlines()
    for number, title in enumerate(films, start=1):
        lines[number] = f"{number - 1},{title},Drama"
    (dataset / "movies.csv").write_text("\n".join([*lines, ""]))
    task = load(model="ease_content")
    values = [
        np.mean([*task.scores(task.settings.replace(people_weight=weight, film_facts=on))])
        for weight, on in ((0.0, True), (30.0, True), (30.0, False), (0.0, True))
    ]

    assert {"people_weight", "origin_weight", "subject_weight"} < {*task.space}
    assert len({*values[:3]}) == 3
    assert values[0] == values[3]


def test_a_hybrids_components_are_fitted_once_for_all_trials(load, monkeypatch):
    monkeypatch.setattr(search, "USERS", 1)
    fits, inv = [], linalg.inv
    monkeypatch.setattr(linalg, "inv", lambda *a, **b: [fits.append(1), inv(*a, **b)][1])
    weights, small = (0.0, 0.5, 1.0), ("factors=2", "iterations=2")

    task = load(*small, model="hybrid")
    values = [[*task.scores(task.settings.replace(ease_weight=one))] for one in weights]

    assert len(fits) == task.n_splits == search.HYBRID_FACTOR
    alone = [load(*small, f"ease_weight={one}", model="hybrid") for one in weights]
    assert values == [[*task.scores(task.settings)] for task in alone]
    assert values[0] != values[1]


def test_where_ease_is_no_component_its_weight_is_not_searched(load, monkeypatch):
    assert MAX_ITEMS > 30
    monkeypatch.setattr("movierec.models.ease.MAX_ITEMS", 29)

    assert list(load(model="hybrid").space) == ["recency_weight", "recency_half_life_years"]


def test_what_is_fixed_goes_before_the_preset_and_that_before_the_defaults(load, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("alpha = 2.0\nfactors = 8\ncf_weight = 0.1\n")
    task = load("alpha=3", model="als", preset=str(path))

    assert (task.settings.alpha, task.settings.factors) == (3, 8)
    assert task.settings.iterations == ModelSettings().iterations
    assert "alpha" not in task.space


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("test_shard=0.1", "did you mean test_share"),
        ("cf_weight=0.5", "there is no parameter"),
        ("protocol=leave-first-out", "user-random"),
        ("dataset=sample", "--dataset"),
    ],
)
def test_an_assignment_that_cannot_work_is_refused(load, assignment, message):
    with pytest.raises(SettingsError, match=message):
        load(assignment)


def test_what_cannot_be_searched_is_refused_before_data_are_read():
    with pytest.raises(ValueError, match="nothing of ease is left"):
        load_task("nowhere", "ease", "tuned", ["ease_regularization=9"])


@pytest.mark.parametrize(
    ("assignments", "name"),
    [([], "tune-few-ease"), (["protocol=leave-last-out"], "tune-few-ease-leave-last-out")],
)
def test_a_run_is_named_after_what_is_tuned(load, assignments, name):
    assert load(*assignments).run_name == name


def test_users_with_and_without_a_history_count_the_same_in_temporal_validation(load, dataset):
    task = load("protocol=global-time", "test_share=0.3", model="recent_popularity")
    found = [*task.scores(task.settings)]

    inputs = EvaluationInputs.of(
        *load_dataset(str(dataset)), *[task.settings] * 3, ContentSettings.of(task.settings)
    )
    splits = validation_splits(inputs.split(), task.settings, "recent_popularity")
    for value, one in zip(found, splits, strict=True):
        model = RecentPopularity(one.training, task.settings.popularity_half_life_years)
        values = evaluate([model], one, cutoffs=(10,)).values("NDCG")["recent_popularity"]
        known = np.diff(one.known.indptr)[np.flatnonzero(np.diff(one.test.indptr))] > 0
        assert known.any()
        groups = [values[group].mean() for group in (known, ~known) if group.any()]
        assert value == pytest.approx(np.mean(groups))
    assert not known.all()


def test_what_is_served_is_tuned_for_what_people_will_like(load):
    assert load(model="hybrid_served").settings.relevance_threshold == 4
    fixed = load("relevance_threshold=3", model="hybrid_served")
    assert fixed.settings.relevance_threshold == 3
    assert load(model="hybrid").settings.relevance_threshold == 0
