"""A receiver of webhooks that does what it is told: answers, fails, redirects, hangs, drips."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came, and what the next requests are answered with: a status, ``hang``, ``drip`` or ``cut``; then 200."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    plan: list[Any] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def url(self, host: str = "127.0.0.1") -> str:
        """Its address."""
        return f"http://{host}:{self.port}/hook"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        told: Receiver = self.server.told  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told.received.append(Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = told.plan.pop(0) if told.plan else 200
        if answer == "hang":
            told.stop.wait(60)
        elif answer == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(600):
                if told.stop.is_set():
                    return
                self.wfile.write(f"X-{number}: x\r\n".encode())
                time.sleep(0.1)
        elif answer == "cut":
            self.close_connection = True
        else:
            self.send_response(answer)
            if answer in (301, 302, 307, 308):
                self.send_header("Location", f"http://127.0.0.1:{told.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    """Listen on a free port of this machine until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    told = Receiver(port=server.server_address[1])
    server.told = told  # type: ignore[attr-defined]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        told.stop.set()
        server.shutdown()
        server.server_close()
        thread.join()
