"""A fake HTTP(S) camera or gateway: single pictures behind Basic or Digest, files for HLS and FLV, and faults on demand."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any

from tests.services.http_auth import Guard


class HttpTrouble(StrEnum):
    """What goes wrong."""

    NONE = "none"
    UNAVAILABLE = "unavailable"
    MUTE = "mute"  # accepts the connection and never answers
    TRICKLE = "trickle"  # a byte a second
    DROP = "drop"  # closes the connection without an answer
    REDIRECT = "redirect"


@dataclass(slots=True)
class Page:
    """What one path answers. `body` is asked anew for every request; `asked` counts them."""

    body: Callable[[], bytes]
    content_type: str = "image/jpeg"
    headers: dict[str, str] = field(default_factory=dict)
    guard: Guard | None = None
    trouble: HttpTrouble = HttpTrouble.NONE
    asked: int = 0


@dataclass(slots=True)
class SnapshotServer:
    """The running server. A path that is not in `pages` is a 404."""

    port: int
    scheme: str
    pages: dict[str, Page] = field(default_factory=dict)
    post: Callable[[str, bytes], tuple[int, bytes]] | None = None  # SOAP

    def add(self, path: str, body: bytes | Callable[[], bytes], **how: Any) -> str:
        """Answer a path; its url, without credentials."""
        self.pages[path] = Page((lambda: body) if isinstance(body, bytes) else body, **how)
        return f"{self.scheme}://127.0.0.1:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        page = self.server.served.pages.get(self.path)
        if page is None:
            self._say(404, b"not here", "text/plain")
            return
        page.asked += 1
        if page.trouble is HttpTrouble.MUTE:
            self.server.ended.wait(60)
        elif page.trouble is HttpTrouble.DROP:
            self.connection.shutdown(SHUT_RDWR)
            self.close_connection = True
        elif page.trouble is HttpTrouble.UNAVAILABLE:
            self._say(503, b"busy", "text/plain")
        elif page.trouble is HttpTrouble.REDIRECT:
            self._say(302, b"", "text/plain", {"Location": "http://elsewhere.invalid/"})
        elif page.guard and not page.guard.lets_in("GET", self.headers.get("Authorization")):
            self._say(401, b"", "text/plain", {"WWW-Authenticate": page.guard.challenge})
        else:
            body = page.body()
            self._say(200, body, page.content_type, page.headers, page.trouble is HttpTrouble.TRICKLE)

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        assert self.server.served.post is not None
        status, body = self.server.served.post(self.path, request)
        self._say(status, body, "application/soap+xml; charset=utf-8")

    def _say(
        self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None, slowly: bool = False
    ) -> None:
        self.send_response(status)
        said = {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}
        for name, value in said.items():
            self.send_header(name, value)
        self.end_headers()
        for start in range(0, len(body), 1) if slowly else ():
            self.wfile.write(body[start : start + 1])
            self.wfile.flush()
            if self.server.ended.wait(1.0):
                return
        if not slowly:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: a test reads what our side logs."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    served: SnapshotServer
    ended: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that was killed in the middle is what some tests do."""


@contextmanager
def run_snapshots(tls: ssl.SSLContext | None = None) -> Iterator[SnapshotServer]:
    """Serve on a free loopback port, in threads of their own."""
    server = _Server(("127.0.0.1", 0), _Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.served = SnapshotServer(server.server_address[1], "https" if tls else "http")
    server.ended = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.served
    finally:
        server.ended.set()
        server.shutdown()
        with suppress(OSError):
            server.server_close()
        thread.join(5)
        time.sleep(0)
