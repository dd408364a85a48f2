"""The command that tunes a model, on a dataset of a few ratings."""

import sys
import tomllib

import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs.plan import plan_run
from movierec.tuning import search


@pytest.fixture
def tune(dataset, monkeypatch):
    """Tune EASE in a few trials: `tune("--run", ...)`; returns the exit status."""
    monkeypatch.setattr(search, "MAX_SPLITS", 1)
    usual = ["tune", "--dataset", str(dataset), "--model", "ease"]
    return lambda *more: main([*usual, *more])


@pytest.fixture
def interrupt(monkeypatch):
    """Press Ctrl-C when a model is evaluated: `interrupt(3)` for the third time."""
    evaluate = search.evaluate

    def at(time: int) -> None:
        calls = iter(range(1, time))

        def evaluated(*arguments):
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return evaluate(*arguments)

        monkeypatch.setattr(search, "evaluate", evaluated)

    return at


def test_a_search_tells_of_improvements_and_leaves_a_preset_and_a_report(tune, dataset, capsys):
    assert tune("--trials", "6", "--run", "t") == 0

    out, err = capsys.readouterr()
    assert err == ""
    *improvements, last, preset, report = out.splitlines()
    study = search.open_study(
        search.load_task(str(dataset), "ease", "tuned", []), RunPaths("t").artifacts / "tuning.db"
    )
    values = [trial.value for trial in study.trials]
    better = [n for n, value in enumerate(values, 1) if value > max([-1, *values[: n - 1]])]
    assert improvements == [f"trial {n}: NDCG@10 {values[n - 1]:.4f}" for n in better]
    assert last == f"best of 6: trial {better[-1]}, NDCG@10 {max(values):.4f}"
    assert preset == f"preset: {RunPaths('t').artifacts / 'preset.toml'}"
    assert report == f"report: {RunPaths('t').reports / 'tuning.html'}"
    text = RunPaths("t").report("tuning").read_text()
    assert f"{max(values):.4f} over 1 validation split;" in text
    assert text.count("data:image/svg+xml") == 1


def test_a_preset_that_was_found_is_one_that_runs_take(tune, dataset):
    assert tune("--trials", "3", "--run", "t", "-p", "max_features=7") == 0

    path = RunPaths("t").artifacts / "preset.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    plan = plan_run(str(dataset), preset=str(path))
    settings = {stage.number: told for stage, told in plan.steps.items()}
    assert settings["04"].ease_regularization == found["ease_regularization"]
    assert settings["02"].max_features == 7


def test_a_terminal_shows_a_bar(tune, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert tune("--trials", "3", "--run", "t") == 0

    assert "3/3" in capsys.readouterr().err


def test_an_interrupted_search_leaves_what_was_done_and_continues(tune, interrupt, capsys):
    interrupt(3)
    assert tune("--trials", "4", "--run", "t") == 130

    out, err = capsys.readouterr()
    assert "the same command continues the search" in err
    assert "best of 2: " in out
    assert (RunPaths("t").artifacts / "preset.toml").exists()
    assert RunPaths("t").report("tuning").exists()
    interrupt(3)
    assert tune("--trials", "4", "--run", "t") == 0
    assert capsys.readouterr().out.startswith("continued after trial 2, best NDCG@10 0.")


def test_an_interrupt_in_the_first_trial_leaves_no_report(tune, interrupt):
    interrupt(1)
    assert tune("--run", "t") == 130

    assert not (RunPaths("t").artifacts / "preset.toml").exists()
    assert not RunPaths("t").reports.exists()


@pytest.mark.parametrize("limits", [["--minutes", "0"], ["--trials", "0"], ["--minutes", "nan"]])
def test_limits_that_leave_no_trial_are_refused(tune, capsys, limits):
    assert tune("--run", "t", *limits) == 1

    assert "raise --trials or --minutes" in capsys.readouterr().err


def test_when_the_time_is_up_what_was_done_counts(tune, capsys):
    assert tune("--trials", "2", "--run", "t") == 0
    assert tune("--trials", "9", "--minutes", "0", "--run", "t") == 0

    assert "best of 2: " in capsys.readouterr().out


def test_another_search_is_not_mixed_in(tune, capsys):
    assert tune("--trials", "1", "--run", "t") == 0
    assert tune("--trials", "2", "--run", "t", "--protocol", "leave-last-out") == 1

    error = capsys.readouterr().err
    assert "with protocol user-random (now leave-last-out), validation splits 1" in error


def test_a_run_has_a_name_of_its_own(tune):
    assert tune("--trials", "1") == 0

    assert (RunPaths("tune-few-ease").artifacts / "preset.toml").exists()


def test_a_test_set_that_came_with_the_data_is_left_out(tune, dataset):
    (dataset / "test.csv").write_text("userId,movieId,rating\n1,1,4.0\n2,2,4.0\n")

    assert tune("--trials", "1", "--protocol", "given", "--run", "t") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "popularity"], "'popularity' has nothing to tune; there are als"),
        (["--preset", "tunned"], "original, start, tuned"),
        (["-p", "models=als"], "there is no parameter"),
        (["--run", "a/b"], "plain name"),
        (["--dataset", "ml-32m"], "fetch ml-32m"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_tried(tune, capsys, arguments, message):
    assert tune(*arguments) == 1

    out, err = capsys.readouterr()
    assert message in err
    assert out == ""
