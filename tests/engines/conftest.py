"""A small dataset in files, and a Spark session where PySpark and Java are at hand."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.data.interactions import Interactions
from movierec.engines import session
from movierec.engines.spark import SparkEngine


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> Path:
    """Three hundred users of two tastes by forty movies, in MovieLens's files."""
    folder = tmp_path_factory.mktemp("dataset") / "tiny"
    folder.mkdir()
    rng = np.random.default_rng(1)
    users, movies = np.nonzero(rng.random((300, 40)) < 0.15)
    liked = (users + movies) % 2 == 0
    kept = liked | (rng.random(len(users)) < 0.4)
    users, movies, liked = users[kept], movies[kept], liked[kept]
    ratings = pd.DataFrame(
        {
            "userId": 7 * users + 3,
            "movieId": 5 * movies + 2,
            "rating": np.where(liked, rng.integers(6, 11, len(users)), 3) / 2,
            "timestamp": rng.integers(10**9, 10**9 + 10**8, len(users)),
        }
    )
    ratings.to_csv(folder / "ratings.csv", index=False)
    ids = 5 * np.arange(40) + 2
    genres = np.where(np.arange(40) % 2 == 0, "Comedy", "Drama|War")
    titles = [f"Film {place} ({1960 + place})" for place in range(40)]
    named = pd.DataFrame({"movieId": ids, "title": titles, "genres": genres})
    named.to_csv(folder / "movies.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def spark(tmp_path_factory) -> Iterator[object]:
    """A session on two cores. Tests skip where it cannot be."""
    patch = pytest.MonkeyPatch()
    patch.setenv("SPARK_LOCAL_DIRS", str(tmp_path_factory.mktemp("spark")))
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, _paths())))
    try:
        started = session.session()
    except session.SparkUnavailable as error:
        pytest.skip(str(error))
    yield started
    started.stop()
    patch.undo()


def _paths() -> list[str]:
    import movierec

    return [str(Path(movierec.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]


@pytest.fixture(scope="session")
def kept(spark, dataset, tmp_path_factory):
    """What Spark keeps of the dataset, as rows of users in three partitions at least."""
    from movierec.engines.spark_read import read_dataset
    from movierec.settings import DataSettings

    with session.readable_errors():
        read = read_dataset(spark, str(dataset), tmp_path_factory.mktemp("users") / "a.parquet")
        found = read.select(DataSettings(top_movies=30))
        path = tmp_path_factory.mktemp("rows") / "rows.parquet"
        found.rows.repartition(3, "userId").sortWithinPartitions("userId").write.parquet(
            path.as_uri()
        )
        found.rows = spark.read.parquet(path.as_uri())
    return found


@pytest.fixture(scope="session")
def interactions(dataset) -> Interactions:
    """The same ratings, by the local engine."""
    from movierec.data.interactions import select_interactions
    from movierec.data.tables import read_tables

    return select_interactions(read_tables(dataset).ratings, 30)


@pytest.fixture
def engine(spark) -> SparkEngine:
    return SparkEngine()
