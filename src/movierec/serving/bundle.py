"""The model pickle, the files beside it, the manifest of both, and loading them."""

import hashlib
import importlib.metadata
import pickle
import platform
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from pydantic import BaseModel, ValidationError, model_validator
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from movierec import paths, sealed
from movierec.content.features import ItemFeatures, genres_and_decades
from movierec.data.interactions import Interactions
from movierec.datasets import DatasetFacts
from movierec.facts.tokens import readable
from movierec.models.explain import content_factors
from movierec.models.hybrid import Hybrid
from movierec.models.registry import build_hybrid
from movierec.models.similarity import ItemSimilarity, check_sizes
from movierec.paths import atomic_write, sha256_of
from movierec.serving.recommender import FittedHybrid, Recommender
from movierec.settings import ALSSettings, HybridSettings, Settings, SimilaritySettings, Value
from movierec.stages import OpenStage

KEYS = tuple(
    "model u2i i2u m2i i2m item_factors user_factors cosine_sim movies_indexed tfidf".split()
)
# Packages whose objects a pickle may not survive a change of.
_PICKLED = ("implicit", "scikit-learn", "numpy", "scipy", "pandas")
_BESIDE = ("hybrid.npz", "interactions.npz")
# Content cosine is held dense up to here (400 MB), beyond it as the nearest movies only.
_DENSE_MOVIES = 10_000
_NEAREST = 100

S = TypeVar("S", bound=Settings)


class BundleError(RuntimeError):
    """A model's files are not what its manifest says, so they were not loaded."""


