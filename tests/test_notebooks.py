"""The notebooks as they stand in git: thin, and without outputs."""

import re
import statistics
from pathlib import Path

import nbformat
import pytest

from movierec import paths

NOTEBOOKS = sorted(paths.notebooks().glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _code(path: Path) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def _is_parameters(cell: nbformat.NotebookNode) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def _sources(path: Path) -> list[str]:
    return [cell.source for cell in _code(path) if not _is_parameters(cell)]


@every_notebook
def test_outputs_are_stripped(path):
    assert not any(cell.outputs or cell.execution_count for cell in _code(path))


@every_notebook
def test_the_first_code_cell_and_no_other_holds_parameters(path):
    assert [_is_parameters(cell) for cell in _code(path)] == [True] + [False] * len(_sources(path))


@every_notebook
def test_a_notebook_is_read_in_one_sitting(path):
    assert len(nbformat.read(path, as_version=4).cells) <= 30


@every_notebook
def test_cells_are_short(path):
    sources = [source for source in _sources(path) if not source.startswith(("import ", "from "))]
    lengths = [len(source.splitlines()) for source in sources]
    assert statistics.median(lengths) <= 3
    assert max(lengths) <= 12


@every_notebook
def test_nothing_is_defined(path):
    assert not re.search(r"^\s*(def|class) |\blambda\b", "\n".join(_sources(path)), re.MULTILINE)


@every_notebook
def test_no_path_is_written_out(path):
    assert not re.search(r"""["'][^"'\s]*/[^"'\s]*["']""", "\n".join(_sources(path)))
