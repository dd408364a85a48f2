"""An export that a visitor sends, as ratings of the model's films."""

import io
import re
import zipfile
import zlib

import pandas as pd

from movierec.importing.profile import Profile, read_upload

TYPES = ["csv", "zip"]
# Bytes once unpacked; the exports of people who rated ten thousand films take a hundredth.
LARGEST = 100_000_000


class Refused(ValueError):
    """A file that was sent is no export that can be read; the message says why."""


def ratings_of(name: str, content: bytes, movies: pd.DataFrame) -> Profile:
    """As `read_upload`, of a CSV or ZIP file from anybody. Raises Refused."""
    if name.lower().rpartition(".")[2] not in TYPES:
        raise Refused("send a CSV file, or the ZIP archive as it was exported")
    try:
        if _unpacked_size(content) > LARGEST:
            raise Refused(f"it unpacks to more than {LARGEST / 1e6:.0f} MB")
        found = read_upload(name, content, movies)
    except (ArithmeticError, LookupError, OSError, RuntimeError, ValueError, MemoryError) as error:
        raise Refused(_for_visitors(str(error))) from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Refused("the archive is damaged") from error
    if not found.ratings and not found.unmatched:
        raise Refused("it holds no ratings")
    return found


def _unpacked_size(content: bytes) -> int:
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(member.file_size for member in archive.infolist())


def _for_visitors(text: str) -> str:
    """What an error says, without where the file lay on the server, and options of a command."""
    text, ambiguous, _ = text.partition("; choose:")
    more = ", so it can be read in several ways" if ambiguous else ""
    return re.sub(r"(?:[A-Za-z]:)?[/\\]\S*[/\\]", "", text) + more
