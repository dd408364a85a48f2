"""What a run is to do, and where its parameters come from."""

import nbformat
import pytest

from movierec import paths
from movierec.paths import RunPaths
from movierec.runs.plan import Plan, plan_run
from movierec.settings import ALSSettings, DataSettings
from movierec.stages import OpenStage, find_stage


@pytest.fixture(autouse=True)
def _sample() -> None:
    """A sample dataset that need not be simulated, since nobody reads it here."""
    (paths.datasets() / "mine").mkdir(parents=True)


def _plan(**options: object) -> Plan:
    return plan_run(**{"dataset": str(paths.datasets() / "mine")} | options)


def _values(plan: Plan, stage: str) -> dict[str, object]:
    return plan.steps[find_stage(stage)].model_dump()


def test_a_plan_holds_all_stages_with_their_defaults_and_the_name_of_the_data():
    plan = _plan()
    assert [stage.number for stage in plan.steps] == ["01", "02", "03", "04", "05", "06"]
    assert plan.run == RunPaths("mine")
    assert _values(plan, "01")["dataset"] == str(paths.datasets() / "mine")
    assert _values(plan, "03") == ALSSettings().model_dump() | {"run": "mine"}


def test_an_assignment_outdoes_a_preset_and_a_preset_a_default():
    plan = _plan(preset="original", assignments=["alpha=7"])
    assert _values(plan, "03")["alpha"] == 7
    assert _values(plan, "03")["regularization"] == 0.1
    assert _values(plan, "03")["seed"] == 0


def test_a_parameter_of_several_stages_reaches_all_of_them():
    plan = _plan(assignments=["seed=3"])
    assert [_values(plan, stage)["seed"] for stage in ("01", "02", "03", "05")] == [3, 3, 3, 3]


def test_a_parameter_of_a_stage_that_does_not_run_is_unknown():
    with pytest.raises(ValueError, match="no parameter 'cf_weight'"):
        _plan(last="01", assignments=["cf_weight=0.5"])


def test_a_run_taken_up_again_keeps_what_its_notebooks_were_told(executed):
    executed("02_content_features", values={"max_features": 77, "title_query": "Alien"})
    plan = _plan(first="02", last="04")
    assert _values(plan, "02")["max_features"] == 77
    assert _values(plan, "04")["title_query"] == "Alien"


def test_a_run_from_the_start_keeps_nothing(executed):
    executed("02_content_features", values={"max_features": 77})
    assert _values(_plan(), "02")["max_features"] == 5000


def test_a_preset_outdoes_what_a_run_was_told(executed):
    executed("03_als_training", values={"alpha": 7.0, "seed": 3})
    plan = _plan(first="03", preset="original")
    assert _values(plan, "03")["alpha"] == 40
    assert _values(plan, "03")["seed"] == 3


def test_a_stage_s_record_outdoes_its_notebook(executed):
    executed("03_als_training", values={"factors": 8})
    OpenStage("01_eda", "mine").commit(DataSettings())
    OpenStage("03_als_training", "mine").commit(ALSSettings(factors=16))
    assert _values(_plan(first="03"), "03")["factors"] == 16


def test_what_a_stage_failed_of_is_not_kept(executed):
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[])
    cell = nbformat.v4.new_code_cell(outputs=[error])
    executed("05_evaluation", [cell], values={"protocol": "given"})
    assert _values(_plan(first="05"), "05")["protocol"] == "user-random"


def test_the_data_are_those_of_the_run(executed):
    other = paths.datasets() / "other"
    other.mkdir()
    executed("01_eda", values={"dataset": str(other)})
    plan = plan_run(run="mine", first="01", last="01")
    assert _values(plan, "01")["dataset"] == str(other)


def test_no_plan_is_made_where_there_are_no_notebooks(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "notebooks", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"01_eda\.ipynb is missing: run it in a checkout"):
        _plan()
