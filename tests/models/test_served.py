"""On real data, low ratings count against similar movies, and the more stars the better."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from movierec.content.features import ItemFeatures
from movierec.content.tfidf import known_content
from movierec.data.interactions import Interactions, select_interactions
from movierec.data.tables import read_tables
from movierec.models.base import graded_preferences
from movierec.models.explain import contributions
from movierec.models.hybrid import Hybrid
from movierec.models.registry import build_hybrid
from movierec.models.served import Served
from movierec.models.similarity import ItemSimilarity
from movierec.settings import ContentSettings, ModelSettings

pytestmark = pytest.mark.slow

STARS = np.arange(0.5, 5.5, 0.5, dtype=np.float32)
LOW = np.flatnonzero(STARS < 3)
N_PROFILES, N_NEIGHBOURS = 500, 3


@dataclass(frozen=True)
class Profile:
    """Ratings of a random user, and a movie that is not among them, with its neighbours.

    movies, stars  (n_rated,)
    neighbours     the movies most similar to `movie`, rated ones left out
    """

    movies: np.ndarray
    stars: np.ndarray
    movie: int
    neighbours: np.ndarray

    @property
    def rows(self) -> sparse.csr_array:
        """(1 + len(STARS), n_items): the ratings alone, and with the movie at each of STARS."""
        rows = np.zeros((1 + len(STARS), 1_000), dtype=np.float32)
        rows[:, self.movies] = self.stars
        rows[1:, self.movie] = STARS
        return sparse.csr_array(rows)


@pytest.fixture(scope="module")
def interactions(ml_latest_small: Path) -> Interactions:
    return select_interactions(read_tables(ml_latest_small).ratings, 1_000)


@pytest.fixture(scope="module")
def movies(ml_latest_small: Path, interactions) -> pd.DataFrame:
    movies = read_tables(ml_latest_small).movies.set_index("movieId", drop=False)
    return movies.loc[interactions.movie_ids]


@pytest.fixture(scope="module")
def features(ml_latest_small: Path, movies) -> ItemFeatures:
    tags = read_tables(ml_latest_small).tags
    return ItemFeatures.of(movies, known_content(movies, tags, ContentSettings()))


@pytest.fixture(scope="module")
def hybrid(interactions, features) -> Hybrid:
    settings = ModelSettings()
    found = build_hybrid(settings, settings, features, interactions)
    return found.fit(interactions.user_items)


@pytest.fixture(scope="module")
def profiles(interactions, features, hybrid) -> list[Profile]:
    """Of up to thirty ratings each."""
    rng = np.random.default_rng(0)
    similarity = ItemSimilarity.of(features.terms, hybrid.components.als.item_factors)
    near = similarity.neighbours(np.arange(1_000), N_NEIGHBOURS, cf_weight=0.5)[0]
    active = np.flatnonzero(np.diff(interactions.user_items.indptr) > 1)
    found = []
    for user in rng.choice(active, N_PROFILES):
        row = interactions.user_items[[user]]
        kept = rng.permutation(row.nnz)[: rng.integers(1, min(31, row.nnz))]
        rated = row.indices[kept]
        movie = rng.choice(np.setdiff1d(np.arange(1_000), rated))
        neighbours = np.setdiff1d(near[movie], rated)
        found.append(Profile(rated, row.data[kept], movie, neighbours))
    return found


@pytest.fixture(scope="module")
def scores(hybrid, profiles) -> list[np.ndarray]:
    return [Served(hybrid).score(profile.rows) for profile in profiles]


def _ranks(profile: Profile, scores: np.ndarray) -> np.ndarray:
    """Of the neighbours among all that is unrated: (len(scores), n_neighbours), 0 for the best."""
    unrated = np.setdiff1d(np.arange(scores.shape[1]), [*profile.movies, profile.movie])
    better = scores[:, unrated, None] > scores[:, None, profile.neighbours]
    return better.sum(axis=1)


def test_a_low_rating_ranks_the_neighbours_no_higher(profiles, scores):
    ranks = [_ranks(*pair) for pair in zip(profiles, scores, strict=True)]
    higher = np.hstack([rank[1 + LOW] < rank[0] for rank in ranks])
    assert higher.mean() < 0.01


def test_a_low_rating_ranks_the_nearest_lower_than_none_would(profiles, scores):
    ranks = [_ranks(*pair) for pair in zip(profiles, scores, strict=True)]
    lower = np.hstack([rank[1 + LOW] > rank[0] for rank in ranks])
    # Those at an end of the ranking have nowhere to go.
    assert lower.mean() > 0.9


def test_the_neighbours_scores_rise_with_the_stars(profiles, scores):
    falls = [
        np.diff(score[1:, profile.neighbours], axis=0) < -1e-5
        for profile, score in zip(profiles, scores, strict=True)
    ]
    assert np.hstack(falls).mean() < 0.01


def test_half_a_star_moves_the_neighbours_by_as_much_among_likes_and_among_dislikes(
    profiles, scores
):
    for profile, score in zip(profiles, scores, strict=True):
        steps = np.diff(score[1:, profile.neighbours], axis=0)
        likes, dislikes = steps[STARS[:-1] > 2.75], steps[STARS[1:] < 2.75]
        np.testing.assert_allclose(likes, likes[:1].repeat(len(likes), 0), atol=1e-3)
        np.testing.assert_allclose(dislikes, likes[:1].repeat(len(dislikes), 0) / 4, atol=1e-3)


@pytest.mark.parametrize(
    ("first", "sequel"),
    [
        ("Lord of the Rings: The Fellowship", "Lord of the Rings: The Two Towers"),
        ("Star Wars: Episode IV", "Star Wars: Episode V "),
        ("Alien (", "Aliens ("),
    ],
)
def test_a_sequel_goes_with_its_first_part(hybrid, movies, first, sequel):
    titles = movies["title"].reset_index(drop=True)
    others = [_column(titles, "Toy Story ("), _column(titles, "Forrest Gump")]
    one = _column(titles, first), _column(titles, sequel)
    profile = Profile(np.array(others), np.full(2, 4, np.float32), one[0], np.array([one[1]]))
    ranks = _ranks(profile, Served(hybrid).score(profile.rows))[:, 0]
    assert ranks[1 + LOW].min() > ranks[0]
    assert ranks[-1] < ranks[0]
    assert (np.diff(ranks[1:]) <= 0).all()


def test_what_a_low_rating_contributes_to_neighbours_is_not_positive(hybrid, profiles):
    found = []
    for profile in profiles[:50]:
        preferences = graded_preferences(profile.rows[[1]])
        for neighbour in profile.neighbours:
            by_movie, _, _ = contributions(hybrid, preferences, neighbour)
            found.append(by_movie[profile.movie])
    # What is left to a movie beside its features may be a little above zero.
    assert np.mean(np.array(found) > 0.02) < 0.01
    assert np.median(found) < -0.05


def test_contributions_add_up_to_the_score(hybrid, profiles, scores):
    recency = hybrid.recency_scores(np.array([hybrid.recent.last_time]))[0]
    for profile, score in zip(profiles[:20], scores, strict=False):
        preferences = graded_preferences(profile.rows[[1]])
        for neighbour in profile.neighbours:
            by_movie, by_feature, offset = contributions(hybrid, preferences, neighbour)
            total = by_movie.sum() + by_feature.sum() + offset + recency[neighbour]
            assert total == pytest.approx(score[1, neighbour], abs=1e-3)


def _column(titles: pd.Series, start: str) -> int:
    return int(np.flatnonzero(titles.str.startswith(start))[0])
