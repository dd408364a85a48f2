"""Fetching MovieLens from GroupLens, verified, all or nothing."""

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
    """A dataset could not be fetched; nothing was left behind that looks like one."""


def fetch(name: str, progress: bool = True) -> Path:
    """Download a dataset, verify its SHA-256, unpack it; return its folder.

    Does nothing when the folder is there and every file has the size and checksum it was
    unpacked with. MOVIEREC_MIRROR names another base address than GroupLens's.
    Raises ValueError for a name GroupLens does not publish, FetchError when it fails.
    """
    if name not in MOVIELENS:
        raise ValueError(f"{name!r} cannot be fetched; {', '.join(MOVIELENS)} can")
    folder = datasets() / name
    if is_whole(folder, name):
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


def is_whole(folder: Path, name: str) -> bool:
    """Whether a folder holds what its archive held, file by file (size and CRC-32)."""
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
            # The archive's own top folder is dropped; `folder` takes its place.
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
