"""Folders, the files of a run, and writing them whole or not at all."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def project() -> Path | None:
    """The checkout that the package lies in; None where it is installed elsewhere."""
    folder = Path(__file__).resolve().parents[2]
    return folder if (folder / "pyproject.toml").exists() else None


def home() -> Path:
    """The folder of data, artifacts and reports: MOVIEREC_HOME, the checkout or the current one."""
    return Path(os.environ.get("MOVIEREC_HOME") or project() or Path.cwd())


def notebooks() -> Path:
    return (project() or home()) / "notebooks"


def datasets() -> Path:
    return home() / "data"


def reports() -> Path:
    return home() / "reports"


def default_run() -> str:
    """The run that a notebook works on where it names none: MOVIEREC_RUN, else "sample"."""
    return os.environ.get("MOVIEREC_RUN") or "sample"


@dataclass(frozen=True)
class RunPaths:
    """The files of one run: `artifacts/<name>/` for machines, `reports/<name>/` for people.

    Raises ValueError for a name of other than letters, digits, "_", "-" and inner dots.
    """

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w-][\w.-]*", self.name):
            raise ValueError(
                f"run {self.name!r} is not a plain name of letters, digits, '.', '_' and '-';"
                " give one with --run"
            )

    @property
    def artifacts(self) -> Path:
        return home() / "artifacts" / self.name

    @property
    def reports(self) -> Path:
        return reports() / self.name

    def output(self, file: str) -> Path:
        """The path of an artifact about to be written; its folder is made."""
        self.artifacts.mkdir(parents=True, exist_ok=True)
        return self.artifacts / file

    def notebook(self, stage: str) -> Path:
        """The executed notebook of a stage."""
        return self.reports / f"{stage}.ipynb"

    def report(self, stage: str) -> Path:
        """The rendered report of a stage, or of "tuning"."""
        return self.reports / f"{stage}.html"

    @property
    def index(self) -> Path:
        return self.reports / "index.html"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path; what is written there replaces `path` when the block ends without error.

    A run that is killed half-way leaves the old file or none, never half a file. The suffix is
    kept, since numpy and pandas choose formats by it. Folders above are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        yield draft
        if draft.is_dir() and path.exists():
            path.rename(Path(folder) / "old")
        draft.replace(path)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """As `atomic_write`, of a folder."""
    with atomic_write(path) as draft:
        draft.mkdir()
        yield draft
