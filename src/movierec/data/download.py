"""Download MovieLens from GroupLens, verified and atomic."""

import json
import os
import zipfile
import zlib
from pathlib import Path

import pooch

from movierec.data.movielens import BASE_URL, MOVIELENS
from movierec.paths import atomic_folder, datasets

_RECORD = "fetched.json"


class FetchError(RuntimeError):
    """A dataset could not be fetched; no incomplete folder remains."""


def fetch(name: str, progress: bool = True) -> Path:
    """Download an archive, verify its SHA-256 and unpack it; returns the dataset's folder.

    No request is made if the folder exists and each file still has the size and CRC-32 of its
    archive member. The environment variable MOVIEREC_MIRROR replaces GroupLens's base URL.
    Raises ValueError for an unknown name, FetchError if any step fails.
    """
    if name not in MOVIELENS:
        raise ValueError(f"{name!r} cannot be fetched; choose one of {', '.join(MOVIELENS)}")
    folder = datasets() / name
    if _is_complete(folder, name):
        return folder
    url = (os.environ.get("MOVIEREC_MIRROR") or BASE_URL).rstrip("/") + f"/{name}.zip"
    pooch.get_logger().setLevel("WARNING")
    try:
        archive = Path(
            pooch.retrieve(
                url,
                known_hash=f"sha256:{MOVIELENS[name].sha256}",
                fname=f"{name}.zip",
                path=datasets() / ".downloads",
                progressbar=progress,
            )
        )
        with atomic_folder(folder) as draft:
            _unpack(archive, draft, MOVIELENS[name].sha256)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FetchError(f"{url} could not be fetched: {error}") from error
    archive.unlink()
    return folder


def _is_complete(folder: Path, name: str) -> bool:
    """Whether every file of a folder has the size and CRC-32 of its archive member."""
    try:
        record = json.loads((folder / _RECORD).read_text())
        return record["sha256"] == MOVIELENS[name].sha256 and all(
            (folder / file).stat().st_size == size and _crc32(folder / file) == crc
            for file, (size, crc) in record["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def _unpack(archive: Path, folder: Path, sha256: str) -> None:
    files = {}
    with zipfile.ZipFile(archive) as source:
        for member in source.infolist():
            if member.is_dir():
                continue
            # Archives have a top-level folder, which `folder` replaces.
            member.filename = Path(member.filename).name
            source.extract(member, folder)
            files[member.filename] = (member.file_size, member.CRC)
    (folder / _RECORD).write_text(json.dumps({"sha256": sha256, "files": files}, indent=2) + "\n")


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            crc = zlib.crc32(chunk, crc)
    return crc
