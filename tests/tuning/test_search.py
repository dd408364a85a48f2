"""The search: what it tries, what it finds, and how it continues where it was ended."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from optuna import Study
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from movierec.models.base import Diverged
from movierec.settings import ModelSettings
from movierec.tuning.search import TuningTask, open_study, run_search


@pytest.fixture
def searched(tmp_path: Path) -> Callable[..., Study]:
    """Search in a file, from where it stands to a number of trials: `searched(task, 5)`."""

    def run(task: TuningTask, trials: int, **limits: float) -> Study:
        study = open_study(task, tmp_path / "tuning.db")
        list(run_search(task, study, trials, **limits))
        return study

    return run


def found(study: Study) -> list[tuple]:
    """All of a study's trials but the time they took."""
    return [(one.number, one.user_attrs["params"], one.value) for one in study.trials]


def starting(task: TuningTask, **values: float) -> TuningTask:
    return replace(task, settings=task.settings.replace(**values))


def test_the_start_is_tried_first_just_as_it_is(hill, explore):
    start = starting(hill, ease_weight=0.123456)
    [first] = explore(start, 1).trials

    assert (
        first.user_attrs["params"]
        == first.params
        == {"ease_weight": 0.123456, "bpr_iterations": 266}
    )
    assert first.value == 1 - (0.123456 - 0.8) ** 2


def test_what_is_tried_has_three_significant_digits(hill, explore):
    for trial in explore(hill, 15).trials:
        weight, iterations = trial.params["ease_weight"], trial.params["bpr_iterations"]
        assert weight == float(f"{weight:.3g}")
        assert isinstance(iterations, int)


def test_a_search_finds_the_top_of_a_hill(hill, explore):
    assert explore(hill, 40).best_params["ease_weight"] == pytest.approx(0.8, abs=0.03)


def test_each_new_trial_is_in_the_file_when_it_is_told(hill, tmp_path):
    study = open_study(hill, tmp_path / "tuning.db")
    for trial in run_search(hill, study, 3):
        assert open_study(hill, tmp_path / "tuning.db").trials[-1] == trial


def test_another_seed_searches_elsewhere(hill, explore):
    one = explore(hill, 5)
    other = explore(starting(hill, seed=4_294_967_295), 5)

    assert found(one)[0] == found(other)[0]
    assert not [trial for trial in found(one)[1:] if trial in found(other)]


def test_a_search_taken_up_again_comes_to_the_same(hill, searched, explore):
    for number in (1, 7, 13, 16, 16):
        study = searched(hill, number)
        assert len(study.trials) == number

    assert found(study) == found(explore(hill, 16))


def test_an_interrupted_trial_is_tried_anew(hill, searched, explore):
    calls = []

    def interrupted(settings: ModelSettings) -> Iterator[float]:
        calls.append(settings)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return hill.scores(settings)

    with pytest.raises(KeyboardInterrupt):
        searched(replace(hill, scores=interrupted), 15)

    assert len(searched(hill, 1).trials) == 11
    assert found(searched(hill, 15)) == found(explore(hill, 15))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no process can be killed here")
