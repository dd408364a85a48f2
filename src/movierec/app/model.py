"""The model of a run, loaded once for all visitors, and its answers."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from movierec import paths
from movierec.app.profile import catalogue_of
from movierec.data.columns import MOVIE, TITLE
from movierec.runs.listing import RunSummary, summarise_run
from movierec.serving import answers, evaluated
from movierec.serving.bundle import BundleError, load_model, read_manifest
from movierec.serving.filters import Filters
from movierec.serving.recommender import POPULARITY, Part, Recommender
from movierec.serving.titles import MIN_MATCH
from movierec.stages import MissingArtifact, artifact

# A model's last answers are kept: most reruns of a page ask what was asked before.
_ANSWERS = 1_000
_EVALUATION = "metrics.json"
# Models that are held at once: that of the app, and one to compare it with.
_MODELS = 2


class ModelUnavailable(RuntimeError):
    """A run's model is missing, damaged or of another version; the message says what to do."""


@dataclass(frozen=True)
class Listed:
    """A list of movies, and for each of them what raises and what lowers its score most.

    movies      as `Recommender.recommend_for`
    reasons     movieId -> `answers.up_and_down`; empty where popular movies are listed
    """

    movies: pd.DataFrame
    reasons: Mapping[int, tuple[list[Part], list[Part]]]


class Model:
    """A recommender that many sessions ask at once: nothing in it changes, answers are shared.

    Compiled loops are asked by one thread at a time, since not every one of numba's threading
    layers bears more.
    """

    def __init__(self, run: paths.RunPaths, recommender: Recommender):
        self.run = run
        self.recommender = recommender
        self.manifest = read_manifest(run.artifacts / "model.pkl")
        self.movies = recommender.bundle["movies_indexed"].set_index(MOVIE)
        self._lock = threading.Lock()
        self.recommended = lru_cache(_ANSWERS)(self._recommended)
        self.similar = lru_cache(_ANSWERS)(self._similar)
        self.search = lru_cache(_ANSWERS)(self._search)
        # What is made when it is first asked for is made before anybody waits for it.
        first = int(self.movies.index[0])
        self.search("a", 1)
        every = frozenset(self.genres[:1]), frozenset(self.decades[:1])
        self.recommended(((first, 5.0),), Filters(*every), 0.5, 0.6, 2)

    def _recommended(
        self,
        ratings: tuple[tuple[int, float], ...],
        filters: Filters,
        novelty: float,
        cf_weight: float,
        n: int = 10,
    ) -> Listed:
        known = {movie: stars for movie, stars in ratings if movie in self.movies.index}
        with self._lock:
            movies = self.recommender.recommend_for(
                known, n, filters=filters, novelty=novelty, cf_weight=cf_weight
            )
            return Listed(movies, self._reasons(known, movies))

    def for_user(self, user_id: int, n: int = 10) -> Listed:
        """As `recommended`, for a user of the data. Raises NotInModel."""
        with self._lock:
            movies = self.recommender.recommend(user_id, n)
            return Listed(movies, self._reasons(user_id, movies))

    def _reasons(
        self, asked: int | dict[int, float], movies: pd.DataFrame
    ) -> dict[int, tuple[list[Part], list[Part]]]:
        personal = movies.loc[movies["basis"] != POPULARITY, MOVIE].tolist()
        if not personal:
            return {}
        explained = map(answers.up_and_down, self.recommender.parts(asked, personal))
        return dict(zip(personal, explained, strict=True))

    def _similar(self, movie: int, cf_weight: float, n: int = 10) -> pd.DataFrame:
        """As `Recommender.similarity_map`."""
        with self._lock:
            return self.recommender.similarity_map(movie, n, cf_weight)

    def _search(self, typed: str, n: int = 5) -> tuple[pd.DataFrame, bool]:
        """The nearest titles to what was typed, and whether they match: else they only are near."""
        found = self.recommender.find(typed, n, least=0)
        close = found[found["match"] >= MIN_MATCH]
        return (close, True) if len(close) else (found.head(3), False)

    def known(self, movies: Iterable[int]) -> list[int]:
        return [movie for movie in movies if movie in self.movies.index]

    def translated(self, ratings: Mapping[int, float], other: "Model") -> dict[int, float]:
        """Ratings of this model's movies as those of another's, by title; some may be missing."""
        if ratings.keys() <= set(other.known(ratings)) and self.catalogue == other.catalogue:
            return dict(ratings)
        found = other.movie_of_title
        titles = {movie: self.movies.loc[movie, TITLE] for movie in self.known(ratings)}
        return {found[title]: ratings[movie] for movie, title in titles.items() if title in found}

    @cached_property
    def movie_of_title(self) -> dict[str, int]:
        return dict(zip(self.movies[TITLE], self.movies.index.tolist(), strict=True))

    @property
    def catalogue(self) -> str:
        return catalogue_of(self.manifest.dataset["name"])

    @property
    def simulated(self) -> bool:
        return bool(self.manifest.dataset["simulated"])

    @cached_property
    def genres(self) -> list[str]:
        return self.recommender.filter_index.genres.columns.tolist()

    @cached_property
    def decades(self) -> list[str]:
        return sorted(self.recommender.filter_index.decades.dropna().unique())

    @cached_property
    def most_ratings(self) -> int:
        """The number of ratings that a tenth of the movies have: filters go up to there."""
        return int(np.quantile(self.movies["ratings"], 0.9))

    @cached_property
    def is_evaluated(self) -> bool:
        """Whether the run's evaluation is one of this very model."""
        return evaluated.is_of(self.run, self.manifest)

    @cached_property
    def summary(self) -> RunSummary:
        return summarise_run(self.run)


def open_model(run: str) -> Model:
    """The model of a run, checked against its manifest.

    It is loaded again only if it was made or evaluated again. Raises ModelUnavailable.
    """
    try:
        files = paths.RunPaths(run)
        for name in ("model.pkl", "manifest.json"):
            if not (files.artifacts / name).exists():
                artifact(files, name)  # says what to do
    except (ValueError, MissingArtifact) as error:
        raise ModelUnavailable(str(error)) from None
    made = [_status(files.artifacts / name) for name in ("model.pkl", "manifest.json", _EVALUATION)]
    return _load(run, str(files.artifacts), tuple(made))


def runs_with_models() -> list[str]:
    return sorted(path.parent.name for path in (paths.home() / "artifacts").glob("*/model.pkl"))


def _status(path: Path) -> tuple[int, int]:
    """Time and size of a file, 0 if it is missing: this is asked too often for its hash."""
    if not path.exists():
        return 0, 0
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@st.cache_resource(max_entries=_MODELS, show_spinner="The model is being loaded …")
def _load(run: str, folder: str, made: tuple[tuple[int, int], ...]) -> Model:
    files = paths.RunPaths(run)
    try:
        return Model(files, load_model(files.artifacts / "model.pkl"))
    except (BundleError, FileNotFoundError, RuntimeError) as error:
        raise ModelUnavailable(str(error)) from None
    except Exception as error:
        # A pickle of other versions can fail in any way, while it is read or asked.
        raise ModelUnavailable(
            f"the model of run {run} does not work with the packages that are installed"
            f" ({type(error).__name__}: {error}); make it again:"
            f" python -m movierec run --run {run} --from 04"
        ) from error
