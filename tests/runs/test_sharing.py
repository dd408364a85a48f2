"""Stages that one run takes over from another."""

import pytest

from movierec.paths import RunPaths
from movierec.runs import ledger, sharing
from movierec.runs.log import RunLog
from movierec.runs.plan import Plan, plan_run
from movierec.runs.sharing import alike, committed, share_stages
from movierec.stages import STAGES, OpenStage

BEFORE_ALS = ["01_eda", "02_content_features"]


@pytest.fixture
def plan(tiny):
    def made(run: str, *assignments: str) -> Plan:
        return plan_run(tiny, run, None, assignments)

    return made


def names(stages) -> list[str]:
    return [stage.name for stage in stages]


def held(plan: Plan) -> list[str]:
    """The stages that a run of the plan would leave as they are."""
    return [one.name for one, told in plan.steps.items() if not ledger.changes(plan.run, one, told)]


@pytest.mark.parametrize(
    ("assignment", "same"),
    [
        ("factors=8", ["01_eda", "02_content_features"]),
        ("max_features=9", ["01_eda", "03_als_training"]),
        ("bpr_iterations=9", [name for name in STAGES if name != "05_evaluation"]),
        ("top_movies=9", []),
    ],
)
def test_stages_are_alike_that_are_told_and_read_the_same(plan, assignment, same):
    assert names(alike(plan("a"), plan("b", assignment))) == same


def test_runs_of_two_datasets_have_no_stage_in_common(plan, tmp_path):
    (tmp_path / "other").mkdir()

    assert alike(plan("a"), plan_run(str(tmp_path / "other"), "b")) == []


def test_a_run_takes_over_what_another_did_before_the_first_difference(plan, finished):
    donor, taker = plan("donor"), plan("taker", "factors=8")
    finished(donor)

    assert share_stages(taker, [donor]) == BEFORE_ALS

    assert held(taker) == BEFORE_ALS
    assert held(donor) == [*STAGES]
    assert not (taker.run.artifacts / "als.npz").exists()


def test_the_files_take_no_room_twice(plan, finished):
    donor, taker = plan("donor"), plan("taker", "factors=8")
    finished(donor, *BEFORE_ALS)
    share_stages(taker, [donor])

    files = [one.run.artifacts / "movies.parquet" for one in (donor, taker)]
    assert files[0].samefile(files[1])


def test_without_links_files_are_copied(plan, finished, monkeypatch):
    donor, taker = plan("donor"), plan("taker")
    finished(donor)

    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr("os.link", refuse)
    assert share_stages(taker, [donor]) == [*STAGES]
    assert held(taker) == [*STAGES]


def test_making_a_stage_again_leaves_the_other_run_alone(plan, finished):
    donor, taker = plan("donor"), plan("taker", "factors=8")
    finished(donor)
    share_stages(taker, [donor])
    before = (donor.run.artifacts / "movies.parquet").read_bytes()

    finished(taker)

    assert (donor.run.artifacts / "movies.parquet").read_bytes() == before
    assert held(donor) == [*STAGES]


def test_a_damaged_stage_is_not_taken_over(plan, finished):
    donor, taker = plan("donor"), plan("taker", "factors=8")
    finished(donor)
    (donor.run.artifacts / "content.parquet").write_text("damaged")

    assert share_stages(taker, [donor]) == ["01_eda"]


def test_a_stage_of_which_another_report_is_there_is_taken_over_with_what_read_it(plan, finished):
    donor, taker = plan("donor"), plan("taker")
    finished(donor)
    finished(taker, "01_eda")
    movies = taker.run.artifacts / "movies.parquet"
    eda = OpenStage("01_eda", "taker")
    for file in eda.stage.writes[:-1]:
        path = eda.output(file)
        path.write_text(path.read_text() + " ")
    eda.commit(*(kind.of(iter(taker.steps[eda.stage])) for kind in eda.stage.settings))
    left = movies.read_text()

    share_stages(taker, [donor])

    # What 01 left is not what its report is of, so all of it is taken, and 02 with it.
    assert movies.read_text() != left
    assert held(taker) == [*STAGES]


def test_what_a_run_has_is_left_as_it_is(plan, finished):
    donor, taker = plan("donor"), plan("taker")
    finished(donor)
    finished(taker)

    assert share_stages(taker, [donor]) == []


def test_the_log_tells_what_was_taken_from_where_and_what_it_took(plan, finished):
    donor, taker = plan("donor"), plan("taker", "factors=8")
    finished(donor, "01_eda")
    RunLog(donor.run).note("01_eda 3.5 s 1,250 MB")
    share_stages(taker, [donor])

    [line] = (taker.run.artifacts / "run.log").read_text().splitlines()
    assert line[21:] == "01_eda 3.5 s 1,250 MB, shared with donor"


def test_a_stage_is_committed_once_it_ended_well(plan, finished):
    donor = plan("donor")
    finished(donor, "01_eda")

    assert committed(donor.run, STAGES["01_eda"])
    assert not committed(donor.run, STAGES["02_content_features"])
    assert not committed(RunPaths("never"), STAGES["01_eda"])


def test_a_folder_is_taken_over_file_by_file(tmp_path):
    (tmp_path / "mine.parquet").mkdir()
    (tmp_path / "mine.parquet" / "part").write_text("rows")
    sharing._link(tmp_path / "mine.parquet", tmp_path / "yours.parquet")
    assert (tmp_path / "yours.parquet" / "part").samefile(tmp_path / "mine.parquet" / "part")
