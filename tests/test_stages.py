"""The table of stages, what the notebooks' heads say of it, and records of settings."""

import re

import nbformat
import pytest

from movierec import locks, paths, sealed
from movierec.paths import RunPaths
from movierec.settings import (
    ALSSettings,
    ContentSettings,
    DataSettings,
    HybridSettings,
    SimilaritySettings,
)
from movierec.stages import (
    ROWS,
    STAGES,
    DamagedArtifact,
    MissingArtifact,
    OpenStage,
    StaleInput,
    artifact,
    find_stage,
    read_record,
    stage_range,
    upstream,
)

RUN = RunPaths("mine")


def _make(name: str, *settings) -> OpenStage:
    """Leave what a stage leaves, its files empty."""
    stage = OpenStage(name, RUN.name)
    for file in stage.stage.writes:
        # A stage's files differ with its settings.
        text = (
            repr(settings)
            if file.endswith((".npz", ".pkl"))
            else '{"sha256": {"ratings.csv": "1"}}'
        )
        stage.output(file).write_text(text)
    stage.commit(*settings)
    return stage


@pytest.fixture
def made() -> None:
    """A run up to its model."""
    _make("01_eda", DataSettings(top_movies=50))
    _make("02_content_features", ContentSettings())
    _make("03_als_training", ALSSettings(alpha=1.26))
    _make("04_hybrid_similarity", SimilaritySettings(), HybridSettings())


@pytest.mark.parametrize("name", ["03_als_training", "03"])
def test_a_stage_is_found_by_name_and_number(name):
    assert find_stage(name) is STAGES["03_als_training"]


def test_a_range_holds_the_stages_between_both_ends():
    assert [stage.number for stage in stage_range("02", "04_hybrid_similarity")] == [
        "02",
        "03",
        "04",
    ]
    assert stage_range(None, None) == tuple(STAGES.values())


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [("06_x", None, "no stage '06_x'; there are 01_eda, "), ("04", "02", "comes after 02_")],
)
def test_a_range_that_is_none_is_refused(first, last, why):
    with pytest.raises(ValueError, match=why):
        stage_range(first, last)


def test_stages_read_only_what_earlier_ones_write():
    written: set[str] = set()
    for stage in STAGES.values():
        assert written >= set(stage.reads)
        written |= set(stage.writes)


def test_upstream_stages_are_those_whose_files_are_read():
    assert [stage.number for stage in upstream(find_stage("04"))] == ["01", "02", "03"]
    assert [stage.number for stage in upstream(find_stage("06"))] == ["01", "04"]


def _head(name: str) -> str:
    cells = nbformat.read(paths.notebooks() / f"{name}.ipynb", as_version=4).cells
    assert cells[0].cell_type == "markdown"
    return cells[0].source


@pytest.mark.parametrize("stage", STAGES.values(), ids=lambda stage: stage.name)
def test_a_notebook_s_head_says_what_the_table_says(stage):
    head = _head(stage.name)
    assert stage.question in head
    files = {name for name in re.findall(r"`([^`]+)`", head) if re.fullmatch(r"\w+\.\w+", name)}
    assert files == {*stage.reads, *stage.writes}


def test_each_notebook_is_a_stage():
    assert {path.stem for path in paths.notebooks().glob("*.ipynb")} == set(STAGES)


def test_the_artifacts_readme_names_each_file_with_its_stage():
    rows = re.findall(r"^\| (`.*?`) \| (\d\d) \|", _readme(), flags=re.MULTILINE)
    named = {file: number for files, number in rows for file in re.findall(r"`([^`]+)`", files)}
    assert named == {file: stage.number for stage in STAGES.values() for file in stage.writes}


def _readme() -> str:
    return (paths.project() / "artifacts" / "README.md").read_text(encoding="utf-8")


def test_a_missing_artifact_names_the_command_that_makes_it():
    with pytest.raises(MissingArtifact) as error:
        artifact(RUN, "als.npz")
    assert "als.npz is missing: notebook 03_als_training makes it" in str(error.value)
    assert str(error.value).endswith(
        "python -m movierec run --dataset DATASET --run mine --to 03_als_training"
    )


