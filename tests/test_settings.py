"""Settings: their ranges, what a shell user, a preset or a notebook may say about them."""

import ast
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from movierec import paths
from movierec.settings import (
    ALSSettings,
    BaselineSettings,
    DataSettings,
    EvaluationParameters,
    HybridSettings,
    ModelSettings,
    RecommendParameters,
    Settings,
    SettingsError,
    SimilaritySettings,
    differences,
    parse_assignments,
    read_preset,
)
from movierec.stages import STAGES

ALL = [stage.parameters for stage in STAGES.values()]


@pytest.fixture
def preset(tmp_path) -> Path:
    return tmp_path / "mine.toml"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ALSSettings, {"factors": 1}),
        (ALSSettings, {"factors": 4096}),
        (SimilaritySettings, {"cf_weight": 0}),
        (SimilaritySettings, {"cf_weight": 1.0}),
        (DataSettings, {"seed": 2**32 - 1}),
    ],
)
def test_the_ends_of_a_closed_range_are_inside(kind, value):
    assert kind(**value).model_dump().items() >= value.items()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ALSSettings, {"factors": 0}),
        (ALSSettings, {"factors": 4097}),
        (ALSSettings, {"alpha": 0.0}),
        (SimilaritySettings, {"cf_weight": 1.001}),
        (SimilaritySettings, {"cf_weight": float("nan")}),
        (ALSSettings, {"regularization": float("inf")}),
        (EvaluationParameters, {"test_share": 1.0}),
        (EvaluationParameters, {"protocol": "random"}),
        (DataSettings, {"seed": -1}),
    ],
)
def test_values_outside_the_range_are_refused(kind, value):
    with pytest.raises(ValueError, match=next(iter(value))):
        kind(**value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ALSSettings, {"factors": True}),
        (ALSSettings, {"factors": 8.0}),
        (ALSSettings, {"factors": "8"}),
        (SimilaritySettings, {"cf_weight": True}),
        (EvaluationParameters, {"diagnostics": 1}),
        (EvaluationParameters, {"models": 8}),
        (ALSSettings, {"factor": 8}),
    ],
)
def test_values_of_another_type_or_name_are_refused(kind, value):
    with pytest.raises(ValueError, match=next(iter(value))):
        kind(**value)


def test_a_whole_number_becomes_a_float():
    assert type(SimilaritySettings(cf_weight=1).cf_weight) is float


def test_a_changed_copy_is_checked_too():
    settings = ALSSettings()
    assert settings.replace(factors=8).factors == 8
    assert settings.factors == 64
    with pytest.raises(ValueError, match="factors"):
        settings.replace(factors=0)


def test_settings_of_several_stages_come_together():
    parts = ALSSettings(factors=8), HybridSettings(ease_weight=0.25), BaselineSettings()
    together = ModelSettings.of(*parts, {"cf_weight": 0.5}.items())
    assert (together.factors, together.ease_weight) == (8, 0.25)


def test_the_meaning_of_a_choice_names_the_choices():
    assert ALSSettings.meaning("als_solver").endswith(": accelerated, plain, implicit")
    assert ALSSettings.meaning("factors") == "latent dimensions"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("factors=128", 128),
        ("cf_weight=0.25", 0.25),
        ("ratings_fraction=1e-3", 0.001),
        ("protocol=leave-last-out", "leave-last-out"),
        ("title_query=", ""),
        ("title_query=2 + 2 = 4", "2 + 2 = 4"),
        ("title_query=8", "8"),
        ("diagnostics=True", True),
        ("diagnostics=false", False),
    ],
)
def test_a_possible_text_gives_its_value(text, value):
    (parsed,) = parse_assignments([text], ALL).values()
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("factors=many", "valid integer"),
        ("factors=1.5", "valid integer"),
        ("factors=true", "valid integer"),
        ("factors=", "valid integer"),
        ("factors=0", "greater than or equal to 1"),
        ("cf_weight=half", "valid number"),
        ("cf_weight=nan", "finite number"),
        ("protocol=random", "'user-random', 'leave-last-out'"),
        ("diagnostics=", "valid boolean"),
    ],
)
def test_an_impossible_text_is_refused_with_the_meaning(text, why):
    name = text.partition("=")[0]
    with pytest.raises(SettingsError, match=rf"{name} = .* is not possible: .*{why}.* \(.+\)$"):
        parse_assignments([text], ALL)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(SettingsError, match="'factor'; did you mean factors"):
        parse_assignments(["factor=3"], ALL)


