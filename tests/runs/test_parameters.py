"""Parameters cells, and what a shell user or a preset may say about them."""

from collections import defaultdict
from pathlib import Path

import nbformat
import pytest

from movierec import paths
from movierec.runs import parameters
from movierec.runs.parameters import Parameter, ParameterError

CELL = """\
factors: int = 64  # latent dimensions, in [1, 4096]
share: float = 0.2  # to hold out, in (0, 1)
fraction: float = 1.0  # to keep, in (0, 1e3]
weight: float = 0.0  # of the words, in [-2, 1)
protocol: str = "user-random"  # one of user-random, leave-last-out
query: str = "Star Wars"  # any text
progress: bool = False  # whether to show a bar
"""


@pytest.fixture
def known(tmp_path) -> dict[str, Parameter]:
    """The parameters of a notebook with one of every kind."""
    cell = nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("factors = 1"), cell],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}},
    )
    nbformat.write(notebook, tmp_path / "stage.ipynb")
    return parameters.of_notebook(tmp_path / "stage.ipynb")


@pytest.fixture
def preset(tmp_path) -> Path:
    return tmp_path / "mine.toml"


def _of_project() -> dict[str, Parameter]:
    return parameters.of_notebooks(paths.notebooks().glob("*.ipynb"))


def test_types_and_defaults_are_read(known):
    assert {name: (one.type, one.default) for name, one in known.items()} == {
        "factors": (int, 64),
        "share": (float, 0.2),
        "fraction": (float, 1.0),
        "weight": (float, 0.0),
        "protocol": (str, "user-random"),
        "query": (str, "Star Wars"),
        "progress": (bool, False),
    }


def test_help_is_the_comment(known):
    assert known["factors"].help == "latent dimensions, in [1, 4096]"


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("factors=128", 128),
        ("share=0.25", 0.25),
        ("share=1e-3", 0.001),
        ("weight=-1.5", -1.5),
        ("protocol=leave-last-out", "leave-last-out"),
        ("query=", ""),
        ("query=2 + 2 = 4", "2 + 2 = 4"),
        ("progress=True", True),
        ("progress=false", False),
    ],
)
def test_a_possible_text_gives_its_value(known, assignment, value):
    (parsed,) = parameters.parse_assignments([assignment], known).values()
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("assignment", "why"),
    [
        ("factors=many", "of type int"),
        ("factors=1.5", "of type int"),
        ("factors=true", "of type int"),
        ("factors=", "of type int"),
        ("share=half", "of type float"),
        ("share=nan", r"in \(0, 1\)"),
        ("protocol=random", "one of user-random, leave-last-out"),
        ("progress=no", "of type bool"),
        ("progress=", "of type bool"),
    ],
)
def test_an_impossible_text_is_refused(known, assignment, why):
    name = assignment.partition("=")[0]
    with pytest.raises(ParameterError, match=f"{name} = .* is not possible: .*{why}"):
        parameters.parse_assignments([assignment], known)


def test_a_whole_number_becomes_a_float(known):
    assert type(known["fraction"].check(1)) is float


@pytest.mark.parametrize(
    ("name", "value"),
    [("factors", True), ("fraction", True), ("progress", 1), ("factors", 8.0), ("query", 8)],
)
def test_values_of_another_type_are_refused(known, name, value):
    with pytest.raises(ParameterError, match="of type"):
        known[name].check(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("factors", 1), ("factors", 4096), ("fraction", 1000.0), ("weight", -2.0)],
)
def test_a_square_bracket_lets_its_end_in(known, name, value):
    assert known[name].check(value) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [("share", 0.0), ("share", 1.0), ("fraction", 0.0), ("weight", 1.0)],
)
def test_a_round_bracket_keeps_its_end_out(known, name, value):
    with pytest.raises(ParameterError, match="it lies in"):
        known[name].check(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("factors", 0), ("factors", 4097), ("fraction", 1000.5), ("weight", -2.5)],
)
def test_values_beyond_a_square_bracket_are_refused(known, name, value):
    with pytest.raises(ParameterError, match="it lies in"):
        known[name].check(value)


def test_an_unknown_name_gets_the_nearest(known):
    with pytest.raises(ParameterError, match=r"'factor'; did you mean factors"):
        parameters.parse_assignments(["factor=3"], known)


def test_a_name_like_no_other_gets_all(known):
    with pytest.raises(ParameterError, match=f"there are {', '.join(known)}"):
        parameters.find("xyz", known)


def test_an_assignment_without_a_value_is_refused(known):
    with pytest.raises(ParameterError, match="'factors' is not of the form name=value"):
        parameters.parse_assignments(["factors"], known)


def test_several_notebooks_give_all_their_parameters():
    stages = [paths.notebooks() / f"{stage}.ipynb" for stage in ("01_eda", "03_als_training")]
    assert {"top_movies", "factors"} <= parameters.of_notebooks(stages).keys()


@pytest.mark.parametrize("name", ["tuned", "original"])
def test_a_shipped_preset_is_possible(name):
    assert parameters.read_preset(name, _of_project())


def test_tuned_says_what_the_notebooks_say():
    known = _of_project()
    tuned = parameters.read_preset("tuned", known)
    assert tuned == {name: known[name].default for name in tuned}


def test_tuned_takes_back_all_that_original_sets():
    known = _of_project()
    original = parameters.read_preset("original", known)
    assert original.keys() <= parameters.read_preset("tuned", known).keys()


def test_a_parameter_of_several_notebooks_is_the_same_in_all():
    found = defaultdict(set)
    for path in paths.notebooks().glob("*.ipynb"):
        for name, one in parameters.of_notebook(path).items():
            found[name].add(one)
    # Each stage says of its own run and seed what they are for.
    assert {name for name, ones in found.items() if len(ones) > 1} <= {"run", "seed"}


def test_a_preset_may_be_a_file(known, preset):
    preset.write_text("factors = 8\nfraction = 1\nprogress = true\n")
    values = parameters.read_preset(str(preset), known)
    assert values == {"factors": 8, "fraction": 1.0, "progress": True}


@pytest.mark.parametrize("content", [b"factors = ", b"# caf\xe9\nfactors = 8\n"])
def test_a_file_that_is_not_toml_is_named(known, preset, content):
    preset.write_bytes(content)
    with pytest.raises(ParameterError, match=r"mine\.toml"):
        parameters.read_preset(str(preset), known)


def test_an_unknown_preset_gets_those_there_are(known):
    with pytest.raises(ParameterError, match=r"'tunned' is neither .* original, start, tuned$"):
        parameters.read_preset("tunned", known)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("factor = 8", "did you mean factors"),
        ("factors = 0", "in .1, 4096"),
        ('factors = "8"', "of type int"),
        ("[als]\nfactors = 8", "no parameter 'als'"),
    ],
)
def test_what_a_preset_says_is_checked(known, preset, content, why):
    preset.write_text(content)
    with pytest.raises(ParameterError, match=why):
        parameters.read_preset(str(preset), known)
