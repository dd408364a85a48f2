"""The files of what was given: a folder, a file, a ZIP or gzip archive."""

import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from movierec.importing.choices import CannotImport
from movierec.memory import require_memory

_TABLES = set(".csv .tsv .txt .dat .data .base .item .inter .list .parquet".split())
# Peak memory of importing a file, in sizes of it (6.6 at 2 million ratings).
_READ_FACTOR = 7
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError)


@dataclass(frozen=True)
class Source:
    """A file: its path within what was given, and its bytes when asked for, unpacked."""

    name: str
    read: Callable[[], bytes]

    @property
    def stem(self) -> str:
        """The file's name in lower case, without folders and suffix."""
        return PurePosixPath(self.name).stem.lower()


def find_sources(path: Path) -> tuple[list[Source], list[str]]:
    """The files that may hold a table, by name, and the names of the others.

    A file that was given by itself may always. Raises CannotImport.
    """
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if one.is_file())
        sources = [one for file in files for one in _unpacked(file, str(file.relative_to(path)))]
    elif path.is_file():
        sources = list(_unpacked(path, path.name))
        if len(sources) == 1:
            return sources, []
    else:
        raise CannotImport(f"{path} is neither a file nor a folder")
    visible = [one for one in sources if not _hidden(one.name)]
    tables = [one for one in visible if _may_be_table(one.name)]
    if not tables:
        raise CannotImport(
            f"{path} has no file that may be a table ({', '.join(sorted(_TABLES))}, also in .zip"
            " and .gz); name the file itself"
        )
    return tables, [one.name for one in visible if not _may_be_table(one.name)]


def _may_be_table(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in _TABLES and not path.stem.lower().startswith("readme")


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__")) for part in PurePosixPath(name).parts)


def _unpacked(file: Path, name: str) -> Iterator[Source]:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
        for member in sorted(members, key=lambda one: one.filename):
            yield Source(member.filename, _member_reader(file, member))
    elif file.suffix.lower() == ".gz":
        yield Source(name[: -len(".gz")], lambda: _gunzip(file))
    else:
        yield Source(name, lambda: _read(file))


def _read(file: Path) -> bytes:
    _require_memory(file.stat().st_size, file)
    return file.read_bytes()


def _gunzip(file: Path) -> bytes:
    # The size is not known beforehand; text rarely shrinks to less than a tenth.
    _require_memory(10 * file.stat().st_size, file)
    try:
        return gzip.decompress(file.read_bytes())
    except _DAMAGED as error:
        raise _damaged(file, error) from None


def _member_reader(file: Path, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        _require_memory(member.file_size, file)
        try:
            with zipfile.ZipFile(file) as archive:
                return archive.read(member)
        except (*_DAMAGED, RuntimeError) as error:  # RuntimeError: it has a password
            raise _damaged(file, error) from None

    return read


def _damaged(file: Path, error: Exception) -> CannotImport:
    return CannotImport(f"{file} cannot be unpacked ({error}); fetch or copy it again")


def _require_memory(size: int, file: Path) -> None:
    require_memory(_READ_FACTOR * size, f"Importing {file}", "close other programs, or split it")
