"""A user without a writable home: importing and running go on in a temporary folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from movierec import caches


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """What a test sets for processes to come ends with it."""
    with patch.dict(os.environ):
        os.environ.pop("NUMBA_CACHE_DIR", None)
        yield


CODE = """
import os
from movierec.models.kernels import als
from movierec.plots import theme
import matplotlib
print(os.environ["NUMBA_CACHE_DIR"], matplotlib.get_cachedir(), sep="\\n")
"""


@pytest.mark.slow
def test_without_a_writable_home_importing_works_and_caches_lie_in_a_temporary_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | {"HOME": "/proc/nowhere", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    folders = map(Path, done.stdout.split())
    assert all(folder.is_relative_to(tmp_path) and folder.exists() for folder in folders)


def test_with_a_writable_home_nothing_is_changed(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    caches.use_temporary_caches()
    assert "NUMBA_CACHE_DIR" not in os.environ


def test_a_folder_that_others_may_write_to_holds_no_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/proc/nowhere")
    monkeypatch.setattr(caches.tempfile, "tempdir", str(tmp_path))
    planted = tmp_path / f"movierec-caches-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    caches.use_temporary_caches()
    assert not Path(os.environ["NUMBA_CACHE_DIR"]).is_relative_to(planted)
