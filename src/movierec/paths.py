"""Folders, the files of a run, and writing them whole or not at all."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


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


# Of temporary folders: beside what they are to replace, and elsewhere. A process number follows.
DRAFT = ".writing-"
_SCRATCH = "movierec-kernels-"
_OLD = "old"
# What lies, or may lie, beside the folders of runs.
_FILES = (".html .md .csv .json .toml .txt .log .png .svg .pdf .ipynb .parquet .lock .db").split()


@dataclass(frozen=True)
class RunPaths:
    """The files of one run: `artifacts/<name>/` for machines, `reports/<name>/` for people.

    Raises ValueError for a name of other than letters, digits, "_", inner dots and hyphens, and
    for one that looks like that of a file, since files lie beside the folders of runs.
    """

    name: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.-]{0,99}", self.name) or self.name.endswith("."):
            raise ValueError(
                f"run {self.name!r} is not a plain name of letters, digits, '.', '_' and '-';"
                " give one with --run"
            )
        if Path(self.name).suffix.lower() in _FILES:
            raise ValueError(f"run {self.name!r} looks like a file; give another name with --run")

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
    """The SHA-256 of a file, in hexadecimal; of a folder, that of the digests of its files.

    These count in the order of their names, not by name: Spark draws a part of each.
    """
    if path.is_dir():
        digests = [sha256_of(one) for one in sorted(path.rglob("[!.]*")) if one.is_file()]
        return hashlib.sha256("".join(digests).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path; what is written there replaces `path` when the block ends without error.

    A run that is killed half-way leaves the old file or none, never half a file. The suffix is
    kept, since numpy and pandas choose formats by it. Folders above are made. Raises OSError that
    names `path` where it cannot be written.
    """
    with _naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with _naming(path), _draft_folder(path.parent) as folder:
        draft = folder / path.name
        yield draft
        if draft.is_dir() and path.exists():
            (folder / _OLD).mkdir()
            path.rename(folder / _OLD / path.name)
        draft.replace(path)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """As `atomic_write`, of a folder."""
    with atomic_write(path) as draft:
        draft.mkdir()
        yield draft


def remove_folder(path: Path) -> None:
    """Remove a folder, if it is there: all of it at once, or what is left is swept later."""
    if path.is_dir():
        with _draft_folder(path.parent) as folder:
            path.rename(folder / path.name)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder in the system's place for temporary files, for this process and as long as it."""
    with tempfile.TemporaryDirectory(prefix=f"{_SCRATCH}{os.getpid()}-") as folder:
        yield Path(folder)


def scratch_folders() -> list[Path]:
    """Those of this user's processes, living and dead."""
    found = Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*-*")
    return [path for path in found if path.is_dir() and path.stat().st_uid == os.getuid()]


def is_abandoned(folder: Path) -> bool:
    """Whether the process that made a temporary folder is dead."""
    pid = re.search(r"-(\d+)-", folder.name)
    try:
        # A process that is younger has been given the number of the dead one.
        return not pid or psutil.Process(int(pid[1])).create_time() > folder.stat().st_mtime + 1
    except (psutil.NoSuchProcess, FileNotFoundError):
        return True


def discard(folder: Path) -> None:
    """Remove an abandoned folder; what it was about to replace and did not is put back."""
    for old in folder.glob(f"{_OLD}/*"):
        if not (target := folder.parent / old.name).exists():
            old.rename(target)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _draft_folder(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"{DRAFT}{os.getpid()}-", dir=folder) as made:
        yield Path(made)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the file that cannot be written, in place of its draft or of nothing."""
    try:
        yield
    except OSError as error:
        where = Path(str(error.filename or path))
        if where != path and where not in path.parents and DRAFT not in str(where):
            raise  # of another file
        why = error.strerror or str(error)
        raise OSError(f"{path} could not be written: {why}") from error
