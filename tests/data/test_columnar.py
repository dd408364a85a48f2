"""Datasets of Parquet files, against the same ones of CSV."""

import pandas as pd
import pytest

from movierec.data import cache
from movierec.data.reader import OtherForm, TableError
from movierec.data.tables import read_tables

RATINGS = {
    "userId": [1, 1, 2, 1],
    "movieId": [10, 20, 10, 20],
    "rating": [0.5, 4.0, 5.0, 3.5],
    "timestamp": [100, 200, 300, 400],
}
MOVIES = {"movieId": [20, 10], "title": ['The "Twins", Ré (1990)', "千"], "genres": ["", "A|B"]}
TAGS = {"userId": [1, 2], "movieId": [10, 10], "tag": [" ", "<b>"], "timestamp": [5, 6]}
TEST = {"userId": [2], "movieId": [20]}
TABLES = {"ratings": RATINGS, "movies": MOVIES, "tags": TAGS, "test": TEST}


def written(folder, tables=TABLES, suffix="parquet"):
    folder.mkdir()
    for name, table in tables.items():
        frame = pd.DataFrame(table)
        if suffix == "parquet":
            frame.to_parquet(folder / f"{name}.parquet", index=False)
        else:
            frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def with_ratings(folder, **columns):
    return written(folder, {"ratings": RATINGS | columns, "movies": MOVIES})


def test_a_folder_of_parquet_is_read_as_one_of_csv(tmp_path):
    ours = read_tables(written(tmp_path / "parquet"))
    theirs = read_tables(written(tmp_path / "csv", suffix="csv"))
    for name in ("ratings", "movies", "tags", "given"):
        pd.testing.assert_frame_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.duplicate_ratings == theirs.duplicate_ratings == 1
    assert ours.missing_tags == theirs.missing_tags == 1


def test_ratings_of_parquet_and_movies_of_csv_are_a_dataset(tmp_path):
    folder = written(tmp_path / "both", {"ratings": RATINGS})
    pd.DataFrame(MOVIES).to_csv(folder / "movies.csv", index=False)
    assert len(read_tables(folder).ratings) == 3
    assert set(cache.file_hashes(folder)) == {"ratings.parquet", "movies.csv"}


def test_other_types_of_numbers_and_text_are_the_same_values(tmp_path):
    ratings = pd.DataFrame(RATINGS).astype(
        {"userId": "uint64", "movieId": "float64", "rating": "float32"}
    )
    movies = pd.DataFrame(MOVIES).astype({"title": "category"})
    ratings["timestamp"] = [100, 101, 102, 103]
    ratings = ratings.astype({"timestamp": "int8"})
    tables = read_tables(written(tmp_path / "types", {"ratings": ratings, "movies": movies}))
    expected = read_tables(with_ratings(tmp_path / "plain", timestamp=[100, 101, 102, 103]))
    pd.testing.assert_frame_equal(tables.ratings, expected.ratings)
    pd.testing.assert_frame_equal(tables.movies, expected.movies)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"rating": [4.0, 5.5, 1.0, 1.0]}, "row 2: rating '5.5' is not a number from 0.5 to 5.0"),
        ({"rating": [0.4999999999, 5, 1, 1]}, "row 1: rating '0.4999999999' is not"),
        ({"rating": [4.0, None, 1.0, 1.0]}, "row 2: rating is missing"),
        ({"rating": [4.0, float("inf"), 1.0, 1.0]}, "row 2: rating 'inf' is not"),
        ({"userId": [1, -2, 3, 4]}, "row 2: userId '-2' is not a whole number"),
        ({"movieId": [1, 2, 3.5, 4]}, r"row 3: movieId '3\.5' is not a whole number"),
        ({"timestamp": [1, 2, 3, 2**31]}, "row 4: timestamp '2147483648' is not a whole number"),
        ({"userId": list("abcd")}, "userId has the type .*, not numbers"),
    ],
)
def test_a_wrong_value_is_named(columns, message, tmp_path):
    with pytest.raises(OtherForm, match=rf"ratings\.parquet.*{message}"):
        read_tables(with_ratings(tmp_path / "wrong", **columns))


def test_a_movie_in_two_rows_is_named(tmp_path):
    movies = {"movieId": [10, 20, 10], "title": ["a", "b", "c"], "genres": ["", "", ""]}
    folder = written(tmp_path / "twice", {"ratings": RATINGS, "movies": movies})
    with pytest.raises(TableError, match=r"row 3: movieId 10 is also in row 1: keep one"):
        read_tables(folder)


def test_a_missing_column_is_named(tmp_path):
    ratings = {name: values for name, values in RATINGS.items() if name != "timestamp"}
    folder = written(tmp_path / "less", {"ratings": ratings, "movies": MOVIES})
    with pytest.raises(OtherForm, match=r"ratings\.parquet has no column timestamp, only userId"):
        read_tables(folder)


@pytest.mark.parametrize("cut", [0, 3, 200])
def test_a_cut_file_is_damaged(cut, tmp_path):
    folder = with_ratings(tmp_path / "cut")
    path = folder / "ratings.parquet"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(TableError, match=r"is damaged or no Parquet .*; fetch or copy it again"):
        read_tables(folder)


def test_a_damaged_page_is_damage(tmp_path):
    folder = with_ratings(tmp_path / "bits")
    path = folder / "ratings.parquet"
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(data)
    with pytest.raises(TableError, match="is damaged or no Parquet"):
        read_tables(folder)
