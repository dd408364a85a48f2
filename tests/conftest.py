"""What several tests need: real data where it is, and worlds whose right answers are obvious."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numba
import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike
from scipy import sparse

from movierec import sealed
from movierec.content.features import ItemFeatures
from movierec.content.text import content_text
from movierec.content.tfidf import tfidf
from movierec.data.interactions import Interactions
from movierec.data.splits import Split, make_split
from movierec.datasets import DatasetFacts
from movierec.evaluation.evaluate import Evaluation, evaluate
from movierec.evaluation.evaluated import EvaluatedRun, read_run
from movierec.models.als import ALS
from movierec.models.ease import EASE
from movierec.models.hybrid import Hybrid
from movierec.models.popularity import Popularity
from movierec.models.registry import build_hybrid
from movierec.models.similarity import ItemSimilarity
from movierec.paths import RunPaths, sha256_of
from movierec.serving.bundle import make_bundle, save_bundle
from movierec.settings import (
    ALSSettings,
    ContentSettings,
    DataSettings,
    HybridSettings,
    ModelSettings,
    PreferenceSettings,
    ProtocolSettings,
    SimilaritySettings,
)
from movierec.stages import STAGES, OpenStage, Record

mpl.use("Agg")
if "PYTEST_XDIST_WORKER" in os.environ:
    # As many workers as cores: more threads would only wait for each other.
    numba.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start files of slow tests first, so that no worker ends long after the others."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the project's own data, artifacts or reports."""
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def recorded() -> Callable[[RunPaths, str], None]:
    """Record the files of a stage that are there as written by it: `recorded(run, stage)`."""

    def record(run: RunPaths, name: str) -> None:
        stage = STAGES[name]
        there = [file for file in stage.writes if (run.artifacts / file).exists()]
        settings = {field: value for kind in stage.settings for field, value in kind()}
        made = Record(
            settings=settings,
            inputs={},
            told={},
            read={},
            wrote={file: sha256_of(run.artifacts / file) for file in there},
            code={},
        )
        run.output(stage.record).write_text(sealed.seal(made.model_dump()))

    return record


@pytest.fixture(scope="session")
def ml_latest_small() -> Path:
    """Real MovieLens data, at MOVIEREC_TEST_DATA or fetched; tests of it skip without."""
    from movierec import paths

    given = os.environ.get("MOVIEREC_TEST_DATA")
    folder = Path(given) if given else paths.project() / "data"
    folder = folder / "ml-latest-small"
    if not (folder / "ratings.csv").exists():
        pytest.skip(
            "real data is not here: python -m movierec fetch ml-latest-small,"
            " or name the folder above it in MOVIEREC_TEST_DATA"
        )
    return folder


@pytest.fixture
def two_tastes() -> sparse.csr_array:
    """Twenty users by ten movies: even users like even movies, odd users odd ones.

    Each of the first ten users has one movie of their taste withheld, user u movie u: what a
    model that understands should find first.
    """
    rows, columns = np.indices((20, 10))
    likes = ((rows + columns) % 2 == 0) & (rows != columns)
    return sparse.csr_array(np.where(likes, 4.0, 0.0).astype(np.float32))


@dataclass(frozen=True)
class World:
    """Twenty users love space, as many romance, and neither touches what the others love.

    Movies 10 to 60 are of space and 70 to 120 of romance; userIds 501 to 520 and 521 to 540. Each
    user has rated five of the six movies. Movie 130 is of space by its words, but only one user,
    541, has rated it, and nothing else: what is known of it are its words.
    """

    interactions: Interactions
    movies: pd.DataFrame
    als_settings: ALSSettings
    hybrid_settings: HybridSettings
    facts: DatasetFacts
    bundle: dict
    similarity: ItemSimilarity
    hybrid: Hybrid

    SPACE = (10, 20, 30, 40, 50, 60)
    ROMANCE = (70, 80, 90, 100, 110, 120)
    BY_WORDS = 130
    CF_WEIGHT = 0.6

    def save(self, name: str = "sample") -> RunPaths:
        """Leave what a run leaves up to its model."""
        eda = OpenStage("01_eda", name)
        self.interactions.save(eda.output("interactions.npz"))
        self.facts.save(eda.output("dataset.json"))
        eda.commit(DataSettings())
        OpenStage("02_content_features", name).commit(ContentSettings(max_features=100))
        OpenStage("03_als_training", name).commit(self.als_settings)
        stage = OpenStage("04_hybrid_similarity", name)
        settings = SimilaritySettings(cf_weight=self.CF_WEIGHT), self.hybrid_settings
        save_bundle(stage, self.bundle, self.similarity, self.hybrid, *settings)
        stage.commit(*settings)
        return stage.paths


