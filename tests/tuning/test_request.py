"""The command that tunes a model, on a dataset of a few ratings."""

import json
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs import parameters, runner
from movierec.simulation import simulator as simulation
from movierec.tuning import search as tuning

START = """\
top_movies = 25
ease_regularization = 3675.0
positive_threshold = 3.0
cf_weight = 0.25
"""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Thirty users, thirty movies, a rating of every third pair."""
    folder = tmp_path / "few"
    folder.mkdir()
    rng = np.random.default_rng(0)
    ratings = [
        f"{user},{movie},{rng.integers(1, 11) / 2},{rng.integers(10**9)}"
        for user in range(30)
        for movie in range(30)
        if rng.random() < 1 / 3
    ]
    movies = [f"{movie},Film {movie} ({1980 + movie}),Drama|War" for movie in range(30)]
    (folder / "ratings.csv").write_text(
        "\n".join(["userId,movieId,rating,timestamp", *ratings, ""])
    )
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *movies, ""]))
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Path:
    path = tmp_path / "start.toml"
    path.write_text(START)
    return path


@pytest.fixture
def tune(dataset, monkeypatch):
    """Tune EASE in a few trials: `tune("--run", ...)`; returns the exit status."""
    monkeypatch.setattr(tuning, "PARTS", 1)
    usual = ["tune", "--dataset", str(dataset), "--model", "ease"]
    return lambda *more: main([*usual, *more])


@pytest.fixture
def cut_short(monkeypatch):
    """Somebody presses Ctrl-C when a trial begins: `cut_short(trial)`."""

    def at(trial: int) -> None:
        begun = []

        def evaluate(*arguments):
            begun.append(1)
            if len(begun) == trial:
                raise KeyboardInterrupt
            return original(*arguments)

        original = tuning.evaluate
        monkeypatch.setattr(tuning, "evaluate", evaluate)

    return at


def preset_of(run: str) -> dict:
    return tomllib.loads(RunPaths(run).input("preset.toml").read_text(encoding="utf-8"))


def trials_of(run: str) -> list[dict]:
    """All that the journal says of the trials but the seconds they took."""
    _, *lines = RunPaths(run).input("tuning.journal").read_text().splitlines()
    return [{**json.loads(line), "seconds": None} for line in lines]


def test_a_line_tells_of_each_improvement_and_the_last_of_what_is_left(tune, capsys):
    assert tune("--trials", "12", "--run", "t") == 0

    out, err = capsys.readouterr()
    assert err == ""
    *improvements, last, preset, report = out.splitlines()
    values = [one["value"] for one in trials_of("t")]
    better = [n for n, value in enumerate(values, 1) if value > max([-1, *values[: n - 1]])]
    assert improvements == [f"trial {n}: NDCG@10 {values[n - 1]:.4f}" for n in better]
    assert last == f"best of 12: trial {better[-1]}, NDCG@10 {max(values):.4f}"
    assert preset == f"preset: {RunPaths('t').artifacts / 'preset.toml'}"
    assert report == f"report: {RunPaths('t').reports / 'tuning.html'}"


def test_a_terminal_shows_a_bar_with_the_best_so_far(tune, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert tune("--trials", "3", "--run", "t") == 0

    out, err = capsys.readouterr()
    best = max(one["value"] for one in trials_of("t"))
    assert f"best NDCG@10 {best:.4f}" in err
    assert "3/3" in err
    assert "trial 1:" not in out


def test_a_preset_holds_the_starts_values_in_their_order_with_the_best_instead(tune, start):
    assert tune("--trials", "5", "--run", "t", "--preset", str(start)) == 0

    best = max(trials_of("t"), key=lambda one: one["value"])
    found = preset_of("t")
    assert list(found.items()) == [
        ("top_movies", 25),
        ("ease_regularization", best["params"]["ease_regularization"]),
        ("positive_threshold", 3.0),
        ("cf_weight", 0.25),
    ]


def test_what_the_start_lacks_is_appended(tune, start):
    start.write_text("cf_weight = 0.25\n")
    asked = ["-p", "test_share=0.3", "-p", "seed=3", "-p", "diagnostics=false"]
    arguments = [*asked, "-p", "max_features=7", "--preset", str(start)]
    assert tune("--trials", "1", "--run", "t", *arguments) == 0

    assert list(preset_of("t").items()) == [
        ("cf_weight", 0.25),
        ("max_features", 7),
        ("ease_regularization", runner.stage_parameters()["ease_regularization"].default),
    ]


def test_a_preset_says_how_it_was_made(tune, start, dataset):
    assert tune("--trials", "3", "--run", "t", "--preset", str(start), "-p", "seed=4") == 0

    head = RunPaths("t").input("preset.toml").read_text().partition("\n\n")[0]
    values = [one["value"] for one in trials_of("t")]
    assert (
        f"python -m movierec tune --dataset {dataset} --model ease --trials 3 --run t"
        f" --preset {start} -p seed=4\n"
    ) in head
    assert "Dataset few, protocol user-random (share 0.2, relevant from 0 stars, seed 4)" in head
    assert "Model ease, trials 3," in head
    assert f"start {values[0]:.4f}, best {max(values):.4f}" in head
    assert all(line.startswith("# ") for line in head.splitlines())


def test_a_preset_is_one_that_runs_take(tune, dataset):
    assert tune("--trials", "3", "--run", "t") == 0

    path = RunPaths("t").input("preset.toml")
    known = runner.stage_parameters()
    tuned = parameters.read_preset("tuned", known)
    assert list(parameters.read_preset(str(path), known)) == list(tuned)
    assert main(["run", "--dataset", str(dataset), "--preset", str(path), "--to", "01"]) == 0


def test_a_dataset_may_be_called_anything(tune, dataset):
    odd = dataset.rename(dataset.parent / 'x\n= "y"\x85<b>')

    assert tune("--trials", "1", "--run", "t", "--dataset", str(odd)) == 0
    assert preset_of("t")["top_movies"] == 1000
    assert "<b>" not in RunPaths("t").report("tuning").read_text()


def test_a_search_taken_up_again_comes_to_the_same(tune, capsys):
    assert tune("--trials", "12", "--run", "whole") == 0
    assert tune("--trials", "4", "--run", "parts") == 0
    capsys.readouterr()
    assert tune("--trials", "12", "--run", "parts") == 0

    assert capsys.readouterr().out.startswith("taken up after trial 4, best NDCG@10 0.")
    assert trials_of("parts") == trials_of("whole")
    assert preset_of("parts") == preset_of("whole")


def test_ctrl_c_keeps_what_was_done(tune, cut_short, capsys):
    cut_short(trial=4)
    assert tune("--trials", "12", "--run", "t") == 130

    assert "the same command goes on" in capsys.readouterr().err
    assert len(trials_of("t")) == 3
    assert preset_of("t")
    assert RunPaths("t").report("tuning").exists()
    assert tune("--trials", "12", "--run", "t") == 0
    assert tune("--trials", "12", "--run", "whole") == 0
    assert trials_of("t") == trials_of("whole")


def test_ctrl_c_before_the_first_trial_ends_leaves_nothing(tune, cut_short):
    cut_short(trial=1)
    assert tune("--run", "t") == 130

    assert not list(RunPaths("t").artifacts.iterdir())
    assert not RunPaths("t").reports.exists()


def test_no_time_at_all_is_too_little(tune, capsys):
    assert tune("--minutes", "0", "--run", "t") == 1

    assert "more --minutes" in capsys.readouterr().err
    assert not list(RunPaths("t").artifacts.iterdir())


def test_when_the_time_is_up_what_was_done_counts(tune):
    assert tune("--trials", "2", "--run", "t") == 0
    RunPaths("t").output("preset.toml").unlink()
    assert tune("--trials", "9", "--minutes", "0", "--run", "t") == 0

    assert len(trials_of("t")) == 2
    assert preset_of("t")


@pytest.mark.parametrize(
    "other",
    [
        ["-p", "seed=1"],
        ["-p", "test_share=0.3"],
        ["--protocol", "leave-last-out"],
        ["--model", "item_knn"],
    ],
)
def test_a_journal_of_another_search_is_left_alone(tune, capsys, other):
    assert tune("--trials", "1", "--run", "t") == 0
    before = RunPaths("t").input("tuning.journal").read_text()

    assert tune("--trials", "2", "--run", "t", *other) == 1
    assert "another search" in capsys.readouterr().err
    assert RunPaths("t").input("tuning.journal").read_text() == before


def test_what_is_no_journal_is_left_alone(tune, capsys):
    RunPaths("t").output("tuning.journal").write_text("a diary")

    assert tune("--run", "t") == 1
    assert "no journal" in capsys.readouterr().err
    assert RunPaths("t").input("tuning.journal").read_text() == "a diary"


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ([], "tune-few-ease"),
        (["--protocol", "leave-last-out"], "tune-few-ease-leave-last-out"),
        (["-p", "protocol=unseen-users"], "tune-few-ease-unseen-users"),
    ],
)
def test_a_run_is_named_after_what_is_tuned(tune, more, name):
    assert tune("--trials", "1", *more) == 0

    assert preset_of(name)


def test_a_test_set_that_came_with_the_data_is_left_out(tune, dataset):
    (dataset / "test.csv").write_text("userId,movieId,rating\n1,1,4.0\n2,2,4.0\n")

    assert tune("--trials", "1", "--protocol", "given", "--run", "t") == 0


def test_what_is_set_by_hand_is_not_searched(tune):
    assert tune("--trials", "3", "--run", "t", "--model", "als", "-p", "alpha=2.5") == 0

    assert not any("alpha" in one["params"] for one in trials_of("t"))
    assert preset_of("t")["alpha"] == 2.5


class _Page(HTMLParser):
    """Collects what a browser would load, and the texts in place of figures."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.loaded, self.alternatives = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.loaded += [attrs[name] for name in ("src", "srcset") if name in attrs]
        self.loaded += [attrs["href"]] if tag == "link" else []
        self.alternatives += [attrs.get("alt")] if tag == "img" else []


