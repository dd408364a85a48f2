"""One person's ratings, exported from another service, as movies of a catalogue."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from movierec.data.columns import MOVIE, RATING, TIMESTAMP, TITLE, USER
from movierec.data.titles import index_titles, match
from movierec.importing.choices import CannotImport, Choices
from movierec.importing.convert import read


@dataclass(frozen=True)
class Profile:
    """One person's ratings.

    ratings    movieId of the catalogue -> stars, 0.5 to 5
    unmatched  titles that are in the file and, by name and year, not in the catalogue
    notes      how the file was read, as sentences
    """

    ratings: dict[int, float]
    unmatched: list[str]
    notes: list[str]


def read_profile(source: Path, movies: pd.DataFrame, choices: Choices | None = None) -> Profile:
    """The ratings in an export of Letterboxd, IMDb or MovieLens, or in a table of title and rating.

    source  a file, a ZIP archive or a folder
    movies  the catalogue: movieId, title with its year, as `movies_indexed` of a model
    A title is found by name and year, as `data.titles.match` does; of two ratings the later counts.
    Raises CannotImport.
    """
    imported = read(source, replace(choices or Choices(), one_user=True))
    if (users := imported.ratings[USER].nunique()) > 1:
        raise CannotImport(f"{source} has ratings of {users:,} users; a profile is one person's")
    latest = imported.ratings.sort_values(TIMESTAMP, kind="stable")
    stars = latest.drop_duplicates(MOVIE, keep="last").set_index(MOVIE)[RATING]
    rated = imported.movies[imported.movies[MOVIE].isin(stars.index)].reset_index(drop=True)
    places = _places(rated, movies)
    found = places >= 0
    ids = movies[MOVIE].to_numpy()[places[found]].tolist()
    given = stars.loc[rated[MOVIE].to_numpy()[found]].tolist()
    notes = [f"{subject}: {note}" for subject, note in imported.notes]
    return Profile(dict(zip(ids, given, strict=True)), rated[TITLE][~found].tolist(), notes)


def read_upload(name: str, content: bytes, movies: pd.DataFrame) -> Profile:
    """As `read_profile`, of a file that is in memory, such as one sent to a web page."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (PurePosixPath(name.replace("\\", "/")).name or "upload")
        path.write_bytes(content)
        return read_profile(path, movies)


def _places(rated: pd.DataFrame, movies: pd.DataFrame) -> np.ndarray:
    """The row of each rated title in the catalogue, -1 for none.

    First by id where the title there is the very same, as of MovieLens's own export.
    """
    rows = pd.Index(movies[MOVIE]).get_indexer(rated[MOVIE])
    titles = movies[TITLE].to_numpy()
    same = (rows >= 0) & (titles[rows] == rated[TITLE].to_numpy())
    places = np.where(same, rows, -1)
    places[~same] = match(rated[TITLE][~same], index_titles(movies[TITLE]))
    return places