@pytest.fixture(scope="session")
def world() -> World:
    titles = (
        "Star Harbor (1999)|Orbit, The (1995)|Rocket Men (1998)|Moon Base (1996)|Comet (1997)"
        "|Airlock (a.k.a. Hatch) (1994)|Wedding Bells (1989)|Paris Letters (1985)|Kiss, The (1987)"
        "|Sweethearts (1984)|Honeymoon (1986)|Roses (1988)|Galaxy Drift (1993)"
    )
    genres = ["Sci-Fi"] * 6 + ["Romance"] * 6 + ["Sci-Fi"]
    movies = pd.DataFrame({"movieId": np.arange(10, 140, 10, dtype=np.int32)})
    movies = movies.assign(title=titles.split("|"), genres=genres)
    tags = pd.DataFrame({"movieId": movies["movieId"], "tag": "love wedding"})
    tags.loc[movies["genres"] == "Sci-Fi", "tag"] = "space astronaut"
    stars = np.zeros((41, 13), dtype=np.float32)
    for user in range(40):
        first = 0 if user < 20 else 6
        stars[user, first : first + 6] = 4 + (user + np.arange(6)) % 3 / 2
        stars[user, first + user % 6] = 0
    stars[40, 12] = 5
    user_items = sparse.csr_array(stars)
    interactions = Interactions(
        np.arange(501, 542, dtype=np.int32),
        movies["movieId"].to_numpy(),
        user_items,
        np.zeros(user_items.nnz, dtype=np.int32),
    )
    movies["ratings"] = interactions.ratings_per_movie
    movies["content"] = content_text(movies, tags)
    vectorizer, content = tfidf(movies["content"], ContentSettings(max_features=100))
    als_settings = ALSSettings(
        factors=2,
        regularization=1.0,
        alpha=2.0,
        iterations=10,
        positive_threshold=3.0,
        activity_discount=0.5,
        rating_exponent=0.5,
    )
    hybrid_settings = HybridSettings(
        als_term_weight=4.0,
        als_genre_weight=2.0,
        ease_regularization=20.0,
        ease_term_weight=4.0,
        ease_genre_weight=2.0,
        ease_weight=0.5,
        recency_weight=0.01,
        recency_half_life_years=1.0,
    )
    model = ALS(als_settings).fit(user_items).to_implicit()
    similarity = ItemSimilarity.of(content, model.item_factors)
    facts = DatasetFacts(
        name="two-genres",
        simulated=True,
        ratings=user_items.nnz,
        users=41,
        movies=13,
        tags=13,
        duplicate_ratings=1,
        missing_tags=2,
        unknown_movies=3,
        unknown_movie_ratings=4,
        sha256={"ratings.csv": "abc"},
        selection={"top_movies": 13},
    )
    features = ItemFeatures.of(movies, content)
    return World(
        interactions,
        movies,
        als_settings,
        hybrid_settings,
        facts,
        make_bundle(model, interactions, movies, vectorizer, similarity),
        similarity,
        build_hybrid(als_settings, hybrid_settings, features, interactions).fit(user_items),
    )


def _interactions(stars: ArrayLike) -> Interactions:
    """Ratings from a table of users by movies, 0 for none; the ids have gaps."""
    matrix = sparse.csr_array(np.asarray(stars, dtype=np.float32))
    return Interactions(
        user_ids=np.arange(matrix.shape[0], dtype=np.int32) * 3 + 100,
        movie_ids=np.arange(matrix.shape[1], dtype=np.int32) * 7 + 5,
        user_items=matrix,
        timestamps=np.zeros(matrix.nnz, dtype=np.int32),
    )


