"""The model pickle, its manifest, and the recommender that is loaded from them."""

import hashlib
import importlib.metadata
import json
import pickle
import platform
import subprocess
import warnings
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from movierec import paths
from movierec.data.columns import GENRES, MOVIE, TITLE
from movierec.data.datasets import Facts, sha256_of
from movierec.data.interactions import Interactions
from movierec.models.ranking import top_k
from movierec.models.similarity import ItemSimilarity, check_sizes
from movierec.paths import replacing

KEYS = (
    "model",
    "u2i",
    "i2u",
    "m2i",
    "i2m",
    "item_factors",
    "user_factors",
    "cosine_sim",
    "movies_indexed",
    "tfidf",
)
# What a pickle of these packages' objects may not survive a change of.
_MATTERS = ("implicit", "scikit-learn", "numpy", "scipy", "pandas")
# Content cosine is held dense up to here (400 MB), beyond it as the nearest movies only.
_DENSE_MOVIES = 10_000
_NEAREST = 100


class BundleError(RuntimeError):
    """A model pickle is not what its manifest says, so it was not loaded."""


def make_bundle(
    model: AlternatingLeastSquares,
    interactions: Interactions,
    movies: pd.DataFrame,
    vectorizer: TfidfVectorizer,
    similarity: ItemSimilarity,
) -> dict:
    """The ten keys, all of types that load without this package.

    model           fitted implicit ALS
    u2i, i2u        userId -> row and back
    m2i, i2m        movieId -> column and back
    item_factors    (n_movies, factors) float32
    user_factors    (n_users, factors) float32
    cosine_sim      (n_movies, n_movies) float32 content cosine; beyond 10,000 movies a CSR
                    matrix that holds each movie's 100 nearest
    movies_indexed  frame in column order: movieId, title, genres, ratings (their number), content
    tfidf           fitted TfidfVectorizer
    Raises ValueError, naming the sizes, when the parts speak of different numbers of movies.
    """
    check_sizes(
        movie_ids=len(interactions.movie_ids),
        movies=len(movies),
        item_factors=len(model.item_factors),
        item_content=similarity.content.shape[0],
    )
    check_sizes(users=len(interactions.user_ids), user_factors=len(model.user_factors))
    return {
        "model": model,
        "u2i": interactions.u2i,
        "i2u": {row: user for user, row in interactions.u2i.items()},
        "m2i": interactions.m2i,
        "i2m": {column: movie for movie, column in interactions.m2i.items()},
        "item_factors": model.item_factors,
        "user_factors": model.user_factors,
        "cosine_sim": _content_cosine(similarity),
        "movies_indexed": movies,
        "tfidf": vectorizer,
    }


def save_bundle(bundle: dict, path: Path, manifest: Path, facts: Facts, settings: dict) -> None:
    """Write the pickle and beside it its manifest, the manifest last."""
    with replacing(path) as draft, draft.open("wb") as file:
        pickle.dump(bundle, file, protocol=pickle.HIGHEST_PROTOCOL)
    described = {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256_of(path),
        "keys": {key: _describe(bundle[key]) for key in KEYS},
        "parameters": settings,
        "dataset": asdict(facts),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _MATTERS},
        "git_revision": _git_revision(),
    }
    with replacing(manifest) as draft:
        draft.write_text(json.dumps(described, indent=2) + "\n")


def load_model(path: str | Path) -> "Recommender":
    """The recommender of a run, its pickle checked against manifest.json beside it first.

    A pickle runs code when it is loaded, so one that differs from its manifest is refused; and
    the manifest only says that nothing changed since it was made: load your own, or those of
    people you trust. Warns when a package that matters has another version than it had then.
    Raises FileNotFoundError, or BundleError when the two do not belong together.
    """
    path = Path(path)
    try:
        manifest = json.loads(path.with_name("manifest.json").read_text())
    except FileNotFoundError:
        raise BundleError(f"{path} has no manifest.json beside it, so it is not loaded") from None
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise BundleError(f"{path} is not the file its manifest describes, so it is not loaded")
    for name in _MATTERS:
        made, here = manifest["versions"][name], importlib.metadata.version(name)
        if made != here:
            warnings.warn(f"{path} was made with {name} {made}; this is {here}", stacklevel=2)
    # The very bytes that were checked, not the file again.
    return Recommender(pickle.loads(content), manifest["parameters"]["like_from"])


