"""Runs of real stages on a disk that fills, and on data with hardly anything to draw."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec.stages import STAGES

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path) -> Run:
    """The command `run` up to 04 in a process: `run(dataset, *words, most=0, environment=None)`.

    No file grows beyond `most` bytes, in the run's kernels neither; 0: any does.
    """

    def start(dataset: Path, *words: str, most: int = 0, environment: dict | None = None):
        def limit() -> None:
            if most:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

        return subprocess.run(
            [sys.executable, "-m", "movierec", "run", "--dataset", dataset, "--to", "04", *words],
            env=os.environ | (environment or {}) | {"MOVIEREC_HOME": str(tmp_path)},
            preexec_fn=limit,
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def _drafts(home: Path) -> list[Path]:
    return [*home.rglob(".writing-*")]


def test_a_full_disk_is_named_with_its_file_and_the_run_goes_on_once_there_is_room(
    run, tmp_path, quick, two_tastes_dataset
):
    told = "-p", "adapt=false"
    failed = run(two_tastes_dataset, *told, most=150_000, environment=quick)
    model = tmp_path / "artifacts" / "tastes" / "model.pkl"
    assert failed.returncode == 1
    assert f"{model} could not be written: File too large" in failed.stderr
    assert not model.exists()
    assert not (model.parent / "04_hybrid_similarity.json").exists()
    assert _drafts(tmp_path) == []

    done = run(two_tastes_dataset, *told, environment=quick)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[1] == "unchanged" for line in done.stdout.splitlines()[:4]] == [
        *(True, True, True, False)
    ]
    assert model.exists()


@pytest.fixture
def two_movies(tmp_path_factory) -> Path:
    """Twenty users who have rated both of two movies."""
    folder = tmp_path_factory.mktemp("datasets") / "two"
    folder.mkdir()
    rows = [f"{u},{m},{(u * m) % 10 / 2 + 0.5},{10**9 + u}" for u in range(20) for m in (1, 2)]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *rows, ""]))
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n1,Alien (1979),Horror\n2,Heat (1995),Crime\n"
    )
    return folder


def test_a_full_disk_leaves_no_half_notebook_and_two_movies_come_to_a_model(
    run, tmp_path, two_movies
):
    """One movie is refused by 01 in words, since there is none to recommend beside it."""
    notebook = tmp_path / "reports" / "two" / "01_eda.ipynb"
    failed = run(two_movies, most=100_000)
    assert failed.returncode == 1
    assert failed.stderr == f"error: {notebook} could not be written: File too large\n"
    assert not notebook.exists()
    assert _drafts(tmp_path) == []

    done = run(two_movies)
    assert (done.returncode, done.stderr) == (0, "")
    artifacts = {path.name for path in (tmp_path / "artifacts" / "two").iterdir()}
    assert artifacts >= {*STAGES["04_hybrid_similarity"].writes}
