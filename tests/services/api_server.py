"""The API behind a real socket, for what no in-process client shows: streaming, broken connections, many at once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

START_S = 30.0


@contextmanager
def run_api(app: Any, *, workers: bool = True) -> Iterator[str]:
    """Serve the application on a free port of this machine; gives its address.

    Args:
        workers: Without, jobs and deliveries stay queued.
    Raises:
        RuntimeError: it did not start in time.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, log_level="error", access_log=False, timeout_graceful_shutdown=5, lifespan="on" if workers else "off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        ends = time.monotonic() + START_S
        while not server.started:
            if time.monotonic() > ends or not thread.is_alive():
                raise RuntimeError("the API did not start")
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(START_S)
