"""Simulated ratings and tags: their size and scale, and that they repeat exactly."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.data.layouts import ML_LATEST
from movierec.data.movielens import MOVIELENS
from movierec.data.tables import read_tables
from movierec.simulation import simulator
from movierec.simulation.catalogue import catalogue
from movierec.simulation.simulator import Shape, simulate

TINY = Shape(ratings=2_000, users=50, tags=100)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulation") / "sample"
    simulate(folder)
    return folder


@pytest.fixture(scope="module")
def like_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulation") / "like-ml-latest-small"
    simulate(folder, Shape.like("ml-latest-small"))
    return folder


def read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def years(titles: pd.Series) -> pd.Series:
    return titles.str[-5:-1].astype(int)


def test_the_same_seed_gives_the_same_bytes(tmp_path, sample):
    simulate(tmp_path / "again")
    assert files(tmp_path / "again") == files(sample)


def test_another_seed_gives_other_bytes(tmp_path):
    for seed in (0, 1):
        simulate(tmp_path / str(seed), TINY, seed)
    first, second = files(tmp_path / "0"), files(tmp_path / "1")
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in first)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("ratings.csv", b"userId,movieId,rating,timestamp\n"),
        ("movies.csv", b"movieId,title,genres\n"),
        ("tags.csv", b"userId,movieId,tag,timestamp\n"),
    ],
)
def test_headers_are_movielens_s(sample, name, header):
    with (sample / name).open("rb") as file:
        assert file.readline() == header


def test_the_sample_holds_150_000_ratings_of_3_000_users(sample):
    ratings = read(sample, "ratings")
    assert (len(ratings), ratings["userId"].nunique()) == (150_000, 3_000)


def test_every_user_rates_at_least_twenty_movies(sample):
    assert read(sample, "ratings")["userId"].value_counts().min() >= 20


def test_ratings_are_half_stars(sample):
    stars = set(read(sample, "ratings")["rating"])
    assert stars == {0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0}


def test_nobody_rates_a_movie_twice(sample):
    assert not read(sample, "ratings").duplicated(["userId", "movieId"]).any()


def test_ratings_are_sorted_by_user_and_movie(sample):
    pairs = list(read(sample, "ratings")[["userId", "movieId"]].itertuples(index=False, name=None))
    assert pairs == sorted(pairs)


def test_every_rated_movie_is_listed(sample):
    assert set(read(sample, "ratings")["movieId"]) <= set(read(sample, "movies")["movieId"])


@pytest.mark.parametrize("world", ["sample", "like_small"])
def test_no_movie_is_rated_before_its_year(world, request):
    folder = request.getfixturevalue(world)
    rated = read(folder, "ratings").merge(read(folder, "movies"), on="movieId")
    early = pd.to_datetime(rated["timestamp"], unit="s").dt.year < years(rated["title"])
    assert early.sum() == 0


def test_tags_are_of_rated_movies(sample):
    pair = ["userId", "movieId"]
    tags, ratings = read(sample, "tags"), read(sample, "ratings")
    assert len(tags.merge(ratings, on=pair)) == len(tags)


def test_some_tags_are_empty(sample):
    empty = (read(sample, "tags")["tag"] == "").sum()
    assert 0 < empty < 100


def test_blocks_of_users_join_without_a_seam(tmp_path, monkeypatch):
    monkeypatch.setattr(simulator, "_USERS_PER_BLOCK", 20)
    simulate(tmp_path / "out", TINY)
    ratings = read(tmp_path / "out", "ratings")
    assert len(ratings) == 2_000
    assert ratings["userId"].unique().tolist() == list(range(1, 51))
    assert len(read(tmp_path / "out", "tags")) == 100


def test_a_shape_like_a_real_dataset_has_its_size(like_small):
    ratings = read(like_small, "ratings")
    assert (len(ratings), ratings["userId"].nunique()) == (100_836, 610)
    assert len(read(like_small, "movies")) == 9_742
    assert len(read(like_small, "tags")) == 3_683


def test_a_shape_like_a_real_dataset_has_its_head(like_small):
    counts = read(like_small, "ratings")["movieId"].value_counts()
    assert counts.nlargest(1_000).sum() / 100_836 == pytest.approx(0.61, abs=0.03)


EDITIONS = {name: one for name, one in MOVIELENS.items() if one.layout != ML_LATEST}


@pytest.mark.parametrize("name", EDITIONS)
def test_an_edition_of_another_layout_reads_as_the_same_simulation_in_csv(tmp_path, name):
    edition = EDITIONS[name]
    tags = TINY.tags if edition.tags else 0
    shape = dataclasses.replace(TINY, tags=tags, half_stars=edition.half_stars)
    simulate(tmp_path / "csv", shape)
    simulate(tmp_path / name, shape, layout=edition.layout)
    expected, found = (read_tables(tmp_path / folder) for folder in ("csv", name))
    pd.testing.assert_frame_equal(found.ratings, expected.ratings)
    pd.testing.assert_frame_equal(found.tags, expected.tags)
    movies = expected.movies.assign(genres=expected.movies["genres"].map(genres_in(name)))
    pd.testing.assert_frame_equal(found.movies, movies)


def genres_in(name: str) -> Callable[[str], str]:
    """How an edition calls the genres: older ones write of children's films, and know no IMAX."""

    def renamed(genres: str) -> str:
        if name == "ml-10m":
            return genres
        known = [one for one in genres.split("|") if one != "IMAX" or name == "ml-1m"]
        return "|".join("Children's" if one == "Children" else one for one in known)

    return renamed


