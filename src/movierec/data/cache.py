"""Big tables as they were read the last time, in Arrow's own format: mapped, not parsed."""

import hashlib
import json
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from movierec.data import columns, tables
from movierec.data.tables import Tables, read_tables
from movierec.paths import atomic_folder, datasets

# Smaller files are read faster than anybody notices; bytes of ratings.csv.
WORTHWHILE = 64 << 20
_FILES = ("ratings.csv", "movies.csv", "tags.csv", "test.csv")
_FRAMES = ("ratings", "movies", "tags", "given")
_ABOUT = "about.json"
# A file changed twice within one tick of the clock looks unchanged.
_TICK = 2.0  # seconds


@dataclass(frozen=True)
class Reading:
    """Tables, and the SHA-256 of the files they were read from, by file name."""

    tables: Tables
    sha256: dict[str, str]


def read(folder: Path) -> Reading:
    """Read a dataset's tables, from the cache where its files are those read before.

    A file is the same while its size, its times and its place on the disk are, and as long as
    the code that reads it is. Raises what `read_tables` does.
    """
    kept = place(folder)
    before = _identity(folder)
    if (found := _load(kept, before)) is not None:
        return found
    begun = time.time()
    with ThreadPoolExecutor(1) as beside:
        hashes = beside.submit(_hashes, folder)
        result = Reading(read_tables(folder), hashes.result())
    if _worth_keeping(folder, before, begun):
        _save(kept, before, result)
    return result


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hashes(folder: Path) -> dict[str, str]:
    return {file: sha256_of(folder / file) for file in _FILES if (folder / file).exists()}


def place(folder: Path) -> Path:
    """Where what was read of a dataset's folder is kept."""
    path = folder.resolve()
    return datasets() / ".cache" / f"{path.name}-{_digest(str(path).encode())}"


def _identity(folder: Path) -> dict[str, object]:
    """What changes when a file does, or the code that reads it."""
    readers = [Path(module.__file__).read_bytes() for module in (tables, columns)]
    identity: dict[str, object] = {
        "reader": _digest(b"".join(readers)),
        "pyarrow": pa.__version__,
    }
    for name in _FILES:
        if (folder / name).exists():
            stat = (folder / name).stat()
            identity[name] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    return identity


def _worth_keeping(folder: Path, before: dict[str, object], begun: float) -> bool:
    if _identity(folder) != before or before["ratings.csv"][0] < WORTHWHILE:
        return False
    times = [before[name][1:3] for name in _FILES if name in before]
    return all(max(changed) < (begun - _TICK) * 1e9 for changed in times)


def _save(kept: Path, identity: dict[str, object], result: Reading) -> None:
    found = result.tables
    counts = {
        name: value for name, value in vars(found).items() if not isinstance(value, pd.DataFrame)
    }
    try:
        with atomic_folder(kept) as draft:
            for name in _FRAMES:
                table = pa.Table.from_pandas(getattr(found, name), preserve_index=False)
                # One piece, so that it can be mapped as it lies.
                feather.write_feather(
                    table.combine_chunks(),
                    draft / f"{name}.arrow",
                    compression="uncompressed",
                    chunksize=max(1, len(table)),
                )
            about = {"identity": identity, "counts": counts, "sha256": result.sha256}
            (draft / _ABOUT).write_text(json.dumps(about))
    except OSError as error:
        if _load(kept, identity) is not None:
            return  # another process was faster
        warnings.warn(f"nothing was kept to read faster the next time: {error}", stacklevel=3)


def _load(kept: Path, identity: dict[str, object]) -> Reading | None:
    """What was kept of these very files; None where there is no such, or it cannot be read."""
    try:
        about = json.loads((kept / _ABOUT).read_text())
        if about["identity"] != identity:
            return None
        frames = {
            name: feather.read_feather(kept / f"{name}.arrow", memory_map=True, split_blocks=True)
            for name in _FRAMES
        }
        return Reading(Tables(**frames, **about["counts"]), about["sha256"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
