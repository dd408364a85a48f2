"""What was read once is taken from the cache as long as it is what the files still hold."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from movierec import paths
from movierec.data import cache
from movierec.data.tables import TableError, read_tables

RATINGS = "userId,movieId,rating,timestamp\n1,10,4.0,100\n1,11,3.5,90\n2,10,0.5,70\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A dataset of which even so little is kept, changed long enough ago."""
    monkeypatch.setattr(cache, "WORTHWHILE", 0)
    place = tmp_path / "ours"
    place.mkdir()
    write(place, RATINGS)
    (place / "movies.csv").write_text(
        "movieId,title,genres\n10,Ten (2000),Drama\n11,Eleven,Crime\n"
    )
    (place / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,10,nan,100\n1,10,,100\n")
    monkeypatch.setattr(cache, "_TICK", -60.0)
    return place


@pytest.fixture
def parsed(monkeypatch) -> list[Path]:
    """The folders that were read from their CSV files."""
    folders = []

    def reading(folder):
        folders.append(folder)
        return read_tables(folder)

    monkeypatch.setattr(cache, "read_tables", reading)
    return folders


def write(folder: Path, ratings: str) -> None:
    (folder / "ratings.csv").write_text(ratings)


def kept() -> Path:
    [place] = (paths.datasets() / ".cache").glob("ours-*")
    return place


def same(one: cache.Reading, other: cache.Reading) -> bool:
    assert one.sha256 == other.sha256
    for name, value in vars(one.tables).items():
        found = getattr(other.tables, name)
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(value, found)
        else:
            assert value == found
    return True


def test_the_second_reading_is_the_first_without_the_files(folder, parsed):
    first = cache.read(folder)
    second = cache.read(folder)

    assert len(parsed) == 1
    assert same(first, second)
    assert first.tables.missing_tags == 1


@pytest.mark.parametrize("file", ["ratings.csv", "movies.csv", "tags.csv"])
def test_a_changed_file_is_read_anew(folder, parsed, file):
    cache.read(folder)
    text = (folder / file).read_text()
    lines = {"ratings.csv": "2,11,5.0,1\n", "movies.csv": "12,Twelve,Crime\n"}
    (folder / file).write_text(text + lines.get(file, "2,11,dark,1\n"))

    again = cache.read(folder)

    assert len(parsed) == 2
    assert same(again, cache.Reading(read_tables(folder), again.sha256))


def test_a_file_of_the_same_size_and_date_is_read_anew(folder, parsed):
    cache.read(folder)
    stat = (folder / "ratings.csv").stat()
    write(folder, RATINGS.replace("4.0", "1.0"))
    os.utime(folder / "ratings.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))

    assert cache.read(folder).tables.ratings["rating"].tolist() == [1.0, 3.5, 0.5]


@pytest.mark.parametrize("added", [True, False])
def test_a_test_set_that_comes_or_goes_is_noticed(folder, parsed, added):
    if not added:
        (folder / "test.csv").write_text("userId,movieId\n1,10\n")
    cache.read(folder)
    if added:
        (folder / "test.csv").write_text("userId,movieId\n1,10\n")
    else:
        (folder / "test.csv").unlink()

    assert len(cache.read(folder).tables.given) == added


def test_other_reading_code_reads_anew(folder, parsed, monkeypatch, tmp_path):
    cache.read(folder)
    changed = tmp_path / "tables.py"
    changed.write_text(Path(cache.tables.__file__).read_text() + "# changed\n")
    monkeypatch.setattr(cache.tables, "__file__", str(changed))

    cache.read(folder)

    assert len(parsed) == 2


@pytest.mark.parametrize("file", ["ratings.arrow", "tags.arrow", "about.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "empty"])
def test_a_damaged_cache_is_read_anew_and_mended(folder, parsed, file, damage):
    first = cache.read(folder)
    path = kept() / file
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"")

    assert same(cache.read(folder), first)
    assert len(parsed) == 2
    cache.read(folder)
    assert len(parsed) == 2


def test_a_file_that_changed_just_now_is_not_kept(folder, parsed, monkeypatch):
    # It may change again within the tick of the clock and look the same.
    monkeypatch.setattr(cache, "_TICK", 60.0)

    cache.read(folder)

    assert not (paths.datasets() / ".cache").exists()


def test_small_files_are_not_kept(folder, parsed, monkeypatch):
    monkeypatch.setattr(cache, "WORTHWHILE", 1_000_000)

    cache.read(folder)

    assert not (paths.datasets() / ".cache").exists()


def test_a_cache_that_cannot_be_written_is_done_without(folder, parsed):
    paths.datasets().mkdir(parents=True, exist_ok=True)
    (paths.datasets() / ".cache").write_text("a file where a folder should be")

    with pytest.warns(UserWarning, match="nothing was kept"):
        found = cache.read(folder)

    assert len(found.tables.ratings) == 3


def test_of_two_processes_that_keep_at_once_the_slower_has_nothing_to_warn_of(
    folder, parsed, monkeypatch
):
    fast = cache.atomic_folder

    def slow(place):
        monkeypatch.setattr(cache, "atomic_folder", fast)
        cache.read(folder)
        raise OSError("Directory not empty")

    monkeypatch.setattr(cache, "atomic_folder", slow)

    assert len(cache.read(folder).tables.ratings) == 3
    assert len(parsed) == 2


def test_files_that_go_once_they_are_read_are_no_trouble(folder, monkeypatch):
    def reading(place):
        found = read_tables(place)
        (place / "ratings.csv").unlink()
        return found

    monkeypatch.setattr(cache, "read_tables", reading)
    monkeypatch.setattr(cache, "_hashes", lambda place: {})

    assert len(cache.read(folder).tables.ratings) == 3
    assert not (paths.datasets() / ".cache").exists()


def test_what_cannot_be_read_is_not_kept(folder):
    write(folder, RATINGS + "3,10,9.0,1\n")

    with pytest.raises(TableError, match=r"line 5: rating 9\.0"):
        cache.read(folder)

    assert not (paths.datasets() / ".cache").exists()


def test_folders_of_one_name_do_not_share_a_cache(folder, parsed, tmp_path):
    cache.read(folder)
    other = tmp_path / "elsewhere" / "ours"
    other.mkdir(parents=True)
    for file in folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    write(other, RATINGS.replace("4.0", "2.0"))

    assert cache.read(other).tables.ratings["rating"].tolist() == [2.0, 3.5, 0.5]
    assert cache.read(folder).tables.ratings["rating"].tolist() == [4.0, 3.5, 0.5]


def test_the_record_says_what_was_read(folder):
    found = cache.read(folder)

    about = json.loads((kept() / "about.json").read_text())

    assert about["sha256"] == found.sha256
    assert about["identity"]["ratings.csv"][0] == len(RATINGS)
