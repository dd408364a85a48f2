"""What the command line accepts and refuses before it starts anything."""

import pytest

from movierec.cli import main
from movierec.paths import RunPaths


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "factor=3"], "did you mean factors"),
        (["-p", "factors=0"], "[1, 4096]"),
        (["-p", "factors=many"], "of type int"),
        (["-p", "cf_weight=1.5"], "[0, 1]"),
        (["-p", "cf_weight=nan"], "[0, 1]"),
        (["-p", "factors"], "name=value"),
        (["-p", "dataset=sample"], "--dataset"),
        (["--preset", "tunned"], "original, start, tuned"),
        (["--dataset", "ml-latest-smal"], "did you mean ml-latest-small"),
        (["--dataset", "ml-32m"], "python -m movierec fetch ml-32m"),
        (["--from", "06_x"], "there is no stage"),
        (["--from", "04", "--to", "02"], "comes after"),
        (["--to", "01", "-p", "cf_weight=0.5"], "there is no parameter"),
        (["--run", "a/b"], "plain name"),
    ],
)
def test_what_cannot_work_is_refused_before_a_kernel_starts(arguments, message, capsys):
    assert main(["run", *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not RunPaths("sample").reports.exists()


def test_simulate_does_not_write_over_what_is_there(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["simulate", "--like", "ml-latest-small", "--out", str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_simulate_writes_the_three_files(tmp_path):
    out = tmp_path / "simulated"
    assert main(["simulate", "--like", "ml-latest-small", "--out", str(out)]) == 0
    assert {"ratings.csv", "movies.csv", "tags.csv"} <= {path.name for path in out.iterdir()}
