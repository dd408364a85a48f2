"""Fetching from a local web server, with and without failures."""

import dataclasses
import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from movierec import paths
from movierec.data.download import FetchError, fetch
from movierec.data.movielens import MOVIELENS

NAME = "ml-latest-small"
FILES = {
    "README.txt": b"Summary\n",
    "movies.csv": b"movieId,title,genres\n1,Heat (1995),Action\n",
    "ratings.csv": b"userId,movieId,rating,timestamp\n1,1,4.0,100\n",
}


def zipped() -> bytes:
    """An archive in MovieLens's layout: all files in a folder of the dataset's name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.mkdir(NAME)
        for name, content in FILES.items():
            archive.writestr(f"{NAME}/{name}", content)
    return buffer.getvalue()


@dataclass
class Mirror:
    """What the server gives: of `archive` the first `sent` bytes, or all."""

    archive: bytes = field(default_factory=zipped)
    status: int = 200
    sent: int | None = None
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A running server, set as the mirror; its archive is the one the registry knows."""
    mirror = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            mirror.requests.append(self.path)
            self.send_response(mirror.status)
            self.send_header("Content-Length", str(len(mirror.archive)))
            self.end_headers()
            self.wfile.write(mirror.archive[: mirror.sent])

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        # A proxy set for this machine would be asked instead.
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("MOVIEREC_MIRROR", f"http://127.0.0.1:{server.server_port}/movielens")
        register(monkeypatch, mirror.archive)
        yield mirror
        server.shutdown()
        thread.join()


def register(monkeypatch: pytest.MonkeyPatch, archive: bytes) -> None:
    sha256 = hashlib.sha256(archive).hexdigest()
    monkeypatch.setitem(MOVIELENS, NAME, dataclasses.replace(MOVIELENS[NAME], sha256=sha256))


def contents(folder: Path) -> dict[str, bytes]:
    """The archive's files as they lie in the folder; the fetch keeps a record beside them."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name in FILES}


def left_behind() -> list[Path]:
    """All that lies where datasets go and could be taken for data."""
    return [path for path in paths.datasets().rglob("*") if path.is_file() or path.name == NAME]


def test_a_fetched_folder_holds_the_archive_s_files(mirror):
    folder = fetch(NAME, progress=False)
    assert folder == paths.datasets() / NAME
    assert contents(folder) == FILES
    assert not (folder / NAME).exists()


def test_a_fetch_asks_the_mirror_for_the_archive(mirror):
    fetch(NAME, progress=False)
    assert mirror.requests == ["/movielens/ml-latest-small.zip"]


def test_a_fetch_leaves_no_archive(mirror):
    folder = fetch(NAME, progress=False)
    assert {path.parent for path in left_behind() if path.is_file()} == {folder}


def test_a_second_fetch_makes_no_request(mirror):
    fetch(NAME, progress=False)
    mirror.requests.clear()
    assert contents(fetch(NAME, progress=False)) == FILES
    assert mirror.requests == []


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


def test_a_connection_that_breaks_midway_leaves_nothing(mirror):
    mirror.sent = len(mirror.archive) // 2
    with pytest.raises(FetchError, match=r"ml-latest-small\.zip could not be fetched"):
        fetch(NAME, progress=False)
    assert left_behind() == []


def test_after_a_broken_connection_a_fetch_begins_anew(mirror):
    mirror.sent = len(mirror.archive) // 2
    with pytest.raises(FetchError):
        fetch(NAME, progress=False)
    mirror.sent = None
    assert contents(fetch(NAME, progress=False)) == FILES
    assert len(mirror.requests) == 2


def test_half_an_archive_left_by_a_killed_fetch_is_not_used(mirror):
    half = paths.datasets() / ".downloads" / f"{NAME}.zip"
    half.parent.mkdir(parents=True)
    half.write_bytes(mirror.archive[: len(mirror.archive) // 2])
    assert contents(fetch(NAME, progress=False)) == FILES


def test_an_archive_the_mirror_lacks_is_an_error(mirror):
    mirror.status = 404
    with pytest.raises(FetchError, match="404"):
        fetch(NAME, progress=False)
    assert left_behind() == []


def test_a_mirror_out_of_reach_is_an_error(mirror, monkeypatch):
    monkeypatch.setenv("MOVIEREC_MIRROR", "http://127.0.0.1:1")
    with pytest.raises(FetchError, match=r"http://127\.0\.0\.1:1/ml-latest-small\.zip"):
        fetch(NAME, progress=False)
    assert left_behind() == []


def test_a_damaged_member_leaves_no_folder(mirror, monkeypatch):
    mirror.archive = mirror.archive.replace(FILES["ratings.csv"], FILES["ratings.csv"][::-1])
    register(monkeypatch, mirror.archive)
    with pytest.raises(FetchError, match="CRC"):
        fetch(NAME, progress=False)
    assert not (paths.datasets() / NAME).exists()


@pytest.mark.parametrize(
    ("cause", "seen"),
    [(OSError("disk full"), FetchError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_after_an_interrupted_unpacking_a_fetch_works(mirror, monkeypatch, cause, seen):
    extract = zipfile.ZipFile.extract

    def stop_after_one(archive, member, path):
        if any(path.iterdir()):
            raise cause
        return extract(archive, member, path)

    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "extract", stop_after_one)
        with pytest.raises(seen):
            fetch(NAME, progress=False)
    assert not (paths.datasets() / NAME).exists()
    assert contents(fetch(NAME, progress=False)) == FILES


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'ml-1m' cannot be fetched; choose one of ml-la"):
        fetch("ml-1m", progress=False)
