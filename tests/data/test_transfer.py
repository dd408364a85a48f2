"""Downloading from servers whose certificate has expired, or that stall or drip."""

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from movierec.data import transfer
from movierec.data.transfer import TransferError, download

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
EXPIRED = {"not_before": NOW - 30 * DAY, "not_after": NOW - DAY}


@pytest.fixture
def secure(serve: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Start a server with a certificate: `secure(host, trusted, **validity)`."""

    def start(host: str = "127.0.0.1", trusted: bool = True, **validity: object):
        authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host, **validity).configure_cert(context)
        known = authority if trusted else trustme.CA()
        known.cert_pem.write_to_path(tmp_path / "authorities.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authorities.pem"))
        return serve(context)

    return start


def fetched(mirror, path: Path, pinned: bool = True) -> bytes:
    download(f"{mirror.url}/file.zip", path / "file.zip", pinned, progress=False)
    return (path / "file.zip").read_bytes()


def test_a_valid_certificate_needs_no_word(secure, tmp_path, capsys):
    mirror = secure()
    assert fetched(mirror, tmp_path) == mirror.archive
    assert capsys.readouterr().err == ""


def test_an_expired_certificate_is_let_pass_with_a_line_about_it(secure, tmp_path, capsys):
    mirror = secure(**EXPIRED)
    assert fetched(mirror, tmp_path) == mirror.archive
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"the certificate of {mirror.url}/file.zip has expired")


def test_without_a_known_hash_an_expired_certificate_is_refused(secure, tmp_path):
    mirror = secure(**EXPIRED)
    with pytest.raises(TransferError, match="certificate has expired"):
        fetched(mirror, tmp_path, pinned=False)
    assert mirror.requests == []


@pytest.mark.parametrize(
    "fault",
    [{"trusted": False}, {"trusted": False} | EXPIRED, {"host": "example.org"}],
    ids=["of an unknown authority", "of one and expired", "of another host"],
)
def test_any_other_fault_of_a_certificate_is_refused(secure, tmp_path, fault):
    mirror = secure(**fault)
    with pytest.raises(TransferError, match="certificate verify failed"):
        fetched(mirror, tmp_path)
    assert mirror.requests == []


def test_a_dripping_server_is_left_with_its_rate(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_GRACE", 0.0)
    monkeypatch.setattr(transfer, "_FLOOR", 1 << 40)
    mirror = serve()
    mirror.drip = True
    with pytest.raises(TransferError, match=r"only \d+ bytes in 0 s; the same command resumes"):
        fetched(mirror, tmp_path)
    assert len(mirror.requests) == 1


def test_a_stalled_server_is_left(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_TIMEOUTS", (1, 0.1))
    mirror = serve()
    mirror.stalls = "after"
    with pytest.raises(TransferError, match="timed out"):
        fetched(mirror, tmp_path)


def test_a_server_whose_answer_does_not_begin_is_left(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_TIMEOUTS", (1, 1))
    monkeypatch.setattr(transfer, "_PATIENCE", 0.1)
    mirror = serve()
    mirror.stalls = "before"
    with pytest.raises(TransferError, match="no answer began in 0 s"):
        fetched(mirror, tmp_path)


def test_an_endless_answer_is_refused(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "_MOST", 10)
    with pytest.raises(TransferError, match="more than 10 bytes"):
        fetched(serve(), tmp_path)
