"""The cache of a dataset's tables: when it is used, and when the files are read again."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec import paths
from movierec.data import cache
from movierec.data.tables import TableError, read_tables

RATINGS = "userId,movieId,rating,timestamp\n1,10,4.0,100\n1,11,3.5,90\n2,10,0.5,70\n"
# By file, a line to append.
MORE = {
    "ratings.csv": "2,11,5.0,1\n",
    "movies.csv": "12,Twelve,Crime\n",
    "tags.csv": "2,11,dark,1\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small dataset that is cached all the same, though its files are new."""
    monkeypatch.setattr(cache, "WORTHWHILE", 0)
    monkeypatch.setattr(cache, "_TICK", -60.0)
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "ratings.csv").write_text(RATINGS)
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n10,Ten (2000),Drama\n11,Eleven,Crime\n"
    )
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,10,nan,100\n1,10,,100\n")
    return folder


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were read from their CSV files."""
    folders = []

    def reading(folder):
        folders.append(folder)
        return read_tables(folder)

    monkeypatch.setattr(cache, "read_tables", reading)
    return folders


def cached() -> Path:
    [folder] = (paths.datasets() / ".cache").glob("ours-*")
    return folder


def nothing_is_cached() -> bool:
    return not (paths.datasets() / ".cache").exists()


def assert_same(one: cache.Reading, other: cache.Reading) -> None:
    assert one.sha256 == other.sha256
    for name, value in vars(one.tables).items():
        found = getattr(other.tables, name)
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(value, found)
        else:
            assert value == found


def test_the_second_reading_is_the_first_without_the_files(folder, parsed):
    first = cache.read(folder)
    assert_same(first, cache.read(folder))
    assert len(parsed) == 1
    assert first.tables.missing_tags == 1


@pytest.mark.parametrize("file", MORE)
def test_a_changed_file_is_read_again(folder, parsed, file):
    cache.read(folder)
    with (folder / file).open("a") as appended:
        appended.write(MORE[file])
    again = cache.read(folder)
    assert len(parsed) == 2
    assert_same(again, cache.Reading(read_tables(folder), again.sha256))


def test_a_changed_file_of_the_same_size_and_date_is_read_again(folder):
    cache.read(folder)
    stat = (folder / "ratings.csv").stat()
    (folder / "ratings.csv").write_text(RATINGS.replace("4.0", "1.0"))
    os.utime(folder / "ratings.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert cache.read(folder).tables.ratings["rating"].tolist() == [1.0, 3.5, 0.5]


@pytest.mark.parametrize("added", [True, False])
def test_a_test_set_that_is_added_or_removed_is_noticed(folder, added):
    test = folder / "test.csv"
    text = "userId,movieId\n1,10\n"
    if not added:
        test.write_text(text)
    cache.read(folder)
    if added:
        test.write_text(text)
    else:
        test.unlink()
    assert len(cache.read(folder).tables.given) == added


def test_changed_reading_code_reads_again(folder, parsed, monkeypatch, tmp_path):
    cache.read(folder)
    changed = tmp_path / "tables.py"
    changed.write_text("# changed\n")
    monkeypatch.setattr(cache, "_READERS", [changed])
    cache.read(folder)
    assert len(parsed) == 2


@pytest.mark.parametrize("file", ["ratings.arrow", "tags.arrow", "about.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "empty"])
def test_a_damaged_cache_is_replaced(folder, parsed, file, damage):
    first = cache.read(folder)
    path = cached() / file
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"")
    assert_same(cache.read(folder), first)
    assert len(parsed) == 2
    cache.read(folder)
    assert len(parsed) == 2


def test_a_file_that_has_just_changed_is_not_cached(folder, monkeypatch):
    # It may change again within the tick of the clock and look the same.
    monkeypatch.setattr(cache, "_TICK", 60.0)
    cache.read(folder)
    assert nothing_is_cached()


def test_a_small_dataset_is_not_cached(folder, monkeypatch):
    monkeypatch.setattr(cache, "WORTHWHILE", 1_000_000)
    cache.read(folder)
    assert nothing_is_cached()


def test_a_cache_that_cannot_be_written_is_only_warned_of(folder):
    paths.datasets().mkdir(parents=True, exist_ok=True)
    (paths.datasets() / ".cache").write_text("a file where a folder should be")
    with pytest.warns(UserWarning, match="could not be cached"):
        found = cache.read(folder)
    assert len(found.tables.ratings) == 3


def test_the_slower_of_two_processes_does_not_warn(folder, parsed, monkeypatch):
    fast = cache.atomic_folder

    def slow(place):
        monkeypatch.setattr(cache, "atomic_folder", fast)
        cache.read(folder)
        raise OSError("Directory not empty")

    monkeypatch.setattr(cache, "atomic_folder", slow)
    assert len(cache.read(folder).tables.ratings) == 3
    assert len(parsed) == 2


def test_files_deleted_while_they_are_read_are_not_cached(folder, monkeypatch):
    def reading(place):
        found = read_tables(place)
        (place / "ratings.csv").unlink()
        return found

    monkeypatch.setattr(cache, "read_tables", reading)
    monkeypatch.setattr(cache, "file_hashes", lambda place: {})
    assert len(cache.read(folder).tables.ratings) == 3
    assert nothing_is_cached()


def test_invalid_files_are_not_cached(folder):
    (folder / "ratings.csv").write_text(RATINGS + "3,10,9.0,1\n")
    with pytest.raises(TableError, match=r"line 5: rating '9\.0'"):
        cache.read(folder)
    assert nothing_is_cached()


def test_folders_of_the_same_name_do_not_share_a_cache(folder, tmp_path):
    cache.read(folder)
    other = tmp_path / "elsewhere" / "ours"
    other.mkdir(parents=True)
    for file in folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "ratings.csv").write_text(RATINGS.replace("4.0", "2.0"))
    assert cache.read(other).tables.ratings["rating"].tolist() == [2.0, 3.5, 0.5]
    assert cache.read(folder).tables.ratings["rating"].tolist() == [4.0, 3.5, 0.5]


def test_the_cache_records_what_was_read(folder):
    found = cache.read(folder)
    about = json.loads((cached() / "about.json").read_text())
    assert about["sha256"] == found.sha256
    assert about["files"]["ratings.csv"][0] == len(RATINGS)


def test_a_flipped_bit_of_the_cache_is_noticed_and_the_files_are_read_again(folder, parsed):
    first = cache.read(folder)
    rng = np.random.default_rng(0)
    for number, path in enumerate(sorted(cached().iterdir()) * 10, start=2):
        content = bytearray(path.read_bytes())
        bit = rng.integers(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        assert_same(cache.read(folder), first)
        assert len(parsed) == number