class Manifest(BaseModel):
    """What lies beside a model pickle, as manifest.json.

    sha256      of the pickle; beside: of the files beside it, by name, in formats that run nothing
    keys        type and size of each part of the pickle
    settings    by stage, all that the model was made with
    hybrid      those of ALS and the hybrid, fitted to the data where `adapt` is on
    similarity  content_range and factors_range of `ItemSimilarity`
    """

    file: str
    bytes: int
    sha256: str
    keys: dict[str, str]
    beside: dict[str, str]
    settings: dict[str, dict[str, Value]]
    hybrid: dict[str, Value]
    similarity: dict[Literal["content_range", "factors_range"], tuple[float, float]]
    dataset: dict[str, Any]
    versions: dict[str, str]
    git_revision: str | None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Raises ValueError for a part that is missing and a number that cannot be."""
        if set(self.keys) != set(KEYS):
            raise ValueError("keys of the pickle are missing")
        if set(self.beside) != set(_BESIDE):
            raise ValueError(f"it has not the hashes of {' and '.join(_BESIDE)}")
        if len(self.similarity) != 2 or np.isnan([*self.similarity.values()]).any():
            raise ValueError("ranges of similarity are missing")
        _of(self.hybrid, ALSSettings)
        _of(self.hybrid, HybridSettings)
        self.of_stage("04_hybrid_similarity", SimilaritySettings)
        return self

    def of_stage(self, stage: str, kind: type[Settings]) -> Any:
        """The settings of a class, of those that a stage owns. Raises ValueError."""
        return _of(self.settings.get(stage, {}), kind)


def make_bundle(
    model: AlternatingLeastSquares,
    interactions: Interactions,
    movies: pd.DataFrame,
    vectorizer: TfidfVectorizer,
    similarity: ItemSimilarity,
) -> dict[str, Any]:
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
    user_ids, movie_ids = interactions.user_ids.tolist(), interactions.movie_ids.tolist()
    return {
        "model": model,
        "u2i": {user: row for row, user in enumerate(user_ids)},
        "i2u": dict(enumerate(user_ids)),
        "m2i": {movie: column for column, movie in enumerate(movie_ids)},
        "i2m": dict(enumerate(movie_ids)),
        "item_factors": model.item_factors,
        "user_factors": model.user_factors,
        "cosine_sim": _content_cosine(similarity),
        "movies_indexed": _plain(movies),
        "tfidf": vectorizer,
    }


def save_bundle(
    stage: OpenStage,
    bundle: dict[str, Any],
    similarity: ItemSimilarity,
    hybrid: Hybrid,
    *settings: Settings,
) -> Manifest:
    """Write model.pkl, hybrid.npz and, last, manifest.json, which names all that belongs together.

    hybrid: fitted on the run's interactions; settings: those that this stage owns.
    """
    with atomic_write(stage.output("model.pkl")) as draft, draft.open("wb") as file:
        pickle.dump(bundle, file, protocol=pickle.HIGHEST_PROTOCOL)
    with atomic_write(stage.output("hybrid.npz")) as draft:
        hybrid.save(draft, content_factors=content_factors(hybrid.components.als))
    pickled, interactions = stage.output("model.pkl"), stage.input("interactions.npz")
    manifest = Manifest(
        file=pickled.name,
        bytes=pickled.stat().st_size,
        sha256=sha256_of(pickled),
        keys={key: _describe(bundle[key]) for key in KEYS},
        beside={file.name: sha256_of(file) for file in (stage.output("hybrid.npz"), interactions)},
        settings=stage.all_settings(*settings),
        hybrid={
            **dict(ALSSettings.of(hybrid.components.als.settings)),
            **dict(HybridSettings.of(hybrid.settings)),
        },
        similarity={
            "content_range": similarity.content_range,
            "factors_range": similarity.factors_range,
        },
        dataset=asdict(DatasetFacts.load(stage.input("dataset.json"))),
        versions={"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _PICKLED},
        git_revision=_git_revision(),
    )
    with atomic_write(stage.output("manifest.json")) as draft:
        draft.write_text(sealed.seal(manifest.model_dump()), encoding="utf-8")
    return manifest


def load_model(path: str | Path) -> Recommender:
    """The recommender of a run, its files checked against manifest.json beside them first.

    A pickle runs code when it is loaded, so one that differs from its manifest is refused. The
    manifest only says that nothing changed since it was made: load your own models, or those of
    people you trust. Where the pickle and its manifest lie alone, only similar movies and titles
    can be asked for. Warns when a package whose objects are pickled has another version now.
    Raises FileNotFoundError, or BundleError when files do not belong together.
    """
    path = Path(path)
    manifest = read_manifest(path)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest.sha256:
        raise BundleError(f"{path} is not the file its manifest describes, so it is not loaded")
    for difference in other_versions(manifest):
        warnings.warn(f"{path} {difference}", stacklevel=2)
    # The very bytes that were checked, not the file again.
    bundle = pickle.loads(content)
    if not isinstance(bundle, dict) or set(bundle) != set(KEYS):
        raise BundleError(f"{path} is no model of this project: it has not the keys {KEYS}")
    movies = bundle["movies_indexed"]
    item_content = sparse.csr_array(bundle["tfidf"].transform(movies["content"]))
    similarity = ItemSimilarity.scaled(item_content, bundle["item_factors"], **manifest.similarity)
    fitted = _load_hybrid(path, manifest, bundle, ItemFeatures.of(movies, item_content))
    weight = manifest.of_stage("04_hybrid_similarity", SimilaritySettings).cf_weight
    return Recommender(bundle, similarity, weight, fitted)


def other_versions(manifest: Manifest) -> list[str]:
    """The packages whose objects are pickled that have another version here, in words."""
    here = {name: importlib.metadata.version(name) for name in _PICKLED}
    return [
        f"was made with {name} {manifest.versions.get(name)}; this is {version}"
        for name, version in here.items()
        if manifest.versions.get(name) != version
    ]


def read_manifest(path: Path) -> Manifest:
    """What lies beside the pickle at `path`. Raises BundleError."""
    try:
        return Manifest.model_validate(sealed.unseal(path.with_name("manifest.json").read_bytes()))
    except FileNotFoundError:
        raise BundleError(f"{path} has no manifest.json beside it, so it is not loaded") from None
    except ValueError as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise BundleError(
            f"the manifest of {path} is damaged or of another version ({why}); make the model again"
            " with stage 04_hybrid_similarity"
        ) from None


def _of(values: Mapping[str, Value], kind: type[S]) -> S:
    """The settings of a class among values by name. Raises ValueError."""
    if missing := kind.model_fields.keys() - values:
        raise ValueError(f"it has no {', '.join(sorted(missing))}")
    return kind.model_validate({name: values[name] for name in kind.model_fields})


def _load_hybrid(
    path: Path, manifest: Manifest, bundle: dict[str, Any], features: ItemFeatures
) -> FittedHybrid | None:
    """The fitted hybrid beside a pickle; None where the pickle was taken away alone."""
    if not any(path.with_name(name).exists() for name in _BESIDE):
        return None
    state, ratings = (_checked(path.with_name(name), manifest) for name in _BESIDE)
    interactions = Interactions.load(ratings)
    hybrid = build_hybrid(
        _of(manifest.hybrid, ALSSettings),
        _of(manifest.hybrid, HybridSettings),
        features,
        interactions,
    )
    with np.load(state, allow_pickle=False) as kept:
        arrays = dict(kept)
    explained_by = arrays.pop("content_factors")
    labels = genres_and_decades(bundle["movies_indexed"]).columns
    names = np.r_[readable(bundle["tfidf"].get_feature_names_out()), labels]
    hybrid.restore(arrays, interactions.user_items)
    return FittedHybrid(hybrid, interactions, names, explained_by)


def _checked(path: Path, manifest: Manifest) -> BytesIO:
    """A file beside the pickle, read once. Raises BundleError where it is not the manifest's."""
    content = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(content).hexdigest() != manifest.beside[path.name]:
        raise BundleError(
            f"{path} is not the file the manifest beside it describes: it is missing,"
            " or was made again without stage 04_hybrid_similarity; run that stage again"
        )
    return BytesIO(content)


def _plain(movies: pd.DataFrame) -> pd.DataFrame:
    """A frame whose texts, names of columns too, are Python's: pandas' own may need pyarrow."""
    texts = movies.select_dtypes("str").columns
    return movies.astype(dict.fromkeys(texts, object)).set_axis(
        pd.Index(movies.columns.tolist(), dtype=object), axis="columns"
    )


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
    """The checkout's commit, with "+" when files differ from it; None without one or git."""
    checkout = paths.project()
    if checkout is None:
        return None
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
