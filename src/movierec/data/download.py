"""Fetch MovieLens from its mirrors or from a file, verified and atomic."""

import hashlib
import json
import os
import shutil
import zipfile
import zlib
from collections import Counter
from pathlib import Path

from filelock import FileLock

from movierec.data.movielens import MOVIELENS
from movierec.data.transfer import TransferError, download
from movierec.paths import atomic_folder, datasets

GROUPLENS = "https://files.grouplens.org/datasets/movielens/"
# Byte-identical archives, of the Recommenders project.
RECOMMENDERS = "https://huggingface.co/datasets/Recommenders/MovieLens/resolve/main/"
_RECORD = "fetched.json"
_CHUNK = 1 << 20


class FetchError(RuntimeError):
    """A dataset could not be fetched; no incomplete folder remains."""


def fetch(name: str, progress: bool = True) -> Path:
    """Download an archive, verify its SHA-256 and unpack it; returns the dataset's folder.

    No request is made if the folder exists and each file still has the size and CRC-32 of its
    archive member. The mirrors are asked in order, that of the environment variable
    MOVIEREC_MIRROR first. Raises ValueError for an unknown name, FetchError if any step fails.
    """
    if name not in MOVIELENS:
        raise ValueError(f"{name!r} cannot be fetched; choose one of {', '.join(MOVIELENS)}")
    folder, archive = datasets() / name, datasets() / ".downloads" / f"{name}.zip"
    archive.parent.mkdir(parents=True, exist_ok=True)
    # Two processes would add to the same begun archive.
    with FileLock(archive.with_suffix(".lock")):
        if not _is_complete(folder, name):
            _from_mirrors(name, archive, progress)
            _unpack(archive, folder)
            archive.unlink()
    return folder


def fetch_file(archive: Path, name: str | None = None) -> Path:
    """Verify and unpack an archive that was fetched by hand; returns the dataset's folder.

    name  of the dataset; by default the one whose archive has this SHA-256, else the file's
    Raises FetchError where the file is not that dataset's archive.
    """
    if not archive.is_file():
        raise FetchError(f"{archive} is not a file")
    sha256 = _sha256(archive)
    named = next((one for one, about in MOVIELENS.items() if about.sha256 == sha256), None)
    name = name or named or archive.stem
    if name not in MOVIELENS:
        raise FetchError(
            f"{archive} is no archive known by its SHA-256 ({sha256}); name its dataset, one of"
            f" {', '.join(MOVIELENS)}"
        )
    if MOVIELENS[name].sha256 not in (None, sha256):
        raise FetchError(
            f"{archive} is {named + '.zip' if named else 'incomplete or another file'}: its SHA-256"
            f" is {sha256}\n{_by_hand(name)}"
        )
    _unpack(archive, datasets() / name)
    return datasets() / name


def _from_mirrors(name: str, archive: Path, progress: bool) -> None:
    """Download an archive from the first mirror that gives it. Raises FetchError."""
    failures = []
    for url in _addresses(name):
        try:
            return _download(url, archive, MOVIELENS[name].sha256, progress)
        except OSError as error:
            failures.append(f"  {url}: {error}")
    raise FetchError("\n".join([f"{name}.zip could not be fetched", *failures, _by_hand(name)]))


def _addresses(name: str) -> list[str]:
    bases = [os.environ.get("MOVIEREC_MIRROR"), GROUPLENS]
    if MOVIELENS[name].mirrored:
        bases.append(RECOMMENDERS)
    return list(dict.fromkeys(f"{base.rstrip('/')}/{name}.zip" for base in bases if base))


def _by_hand(name: str) -> str:
    sha256 = MOVIELENS[name].sha256
    return (
        f"fetch {GROUPLENS}{name}.zip by hand (SHA-256 {sha256 or 'not pinned: it changes'}), then:"
        f" python -m movierec fetch{'' if sha256 else f' {name}'} --file {name}.zip"
    )


def _download(url: str, archive: Path, sha256: str | None, progress: bool) -> None:
    """Download an archive, going on where an earlier attempt ended. Raises OSError."""
    if sha256 is None:
        # What was begun may be of another version.
        archive.unlink(missing_ok=True)
    begun = archive.exists()
    download(url, archive, pinned=sha256 is not None, progress=progress)
    if sha256 is None or (found := _sha256(archive)) == sha256:
        return
    archive.unlink()
    if begun:
        # What was there may have been of no use.
        _download(url, archive, sha256, progress)
    else:
        raise TransferError(f"its SHA-256 is {found}, not {sha256}")


def _is_complete(folder: Path, name: str) -> bool:
    """Whether every file of a folder has the size and CRC-32 of its archive member."""
    try:
        record = json.loads((folder / _RECORD).read_text())
        return MOVIELENS[name].sha256 in (None, record["sha256"]) and all(
            (folder / file).stat().st_size == size and _crc32(folder / file) == crc
            for file, (size, crc) in record["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive's files into a folder, all or none. Raises FetchError."""
    try:
        with zipfile.ZipFile(archive) as source, atomic_folder(folder) as draft:
            # Archives have a top-level folder, which `folder` replaces.
            members = [one for one in source.infolist() if not one.is_dir()]
            names = Counter(Path(one.filename).name for one in members)
            if repeated := [name for name, times in names.items() if times > 1]:
                raise FetchError(f"{archive} has several files named {', '.join(repeated)}")
            needed, free = sum(one.file_size for one in members), shutil.disk_usage(draft).free
            if needed > free:
                raise FetchError(
                    f"{archive} unpacks to {needed:,} bytes; {folder.parent} has {free:,} free"
                )
            files = {}
            for member in members:
                path = draft / Path(member.filename).name
                files[path.name] = (member.file_size, member.CRC)
                _extract(source, member, path)
            record = {"sha256": _sha256(archive), "files": files}
            (draft / _RECORD).write_text(json.dumps(record, indent=2) + "\n")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise FetchError(f"{archive} could not be unpacked: {error}") from error


def _extract(source: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    """Write a member, held to the size and the CRC-32 that the archive states."""
    stated, expected, crc = member.file_size, member.CRC, 0
    # zipfile would leave out without a word what goes beyond, and then name the CRC.
    member.file_size += 1
    del member.CRC
    with source.open(member) as packed, path.open("wb") as file:
        while chunk := packed.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
            file.write(chunk)
        size = file.tell()
    if size != stated:
        difference = "more" if size > stated else "less"
        raise FetchError(
            f"{member.filename} unpacks to {difference} than the stated {stated:,} bytes"
        )
    if crc != expected:
        raise FetchError(f"{member.filename} is damaged: it has another CRC-32")


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
