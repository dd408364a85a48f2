"""The notebooks as they stand in git."""

from pathlib import Path

import nbformat
import pytest

from movierec import paths
from movierec.runs import parameters
from movierec.runs.runner import STAGES

NOTEBOOKS = sorted(paths.notebooks().glob("*.ipynb"))


def _code(path: Path) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_each_stage_is_a_notebook():
    assert {path.stem for path in NOTEBOOKS} >= set(STAGES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path: Path):
    assert not any(cell.outputs or cell.execution_count for cell in _code(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_one_cell_holds_annotated_parameters_with_help(path: Path):
    cells = [c for c in _code(path) if "parameters" in c.metadata.get("tags", [])]
    assert len(cells) == 1
    found = parameters.of_notebook(path)
    assert len(found) == len(cells[0].source.splitlines())
    assert all(one.help for one in found.values())
    assert all(one.check(one.default) == one.default for one in found.values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_code_is_thin(path: Path):
    cells = [cell for cell in _code(path) if "parameters" not in cell.metadata.get("tags", [])]
    sources = [cell.source for cell in cells]
    assert not any(line.startswith(("def ", "class ")) for s in sources for line in s.splitlines())
    assert max(len(source.splitlines()) for source in sources) <= 15
    assert not any("/" in word for s in sources for word in s.split() if word.startswith('"'))