def test_a_process_killed_while_it_writes_a_trial_leaves_whole_ones(
    hill, searched, explore, tmp_path
):
    code = f"""
import os, runpy
from pathlib import Path
from optuna.storages import RDBStorage
from movierec.tuning.search import open_study, run_search

written = []

def die(*arguments):
    write(*arguments)
    written.append(arguments)
    if len(written) == 24:
        os.kill(os.getpid(), 9)

write = RDBStorage._set_trial_param_without_commit
RDBStorage._set_trial_param_without_commit = die
hill = runpy.run_path({str(Path(__file__).with_name("conftest.py"))!r})["make_hill"]()
list(run_search(hill, open_study(hill, Path({str(tmp_path / "tuning.db")!r})), 15))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL

    left = searched(hill, 1).trials
    assert [trial.state for trial in left] == [TrialState.COMPLETE] * 11
    assert found(searched(hill, 15)) == found(explore(hill, 15))


def test_no_trial_starts_when_the_time_is_up(hill, searched):
    assert searched(hill, 5, minutes=0).trials == []


def test_a_trial_that_diverges_has_the_value_zero(hill, explore):
    def diverge(_: ModelSettings) -> Iterator[float]:
        raise Diverged("far too large")

    assert [one.value for one in explore(replace(hill, scores=diverge), 2).trials] == [0, 0]


def test_of_equal_trials_the_first_is_the_best(hill, searched):
    values = [0.1, 0.3, 0.2, 0.3, 0.3]
    study = searched(replace(hill, scores=lambda _: iter([values.pop(0)] * 2)), 5)

    assert study.best_trial.number == 1


@pytest.fixture
def judged(hill) -> tuple[TuningTask, list[int]]:
    """Ten splits, the later ones easier; a trial is 0.1 better or worse than the one before it.

    And the split of each value that was asked for.
    """
    asked, ahead = [], iter([0.0, -0.1, 0.1, 0.05])

    def scores(_: ModelSettings) -> Iterator[float]:
        better = next(ahead)
        for split in range(10):
            asked.append(split)
            yield 0.3 + better + split / 100

    return replace(hill, n_splits=10, scores=scores), asked


def test_a_trial_ends_when_it_is_clearly_worse_than_the_best(judged, searched):
    task, asked = judged
    searched(task, 2)

    # All of four differences are below zero by chance in one of sixteen cases.
    assert asked == [*range(10), *range(4)]


def test_a_trial_that_is_better_sees_all_splits(judged, searched):
    task, asked = judged
    searched(task, 3)

    assert asked[-10:] == [*range(10)]


def test_a_trial_that_ended_early_is_valued_by_its_distance_from_the_best(judged, searched):
    task, _ = judged

    values = [trial.value for trial in searched(task, 4).trials]

    # Of the first the mean of all splits is 0.345; the fourth is compared with the third.
    assert values == pytest.approx([0.345, 0.245, 0.445, 0.395])


@pytest.mark.parametrize("weight", [0.0, 60.0])
def test_a_start_outside_the_space_is_tried_and_not_learnt_from(hill, searched, explore, weight):
    space = {"als_term_weight": FloatDistribution(2, 50, log=True)}
    task = replace(starting(hill, als_term_weight=weight), space=space)
    task = replace(
        task, scores=lambda settings: iter([float(settings.als_term_weight == weight)] * 2)
    )
    study = searched(task, 12)

    first, *others = [trial.user_attrs["params"]["als_term_weight"] for trial in study.trials]
    assert first == weight
    assert study.best_trial.number == 0
    assert all(2 <= other <= 50 for other in others)
    assert found(searched(task, 13)) == found(explore(task, 13))


CHANGES = {
    "factors": lambda task: starting(task, factors=3),
    "protocol": lambda task: starting(task, protocol="leave-last-out"),
    "max_features": lambda task: starting(task, max_features=99),
    "seed": lambda task: starting(task, seed=1),
    "model": lambda task: replace(task, model="valley"),
    "validation splits": lambda task: replace(task, n_splits=3),
    "dataset": lambda task: replace(task, facts=replace(task.facts, name="valleys")),
    "ratings.csv": lambda task: replace(
        task, facts=replace(task.facts, sha256={"ratings.csv": "abd"})
    ),
    "test.csv": lambda task: replace(
        task, facts=replace(task.facts, sha256={**task.facts.sha256, "test.csv": "abc"})
    ),
    "range of ease_weight": lambda task: replace(
        task, space=task.space | {"ease_weight": FloatDistribution(0, 0.9)}
    ),
    "range of bpr_iterations": lambda task: replace(
        task, space={"ease_weight": task.space["ease_weight"]}
    ),
}


@pytest.fixture(scope="module")
def of_hill(hill: TuningTask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a search for the top of the hill."""
    path = tmp_path_factory.mktemp("study") / "tuning.db"
    list(run_search(hill, open_study(hill, path), 3))
    return path


@pytest.mark.parametrize("what", CHANGES)
def test_a_study_of_another_search_is_refused(hill, of_hill, what):
    with pytest.raises(ValueError, match=rf"another search, with {what} .* \(now .*--run") as e:
        open_study(CHANGES[what](hill), of_hill)
    assert str(of_hill) in str(e.value)
    assert len(open_study(hill, of_hill).trials) == 3


def test_a_study_without_trials_takes_any_search(hill, searched):
    searched(hill, 1, minutes=0)

    assert len(searched(starting(hill, factors=3), 1).trials) == 1


@pytest.mark.parametrize("folder", ["a b", "50%", "what?", "{x}", "#1"])
def test_a_folder_may_be_called_anything(hill, tmp_path, folder):
    path = tmp_path / folder / "tuning.db"
    path.parent.mkdir()
    open_study(hill, path)

    assert path.stat().st_size > 0


def test_what_is_no_database_is_refused_and_left_alone(hill, tmp_path):
    path = tmp_path / "tuning.db"
    path.write_text("a diary " * 1000)

    with pytest.raises(ValueError, match=r"tuning\.db cannot be read .*not a database.* delete"):
        open_study(hill, path)
    assert path.read_text() == "a diary " * 1000


def test_a_damaged_database_is_refused(hill, of_hill, tmp_path):
    whole, path = of_hill.read_bytes(), tmp_path / "tuning.db"
    path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))

    with pytest.raises(ValueError, match=r"tuning\.db cannot be read .*malformed.* delete"):
        open_study(hill, path)