class Recommender:
    """Recommendations and neighbours from a bundle; `bundle` is the dict of ten keys."""

    def __init__(self, bundle: dict, like_from: float):
        self.bundle = bundle
        self._like_from = like_from

    @cached_property
    def _similarity(self) -> ItemSimilarity:
        vectorizer: TfidfVectorizer = self.bundle["tfidf"]
        content = vectorizer.transform(self.bundle["movies_indexed"]["content"])
        return ItemSimilarity.of(sparse.csr_array(content), self.bundle["item_factors"])

    def recommend_for(self, ratings: dict[int, float], n: int = 10) -> pd.DataFrame:
        """The n best unseen movies for somebody who rated these: movieId -> stars.

        Columns movieId, title, genres, score (of ALS).
        Raises KeyError for a movie the model does not know, ValueError when no rating says
        "liked" or n is not positive.
        """
        _check_positive(n)
        columns = np.array([self._column(movie) for movie in ratings], dtype=np.int32)
        stars = np.array(list(ratings.values()), dtype=np.float32)
        liked = stars >= self._like_from
        if not liked.any():
            raise ValueError(f"no rating reaches {self._like_from} stars, so no taste is known")
        size = len(self.bundle["movies_indexed"])
        profile = sparse.csr_matrix(
            (stars[liked], columns[liked], [0, liked.sum()]), shape=(1, size)
        )
        seen = sparse.csr_array(
            (np.ones(len(columns)), columns, [0, len(columns)]), shape=(1, size)
        )
        model: AlternatingLeastSquares = self.bundle["model"]
        with threadpool_limits(1, "blas"):
            factors = model.recalculate_user(np.array([0]), profile)
        scores = factors @ self.bundle["item_factors"].T
        best = top_k(scores, n, seen)[0]
        best = best[best >= 0]
        found = self.bundle["movies_indexed"].iloc[best]
        return found[[MOVIE, TITLE, GENRES]].assign(score=scores[0, best])

    def similar(self, movie_id: int, n: int = 10, cf_weight: float = 0.5) -> pd.DataFrame:
        """The n movies most like one, by factors (cf_weight 1) to content (cf_weight 0).

        Columns movieId, title, genres, similarity. Raises KeyError for an unknown movie and
        ValueError unless cf_weight lies in [0, 1] and n is positive.
        """
        _check_positive(n)
        columns, values = self._similarity.neighbours(
            np.array([self._column(movie_id)]), n, cf_weight
        )
        kept = columns[0] >= 0
        found = self.bundle["movies_indexed"].iloc[columns[0][kept]]
        return found[[MOVIE, TITLE, GENRES]].assign(similarity=values[0][kept])

    def _column(self, movie_id: int) -> int:
        try:
            return self.bundle["m2i"][movie_id]
        except KeyError:
            raise KeyError(f"movieId {movie_id} is not among the model's movies") from None


def _check_positive(n: int) -> None:
    if n < 1:
        raise ValueError(f"n is {n}; ask for at least one movie")


def _content_cosine(similarity: ItemSimilarity) -> np.ndarray | sparse.csr_matrix:
    n_movies = similarity.content.shape[0]
    if n_movies <= _DENSE_MOVIES:
        return (similarity.content @ similarity.content.T).toarray()
    columns, scaled = similarity.neighbours(np.arange(n_movies), _NEAREST, cf_weight=0)
    low, high = similarity.content_range
    cosine = scaled.ravel() * (high - low) + low
    rows = np.repeat(np.arange(n_movies), _NEAREST)
    return sparse.csr_matrix((cosine, (rows, columns.ravel())), shape=(n_movies, n_movies))


def _describe(value: object) -> str:
    """Type and size of a part, for people who read the manifest."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    if hasattr(value, "shape"):
        return f"{kind} {' x '.join(str(size) for size in value.shape)}"
    return f"{kind} of {len(value)}" if isinstance(value, dict) else kind


def _git_revision() -> str | None:
    """The commit the project stands at, with "+" when files differ from it; None without git."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            cwd=paths.project(),
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