@pytest.mark.parametrize("name", ["ml-100k", "ml-1m"])
def test_early_editions_have_whole_stars_and_no_tags(tmp_path, name):
    shape = dataclasses.replace(Shape.like(name), ratings=2_000, users=50)
    simulate(tmp_path / name, shape, layout=MOVIELENS[name].layout)
    tables = read_tables(tmp_path / name)
    assert set(tables.ratings["rating"]) == {1, 2, 3, 4, 5}
    assert tables.tags.empty


def test_too_few_ratings_for_the_users_are_refused():
    with pytest.raises(ValueError, match="199 ratings are too few for 10 users"):
        Shape(ratings=199, users=10)


def test_too_many_ratings_for_the_movies_are_refused(tmp_path):
    with pytest.raises(ValueError, match="do not fit"):
        simulate(tmp_path / "out", Shape(ratings=10_000, users=10))


def test_an_interrupted_simulation_leaves_nothing(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulator, "_tags", stop)
    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "world" / "out", TINY)
    assert list((tmp_path / "world").iterdir()) == []


@pytest.mark.parametrize("column", ["director", "cast", "themes", "series"])
def test_tastes_are_shared_by_films_that_share_a_fact(column):
    """Appeals of two films correlate, over tastes, more where they share a person or a theme."""
    films = catalogue()
    appeal = simulator._appeal(films, np.random.default_rng(0))
    alike = np.corrcoef(appeal.T)
    values = [set(one) for one in films[column]]
    sharing = np.array([[bool(a & b) for b in values] for a in values[:200]])
    sharing[np.arange(200), np.arange(200)] = False
    others = ~sharing
    others[np.arange(200), np.arange(200)] = False
    assert alike[:200][sharing].mean() > alike[:200][others].mean() + 0.02


def test_ratings_can_be_parquet_files_of_the_same_ratings(tmp_path):
    simulate(tmp_path / "text", TINY)
    simulate(tmp_path / "parquet", TINY, as_parquet=True)
    parts = pd.read_parquet(tmp_path / "parquet" / "ratings")
    text = pd.read_csv(tmp_path / "text" / "ratings.csv")
    pd.testing.assert_frame_equal(parts, text, check_dtype=False)
