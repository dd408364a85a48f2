"""The documents: their links lead somewhere, their commands are accepted, their snippets run."""

import ast
import importlib.util
import inspect
import re
import runpy
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import nbformat
import pytest

from movierec import cli, paths
from movierec.content.features import ItemFeatures
from movierec.data.movielens import MOVIELENS
from movierec.evaluation.evaluate import CUTOFFS
from movierec.evaluation.metrics import METRICS
from movierec.evaluation.questions import NAMES
from movierec.evaluation.results import key
from movierec.models.popularity import Popularity
from movierec.models.registry import build_models
from movierec.paths import RunPaths
from movierec.runs import plan
from movierec.serving import bundle
from movierec.serving.bundle import KEYS, load_model
from movierec.serving.recommender import Recommender
from movierec.settings import (
    ModelSettings,
    ProtocolSettings,
    TuningSettings,
    parse_assignments,
    read_preset,
)
from movierec.stages import STAGES, find_stage
from movierec.tuning.space import search_space

ROOT = paths.project()
PACKAGE = ROOT / "src" / "movierec"
DOCUMENTS = [
    FRONT := ROOT / "README.md",
    CHANGES := ROOT / "CHANGELOG.md",
    ROOT / ".github" / "CONTRIBUTING.md",
    ROOT / "artifacts" / "README.md",
    DATA := ROOT / "data" / "README.md",
    NOTEBOOKS := ROOT / "notebooks" / "README.md",
    ROOT / "reports" / "README.md",
    ARCHITECTURE := PACKAGE / "README.md",
    PACKAGE / "facts" / "README.md",
    PACKAGE / "app" / "README.md",
    EVALUATION := PACKAGE / "evaluation" / "README.md",
    BENCHMARKS := ROOT / "tests" / "benchmarks" / "README.md",
]
SCRIPTS = sorted((ROOT / "tests" / "benchmarks").glob("*.py"))
EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))

OF_RUNS_AND_DATASETS = {
    *(
        "preset.toml",
        "comparison.csv",
        "leaderboard.csv",
        "night.toml",
        "ratings.csv",
        "movies.csv",
        "tags.csv",
        "test.csv",
    ),
    *("users.csv", "items.csv"),
    *(f"{stage}.ipynb" for stage in STAGES),
}

# Writes what it was called as and with, a line a call, fields with a separator between.
RECORDER = """#!/bin/sh
{ printf '%s' "$0"; for word in "$@"; do printf '\\037%s' "$word"; done; echo; } >> "$CALLS"
"""
PROGRAMS = (
    ".ci/run",
    *(f".venv/bin/{name}" for name in ("movierec", "python", "papermill", "jupyter", "ruff")),
)


def _text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def _prose(document: Path) -> str:
    """Everything but blocks of code."""
    return re.sub(r"(?ms)^```.*?^```$|^ {4}.*?$", "", _text(document))


def _fenced(document: Path, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", _text(document))


def _shell(document: Path) -> str:
    """All indented blocks, which hold commands."""
    unfenced = re.sub(r"(?ms)^```.*?^```$", "", _text(document))
    return "\n".join(re.findall(r"(?m)^ {4}(.*)$", unfenced))


def _rows(document: Path, heading: str) -> list[list[str]]:
    """The cells of the table whose first column has that heading."""
    table = _text(document).split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def _names(cells: list[str]) -> list[str]:
    """What stands in backticks."""
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def _called(script: str, folder: Path) -> Iterator[list[str]]:
    """The calls that a shell script makes, every program replaced by a recorder."""
    calls = folder / "calls"
    calls.touch()
    for name in (*PROGRAMS, "bin/make", "bin/python3"):
        program = folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(RECORDER)
        program.chmod(0o755)
    environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "CALLS": str(calls)}
    subprocess.run(["bash", "-euc", script], cwd=folder, env=environment, check=True)
    for line in calls.read_text().splitlines():
        program, *words = line.split("\x1f")
        yield [Path(program).name, *words]


def test_the_front_page_is_short():
    assert len((FRONT).read_bytes()) <= 10_000
    assert len(re.findall(r"(?m)^\|---", _text(FRONT))) == 1


@EACH
def test_links_lead_to_files_and_headings(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(document)):
        if target.startswith("https://"):
            continue
        file, _, heading = target.partition("#")
        found = (document.parent / file).resolve() if file else document
        assert found.exists(), target
        assert not heading or heading in _anchors(found), target


