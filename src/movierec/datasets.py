"""From a dataset's name or folder to its tables."""

import difflib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from movierec.data import cache
from movierec.data.columns import USER
from movierec.data.movielens import MOVIELENS, NAMES, SAMPLE
from movierec.data.tables import Tables
from movierec.paths import atomic_write, datasets
from movierec.simulation import simulator as simulation

_FILES = ("ratings.csv", "movies.csv", "tags.csv")


class DatasetMissing(FileNotFoundError):
    """There is no such dataset here; the message says how to get it."""


@dataclass(frozen=True)
class DatasetFacts:
    """What is known of a dataset, for reports and the manifest: counts and file hashes."""

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
    # What a run keeps of it: the parameters of the cut.
    selection: dict[str, float] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        with atomic_write(path) as draft:
            draft.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> "DatasetFacts":
        return cls(**json.loads(path.read_text()))

    def counts(self) -> pd.DataFrame:
        """Sizes and what reading changed, one row each, as a report shows them."""
        rows = {
            "ratings": self.ratings,
            "users": self.users,
            "movies": self.movies,
            "tags": self.tags,
            "repeated ratings dropped (the latest counts)": self.duplicate_ratings,
            "tags without text dropped": self.missing_tags,
            "rated movies that movies.csv lacks": self.unknown_movies,
            "ratings of those": self.unknown_movie_ratings,
        }
        return pd.DataFrame({"count": rows})


def locate(dataset: str) -> Path:
    """The folder of a dataset given by name or as a folder; the sample is made when needed.

    Raises DatasetMissing, saying which command brings it.
    """
    if dataset == SAMPLE:
        return _sample()
    if dataset in MOVIELENS:
        folder = datasets() / dataset
        if not folder.is_dir():
            raise DatasetMissing(f"{dataset} is not here yet: python -m movierec fetch {dataset}")
        return folder
    folder = Path(dataset).expanduser()
    if not folder.is_dir():
        near = difflib.get_close_matches(dataset, NAMES, n=1)
        raise DatasetMissing(
            f"{dataset!r} is neither a folder nor one of {', '.join(NAMES)}"
            + (f"; did you mean {near[0]}?" if near else "")
        )
    return folder.resolve()


def load_dataset(dataset: str) -> tuple[Tables, DatasetFacts]:
    """Read a dataset given by name or as a folder, checked, with the facts about it."""
    folder = locate(dataset)
    found = cache.read(folder)
    tables = found.tables
    facts = DatasetFacts(
        name=folder.name,
        simulated=(folder / simulation.RECORD).exists(),
        ratings=len(tables.ratings),
        users=int(tables.ratings[USER].nunique()),
        movies=len(tables.movies),
        tags=len(tables.tags),
        duplicate_ratings=tables.duplicate_ratings,
        missing_tags=tables.missing_tags,
        unknown_movies=tables.unknown_movies,
        unknown_movie_ratings=tables.unknown_movie_ratings,
        sha256=found.sha256,
    )
    return tables, facts


def _sample() -> Path:
    """The embedded sample, simulated anew when the catalogue or the simulator has changed."""
    folder = datasets() / SAMPLE
    try:
        whole = all((folder / file).exists() for file in _FILES)
        recorded = json.loads((folder / simulation.RECORD).read_text())
        up_to_date = whole and recorded == simulation.record()
    except (OSError, ValueError):
        up_to_date = False
    if not up_to_date:
        simulation.simulate(folder)
    return folder