def test_a_report_shows_the_best_two_figures_and_all_trials(tune):
    assert tune("--trials", "12", "--run", "t", "--model", "item_knn") == 0

    text = RunPaths("t").report("tuning").read_text()
    trials = trials_of("t")
    assert f"{max(one['value'] for one in trials):.4f} on the validation parts" in text
    assert _Page(text).alternatives == ["Figure: The search", "Figure: What mattered"]
    table = text.partition("All trials")[2].partition("</table>")[0]
    assert sorted(map(int, re.findall(r"<th>(\d+)</th>", table))) == list(range(1, 13))


def test_a_report_of_few_trials_does_without_importance(tune):
    assert tune("--trials", "2", "--run", "t") == 0

    text = RunPaths("t").report("tuning").read_text()
    assert _Page(text).alternatives == ["Figure: The search"]
    assert "too few trials" in text


def test_a_report_asks_nobody_for_anything(tune):
    assert tune("--trials", "12", "--run", "t") == 0

    page = _Page(RunPaths("t").report("tuning").read_text())
    assert "script" not in page.tags
    assert page.loaded
    assert all(address.startswith("data:image/png") for address in page.loaded)


def test_a_report_says_when_the_audience_is_simulated(tune, dataset):
    assert tune("--trials", "1", "--run", "real") == 0
    (dataset / simulation.RECORD).write_text("{}")
    assert tune("--trials", "1", "--run", "simulated") == 0

    assert "Simulated audience" not in RunPaths("real").report("tuning").read_text()
    assert "Simulated audience" in RunPaths("simulated").report("tuning").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "popularity"], "'popularity' has nothing to tune; there are als"),
        (["--trials", "0"], "at least 1"),
        (["--minutes", "-1"], "0 or more"),
        (["--protocol", "leave-first-out"], "one of user-random"),
        (["--preset", "tunned"], "original, start, tuned"),
        (["-p", "test_shard=0.1"], "did you mean test_share"),
        (["-p", "cf_weight=0.5"], "there is no parameter"),
        (["-p", "dataset=sample"], "--dataset"),
        (["-p", "run=mine"], "--run"),
        (["-p", "models=als"], "--model"),
        (["-p", "ease_regularization=9"], "nothing of ease is left to tune"),
        (["--run", "a/b"], "plain name"),
        (["--dataset", "ml-32m"], "python -m movierec fetch ml-32m"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_tried(tune, capsys, arguments, message):
    assert tune(*arguments) == 1

    out, err = capsys.readouterr()
    assert message in err
    assert out == ""


def test_the_command_line_does_not_wait_for_what_only_a_search_needs():
    code = "import sys, movierec.cli; print('optuna' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
