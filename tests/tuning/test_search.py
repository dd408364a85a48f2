"""The search for hyperparameters: what it looks at, what it finds, and how it is taken up again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from scipy import sparse

from movierec.data.interactions import Interactions
from movierec.data.splits import Protocol, Split, make_split
from movierec.evaluation.evaluate import evaluate
from movierec.models.base import Diverged
from movierec.models.ease import EASE
from movierec.models.registry import Settings
from movierec.tuning import search as tuning
from movierec.tuning.search import Problem, Trial, importance, recorded, search, searched

PROTOCOLS = ["user-random", "leave-last-out", "global-time", "unseen-users", "cold-movies", "given"]


@pytest.fixture(scope="module")
def timed(interactions: Interactions) -> Interactions:
    """The same ratings, each at a moment of its own in the course of years."""
    query_times = np.random.default_rng(1).permutation(interactions.user_items.nnz)
    return replace(interactions, timestamps=(query_times * 1_000_003).astype(np.int32))


@pytest.fixture(scope="module")
def movies(timed: Interactions) -> pd.DataFrame:
    genres = ["Comedy", "Drama|War"] * 15
    titles = [f"Film {number} ({1980 + number})" for number in range(30)]
    return pd.DataFrame({"movieId": timed.movie_ids, "title": titles, "genres": genres})


@pytest.fixture(scope="module")
def tags(timed: Interactions) -> pd.DataFrame:
    movie_ids = timed.movie_ids[:6]
    return pd.DataFrame({"movieId": movie_ids, "tag": "funny", "timestamp": np.int32(5)})


@pytest.fixture(scope="module")
def usual(timed, movies, tags, settings) -> dict:
    """What `ask` asks when it is told nothing."""
    return {
        "model": "ease",
        "start": settings,
        "interactions": timed,
        "movies": movies,
        "tags": tags,
        "max_features": 100,
        "protocol": Protocol(test_share=0.3),
    }


@pytest.fixture(scope="module")
def ask(usual) -> Callable[..., Problem]:
    """Make a problem of EASE on these ratings: `ask(protocol=..., model=...)`."""
    return lambda **changes: tuning.problem(**usual | changes)


@pytest.fixture
def hill(settings: Settings) -> Problem:
    """The best ease_weight is 0.8, nothing else matters; the start has 0.5."""
    space = {"ease_weight": FloatDistribution(0, 1), "bpr_iterations": IntDistribution(30, 500)}
    return Problem(
        "hill", 1, settings, space, {"model": "hill"}, lambda one: 1 - (one.ease_weight - 0.8) ** 2
    )


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "tuning.journal"


def found(trials: list[Trial]) -> list[tuple]:
    """All of some trials but the time they took."""
    return [(one.number, one.params, one.value) for one in trials]


def pairs(matrix: sparse.csr_array) -> set[tuple[int, int]]:
    return set(zip(*(part.tolist() for part in matrix.nonzero()), strict=True))


def without_the_first(whole: Interactions) -> Interactions:
    return whole.only(np.arange(whole.user_items.nnz) > 0)


def protocol_named(name: str, whole: Interactions) -> Protocol:
    rows, columns = whole.user_items.nonzero()
    given = pd.DataFrame(
        {"userId": whole.user_ids[rows], "movieId": whole.movie_ids[columns], "rating": 4.0}
    )
    return Protocol(name, test_share=0.3, given=given[::7])


@pytest.fixture
def evaluated(monkeypatch) -> list[Split]:
    """The splits that models are evaluated on from now on."""
    splits = []

    def note(models, split, *others):
        splits.append(split)
        return evaluate(models, split, *others)

    monkeypatch.setattr(tuning, "evaluate", note)
    return splits


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_trial_sees_the_test_part(ask, timed, evaluated, name):
    protocol = protocol_named(name, timed)
    asked = ask(protocol=protocol)
    asked.score(asked.start)

    test = pairs(make_split(timed, protocol).test)
    assert len(evaluated) == asked.parts
    for fold in evaluated:
        for part in (fold.train, fold.known, fold.test):
            assert pairs(part)
            assert not pairs(part) & test


@pytest.mark.parametrize("name", PROTOCOLS)
def test_validation_parts_differ(ask, timed, evaluated, name):
    asked = ask(protocol=protocol_named(name, timed))
    asked.score(asked.start)

    assert len({frozenset(pairs(fold.test)) for fold in evaluated}) == asked.parts


@pytest.mark.parametrize(("users", "parts"), [(1, 1), (39, 1), (60, 2), (10_000, 10)])
def test_the_fewer_users_judge_the_more_parts_there_are(ask, timed, monkeypatch, users, parts):
    monkeypatch.setattr(tuning, "USERS", users)
    assert np.count_nonzero(np.diff(timed.user_items.indptr) > 1) == 39

    assert ask().parts == parts


@pytest.mark.parametrize(("ratings", "parts"), [(3, 1), (4, 2), (5, 3), (6, 3)])
def test_in_time_there_are_as_many_parts_as_ratings_allow(ask, usual, timed, ratings, parts):
    first = np.arange(timed.user_items.nnz) - np.repeat(
        timed.user_items.indptr[:-1], np.diff(timed.user_items.indptr)
    )
    few = timed.only(first < ratings)

    assert ask(interactions=few, protocol=Protocol("leave-last-out")).parts == parts


@pytest.mark.parametrize("name", ["leave-last-out", "global-time"])
def test_what_one_validation_part_asks_by_time_no_other_asks_or_knows(ask, timed, evaluated, name):
    asked = ask(protocol=Protocol(name, test_share=0.3))
    asked.score(asked.start)

    for earlier in range(1, tuning.PARTS_IN_TIME):
        fold = evaluated[earlier]
        for later in evaluated[:earlier]:
            assert not (pairs(fold.test) | pairs(fold.known)) & pairs(later.test)


def test_tags_from_after_a_validation_parts_cut_are_not_read(ask, tags, monkeypatch):
    read = []
    monkeypatch.setattr(
        tuning, "known_content", lambda movies, tags, n, before: read.append(before)
    )
    ask(protocol=Protocol("global-time", test_share=0.3))

    assert None not in read
    assert len(read) == tuning.PARTS_IN_TIME


def test_a_value_is_the_mean_ndcg_at_10_over_the_validation_parts(ask, settings, evaluated):
    asked = ask()
    value = asked.score(replace(settings, ease_regularization=5.0))

    model = EASE(
        5.0,
        settings.positive_threshold,
        activity_discount=settings.activity_discount,
        rating_exponent=settings.rating_exponent,
    )
    means = [
        evaluate([model], fold, cutoffs=(10,)).per_user["ease", "NDCG", 10].mean()
        for fold in evaluated
    ]
    assert value == pytest.approx(np.mean(means))


def test_a_model_that_diverges_is_worth_nothing(ask, monkeypatch):
    def diverge(*_):
        raise Diverged("far too large")

    monkeypatch.setattr(tuning, "evaluate", diverge)
    asked = ask()

    assert asked.score(asked.start) == 0


def test_what_has_no_effect_on_a_hybrid_without_ease_is_not_searched():
    space = searched("hybrid", dense=False)

    assert space
    assert not [name for name in space if name.startswith("ease")]


@pytest.mark.parametrize("model", tuning.SPACES)
def test_all_that_is_searched_is_a_setting(model, settings):
    assert all(hasattr(settings, name) for name in searched(model))


def test_what_is_fixed_is_not_searched(ask):
    asked = ask(model="item_knn", fixed={"knn_shrinkage": 3.0})

    assert list(asked.space) == ["knn_neighbours"]


def test_a_model_without_hyperparameters_is_told_from_those_that_have_some():
    with pytest.raises(ValueError, match=r"'popularity' has nothing to tune; there are .*hybrid"):
        searched("popularity")


def test_fixing_all_there_is_leaves_nothing():
    with pytest.raises(
        ValueError, match="nothing of ease is left to tune: leave ease_regularization open"
    ):
        searched("ease", fixed=searched("ease"))


def test_the_start_is_tried_first_just_as_it_is(hill, journal):
    start = replace(hill.start, ease_weight=0.123456)
    first = next(search(replace(hill, start=start), journal, 1))

    assert first.params == {"ease_weight": 0.123456, "bpr_iterations": start.bpr_iterations}
    assert first.value == 1 - (0.123456 - 0.8) ** 2


def test_what_is_tried_is_said_in_three_digits(hill, journal):
    for trial in search(hill, journal, 15):
        share, iterations = trial.params.values()
        assert share == float(f"{share:.3g}")
        assert isinstance(iterations, int)


def test_a_search_finds_the_top_of_a_hill(hill, journal):
    trials = list(search(hill, journal, 40))

    assert tuning.best(trials).params["ease_weight"] == pytest.approx(0.8, abs=0.03)


def test_trials_end_at_their_number(hill, journal):
    assert len(list(search(hill, journal, 3))) == 3
    assert list(search(hill, journal, 3)) == []
    assert [trial.number for trial in search(hill, journal, 5)] == [4, 5]


def test_the_same_seed_searches_the_same(hill, tmp_path):
    one, other = (list(search(hill, tmp_path / name, 15)) for name in "ab")

    assert found(one) == found(other)


def test_another_seed_searches_elsewhere(hill, tmp_path):
    other = replace(hill, start=replace(hill.start, seed=4_294_967_295))
    one, two = list(search(hill, tmp_path / "a", 5)), list(search(other, tmp_path / "b", 5))

    assert found(one)[0] == found(two)[0]
    assert found(one)[1:] != found(two)[1:]


def test_a_search_taken_up_again_comes_to_the_same(hill, tmp_path):
    whole = list(search(hill, tmp_path / "whole", 16))
    for number in (1, 7, 13, 16):
        list(search(hill, tmp_path / "parts", number))

    assert found(recorded(hill, tmp_path / "parts")) == found(whole)


def test_an_interrupted_trial_is_tried_anew(hill, tmp_path):
    calls = []

    def interrupted(settings: Settings) -> float:
        calls.append(settings)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return hill.score(settings)

    with pytest.raises(KeyboardInterrupt):
        list(search(replace(hill, score=interrupted), tmp_path / "cut", 15))
    assert len(recorded(hill, tmp_path / "cut")) == 11
    list(search(hill, tmp_path / "cut", 15))

    whole = list(search(hill, tmp_path / "whole", 15))
    assert found(recorded(hill, tmp_path / "cut")) == found(whole)


def test_a_trial_is_kept_before_it_is_told(hill, journal):
    for trial in search(hill, journal, 3):
        assert recorded(hill, journal)[-1] == trial


def test_no_trial_begins_when_the_time_is_up(hill, journal):
    assert list(search(hill, journal, 5, minutes=0)) == []


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"trials": 0}, "at least 1"),
        ({"trials": 1, "minutes": -1}, "0 or more"),
        ({"trials": 1, "minutes": float("nan")}, "0 or more"),
    ],
)
def test_limits_that_make_no_sense_are_refused(hill, journal, limits, message):
    with pytest.raises(ValueError, match=message):
        next(search(hill, journal, **limits))


def test_a_start_from_outside_the_space_is_tried_and_not_believed(hill, journal):
    outside = replace(hill, start=replace(hill.start, ease_weight=2.0, bpr_iterations=7))
    trials = list(search(outside, journal, 15))

    assert trials[0].params == {"ease_weight": 2.0, "bpr_iterations": 7}
    assert all(0 <= trial.params["ease_weight"] <= 1 for trial in trials[1:])


CHANGES = {
    "model": lambda usual: {"model": "item_knn"},
    "range of ease_regularization": lambda usual: {"model": "als"},
    "start of factors": lambda usual: {"start": replace(usual["start"], factors=3)},
    "ratings": lambda usual: {"interactions": without_the_first(usual["interactions"])},
    "movies": lambda usual: {"movies": usual["movies"].assign(title="Another (1999)")},
    "tags": lambda usual: {"tags": usual["tags"].assign(tag="sad")},
    "max_features": lambda usual: {"max_features": 99},
    "relevance_threshold": lambda usual: {"relevance_threshold": 4.0},
    "protocol": lambda usual: {"protocol": Protocol("leave-last-out", test_share=0.3)},
    "test_share": lambda usual: {"protocol": Protocol(test_share=0.2)},
    "seed": lambda usual: {"protocol": Protocol(test_share=0.3, seed=1)},
    "test.csv": lambda usual: {"protocol": protocol_named("given", usual["interactions"])},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_journal_of_another_search_is_refused(ask, usual, journal, what):
    next(search(replace(ask(), score=lambda _: 0.5), journal, 1))

    with pytest.raises(ValueError, match=rf"another search.*{what}.*--run") as error:
        next(search(ask(**CHANGES[what](usual)), journal, 2))
    assert str(journal) in str(error.value)


def test_another_date_to_cut_at_is_another_search(ask, journal):
    def at(date: str) -> Problem:
        return ask(protocol=Protocol("global-time", test_share=0.3, test_from=date))

    next(search(replace(at("1970-12-01"), score=lambda _: 0.5), journal, 1))
    with pytest.raises(ValueError, match=r"differ in test_from;"):
        recorded(at("1970-12-02"), journal)


@pytest.mark.parametrize(
    "content", [b"", b"[]\n", b"{}\n[]\n", b"{\n", b"\xff\xfe", b'{"a": 1}\n1\n']
)
def test_what_is_no_journal_is_refused_and_left_alone(hill, journal, content):
    journal.write_bytes(content)

    with pytest.raises(ValueError, match=r"tuning\.journal is no journal .*delete"):
        next(search(hill, journal, 1))
    assert journal.read_bytes() == content


def test_a_journal_is_lines_of_json(hill, journal):
    list(search(hill, journal, 2))

    about, *trials = map(json.loads, journal.read_text().splitlines())
    assert about == {"model": "hill"}
    assert [one["number"] for one in trials] == [1, 2]


def test_of_equal_trials_the_first_is_the_best():
    trials = [Trial(number, {}, value, 1.0) for number, value in enumerate([0.1, 0.3, 0.3], 1)]

    assert tuning.best(trials).number == 2


def test_the_table_of_trials_holds_the_best_so_far():
    trials = [Trial(n, {"alpha": n / 2}, value, 1.0) for n, value in enumerate([0.2, 0.1, 0.3], 1)]

    table = tuning.trials_table(trials)

    assert table.index.tolist() == [1, 2, 3]
    assert table["best so far"].tolist() == [0.2, 0.2, 0.3]
    assert table["alpha"].tolist() == [0.5, 1.0, 1.5]


def test_the_parameter_that_matters_is_the_important_one(hill, journal):
    shares = importance(hill, list(search(hill, journal, 25)))

    assert shares.index.tolist() == ["ease_weight", "bpr_iterations"]
    assert shares["ease_weight"] > 0.8
    assert shares.sum() == pytest.approx(1)


def test_few_trials_say_nothing_of_importance(hill, journal):
    assert importance(hill, list(search(hill, journal, 9))).empty


def test_equal_trials_say_nothing_of_importance(hill, journal):
    level = replace(hill, score=lambda _: 0.5)

    assert importance(level, list(search(level, journal, 12))).empty


def test_a_hybrid_is_mixed_anew_in_each_trial_from_parts_that_are_fitted_once(
    ask, settings, monkeypatch
):
    monkeypatch.setattr(tuning, "USERS", 1)
    fits = []
    fit = EASE.fit
    monkeypatch.setattr(EASE, "fit", lambda *arguments: [fits.append(1), fit(*arguments)][1])
    shares = (0.0, 0.5, 1.0)

    asked = ask(model="hybrid")
    values = [asked.score(replace(settings, ease_weight=share)) for share in shares]

    assert asked.parts == tuning.TIMES_FOR_A_MIX
    assert len(fits) == asked.parts
    alone = [ask(model="hybrid").score(replace(settings, ease_weight=share)) for share in shares]
    assert values == alone
    assert len(set(values)) > 1