def test_a_file_of_no_stage_is_a_mistake(made):
    with pytest.raises(KeyError, match=r"als\.npy"):
        artifact(RUN, "als.npy")


def test_a_stage_opens_only_after_those_it_reads_of():
    with pytest.raises(MissingArtifact, match="--run mine --to 01_eda"):
        OpenStage("02_content_features", "mine")


def test_a_stage_finds_its_inputs_and_no_others(made):
    stage = OpenStage("03_als_training", "mine")
    assert stage.input("interactions.npz") == RUN.artifacts / "interactions.npz"
    with pytest.raises(KeyError, match="03_als_training does not read tags"):
        stage.input("tags.parquet")


def test_a_stage_writes_only_its_outputs(made):
    with pytest.raises(KeyError, match="03_als_training does not write model"):
        OpenStage("03_als_training", "mine").output("model.pkl")


def test_later_stages_read_the_settings_that_earlier_ones_recorded(made):
    stage = OpenStage("05_evaluation", "mine")
    assert stage.settings(ALSSettings) == ALSSettings(alpha=1.26)
    assert stage.settings(DataSettings).top_movies == 50


def test_a_record_holds_the_settings_of_all_that_was_read(made):
    record = read_record(RUN, find_stage("04"))
    assert record.settings["cf_weight"] == 0.5
    assert record.inputs["03_als_training"]["alpha"] == 1.26
    assert record.inputs["01_eda"]["top_movies"] == 50


def test_all_settings_stand_by_the_stage_that_owns_them(made):
    stage = OpenStage("04_hybrid_similarity", "mine")
    settings = stage.all_settings(SimilaritySettings(cf_weight=0.25))
    assert list(settings) == [name for name in STAGES if name < "05"]
    assert settings["04_hybrid_similarity"] == {"cf_weight": 0.25, "neighbours": 100}


def test_a_stage_is_unfinished_from_its_first_output_to_its_commit(made):
    stage = OpenStage("03_als_training", "mine")
    stage.output("als.npz")
    with pytest.raises(MissingArtifact, match=r"03_als_training\.json is missing"):
        OpenStage("05_evaluation", "mine")
    stage.commit(ALSSettings(alpha=1.26))
    OpenStage("05_evaluation", "mine")


def test_a_stage_stops_where_its_input_is_of_other_settings_than_in_force(made):
    _make("03_als_training", ALSSettings(alpha=2.0))
    with pytest.raises(StaleInput) as error:
        OpenStage("05_evaluation", "mine")
    assert str(error.value) == (
        "04_hybrid_similarity was made from 03_als_training with alpha 1.26 (now 2.0); make it"
        " again: python -m movierec run --run mine --from 04"
    )


def test_the_command_that_is_named_mends_it(made):
    _make("03_als_training", ALSSettings(alpha=2.0))
    _make("04_hybrid_similarity", SimilaritySettings(), HybridSettings())
    assert OpenStage("05_evaluation", "mine").settings(ALSSettings).alpha == 2.0


def test_an_input_made_anew_with_the_same_settings_is_not_stale(made):
    _make("03_als_training", ALSSettings(alpha=1.26))
    OpenStage("05_evaluation", "mine")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"settings": {"factors": 0}, "inputs": {}}']
)
def test_a_damaged_record_names_the_command_that_makes_it(made, content):
    (RUN.artifacts / "03_als_training.json").write_text(content)
    with pytest.raises(MissingArtifact, match=r"json is damaged .*--to 03_als_training"):
        OpenStage("05_evaluation", "mine")


def test_a_record_that_lacks_a_setting_is_damaged(made):
    path = RUN.artifacts / "03_als_training.json"
    record = sealed.unseal(path.read_bytes())
    del record["settings"]["factors"]
    path.write_text(sealed.seal(record))
    with pytest.raises(MissingArtifact, match=r"damaged \('factors'\)"):
        OpenStage("05_evaluation", "mine")