def test_a_name_like_no_other_gets_all():
    with pytest.raises(SettingsError, match=r"'xyz'; there are cf_weight, neighbours$"):
        parse_assignments(["xyz=3"], [SimilaritySettings])


def test_a_setting_of_a_class_that_is_not_asked_for_is_unknown():
    with pytest.raises(SettingsError, match="no parameter 'factors'"):
        parse_assignments(["factors=3"], [SimilaritySettings])


def test_an_assignment_without_a_value_is_refused():
    with pytest.raises(SettingsError, match="'factors' is not of the form name=value"):
        parse_assignments(["factors"], ALL)


def test_a_preset_may_be_a_file(preset):
    preset.write_text("factors = 8\ncf_weight = 1\ndiagnostics = true\n")
    values = read_preset(str(preset), ALL)
    assert values == {"factors": 8, "cf_weight": 1.0, "diagnostics": True}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"factors = ", r"mine\.toml"),
        (b"# caf\xe9\nfactors = 8\n", r"mine\.toml"),
        (b"factor = 8", "did you mean factors"),
        (b"factors = 0", "greater than or equal to 1"),
        (b'factors = "8"', "valid integer"),
        (b"[als]\nfactors = 8", "no parameter 'als'"),
    ],
)
def test_what_a_preset_says_is_checked(preset, content, why):
    preset.write_bytes(content)
    with pytest.raises(SettingsError, match=why):
        read_preset(str(preset), ALL)


def test_an_unknown_preset_gets_those_there_are():
    with pytest.raises(SettingsError, match=r"'tunned' is neither .* original, start, tuned$"):
        read_preset("tunned", ALL)


@pytest.mark.parametrize("name", ["original", "start"])
def test_a_shipped_preset_is_possible_and_tuned_takes_it_back(name):
    assert read_preset(name, ALL).keys() <= read_preset("tuned", ALL).keys()


def test_the_tuned_preset_holds_the_defaults():
    defaults = {name: field.default for kind in ALL for name, field in kind.model_fields.items()}
    tuned = read_preset("tuned", ALL)
    assert tuned == {name: defaults[name] for name in tuned}


def test_settings_differ_where_values_do_or_one_lacks_them():
    one, other = {"factors": 64, "alpha": 1.0}, {"factors": 64, "alpha": 2.0, "seed": 0}
    assert differences(one, other) == "alpha 1.0 (now 2.0), seed None (now 0)"
    assert not differences(one, one)


def test_a_setting_stands_in_one_parameters_cell():
    counts = Counter(name for kind in ALL for name in kind.model_fields)
    twice = {name for name, count in counts.items() if count > 1}
    assert twice <= {"run", "seed", "dataset", "engine", "title_query"}


def _cell(stage: str) -> str:
    notebook = nbformat.read(paths.notebooks() / f"{stage}.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    return cell.source


@pytest.mark.parametrize("stage", STAGES)
def test_a_parameters_cell_says_what_its_class_says(stage):
    kind = STAGES[stage].parameters
    found = {}
    for line in _cell(stage).splitlines():
        name, type_name, value, comment = re.fullmatch(
            r"(\w+): (\w+) = (.+?)  # (.+)", line
        ).groups()
        found[name] = (type_name, ast.literal_eval(value), comment)
    assert found == {name: _described(kind, name) for name in kind.model_fields}


def _described(kind: type[Settings], name: str) -> tuple[str, object, str]:
    default = kind.model_fields[name].default
    return type(default).__name__, default, kind.meaning(name)


@pytest.mark.parametrize(
    ("told", "name"), [(7, "7"), ("007", "007"), ("u-1", "u-1"), ("0", "0"), (0, "")]
)
def test_a_user_is_named_by_text_or_number(told, name):
    assert RecommendParameters(user_id=told).user_id == name
