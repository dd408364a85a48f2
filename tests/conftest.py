"""What several tests need: real data where it is, and worlds whose right answers are obvious."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.bundle import make_bundle, save_bundle
from movierec.data.content import content_text, genre_and_decade, tfidf
from movierec.data.datasets import Facts
from movierec.data.interactions import Interactions
from movierec.models.hybrid import HybridSettings
from movierec.models.similarity import ItemSimilarity
from movierec.models.traced import TracedHybrid
from movierec.paths import RunPaths

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the project's own data, artifacts or reports."""
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "home"))


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
    settings: HybridSettings
    facts: Facts
    bundle: dict
    similarity: ItemSimilarity
    hybrid: TracedHybrid

    SPACE = (10, 20, 30, 40, 50, 60)
    ROMANCE = (70, 80, 90, 100, 110, 120)
    BY_WORDS = 130
    CF_WEIGHT = 0.6

    def save(self, name: str = "sample") -> RunPaths:
        """Leave what a run leaves up to its model."""
        run = RunPaths(name)
        run.output("training.json").write_text(json.dumps({"factors": self.settings.factors}))
        self.interactions.save(run.output("interactions.npz"))
        run.output("dataset.json").write_text(json.dumps(asdict(self.facts)))
        save_bundle(
            run, self.bundle, self.similarity, self.hybrid, self.settings, cf_weight=self.CF_WEIGHT
        )
        return run


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
    vectorizer, content = tfidf(movies["content"], 100)
    settings = HybridSettings(
        factors=4,
        regularization=1.0,
        alpha=2.0,
        iterations=10,
        like_from=3.0,
        activity_discount=0.5,
        star_exponent=0.5,
        als_term_stars=4.0,
        als_genre_stars=2.0,
        ease_regularization=20.0,
        ease_term_stars=4.0,
        ease_genre_stars=2.0,
        ease_share=0.5,
        recent_weight=0.01,
        recent_years=1.0,
        solver="compiled",
        seed=0,
    )
    model = settings.als("als").fit(user_items).solver
    similarity = ItemSimilarity.of(content, model.item_factors)
    facts = Facts(
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
    return World(
        interactions,
        movies,
        settings,
        facts,
        make_bundle(model, interactions, movies, vectorizer, similarity),
        similarity,
        TracedHybrid.fit(settings, interactions, content, genre_and_decade(movies)),
    )