def _by_hand(source: str, **told: object) -> dict[str, object]:
    """What a notebook's cells leave, their parameters set before."""
    names = {"__name__": "__main__", **told}
    exec("from movierec.stages import OpenStage\n" + source, names)
    return names


@pytest.mark.parametrize("run", ["2024", 2024])
def test_a_run_may_be_named_by_a_number(run):
    stage = _by_hand('stage = OpenStage("01_eda", run)', run=run)["stage"]
    assert stage.paths == RunPaths("2024")


def test_the_environment_names_the_run_of_notebooks_that_name_none(monkeypatch):
    monkeypatch.setenv("MOVIEREC_RUN", "wide")
    assert _by_hand('stage = OpenStage("01_eda", "", "small")')["stage"].paths.name == "wide"
    assert _by_hand('stage = OpenStage("01_eda", "mine")')["stage"].paths.name == "mine"
    monkeypatch.delenv("MOVIEREC_RUN")
    assert _by_hand('stage = OpenStage("01_eda", "", "small")')["stage"].paths.name == "small"
    assert _by_hand('stage = OpenStage("01_eda", "")')["stage"].paths.name == "sample"


def test_a_default_run_is_not_given_another_dataset(made):
    other = 'OpenStage("01_eda", "", "mine")'
    with pytest.raises(ValueError, match="run 'mine' has the dataset sample; name another run for"):
        _by_hand(other, dataset="/data/mine")


def test_a_record_holds_what_the_parameters_cell_says(made):
    cells = "from movierec.settings import ContentSettings\n"
    cells += 'OpenStage("02_content_features", "mine").commit(ContentSettings())'
    _by_hand(cells, title_query="Alien", run="mine")
    told = read_record(RUN, find_stage("02")).told
    assert told["title_query"] == "Alien"
    assert "run" not in told


def test_a_parameter_of_a_wrong_type_is_told_in_one_line():
    with pytest.raises(ValueError, match=r"top_movies = many is not possible: .*most rated movies"):
        _by_hand('OpenStage("01_eda", "mine")', top_movies="many")


def test_a_stage_made_by_hand_says_which_later_ones_are_stale(made, capsys):
    assert capsys.readouterr().out == ""
    _make("03_als_training", ALSSettings(alpha=2.0))
    assert capsys.readouterr().out == (
        "made from other files: 04_hybrid_similarity; make them again:"
        " python -m movierec run --run mine --from 04\n"
    )


def test_a_stage_of_a_run_leaves_saying_so_to_the_runner(made, capsys):
    with locks.whole_run(RUN):
        _make("03_als_training", ALSSettings(alpha=2.0))
    assert capsys.readouterr().out == ""


def _make_rows(content: str) -> None:
    """Leave 01 as the engine spark does: with a folder beside its files."""
    stage = OpenStage("01_eda", RUN.name)
    folder = stage.output(ROWS)
    folder.mkdir(exist_ok=True)
    (folder / "part-00000.parquet").write_text(content)
    for file in stage.stage.writes:
        stage.output(file).write_text('{"sha256": {"ratings.csv": "1"}}')
    stage.commit(DataSettings())


def test_a_changed_part_of_spark_s_rows_is_noticed():
    _make_rows("rows")
    part = artifact(RUN, ROWS) / "part-00000.parquet"
    part.write_text("r0ws")
    with pytest.raises(DamagedArtifact, match=r"interactions\.parquet is damaged"):
        artifact(RUN, ROWS)


def test_spark_s_rows_made_anew_make_what_read_them_stale():
    _make_rows("rows")
    _make("02_content_features", ContentSettings())
    _make("03_als_training", ALSSettings())
    _make_rows("other rows")
    with pytest.raises(StaleInput, match=r"made from another interactions\.parquet of 01_eda"):
        OpenStage("04_hybrid_similarity", RUN.name)


def test_spark_s_rows_that_are_about_to_be_written_have_no_record():
    _make_rows("rows")
    OpenStage("01_eda", RUN.name).output(ROWS)
    with pytest.raises(MissingArtifact):
        artifact(RUN, ROWS)
