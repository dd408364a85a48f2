"""The code that a stage runs: its notebook, the modules of this package it imports, versions."""

import ast
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
NOTEBOOK = "the notebook"
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
VERSIONS = tuple("implicit scikit-learn numba numpy scipy pandas pyarrow matplotlib".split())


def code_of(notebook: Path) -> dict[str, str]:
    """What a stage's code consists of: digests by part, and versions by package.

    The parts are the notebook's code cells but for its parameters, every module of this package
    that they import at any remove, and the files that lie beside these. A digest is of the
    syntax tree, so that layout, comments and docstrings are no change. Without the notebook there
    are only versions.
    """
    versions = _versions()
    if not notebook.exists():
        return dict(versions)
    cells = _code_cells(notebook)
    found: dict[str, str] = {}
    wanted = [name for cell in cells for name in _parse(cell.encode())[1]]
    while wanted:
        name = wanted.pop()
        path = _file(name)
        if path and name not in found:
            found[name], imports = _parse(path.read_bytes())
            wanted += [*imports, *_parents(name)]
    folders = {path.parent for name in found if (path := _file(name))}
    beside = [path for folder in folders for path in folder.iterdir() if _is_data(path)]
    found |= {path.relative_to(_PACKAGE).as_posix(): _digest(path.read_bytes()) for path in beside}
    own = _digest("".join(_parse(cell.encode())[0] for cell in cells).encode())
    return {NOTEBOOK: own} | dict(sorted(found.items())) | versions


@cache
def _versions() -> dict[str, str]:
    found = {name: importlib.metadata.version(name) for name in VERSIONS}
    return {"Python": platform.python_version()} | found


def _code_cells(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_bytes())["cells"]
    return [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ())
    ]


@cache
def _parse(source: bytes) -> tuple[str, tuple[str, ...]]:
    """The digest of some code, and the names of this package that it may import."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with magics
        return _digest(source), ()
    imported = tuple(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return _digest(ast.dump(tree).encode()), imported


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if name.split(".")[0] == _PACKAGE.name)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _file(name: str) -> Path | None:
    """The file of a module; None where the name is that of something in one."""
    path = _PACKAGE.joinpath(*name.split(".")[1:])
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _is_data(path: Path) -> bool:
    return path.is_file() and path.suffix not in (".py", ".md") and not path.name.startswith(".")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
