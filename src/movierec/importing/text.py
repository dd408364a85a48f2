"""From bytes to characters: encodings."""

import codecs
import re

import charset_normalizer

from movierec.importing.choices import CannotImport

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SAMPLE = 1 << 16
# Share of bytes beyond ASCII next to another such byte, from which a text is hardly Latin-1:
# accents stand alone among plain letters, Cyrillic and Chinese letters in rows.
_IN_ROWS = 1 / 3


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[bytes, str]:
    """The same text in UTF-8, and the encoding it was in.

    UTF-8 and UTF-16 are recognised for certain. Other text is taken for Latin-1 where its accents
    stand alone. Raises CannotImport where it may be something else, with both readings.
    """
    encoding = encoding or _recognised(data)
    if encoding is None:
        encoding = _guess(data, name)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CannotImport(
            f"{name}, line {line}: not {encoding} text; name its encoding with --encoding"
        ) from None
    except LookupError:
        raise CannotImport(f"{name}: there is no encoding {encoding!r}") from None
    return (data if encoding == "utf-8" else text.encode()), encoding


def _recognised(data: bytes) -> str | None:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        # Of plain letters, every second byte is zero.
        if zeros.count(0) > len(zeros) / 3:
            return encoding
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _guess(data: bytes, name: str) -> str:
    if len(re.findall(rb"[\x00-\x08\x0e-\x1f]", data[:_SAMPLE])) > len(data[:_SAMPLE]) / 50:
        raise CannotImport(f"{name} is no text: save it as CSV first")
    lines = [line for line in data[: 1 << 24].splitlines() if not line.isascii()]
    sample = b"\n".join(lines[:1000])
    # 0x80 to 0x9f are letters and quotation marks in Windows' variant, control codes in Latin-1.
    latin = "cp1252" if re.search(rb"[\x80-\x9f]", sample) else "latin-1"
    in_rows = sum(len(row) for row in re.findall(rb"[\x80-\xff]{2,}", sample))
    if in_rows < _IN_ROWS * len(re.findall(rb"[\x80-\xff]", sample)):
        return latin
    other = charset_normalizer.from_bytes(sample).best()
    found = other.encoding if other else "utf-8"
    shown = lines[0][:40]
    number = data[: data.index(lines[0])].count(b"\n") + 1
    raise CannotImport.ask(
        f"{name}, line {number}",
        "not UTF-8 text",
        f"--encoding {latin}  reads {shown.decode(latin, 'replace')!r}",
        f"--encoding {found}  reads {shown.decode(found, 'replace')!r}",
    )
