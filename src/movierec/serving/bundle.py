"""The model pickle, what lies beside it, the manifest of both, and loading them."""

import hashlib
import importlib.metadata
import json
import pickle
import platform
import subprocess
import warnings
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from movierec import paths
from movierec.content.features import genre_and_decade, label_names
from movierec.data.cache import sha256_of
from movierec.data.interactions import Interactions
from movierec.datasets import DatasetFacts
from movierec.models.hybrid import HybridSettings
from movierec.models.similarity import ItemSimilarity, check_sizes
from movierec.models.traced import Traced, TracedALS, TracedEASE, TracedHybrid
from movierec.paths import RunPaths, atomic_write
from movierec.serving.recommender import FittedHybrid, Recommender

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
# What belongs to the hybrid and lies beside the pickle, in formats that run nothing.
_BESIDE = ("hybrid.npz", "interactions.npz")
_NEEDED = ("sha256", "beside", "parameters", "hybrid", "similarity", "versions")
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


def save_bundle(
    run: RunPaths,
    bundle: dict,
    similarity: ItemSimilarity,
    hybrid: TracedHybrid,
    settings: HybridSettings,
    cf_weight: float,
) -> dict:
    """Write model.pkl, hybrid.npz and, last, manifest.json, which names all that belongs together.

    settings: those that the hybrid was fitted with, on the run's interactions and content.
    Returns the manifest.
    """
    with atomic_write(run.output("model.pkl")) as draft, draft.open("wb") as file:
        pickle.dump(bundle, file, protocol=pickle.HIGHEST_PROTOCOL)
    with atomic_write(run.output("hybrid.npz")) as draft:
        np.savez(draft, **_arrays(hybrid))
    path = run.input("model.pkl")
    manifest = {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": sha256_of(path),
        "keys": {key: _describe(bundle[key]) for key in KEYS},
        "beside": {name: sha256_of(run.input(name)) for name in _BESIDE},
        "parameters": json.loads(run.input("training.json").read_text())
        | {"cf_weight": cf_weight, "max_features": bundle["tfidf"].max_features},
        "hybrid": asdict(settings),
        "similarity": {
            "content_range": [float(end) for end in similarity.content_range],
            "factors_range": [float(end) for end in similarity.factors_range],
        },
        "dataset": asdict(DatasetFacts.load(run.input("dataset.json"))),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _MATTERS},
        "git_revision": _git_revision(),
    }
    with atomic_write(run.output("manifest.json")) as draft:
        draft.write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def load_model(path: str | Path) -> Recommender:
    """The recommender of a run, its files checked against manifest.json beside them first.

    A pickle runs code when it is loaded, so one that differs from its manifest is refused; and
    the manifest only says that nothing changed since it was made: load your own, or those of
    people you trust. Where the pickle and its manifest are alone, similar movies are all there
    is to ask for. Warns when a package that matters has another version than it had then.
    Raises FileNotFoundError, or BundleError when files do not belong together.
    """
    path = Path(path)
    manifest = _read_manifest(path)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise BundleError(f"{path} is not the file its manifest describes, so it is not loaded")
    for name in _MATTERS:
        made, here = manifest["versions"][name], importlib.metadata.version(name)
        if made != here:
            warnings.warn(f"{path} was made with {name} {made}; this is {here}", stacklevel=2)
    # The very bytes that were checked, not the file again.
    bundle = pickle.loads(content)
    item_content = sparse.csr_array(bundle["tfidf"].transform(bundle["movies_indexed"]["content"]))
    ranges = {name: tuple(ends) for name, ends in manifest["similarity"].items()}
    similarity = ItemSimilarity.scaled(item_content, bundle["item_factors"], **ranges)
    hybrid = _load_hybrid(path.parent, manifest, bundle, item_content)
    return Recommender(bundle, similarity, manifest["parameters"]["cf_weight"], hybrid)


def _read_manifest(path: Path) -> dict:
    try:
        manifest = json.loads(path.with_name("manifest.json").read_text())
    except FileNotFoundError:
        raise BundleError(f"{path} has no manifest.json beside it, so it is not loaded") from None
    except ValueError as error:
        raise BundleError(f"the manifest of {path} is not whole ({error}): make it again") from None
    whole = isinstance(manifest, dict) and set(_NEEDED) <= set(manifest)
    if not whole or not {one.name for one in fields(HybridSettings)} <= set(manifest["hybrid"]):
        raise BundleError(
            f"the manifest of {path} lacks what this version reads; make the model again with"
            " stage 04_hybrid_similarity"
        )
    return manifest


def _load_hybrid(
    folder: Path, manifest: dict, bundle: dict, item_content: sparse.csr_array
) -> FittedHybrid | None:
    """The fitted hybrid beside a pickle; None where the pickle was taken away alone."""
    files = {name: folder / name for name in manifest["beside"]}
    if not any(file.exists() for file in files.values()):
        return None
    for name, sha256 in manifest["beside"].items():
        if not files[name].exists() or sha256_of(files[name]) != sha256:
            raise BundleError(
                f"{files[name]} is not the file the manifest beside it describes: it is missing,"
                " or was made again without stage 04_hybrid_similarity; run that stage again"
            )
    settings = HybridSettings.among(manifest["hybrid"])
    interactions = Interactions.load(files["interactions.npz"])
    movies = bundle["movies_indexed"]
    item_genres = genre_and_decade(movies)
    with np.load(files["hybrid.npz"], allow_pickle=False) as kept:
        als = TracedALS.restored(
            kept["item_factors"],
            kept["content_factors"],
            kept["row_factors"],
            interactions.user_items,
            settings.als_rows(item_content, item_genres),
            alpha=settings.alpha,
            regularization=settings.regularization,
            positive_threshold=settings.positive_threshold,
            activity_discount=settings.activity_discount,
            rating_exponent=settings.rating_exponent,
        )
        parts: list[tuple[Traced, float]] = [(als, 1 - settings.ease_weight)]
        if "weights" in kept:
            ease = TracedEASE(
                kept["weights"],
                kept["content_weights"],
                kept["diagonal"],
                settings.ease_rows(item_content, item_genres),
                settings.positive_threshold,
                settings.rating_exponent,
            )
            parts.append((ease, settings.ease_weight))
        lately = kept["lately"]
    names = np.r_[bundle["tfidf"].get_feature_names_out(), label_names(movies)]
    return FittedHybrid(
        TracedHybrid(parts, lately), interactions, names, settings.positive_threshold
    )


def _arrays(hybrid: TracedHybrid) -> dict[str, np.ndarray]:
    """What of the hybrid cannot be had again from the run's other files, or not at once."""
    kept = {"lately": hybrid.lately}
    for part, _ in hybrid.parts:
        names = (
            ("item_factors", "content_factors", "row_factors")
            if isinstance(part, TracedALS)
            else ("weights", "content_weights", "diagonal")
        )
        kept |= {name: getattr(part, name) for name in names}
    return kept


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
