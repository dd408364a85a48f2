"""What is refused before a kernel starts, and leaves nothing."""

from pathlib import Path

import pytest

from movierec.cli import main
from movierec.paths import RunPaths
from movierec.runs.checks import check_plan
from movierec.runs.plan import plan_run


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (["models=als,bqr"], "there is no model bqr here; there are random"),
        (["models=popularity"], "name a model to compare with popularity"),
        (["protocol=global-time", "test_from=31.1.2015"], "give a date such as 2015-01-31"),
        (["test_from=2015-01-31"], "add -p protocol=global-time"),
        (["protocol=given"], "test.csv is missing"),
        (["ratings=Alien"], "not of the form TITLE=STARS"),
        (["ratings=Alien: 5; Heat: 9"], "a rating lies in 0.5-5"),
    ],
)
def test_a_parameter_that_a_stage_would_refuse_is_refused_and_leaves_no_folder(
    tiny, assignments, message, capsys
):
    words = [word for one in assignments for word in ("-p", one)]

    assert main(["run", "--dataset", tiny, "--run", "mine", *words]) == 1

    assert message in capsys.readouterr().err
    assert not RunPaths("mine").artifacts.exists()
    assert not RunPaths("mine").reports.exists()


@pytest.mark.parametrize("file", ["ratings.csv", "movies.csv", "tags.csv", "test.csv"])
def test_a_file_with_another_header_is_named(tiny, file, capsys):
    (Path(tiny) / file).write_text("user;movie\n1;2\n")

    assert main(["run", "--dataset", tiny, "--run", "mine"]) == 1

    assert file in capsys.readouterr().err
    assert not RunPaths("mine").artifacts.exists()


@pytest.mark.parametrize(
    "assignments",
    [
        [],
        ["models=als, hybrid"],
        ["protocol=global-time", "test_from=2015-01-31"],
        ["ratings=Alien: 5; Heat: 4.5"],
        ["ratings="],
    ],
)
def test_what_stages_take_passes(tiny, assignments):
    check_plan(plan_run(tiny, "mine", None, assignments))


def test_the_protocol_given_passes_with_its_file(tiny):
    (Path(tiny) / "test.csv").write_text("userId,movieId,rating\n1,1,4\n")

    check_plan(plan_run(tiny, "mine", None, ["protocol=given"]))


def test_a_stage_that_does_not_run_is_not_checked(tiny):
    (Path(tiny) / "tags.csv").write_text("user;movie\n")

    check_plan(plan_run(tiny, "mine", None, [], "05"))
