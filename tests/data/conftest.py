"""A loopback web server that gives archives whole, cut, dripping or not at all."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Mirror:
    """What a server gives.

    sent      bytes of an answer, after which the connection is closed
    drip      whether it sends a byte at a time
    stalls    "before" or "after" the head of its answer it waits until the client has gone
    ranges    whether it gives the range that it is asked for
    missing   folders that it does not have
    requests  what it was asked: path, range
    """

    archive: bytes = b"archive" * 100
    sent: int | None = None
    drip: bool = False
    stalls: str = ""
    ranges: bool = True
    missing: tuple[str, ...] = ()
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Mirror]]:
    """Start servers: `serve(context)`, with TLS if a context is given."""
    # A proxy set for this machine would be asked instead.
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ExitStack() as stack:
        yield lambda context=None: stack.enter_context(_running(context))


class _running:  # noqa: N801
    def __init__(self, context: ssl.SSLContext | None):
        self.mirror = mirror = Mirror()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked = self.headers["Range"]
                mirror.requests.append((self.path, asked))
                if mirror.stalls == "before":
                    self.rfile.read()
                start = int(asked[6:-1]) if asked and mirror.ranges else 0
                size = len(mirror.archive)
                if self.path.split("/")[1] in mirror.missing:
                    self.send_error(404)
                    return
                if start >= size:
                    self.send_error(416)
                    return
                self.send_response(206 if asked and mirror.ranges else 200)
                self.send_header("Content-Length", str(size - start))
                if asked and mirror.ranges:
                    self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
                self.end_headers()
                if mirror.stalls == "after":
                    self.rfile.read()
                body = mirror.archive[start:][: mirror.sent]
                try:
                    for at in range(0, len(body), 1 if mirror.drip else max(1, len(body))):
                        self.wfile.write(body[at:] if not mirror.drip else body[at : at + 1])
                except OSError:
                    pass  # The client has given up.

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A refused handshake is no error of the server.
        self.server.handle_error = lambda *_: None
        if context:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "https" if context else "http"
        mirror.url = f"{scheme}://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Mirror:
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self.mirror

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
