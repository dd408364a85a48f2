"""What several tests need: real data where it is, and a world whose right answers are obvious."""

import os
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from scipy import sparse

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the project's own data, artifacts or reports."""
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def ml_latest_small() -> Path:
    """Real MovieLens data, at MOVIEREC_TEST_DATA or fetched; tests of it skip without."""
    from movierec import paths

    given = os.environ.get("MOVIEREC_TEST_DATA")
    folder = Path(given) if given else paths.project() / "data"
    folder = folder / "ml-latest-small"
    if not (folder / "ratings.csv").exists():
        pytest.skip(
            "real data is not here: python -m movierec fetch ml-latest-small,"
            " or name the folder above it in MOVIEREC_TEST_DATA"
        )
    return folder


@pytest.fixture
def two_tastes() -> sparse.csr_array:
    """Twenty users by ten movies: even users like even movies, odd users odd ones.

    Each of the first ten users has one movie of their taste withheld, user u movie u: what a
    model that understands should find first.
    """
    rows, columns = np.indices((20, 10))
    likes = ((rows + columns) % 2 == 0) & (rows != columns)
    return sparse.csr_array(np.where(likes, 4.0, 0.0).astype(np.float32))
