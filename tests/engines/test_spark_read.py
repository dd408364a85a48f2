"""Datasets read by Spark, against the local engine."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.data.interactions import Interactions
from movierec.data.reader import TableError
from movierec.datasets import DatasetMissing
from movierec.engines.local import LocalEngine
from movierec.engines.spark_read import _users_of
from movierec.settings import DataSettings
from movierec.stages import OpenStage

pytestmark = pytest.mark.slow


def _copy(dataset: Path, folder: Path, ratings: str) -> Path:
    """The dataset with other ratings."""
    folder.mkdir()
    (folder / "movies.csv").write_text((dataset / "movies.csv").read_text())
    (folder / "ratings.csv").write_text(ratings)
    return folder


def test_counts_are_those_of_the_local_engine(engine, dataset):
    ours, theirs = engine.read(str(dataset)), LocalEngine().read(str(dataset))
    assert ours.facts == theirs.facts
    pd.testing.assert_series_equal(ours.star_counts, theirs.star_counts, check_names=False)
    pd.testing.assert_series_equal(
        ours.month_counts, theirs.month_counts, check_names=False, check_dtype=False
    )
    assert ours.movie_counts.to_dict() == theirs.movie_counts.to_dict()
    assert ours.user_counts.to_dict() == theirs.user_counts.to_dict()
    same = {"check_names": False, "check_freq": False, "check_dtype": False}
    pd.testing.assert_frame_equal(ours.movie_means, theirs.movie_means.sort_index(), **same)
    pd.testing.assert_frame_equal(ours.active_users, theirs.active_users, **same)
    pd.testing.assert_frame_equal(ours.missing, theirs.missing)


def test_what_is_kept_is_what_the_local_engine_keeps(engine, dataset, interactions):
    stage = OpenStage("01_eda", "mine")
    kept = engine.read(str(dataset)).select(DataSettings(top_movies=30))
    kept.save(stage)
    saved = Interactions.load(stage.output("interactions.npz"))
    assert kept.shape == interactions.shape
    np.testing.assert_array_equal(saved.user_ids, interactions.user_ids)
    np.testing.assert_array_equal(saved.movie_ids, interactions.movie_ids)
    np.testing.assert_array_equal(saved.timestamps, interactions.timestamps)
    assert (saved.user_items != interactions.user_items).nnz == 0
    np.testing.assert_array_equal(kept.movies["ratings"], interactions.ratings_per_movie)


def test_folders_of_parquet_are_a_dataset_too_and_sampled_alike(engine, dataset, tmp_path):
    folder = _copy(dataset, tmp_path / "parts", "")
    (folder / "ratings.csv").unlink()
    ratings = pd.read_csv(dataset / "ratings.csv").sample(frac=1, random_state=0)
    (folder / "ratings").mkdir()
    for number, part in enumerate(np.array_split(np.arange(len(ratings)), 3)):
        ratings.iloc[part].to_parquet(folder / "ratings" / f"{number}.parquet")
    half = DataSettings(ratings_fraction=0.5, seed=3)
    of_parts, of_file = (engine.read(str(one)).select(half) for one in (folder, dataset))
    assert 0.4 * len(ratings) < of_parts.n_ratings < 0.6 * len(ratings)
    pd.testing.assert_frame_equal(of_parts.movies, of_file.movies)


def test_the_latest_of_repeated_ratings_is_kept(engine, dataset, tmp_path):
    rows = ["userId,movieId,rating,timestamp", "1,2,3.0,30", "1,2,5.0,20", "1,7,2.5,5"]
    folder = _copy(dataset, tmp_path / "twice", "\n".join(rows) + "\n")
    read = engine.read(str(folder))
    assert read.facts.duplicate_ratings == 1
    assert read.star_counts.to_dict() == {2.5: 1, 3.0: 1}


@pytest.mark.parametrize("line", ["1,7,9.0,5", "1,7,4.0", "1,7,4.0,5,6", "1,3000000000,4,5"])
def test_a_bad_line_is_refused_as_by_the_local_engine(engine, dataset, tmp_path, line):
    rows = ["userId,movieId,rating,timestamp", "1,2,3.0,30", line, "2,7,2.5,5"]
    folder = _copy(dataset, tmp_path / "bad", "\n".join(rows) + "\n")
    with pytest.raises(TableError) as ours:
        engine.read(str(folder))
    with pytest.raises(TableError) as theirs:
        LocalEngine().read(str(folder))
    # The local engine adds how to import data of another form.
    assert str(theirs.value).startswith(str(ours.value))
    assert "ratings.csv, line 3: " in str(ours.value)


def test_bad_lines_are_counted(engine, dataset, tmp_path):
    rows = ["userId,movieId,rating,timestamp", "1,2,9.0,30", "1,7,4.0,5", "2,7,9.5,5"]
    folder = _copy(dataset, tmp_path / "bad", "\n".join(rows) + "\n")
    with pytest.raises(TableError, match=r"\(2 such lines\)$"):
        engine.read(str(folder))


def test_bad_rows_of_parquet_are_refused(engine, dataset, tmp_path):
    folder = _copy(dataset, tmp_path / "bad", "")
    (folder / "ratings.csv").unlink()
    columns = {"userId": [1, 2], "movieId": [2, 7], "rating": [4.0, 0.0], "timestamp": [5, 6]}
    pd.DataFrame(columns).to_parquet(folder / "ratings.parquet")
    with pytest.raises(
        TableError, match=r"ratings\.parquet: userId 2, .* rating 0\.0, .* no rating"
    ):
        engine.read(str(folder))


def test_a_dataset_that_is_not_there_is_named(engine, tmp_path):
    with pytest.raises(DatasetMissing, match="nowhere"):
        engine.read(str(tmp_path / "nowhere"))


def test_a_folder_without_ratings_says_what_a_dataset_needs(engine, tmp_path):
    with pytest.raises(TableError, match=r"needs ratings\.csv, ratings\.parquet"):
        engine.read(str(tmp_path))


def test_users_whose_ratings_lie_in_two_batches_are_one_row(dataset):
    import pyarrow as pa

    ratings = pd.read_csv(dataset / "ratings.csv").sort_values(["userId", "movieId"])
    table = pa.Table.from_pandas(ratings.astype({"rating": np.float32}), preserve_index=False)
    rows = pa.Table.from_batches(_users_of(table.to_batches(max_chunksize=5)))
    assert rows["userId"].to_pylist() == sorted(set(ratings["userId"]))
    assert sum(map(len, rows["movies"].to_pylist())) == len(ratings)
