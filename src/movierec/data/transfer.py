"""Download one file: resumed where it broke off, ended where it stalls, over an expired certificate
only where its hash is known."""

import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import requests
from tqdm.auto import tqdm
from urllib3.exceptions import HTTPError

# Seconds without a connection, and without a byte; and until an answer begins.
_TIMEOUTS = (10, 30)
_PATIENCE = 60.0
# Bytes a second on average, once so many seconds have passed.
_FLOOR, _GRACE = 10_000, 30.0
# The largest archive has a third of it; a server need not say how much it sends.
_MOST = 1 << 30
_CHUNK = 1 << 18
# OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED.
_EXPIRED = 10


class TransferError(OSError):
    """A file could not be downloaded; what arrived is kept."""


def download(url: str, path: Path, pinned: bool, progress: bool) -> None:
    """Download what a file lacks, as often as the connection breaks after some of it.

    path    kept as far as it came; the rest is asked for
    pinned  whether the content is verified by its hash: then a certificate that has expired, and
            nothing else about it, is let pass
    Raises TransferError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        before = path.stat().st_size if path.exists() else 0
        try:
            return _attempt(url, path, before, pinned, progress)
        except (TransferError, requests.RequestException, HTTPError) as error:
            if isinstance(error, _TooSlow) or not path.exists() or path.stat().st_size <= before:
                raise TransferError(_reason(error)) from error


class _TooSlow(TransferError):
    pass


def _attempt(url: str, path: Path, offset: int, pinned: bool, progress: bool) -> None:
    with _answer(url, offset, pinned) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            # All of it is there already, or something else is; the hash tells.
            return
        if response.status_code >= 400:
            raise TransferError(f"HTTP {response.status_code} {response.reason}")
        range_given = response.headers.get("Content-Range", "")
        resumed = response.status_code == 206 and range_given.startswith(f"bytes {offset}-")
        if response.status_code == 206 and not resumed:
            raise TransferError(f"asked for bytes from {offset}, was given {range_given!r}")
        start = offset if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else None
        bar = tqdm(
            total=total, initial=start, unit="B", unit_scale=True, disable=not progress, leave=False
        )
        with path.open("ab" if resumed else "wb") as file, bar:
            for chunk in _chunks(response):
                file.write(chunk)
                bar.update(len(chunk))
            size = file.tell()
    if total is not None and size < total:
        raise TransferError(f"the connection broke after {size:,} of {total:,} bytes")


def _answer(url: str, offset: int, pinned: bool) -> requests.Response:
    """As `_ask`, in time: headers that drip would keep every single wait short."""
    answers: SimpleQueue[requests.Response | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_ask(url, offset, pinned))
        except Exception as error:
            answers.put(error)

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=_PATIENCE)
    except Empty:
        raise TransferError(f"no answer began in {_PATIENCE:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ask(url: str, offset: int, pinned: bool) -> requests.Response:
    headers = {"Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    try:
        return requests.get(url, headers=headers, timeout=_TIMEOUTS, stream=True)
    except requests.exceptions.SSLError as error:
        if not pinned or not any(
            getattr(one, "verify_code", 0) == _EXPIRED for one in _causes(error)
        ):
            raise
    print(
        f"the certificate of {url} has expired; going on, since the SHA-256 is verified",
        file=sys.stderr,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return requests.get(url, headers=headers, timeout=_TIMEOUTS, stream=True, verify=False)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """What arrives, as it arrives. Raises TransferError if that is too little or too much."""
    # Whoever writes the file compares its size, and says more.
    response.raw.enforce_content_length = False
    began, received = time.monotonic(), 0
    while chunk := response.raw.read1(_CHUNK):
        received += len(chunk)
        elapsed = time.monotonic() - began
        if elapsed > _GRACE and received < _FLOOR * elapsed:
            raise _TooSlow(
                f"only {received:,} bytes in {elapsed:.0f} s; the same command resumes there"
            )
        if received > _MOST:
            raise TransferError(f"more than {_MOST:,} bytes")
        yield chunk


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those that it wraps, outermost first."""
    pending: list[object] = [error]
    seen: list[object] = []
    while pending:
        one = pending.pop(0)
        if isinstance(one, BaseException) and one not in seen:
            seen.append(one)
            yield one
            pending += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]


def _reason(error: BaseException) -> str:
    """The innermost cause, without the text that wraps it."""
    *_, innermost = (one for one in _causes(error) if str(one))
    return getattr(innermost, "strerror", None) or str(innermost)
