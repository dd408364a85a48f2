"""Where everything lies: the one place that knows folder and file names."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Which stage or command leaves which file, so that a missing one can be asked for by name.
_MADE_BY = {
    "dataset.json": "01_eda",
    "given.parquet": "01_eda",
    "interactions.npz": "01_eda",
    "movies.parquet": "01_eda",
    "tags.parquet": "01_eda",
    "content.parquet": "02_content_features",
    "item_content.npz": "02_content_features",
    "vectorizer.json": "02_content_features",
    "als.npz": "03_als_training",
    "training.json": "03_als_training",
    "neighbours.parquet": "04_hybrid_similarity",
    "model.pkl": "04_hybrid_similarity",
    "hybrid.npz": "04_hybrid_similarity",
    "manifest.json": "04_hybrid_similarity",
    "metrics.json": "05_evaluation",
    "per_user.parquet": "05_evaluation",
    "recommendations.parquet": "05_evaluation",
    "test.parquet": "05_evaluation",
    "preset.toml": "tune",
    "tuning.journal": "tune",
}
_COMMANDS = {"tune"}


class MissingArtifact(FileNotFoundError):
    """A file is needed that no stage or command has left yet."""


def project() -> Path:
    """The project's own folder."""
    return Path(__file__).resolve().parents[2]


def home() -> Path:
    """The folder that holds data, artifacts and reports: MOVIEREC_HOME, or the project's own."""
    return Path(os.environ.get("MOVIEREC_HOME") or project())


def notebooks() -> Path:
    return project() / "notebooks"


def datasets() -> Path:
    return home() / "data"


def reports() -> Path:
    return home() / "reports"


@dataclass(frozen=True)
class RunPaths:
    """The files of one run: `artifacts/<name>/` for machines, `reports/<name>/` for people.

    Raises ValueError for a name of other than letters, digits, "_", "-" and inner dots.
    """

    name: str

    def __post_init__(self):
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
        return self.artifacts / self._known(file)

    def input(self, file: str) -> Path:
        """The path of an artifact that must be there.

        Raises MissingArtifact, naming the command that makes it.
        """
        path = self.artifacts / self._known(file)
        if not path.exists():
            raise MissingArtifact(f"{path} is missing: {self._remedy(_MADE_BY[file])}")
        return path

    def notebook(self, stage: str) -> Path:
        """The executed notebook of a stage."""
        return self.reports / f"{stage}.ipynb"

    def report(self, stage: str) -> Path:
        """The rendered report of a stage, or of "tuning"."""
        return self.reports / f"{stage}.html"

    @property
    def index(self) -> Path:
        return self.reports / "index.html"

    def _remedy(self, maker: str) -> str:
        of_run = f"--dataset DATASET --run {self.name}"
        if maker in _COMMANDS:
            return f"python -m movierec {maker} {of_run} makes it"
        return (
            f"notebook {maker} makes it. Run it, or: python -m movierec run {of_run} --to {maker}"
        )

    @staticmethod
    def _known(file: str) -> str:
        if file not in _MADE_BY:
            raise KeyError(f"no stage makes {file}")
        return file


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A file to write that takes the place of `path` only when the block ends well.

    A run that is killed half-way leaves the old file or none, never half a file. The
    suffix is kept, since numpy and pandas choose formats by it.
    """
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        yield draft
        draft.replace(path)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A folder to fill that takes the place of `path` only when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        draft.mkdir()
        yield draft
        if path.exists():
            path.rename(Path(folder) / "old")
        draft.replace(path)
