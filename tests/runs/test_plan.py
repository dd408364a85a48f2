"""What a run is to do, and where its parameters come from."""

from collections.abc import Callable

import pytest

from movierec import paths
from movierec.paths import RunPaths
from movierec.runs.ledger import Execution, Ledger
from movierec.runs.plan import Plan, plan_run
from movierec.settings import ALSParameters, ALSSettings, DataSettings
from movierec.stages import OpenStage, find_stage


@pytest.fixture(autouse=True)
def _sample() -> None:
    """A sample dataset that need not be simulated, since nobody reads it here."""
    (paths.datasets() / "mine").mkdir(parents=True)


def _plan(**options: object) -> Plan:
    return plan_run(**{"dataset": str(paths.datasets() / "mine")} | options)


@pytest.fixture
def had() -> Callable[..., None]:
    """Leave the ledger of a run that had run well: `had(stage, name=value)`."""

    def leave(stage: str, **told: object) -> None:
        done = Execution(told=told, record="", notebook="", text="")
        dataset = str(told.get("dataset", paths.datasets() / "mine"))
        Ledger(dataset=dataset, stages={stage: done}).write(RunPaths("mine"))

    return leave


def _values(plan: Plan, stage: str) -> dict[str, object]:
    return plan.steps[find_stage(stage)].model_dump()


def test_a_plan_holds_all_stages_with_their_defaults_and_the_name_of_the_data():
    plan = _plan()
    assert [stage.number for stage in plan.steps] == ["01", "02", "03", "04", "05", "06"]
    assert plan.run == RunPaths("mine")
    assert _values(plan, "01")["dataset"] == str(paths.datasets() / "mine")
    assert _values(plan, "03") == ALSParameters(run="mine").model_dump()


def test_an_assignment_outdoes_a_preset_and_a_preset_a_default():
    plan = _plan(preset="original", assignments=["alpha=7"])
    assert _values(plan, "03")["alpha"] == 7
    assert _values(plan, "03")["regularization"] == 0.1
    assert _values(plan, "03")["seed"] == 0


def test_a_weight_that_is_assigned_is_not_fitted_to_the_data():
    hybrid = find_stage("04")
    assert plan_run().steps[hybrid].adapt
    assert not plan_run(assignments=["ease_weight=0.3"]).steps[hybrid].adapt
    assert plan_run(assignments=["ease_weight=0.3", "adapt=true"]).steps[hybrid].adapt


def test_a_parameter_of_several_stages_reaches_all_of_them():
    plan = _plan(assignments=["seed=3"])
    assert [_values(plan, stage)["seed"] for stage in ("01", "02", "03", "05")] == [3, 3, 3, 3]


def test_a_parameter_of_a_stage_that_does_not_run_is_unknown():
    with pytest.raises(ValueError, match="no parameter 'cf_weight'"):
        _plan(last="01", assignments=["cf_weight=0.5"])


def test_a_run_taken_up_again_keeps_what_its_stages_were_told(had):
    had("02_content_features", max_features=77, title_query="Alien")
    plan = _plan(first="02", last="04")
    assert _values(plan, "02")["max_features"] == 77
    assert _values(plan, "04")["title_query"] == "Alien"


def test_a_run_from_the_start_keeps_nothing(had):
    had("02_content_features", max_features=77)
    assert _values(_plan(), "02")["max_features"] == 5000


def test_a_preset_outdoes_what_a_run_was_told(had):
    had("03_als_training", alpha=7.0, seed=3)
    plan = _plan(first="03", preset="original")
    assert _values(plan, "03")["alpha"] == 40
    assert _values(plan, "03")["seed"] == 3


def test_a_stage_s_record_outdoes_the_ledger(had):
    had("03_als_training", factors=8)
    OpenStage("01_eda", "mine").commit(DataSettings())
    OpenStage("03_als_training", "mine").commit(ALSSettings(factors=16))
    assert _values(_plan(first="03"), "03")["factors"] == 16


def test_a_run_goes_on_with_the_dataset_it_had(had):
    other = paths.datasets() / "other"
    other.mkdir()
    had("01_eda", dataset=str(other))
    plan = plan_run(run="mine")
    assert plan.dataset == _values(plan, "01")["dataset"] == str(other)


def test_a_run_whose_dataset_is_not_known_any_more_is_not_given_another():
    RunPaths("mine").output("als.npz").touch()
    with pytest.raises(ValueError, match="what dataset run 'mine' had is not known any more"):
        plan_run(run="mine")


def test_a_later_stage_is_not_run_on_another_dataset(had):
    other = paths.datasets() / "other"
    other.mkdir()
    had("01_eda")
    with pytest.raises(ValueError, match=r"run 'mine' has the dataset .*mine; leave out --from"):
        plan_run(str(other), "mine", first="02")


def test_names_that_collide_folders_of_one_name_do_not_share_a_default_run(had, tmp_path):
    other = tmp_path / "elsewhere" / "mine"
    other.mkdir(parents=True)
    had("01_eda")
    with pytest.raises(ValueError, match=r"run 'mine' has the dataset .*; give --run another name"):
        plan_run(str(other))


def test_no_plan_is_made_where_there_are_no_notebooks(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "notebooks", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"01_eda\.ipynb is missing: run it in a checkout"):
        _plan()
