"""Fetching from local web servers, with and without failures, and from a file."""

import dataclasses
import hashlib
import io
import shutil
import struct
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from movierec import paths
from movierec.data import download
from movierec.data.download import FetchError, fetch, fetch_file
from movierec.data.movielens import MOVIELENS

NAME = "ml-latest-small"
FILES = {
    "README.txt": b"Summary\n",
    "movies.csv": b"movieId,title,genres\n1,Heat (1995),Action\n",
    "ratings.csv": b"userId,movieId,rating,timestamp\n1,1,4.0,100\n",
}


def zipped(files: dict[str, bytes] | None = None) -> bytes:
    """An archive in MovieLens's layout: all files in a folder of the dataset's name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir(NAME)
        for name, content in (files or FILES).items():
            archive.writestr(f"{NAME}/{name}", content)
    return buffer.getvalue()


@pytest.fixture
def mirror(serve: Callable, monkeypatch: pytest.MonkeyPatch):
    """A server for all mirrors, in folders of their names; its archive is the registered one."""
    mirror = serve()
    mirror.archive = zipped()
    monkeypatch.setenv("MOVIEREC_MIRROR", f"{mirror.url}/ours")
    monkeypatch.setattr(download, "GROUPLENS", f"{mirror.url}/grouplens/")
    monkeypatch.setattr(download, "RECOMMENDERS", f"{mirror.url}/recommenders/")
    mirror.missing = ("grouplens", "recommenders")
    register(monkeypatch, mirror.archive, mirrored=True)
    return mirror


def register(monkeypatch: pytest.MonkeyPatch, archive: bytes | None, **about: object) -> None:
    sha256 = hashlib.sha256(archive).hexdigest() if archive else None
    changed = dataclasses.replace(MOVIELENS[NAME], sha256=sha256, **about)
    monkeypatch.setitem(MOVIELENS, NAME, changed)


def contents(folder: Path) -> dict[str, bytes]:
    """The archive's files as they lie in the folder; the fetch keeps a record beside them."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name in FILES}


def left_behind() -> list[Path]:
    """All that lies where datasets go and could be taken for data: no begun download."""
    found = paths.datasets().rglob("*")
    return [
        path
        for path in found
        if (path.is_file() and path.parent.name != ".downloads") or path.name == NAME
    ]


def test_a_fetched_folder_holds_the_archive_s_files(mirror):
    folder = fetch(NAME, progress=False)
    assert folder == paths.datasets() / NAME
    assert contents(folder) == FILES
    assert not (folder / NAME).exists()


def test_a_fetch_asks_the_mirror_for_the_archive(mirror):
    fetch(NAME, progress=False)
    assert mirror.requests == [("/ours/ml-latest-small.zip", None)]


def test_a_fetch_leaves_no_archive(mirror):
    folder = fetch(NAME, progress=False)
    assert {path.parent for path in left_behind() if path.is_file()} == {folder}


def test_a_second_fetch_makes_no_request(mirror):
    fetch(NAME, progress=False)
    mirror.requests.clear()
    assert contents(fetch(NAME, progress=False)) == FILES
    assert mirror.requests == []


def test_two_fetches_at_once_share_a_download(mirror):
    with ThreadPoolExecutor(2) as threads:
        folders = list(threads.map(lambda _: fetch(NAME, progress=False), range(2)))
    assert contents(folders[0]) == FILES
    assert len(mirror.requests) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes().replace(b"4.0", b"5.0")),
        lambda file: file.write_bytes(file.read_bytes()[:-4]),
        lambda file: file.unlink(),
    ],
    ids=["changed", "shorter", "gone"],
)
def test_a_damaged_file_makes_the_dataset_fetched_again(mirror, damage):
    damage(fetch(NAME, progress=False) / "ratings.csv")
    mirror.requests.clear()
    assert contents(fetch(NAME, progress=False)) == FILES
    assert len(mirror.requests) == 1


def test_an_archive_of_another_hash_is_refused(mirror, monkeypatch):
    register(monkeypatch, b"another archive")
    with pytest.raises(FetchError, match=r"ml-latest-small\.zip could not be fetched"):
        fetch(NAME, progress=False)
    assert left_behind() == []


def test_a_connection_that_breaks_is_resumed_where_it_broke(mirror):
    mirror.sent = len(mirror.archive) // 2 + 1
    assert contents(fetch(NAME, progress=False)) == FILES
    assert mirror.requests[1][1] == f"bytes={mirror.sent}-"
    assert len(mirror.requests) == 2


def test_a_connection_that_keeps_breaking_leaves_no_data(mirror):
    mirror.sent = 0
    with pytest.raises(FetchError, match=r"the connection broke after 0 of \d+ bytes"):
        fetch(NAME, progress=False)
    assert left_behind() == []


def test_a_mirror_that_gives_no_ranges_sends_the_whole_again(mirror):
    begun(mirror.archive[:100])
    mirror.ranges = False
    assert contents(fetch(NAME, progress=False)) == FILES


@pytest.mark.parametrize(
    "partial",
    [lambda archive: archive[:100], lambda archive: archive, lambda archive: b"x" * 100],
    ids=["begun", "whole", "of something else"],
)
def test_what_an_interrupted_fetch_left_is_used_if_it_is_right(mirror, partial):
    begun(partial(mirror.archive))
    assert contents(fetch(NAME, progress=False)) == FILES


def begun(data: bytes) -> None:
    archive = paths.datasets() / ".downloads" / f"{NAME}.zip"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(data)


