"""What the command line accepts, refuses before it starts anything, and prints."""

from unittest.mock import Mock

import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs import runner
from movierec.runs.runner import StageResult


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "factor=3"], "did you mean factors"),
        (["-p", "factors=0"], "factors = 0 is not possible"),
        (["-p", "dataset=sample"], "give --dataset, not -p dataset="),
        (["-p", "run=mine"], "give --run, not -p run="),
        (["--preset", "tunned"], "original, start, tuned"),
        (["--dataset", "ml-latest-smal"], "did you mean ml-latest-small"),
        (["--dataset", "ml-32m"], "python -m movierec fetch ml-32m"),
        (["--from", "06_x"], "there is no stage"),
        (["--to", "01", "-p", "cf_weight=0.5"], "there is no parameter"),
        (["--run", "a/b"], "plain name"),
    ],
)
def test_what_cannot_work_is_refused_before_a_kernel_starts(arguments, message, capsys):
    assert main(["run", *arguments]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert message in said.err
    assert not RunPaths("sample").reports.exists()


@pytest.fixture
def no_stages(monkeypatch) -> None:
    """Each stage takes a second and a megabyte at once; the optional one fails."""

    def run_stages(plan, announce):
        for stage in plan.steps:
            announce(stage.name)
            yield StageResult(stage.name, 1.0, 1_000_000, "no model" if stage.optional else None)

    monkeypatch.setattr(runner, "run_stages", run_stages)


def test_a_run_prints_a_line_a_stage_then_its_reports(no_stages, tmp_path, capsys):
    assert main(["run", "--dataset", str(tmp_path), "--run", "mine", "--from", "05"]) == 0
    run, said = RunPaths("mine"), capsys.readouterr()
    assert said.out.splitlines() == [
        "05_evaluation             1.0 s        1 MB",
        "06_recommend          failed (optional stage; the run continues)",
        f"report: {run.index}",
    ]
    assert said.err == f"06_recommend: no model\nreport: {run.report('06_recommend')}\n"


@pytest.fixture
def headers(tmp_path) -> str:
    """A dataset's folder, as far as a plan looks."""
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n")
    return str(tmp_path)


def test_an_interrupted_run_says_so(headers, monkeypatch, capsys):
    monkeypatch.setattr(runner, "run_stages", Mock(side_effect=KeyboardInterrupt))
    assert main(["run", "--dataset", headers, "--run", "mine"]) == 130
    assert capsys.readouterr() == (
        "interrupted\n",
        "the same command goes on where this run stood\n",
    )


@pytest.mark.parametrize(
    ("last", "named"), [("03", False), ("04", True)], ids=["before it is made", "after"]
)
def test_a_run_that_makes_a_model_ends_with_its_path(no_stages, headers, capsys, last, named):
    model = RunPaths("mine").output("model.pkl")
    model.touch()
    assert main(["run", "--dataset", headers, "--run", "mine", "--to", last]) == 0
    assert capsys.readouterr().out.endswith(f"model:  {model}\n") is named


def test_simulate_does_not_write_over_what_is_there(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["simulate", "--like", "ml-latest-small", "--out", str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_simulate_writes_the_three_files(tmp_path):
    out = tmp_path / "simulated"
    assert main(["simulate", "--like", "ml-latest-small", "--out", str(out)]) == 0
    assert {"ratings.csv", "movies.csv", "tags.csv"} <= {path.name for path in out.iterdir()}


@pytest.mark.parametrize(
    "header", ["user,item,rating", None], ids=["another header", "no such file"]
)
def test_run_on_data_of_another_form_names_the_command_that_imports_it(header, tmp_path, capsys):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / ("ratings.csv" if header else "log.txt")).write_text(f"{header}\n1,2,3\n")
    assert main(["run", "--dataset", str(folder)]) == 1
    out = f"{folder}-imported"
    command = f"python -m movierec import {folder} --out {out}"
    assert command in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "name a dataset, one of ml-latest-small, ml-100k"),
        (["--file", "mine.zip"], "mine.zip is not a file"),
        (["ml-1m", "--file", "mine.zip"], "mine.zip is not a file"),
    ],
)
def test_fetch_says_what_it_lacks(words, complaint, capsys):
    assert main(["fetch", *words]) == 1
    assert complaint in capsys.readouterr().err


def test_run_on_a_file_names_the_command_that_imports_it(tmp_path, capsys):
    (tmp_path / "mine.csv").touch()
    assert main(["run", "--dataset", str(tmp_path / "mine.csv")]) == 1
    out = tmp_path / "mine-imported"
    command = f"python -m movierec import {tmp_path / 'mine.csv'} --out {out}"
    assert command in capsys.readouterr().err


def test_import_prints_what_it_did_and_how_to_go_on(tmp_path, capsys):
    (tmp_path / "mine.csv").write_text("user;item;stars\n1;2;5\n")
    out = tmp_path / "out"
    assert main(["import", str(tmp_path / "mine.csv"), "--out", str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "read      mine.csv: utf-8, separator ';', header; rating from stars"
    assert said[-2:] == [
        f"wrote     {out}: 1 ratings, 1 users, 1 movies",
        f"next      python -m movierec run --dataset {out}",
    ]