def _anchors(document: Path) -> list[str]:
    """The names of headings, as GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.*)$", _prose(document))
    return [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]


def test_every_document_can_be_reached_from_the_front_page():
    front = _prose(FRONT)
    linked = {(ROOT / target).resolve() for target in re.findall(r"\]\(([^)#]+)", front)}
    assert {*DOCUMENTS[1:]} <= linked


@EACH
def test_files_that_are_named_exist(document):
    names = re.findall(r"`([\w./-]*\w\.(?:py|ipynb|md|toml|yml|csv))`", _prose(document))
    folders = ("src", "tests", "notebooks", ".github")
    there = [*ROOT.glob("*.*"), *(path for name in folders for path in (ROOT / name).rglob("*"))]
    endings = tuple(f"/{path.relative_to(ROOT)}" for path in there)
    missing = [name for name in names if not any(one.endswith(f"/{name}") for one in endings)]
    assert {Path(name).name for name in missing} <= OF_RUNS_AND_DATASETS


@pytest.fixture
def model(world, tmp_path, monkeypatch) -> None:
    """Runs whose models know the ids and titles of real data that the documents name."""
    for run in ("small", "sample"):
        world.save(run)
    columns = {1214: 0, 1200: 1, 1: 2, 2671: 6}
    titles = world.movies["title"].tolist()
    titles[0], titles[2], titles[6] = "Alien (1979)", "Toy Story (1995)", "Notting Hill (1999)"

    def load(path: str | Path) -> Recommender:
        recommender = load_model(path)
        parts = recommender.bundle
        parts["m2i"], parts["u2i"] = parts["m2i"] | columns, parts["u2i"] | {42: 0}
        parts["movies_indexed"] = parts["movies_indexed"].assign(title=titles)
        return recommender

    monkeypatch.setattr(bundle, "load_model", load)
    monkeypatch.chdir(paths.home())
    Path("ratings.csv").write_text("title,rating\nAlien (1979),5\n")


@EACH
def test_snippets_run(document, model):
    for snippet in _fenced(document, "python"):
        exec(compile(snippet, document.name, "exec"), {"__name__": "snippet"})


@EACH
def test_commands_are_accepted(document, model, tmp_path, monkeypatch):
    # A dataset is taken for fetched, and a search leaves its preset without searching.
    monkeypatch.setattr(plan, "locate", Path)
    for program, *words in _called(_shell(document), tmp_path):
        try:
            ACCEPT[program](words)
        except (SystemExit, ValueError, KeyError, OSError) as error:
            pytest.fail(f"{program} {' '.join(words)}: {error}")


def _accept_movierec(words: list[str]) -> None:
    options = cli._parser().parse_args(words)
    match words[0]:
        case "run":
            plan.plan_run(
                options.dataset,
                options.run,
                options.preset,
                options.p,
                options.first,
                options.last,
            )
        case "tune":
            assignments = [*options.p, f"protocol={options.protocol or 'user-random'}"]
            fixed = parse_assignments(assignments, [TuningSettings])
            read_preset(options.preset, [stage.parameters for stage in STAGES.values()])
            assert search_space(options.model, fixed)
            RunPaths(options.run or "tune").output("preset.toml").touch()
        case "compare":
            assert options.metric in {key(name, k) for name in (*METRICS, *NAMES) for k in CUTOFFS}
        case "recommend" | "similar":
            assert cli.main(words) == 0


def _accept_make(words: list[str]) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "--directory", ROOT, *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def _accept_python(words: list[str]) -> None:
    match words:
        case ["-m", "movierec", *rest]:
            _accept_movierec(rest)
        case ["-m", "pytest", *rest]:
            assert all((ROOT / word).exists() for word in rest if not word.startswith("-"))
        case ["-m", "pip", "install", "-r", file]:
            assert (ROOT / file).exists()
        case ["-m", "venv", ".venv"]:
            pass
        case [script, *_]:
            assert ROOT / script in SCRIPTS


def _accept_papermill(words: list[str]) -> None:
    notebook, _, _, name, value = words
    assert (ROOT / notebook).exists()
    find_stage(Path(notebook).stem).parameters.model_validate_strings({name: value})


def _accept_existing(words: list[str]) -> None:
    """A tool on a path of the project."""
    assert (ROOT / words[-1]).exists()


ACCEPT = {
    "movierec": _accept_movierec,
    "make": _accept_make,
    "python": _accept_python,
    "python3": _accept_python,
    "papermill": _accept_papermill,
    "jupyter": _accept_existing,
    "ruff": _accept_existing,
    "run": lambda _: _accept_existing([".ci/run"]),
}


@pytest.fixture
def benchmark(monkeypatch) -> Callable[[str], dict]:
    """The names that a benchmark script defines, its main part left out."""
    monkeypatch.syspath_prepend(BENCHMARKS.parent)
    return lambda name: runpy.run_path(str(BENCHMARKS.parent / name), run_name="imported")


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_benchmarks_can_be_started(script, benchmark):
    assert benchmark(script.name)


@pytest.mark.slow
def test_the_jobs_that_are_shown_are_known(benchmark):
    (jobs,) = re.findall(r"bench\.py --jobs ([\w ]+?) +#", _shell(BENCHMARKS))
    assert set(jobs.split()) <= set(benchmark("bench.py")["JOBS"])


@pytest.mark.slow
def test_numbers_beside_published_ones_are_measured(benchmark, ml_latest_small):
    table = benchmark("published.py")["compared"](ml_latest_small)
    rows = {name.strip("`"): values for name, *values in _rows(EVALUATION, "NDCG@100")}
    assert {name: [f"{value:.3f}" for value in row] for name, *row in table.itertuples()} == rows


def test_the_model_that_is_shown_is_popularity():
    (shown,) = (one for one in _fenced(ARCHITECTURE, "python") if "class Popularity" in one)
    assert _without_docstrings(shown).endswith(_without_docstrings(inspect.getsource(Popularity)))


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.unparse(tree)


def test_the_parameter_that_is_shown_is_one():
    shown = _fenced(NOTEBOOKS, "python")[0].strip()
    assert shown in [line for cell in _parameters("03_als_training") for line in cell.splitlines()]


def _parameters(stage: str) -> Iterator[str]:
    for cell in nbformat.read(paths.notebooks() / f"{stage}.ipynb", as_version=4).cells:
        if "parameters" in cell.metadata.get("tags", []):
            yield cell.source


def test_all_models_are_listed(world):
    features = ItemFeatures.of(world.movies, world.similarity.content)
    models = set(build_models(ModelSettings(), features, world.interactions))
    for document, heading in ((FRONT, "model | NDCG@10"), (EVALUATION, "model")):
        assert set(_names([row[0] for row in _rows(document, heading)])) == models


def test_all_protocols_are_listed():
    listed = _names([row[0] for row in _rows(EVALUATION, "`-p protocol=`")])
    assert listed == list(get_args(ProtocolSettings.model_fields["protocol"].annotation))


def test_all_stages_are_listed_with_their_questions():
    rows = _rows(NOTEBOOKS, "notebook")
    listed = {re.match(r"\[(\w+)\]", name)[1]: question for name, question in rows}
    assert listed == {stage.name: stage.question for stage in STAGES.values()}


def test_settings_are_listed_with_the_stages_that_own_them():
    for name, text in _rows(ARCHITECTURE, "stage"):
        bases = find_stage(name).parameters.__bases__
        assert _names([text]) == [one.__name__ for one in bases if one.__name__ != "Settings"]


def test_all_keys_of_the_pickle_are_listed():
    assert _names([row[0] for row in _rows(ARCHITECTURE, "key")]) == list(KEYS)


def test_hashes_of_archives_are_listed():
    listed = {row[0]: row[2].strip("`") for row in _rows(DATA, "archive")}
    hashes = {name: text for name, text in listed.items() if not text.startswith("none")}
    assert set(listed) == {f"{name}.zip" for name in MOVIELENS}
    assert hashes == {f"{name}.zip": one.sha256 for name, one in MOVIELENS.items() if one.sha256}


def test_renamed_parameters_are_known_by_their_new_names_only():
    known = {name for stage in STAGES.values() for name in stage.parameters.model_fields}
    renamed = [_names(row) for row in _rows(CHANGES, "0.1.0") if "movierec" not in row[0]]
    assert len(renamed) == 11
    assert {new for _, new in renamed} <= known
    assert not {old for old, _ in renamed} & known


def test_moved_modules_are_where_they_are_said_to_be():
    table = _text(CHANGES).split("Renamed and moved modules:", 1)[1]
    moved = _names(re.findall(r"(?m)^\| `movierec\.[^|]*\|(.*)\|$", table))
    assert moved
    for module in moved:
        assert importlib.util.find_spec(module), module


def test_the_version_is_the_same_everywhere():
    version = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]["version"]
    (released,) = re.findall(rf"(?m)^## {re.escape(version)} - (\S+)$", _text(CHANGES))
    citation = _text(ROOT / "CITATION.cff")
    assert f"version: {version}\ndate-released: {released}\n" in citation


def _layout() -> tuple[str, str]:
    """The tree of the package, and its layers, highest first."""
    tree, layers, *_ = _fenced(ARCHITECTURE, "text")
    return tree, layers


def test_the_layout_names_all_there_is():
    listed = {line.split()[0].rstrip("/") for line in _layout()[0].splitlines()}
    there = {path.name for path in PACKAGE.iterdir()} - {"README.md"}
    assert listed == {name for name in there if not name.startswith("_")}


def test_imports_run_down_the_layers():
    layers = [line.split() for line in _layout()[1].splitlines()]
    height = {name: -row for row, names in enumerate(layers) for name in names}
    for path in PACKAGE.rglob("*.py"):
        here = path.relative_to(PACKAGE).with_suffix("").parts[0]
        for module in _imported(path):
            if not here.startswith("_") and module != here:
                assert height[module] < height[here], f"{path} imports {module}"


def _imported(path: Path) -> Iterator[str]:
    """Modules and packages of this one that a file imports, by their first name."""
    for node in ast.walk(ast.parse(_text(path))):
        if isinstance(node, ast.ImportFrom) and node.module == "movierec":
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("movierec."):
            yield node.module.split(".")[1]