def test_an_archive_that_changes_is_never_resumed(mirror, monkeypatch):
    register(monkeypatch, None)
    begun(b"of an earlier version")
    assert contents(fetch(NAME, progress=False)) == FILES
    assert mirror.requests == [("/ours/ml-latest-small.zip", None)]


def test_mirrors_are_asked_in_order(mirror):
    mirror.missing = ("ours", "grouplens")
    fetch(NAME, progress=False)
    asked = [path.split("/")[1] for path, _ in mirror.requests]
    assert asked == ["ours", "grouplens", "recommenders"]


def test_what_only_grouplens_has_is_not_asked_for_elsewhere(mirror, monkeypatch):
    register(monkeypatch, mirror.archive, mirrored=False)
    mirror.missing = ("ours",)
    fetch(NAME, progress=False)
    assert [path.split("/")[1] for path, _ in mirror.requests] == ["ours", "grouplens"]


def test_where_all_mirrors_fail_one_message_says_what_to_do(mirror):
    mirror.missing = ("ours", "grouplens", "recommenders")
    with pytest.raises(FetchError) as error:
        fetch(NAME, progress=False)
    first, *tried, last = str(error.value).splitlines()
    assert first == "ml-latest-small.zip could not be fetched"
    assert [line.split(": HTTP 404")[0].strip() for line in tried] == [
        f"{mirror.url}/{folder}/ml-latest-small.zip" for folder in mirror.missing
    ]
    assert f"{mirror.url}/grouplens/ml-latest-small.zip" in last
    assert MOVIELENS[NAME].sha256 in last
    assert last.endswith("python -m movierec fetch --file ml-latest-small.zip")


def test_a_mirror_out_of_reach_is_named_with_the_cause(mirror, monkeypatch):
    monkeypatch.setenv("MOVIEREC_MIRROR", "http://127.0.0.1:1")
    with pytest.raises(FetchError, match=r"http://127\.0\.0\.1:1/ml-latest-small\.zip: .*refused"):
        fetch(NAME, progress=False)
    assert left_behind() == []


def patched(archive: bytes, position: int, value: int) -> bytes:
    """An archive with a field of its last member's entry in the central directory changed."""
    entry = archive.rindex(b"PK\x01\x02")
    changed = bytearray(archive)
    struct.pack_into("<L", changed, entry + position, value)
    return bytes(changed)


CRC, UNPACKED_SIZE = 16, 24


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda archive: patched(archive, CRC, 1), "another CRC-32"),
        (lambda archive: patched(archive, UNPACKED_SIZE, 10), "more than the stated 10 bytes"),
        (lambda archive: patched(archive, UNPACKED_SIZE, 99), "less than the stated 99 bytes"),
        (lambda archive: patched(archive, UNPACKED_SIZE, 2**32 - 2), "unpacks to 4,2.* free"),
        (
            lambda archive: zipped(FILES | {"more/movies.csv": b""}),
            "several files named movies.csv",
        ),
        (lambda archive: archive[:100], "not a zip file"),
    ],
    ids=["damaged", "more than stated", "less than stated", "too large", "two of a name", "cut"],
)
def test_a_wrong_archive_leaves_no_folder(mirror, monkeypatch, damage, complaint):
    mirror.archive = damage(mirror.archive)
    register(monkeypatch, mirror.archive)
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(FetchError, match=complaint):
        fetch(NAME, progress=False)
    assert not (paths.datasets() / NAME).exists()


@pytest.mark.parametrize(
    ("cause", "seen"),
    [(OSError("disk full"), FetchError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_after_an_interrupted_unpacking_a_fetch_works(mirror, monkeypatch, cause, seen):
    opened = zipfile.ZipFile.open

    def stop_after_one(archive, member):
        if member is not archive.infolist()[1]:
            raise cause
        return opened(archive, member)

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", stop_after_one)
        with pytest.raises(seen):
            fetch(NAME, progress=False)
    assert not (paths.datasets() / NAME).exists()
    assert contents(fetch(NAME, progress=False)) == FILES


@pytest.fixture
def archive(mirror, tmp_path: Path) -> Path:
    """The archive, downloaded by hand under another name."""
    path = tmp_path / "ml-32m (1).zip"
    path.write_bytes(mirror.archive)
    return path


def test_a_file_fetched_by_hand_is_known_by_its_hash(archive, mirror):
    assert contents(fetch_file(archive)) == FILES
    assert fetch(NAME, progress=False) == paths.datasets() / NAME
    assert archive.exists()
    assert mirror.requests == []


def test_a_file_of_another_dataset_than_named_is_refused(archive):
    with pytest.raises(FetchError, match=r"is ml-latest-small\.zip: its SHA-256"):
        fetch_file(archive, "ml-32m")


def test_an_incomplete_file_is_refused_with_what_to_do(archive):
    cut = archive.with_name(f"{NAME}.zip")
    cut.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(FetchError, match=r"incomplete or another file.*\n.*fetch --file ml-la"):
        fetch_file(cut)


def test_a_file_of_no_known_hash_or_name_is_refused(tmp_path):
    (tmp_path / "mine.zip").write_bytes(zipped())
    with pytest.raises(FetchError, match="name its dataset, one of ml-latest-small"):
        fetch_file(tmp_path / "mine.zip")


def test_a_file_that_is_missing_is_refused(tmp_path):
    with pytest.raises(FetchError, match=r"mine\.zip is not a file"):
        fetch_file(tmp_path / "mine.zip")


def test_an_archive_that_changes_is_taken_by_its_name(archive, monkeypatch):
    register(monkeypatch, None)
    assert contents(fetch_file(archive, NAME)) == FILES


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'netflix' cannot be fetched; choose one of ml-la"):
        fetch("netflix", progress=False)
