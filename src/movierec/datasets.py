"""Datasets by name or folder: their tables, and facts about them."""

import difflib
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from movierec.data import cache
from movierec.data.columns import MAX_RATING, RATING, USER
from movierec.data.layouts import layout_of
from movierec.data.movielens import MOVIELENS, NAMES, SAMPLE
from movierec.data.originals import Originals, read_originals
from movierec.data.reader import OtherForm
from movierec.data.tables import Tables, require_columns
from movierec.paths import atomic_write, datasets
from movierec.simulation import simulator


class DatasetMissing(FileNotFoundError):
    """A dataset is not on this machine; the message names the command that brings it."""


@dataclass(frozen=True)
class DatasetFacts:
    """Facts about a dataset for reports and the manifest.

    name       that of the folder
    simulated  whether the ratings come from the simulator
    ratings    ratings, users, movies and tags are counts after validation
    duplicate_ratings  this and the following counts are those of `Tables`
    sha256     of each file, by name
    selection  the parameters by which a run selects ratings, by name
    same_rating  what every rating is, if they are all the same; each then counts as 5 stars
    """

    name: str
    simulated: bool
    ratings: int
    users: int
    movies: int
    tags: int
    duplicate_ratings: int
    missing_tags: int
    unknown_movies: int
    unknown_movie_ratings: int
    sha256: dict[str, str]
    selection: dict[str, float] = field(default_factory=dict)
    same_rating: float | None = None

    def save(self, path: Path) -> None:
        with atomic_write(path) as draft:
            draft.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> "DatasetFacts":
        return cls(**json.loads(path.read_text()))

    def counts(self) -> pd.DataFrame:
        """Sizes, and what validation changed: a row each, column count."""
        rows = {
            "ratings": self.ratings,
            "users": self.users,
            "movies": self.movies,
            "tags": self.tags,
            "duplicate ratings (dropped; the latest is kept)": self.duplicate_ratings,
            "blank tags (dropped)": self.missing_tags,
            "rated movies that are not listed (added)": self.unknown_movies,
            "ratings of those movies": self.unknown_movie_ratings,
        }
        return pd.DataFrame({"count": rows})


def locate(dataset: str) -> Path:
    """The folder of a dataset given by name or folder. Raises DatasetMissing.

    The sample is simulated, again if a file is missing or the simulator has changed.
    """
    dataset = str(dataset)  # papermill takes 2024 for a number
    folder = datasets() / dataset if dataset in NAMES else Path(dataset).expanduser().resolve()
    if dataset == SAMPLE and not simulator.is_current(folder):
        simulator.simulate(folder)
    if dataset in MOVIELENS and not folder.is_dir():
        raise DatasetMissing(f"{dataset} is not downloaded yet: python -m movierec fetch {dataset}")
    if folder.is_file():
        raise DatasetMissing(
            f"{folder} is a file; a dataset is a folder: {_import_command(folder)}"
        )
    if not folder.is_dir():
        near = difflib.get_close_matches(dataset, NAMES, n=1)
        raise DatasetMissing(
            f"{dataset!r} is neither a folder nor one of {', '.join(NAMES)}"
            + (f"; did you mean {near[0]}?" if near else "")
        )
    return folder


def require_layout(folder: Path) -> None:
    """Raise TableError, with the command that imports the folder, unless its headers fit."""
    layout = layout_of(folder)
    with _naming_import(folder):
        for file in layout:
            if (folder / file.name).exists() or file in (layout.ratings, layout.movies):
                require_columns(folder / file.name, file)


def load_dataset(dataset: str) -> tuple[Tables, DatasetFacts]:
    """Read and validate a dataset given by name or folder.

    Where every rating is the same, it tells only that it is there, and counts as 5 stars.
    Raises DatasetMissing, and what `read_tables` raises.
    """
    folder = locate(dataset)
    with _naming_import(folder):
        tables, sha256 = cache.read(folder)
    first = float(tables.ratings[RATING].iloc[0])
    same = first if (tables.ratings[RATING] == first).all() else None
    if same is not None:
        # Views, purchases: one star for each is no dislike.
        tables = replace(tables, ratings=tables.ratings.assign(**{RATING: np.float32(MAX_RATING)}))
    facts = DatasetFacts(
        name=folder.name,
        simulated=(folder / simulator.RECORD).exists(),
        ratings=len(tables.ratings),
        users=int(tables.ratings[USER].nunique()),
        movies=len(tables.movies),
        tags=len(tables.tags),
        duplicate_ratings=tables.duplicate_ratings,
        missing_tags=tables.missing_tags,
        unknown_movies=tables.unknown_movies,
        unknown_movie_ratings=tables.unknown_movie_ratings,
        sha256=sha256,
        same_rating=same,
    )
    return tables, facts


def load_originals(dataset: str) -> Originals:
    """The ids that users and movies had before `import` numbered them, if it did."""
    return read_originals(locate(dataset))


@contextmanager
def _naming_import(folder: Path) -> Iterator[None]:
    """Errors about the form of a file end with the command that reads other forms."""
    try:
        yield
    except OtherForm as error:
        raise OtherForm(f"{error}\ndata of another form: {_import_command(folder)}") from None


def _import_command(path: Path) -> str:
    out = path.with_name(f"{path.stem}-imported")
    return shlex.join(["python", "-m", "movierec", "import", str(path), "--out", str(out)])