class _Fixed:
    """Gives who rated movie m with s stars s times row m of a table; of several movies, the sum."""

    def __init__(self, table: ArrayLike, name: str = "fixed"):
        self.name = name
        self._table = np.asarray(table, dtype=np.float32)

    def fit(self, train: sparse.csr_array) -> "_Fixed":
        return self

    def score(self, user_items: sparse.csr_array) -> np.ndarray:
        return user_items[:, : len(self._table)] @ self._table


@pytest.fixture(scope="session")
def fixed() -> type[_Fixed]:
    """A model whose scores are given: `fixed(table, name)`."""
    return _Fixed


@pytest.fixture(scope="session")
def split_of() -> Callable[..., Split]:
    """Make a split of tables of stars, 0 for none: `split_of(train, test)`.

    What is known of a user is the training part, and all movies are candidates, unless given.
    """

    def make(
        train: ArrayLike,
        test: ArrayLike,
        known: ArrayLike | None = None,
        candidates: ArrayLike | None = None,
    ) -> Split:
        training = _interactions(train)
        return Split(
            training,
            known=training.user_items if known is None else _interactions(known).user_items,
            test=_interactions(test).user_items,
            query_times=np.zeros(len(training.user_ids), dtype=np.int32),
            candidates=np.ones(len(training.movie_ids), dtype=bool)
            if candidates is None
            else np.asarray(candidates, dtype=bool),
            question="",
        )

    return make


@pytest.fixture(scope="session")
def interactions() -> Interactions:
    """Forty users by thirty movies; the first user rated one movie only."""
    rng = np.random.default_rng(0)
    stars = np.where(rng.random((40, 30)) < 0.3, rng.integers(1, 11, (40, 30)) / 2, 0)
    stars[0] = 0
    stars[0, 3] = 4
    return _interactions(stars)


@pytest.fixture(scope="session")
def split(interactions: Interactions) -> Split:
    return make_split(interactions, ProtocolSettings(test_share=0.3))


@pytest.fixture(scope="session")
def evaluation(split: Split) -> Evaluation:
    models = [
        Popularity(),
        EASE(
            5.0,
            PreferenceSettings(positive_threshold=2.0, rating_exponent=1.0, activity_discount=0.0),
        ),
    ]
    return evaluate(models, split, cutoffs=(5, 10))


@pytest.fixture(scope="session")
def settings() -> ModelSettings:
    """The defaults, tuned for the 1,000 most rated movies of ml-latest-small."""
    return ModelSettings()


@pytest.fixture
def evaluated(recorded) -> Callable[..., EvaluatedRun]:
    """Leave a run: `evaluated(run, users, settings, **protocol)`.

    users: by userId the values of ndcg@10 of als and the hybrid; one test split a seed.
    """

    def leave(
        run: str,
        users: dict[int, tuple[float, float]] | None = None,
        settings: dict | None = None,
        models: dict | None = None,
        **protocol,
    ) -> EvaluatedRun:
        users = users or {1: (0.1, 0.4), 2: (0.3, 0.2), 3: (0.2, 0.6)}
        rows = [
            (user, model, value, 0.0)
            for user, pair in users.items()
            for model, value in zip(("als", "hybrid"), pair, strict=True)
        ]
        frame = pd.DataFrame(rows, columns=["userId", "model", "ndcg@10", "ndcg@5"])
        frame.to_parquet(RunPaths(run).output("per_user.parquet"))
        means = frame.groupby("model")["ndcg@10"].mean()
        about = {"name": "user-random", "seed": 0, "selection": {"ratings_fraction": 1.0}}
        document = {
            "protocol": about | protocol,
            "settings": {"factors": 64, "seed": 0} | (settings or {}),
            "models": {
                model: {
                    "ndcg@10": {"mean": mean, "se": 0.01, "ci95": [mean - 0.02, mean + 0.02]},
                    "gini@10": {"value": 0.75},
                }
                for model, mean in means.items()
            }
            if models is None
            else models,
            "comparisons": [{"model": "hybrid", "against": "als", "metric": "ndcg@10"}],
        }
        RunPaths(run).output("metrics.json").write_text(json.dumps(document))
        recorded(RunPaths(run), "05_evaluation")
        return read_run(RunPaths(run))

    return leave
