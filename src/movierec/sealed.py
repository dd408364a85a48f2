"""JSON objects that carry a checksum of themselves, so that a damaged one is not believed."""

import hashlib
import json
from typing import Any

_KEY = "checksum"


def checksum(document: dict[str, Any]) -> str:
    """The SHA-256 of a JSON object, in hexadecimal; the order of its keys counts."""
    return hashlib.sha256(json.dumps(document, indent=2).encode()).hexdigest()


def seal(document: dict[str, Any]) -> str:
    """The text of a JSON object with its checksum as the first entry."""
    return json.dumps({_KEY: checksum(document)} | document, indent=2) + "\n"


def unseal(content: bytes) -> dict[str, Any]:
    """The object that was sealed. Raises ValueError for anything else, be it one bit."""
    try:
        document = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(document, dict) or _KEY not in document:
        raise ValueError("it has no checksum")
    del document[_KEY]
    if seal(document).encode() != content:
        raise ValueError("it is not what its checksum says")
    return document
