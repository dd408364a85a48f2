"""Cache of large datasets as read: Arrow files, which are memory-mapped instead of parsed."""

import hashlib
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from movierec import sealed
from movierec.data.layouts import layout_of
from movierec.data.originals import MOVIES_FILE, USERS_FILE
from movierec.data.tables import Tables, read_tables
from movierec.paths import atomic_folder, datasets, sha256_of

# Smaller datasets are parsed in well under a second; bytes of the largest file.
WORTHWHILE = 64 << 20
_FRAMES = ("ratings", "movies", "tags", "given")
_ABOUT = "about.json"
_MODULES = "columnar columns grammar layouts parser reader scanner tables".split()
_READERS = [Path(__file__).with_name(f"{name}.py") for name in _MODULES]
# A file modified twice within one clock tick may look unchanged; seconds.
_TICK = 2.0


class Reading(NamedTuple):
    """Tables, and the SHA-256 of the files they were read from, by file name."""

    tables: Tables
    sha256: dict[str, str]


class _Version(NamedTuple):
    """What a cached reading depends on.

    code   digest of the reading code
    files  by name: size (bytes), modification and change time (ns), inode
    """

    code: str
    files: dict[str, list[int]]


def read(folder: Path) -> Reading:
    """Read a dataset's tables, from the cache if neither its files nor the code changed.

    Files count as unchanged while their size, times and inode are. Raises what `read_tables`
    raises.
    """
    cached = place(folder)
    version = _version(folder)
    if (found := _load(cached, version)) is not None:
        return found
    started = time.time()
    with ThreadPoolExecutor(1) as executor:
        hashes = executor.submit(file_hashes, folder)
        result = Reading(read_tables(folder), hashes.result())
    if _version(folder) == version and _worth_caching(version, started):
        _save(cached, version, result)
    return result


def place(folder: Path) -> Path:
    """The folder of the cache of a dataset's folder."""
    path = folder.resolve()
    return datasets() / ".cache" / f"{path.name}-{_digest(str(path).encode())}"


def file_hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file of a dataset that is read, by name."""
    return {path.name: sha256_of(path) for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    """The files of a dataset that are there, those of ratings first, original ids last."""
    names = [*(one.name for one in layout_of(folder)), USERS_FILE, MOVIES_FILE]
    return [folder / name for name in dict.fromkeys(names) if (folder / name).is_file()]


def _version(folder: Path) -> _Version:
    code = _digest(b"".join(reader.read_bytes() for reader in _READERS) + pa.__version__.encode())
    stats = {path.name: path.stat() for path in _files(folder)}
    files = {
        name: [one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino]
        for name, one in stats.items()
    }
    return _Version(code, files)


def _worth_caching(version: _Version, started: float) -> bool:
    """Whether the dataset is large and its files were last changed before reading started."""
    last = (started - _TICK) * 1e9
    return max(size for size, *_ in version.files.values()) >= WORTHWHILE and all(
        max(modified, changed) < last for _, modified, changed, _ in version.files.values()
    )


def _save(cached: Path, version: _Version, result: Reading) -> None:
    fields = vars(result.tables)
    counts = {name: value for name, value in fields.items() if name not in _FRAMES}
    about = version._asdict() | {"counts": counts, "sha256": result.sha256}
    kept: dict[str, str] = {}
    try:
        with atomic_folder(cached) as draft:
            for name in _FRAMES:
                path, size = draft / f"{name}.arrow", max(1, len(fields[name]))
                # In one chunk, so that pandas can use the mapped memory without a copy.
                feather.write_feather(fields[name], path, "uncompressed", chunksize=size)
                kept[path.name] = sha256_of(path)
            (draft / _ABOUT).write_text(sealed.seal(about | {"kept": kept}))
    except OSError as error:
        if _load(cached, version) is not None:
            return  # Another process wrote the same cache first.
        warnings.warn(f"the dataset could not be cached: {error}", stacklevel=3)


def _load(cached: Path, version: _Version) -> Reading | None:
    """The cached reading of this version; None if there is none or a bit of it is damaged."""
    try:
        about = sealed.unseal((cached / _ABOUT).read_bytes())
        if _Version(about["code"], about["files"]) != version:
            return None
        if any(sha256_of(cached / name) != sha256 for name, sha256 in about["kept"].items()):
            return None
        frames = {name: _frame(cached / f"{name}.arrow") for name in _FRAMES}
        return Reading(Tables(**frames, **about["counts"]), about["sha256"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


def _frame(path: Path) -> pd.DataFrame:
    """A table of an Arrow file, mapped. Raises ArrowException where its parts do not fit."""
    table = feather.read_table(path, memory_map=True)
    table.validate(full=True)
    return table.to_pandas(split_blocks=True)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
