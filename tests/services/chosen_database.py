"""With ``VERIFIER_TEST_DATABASE=postgresql`` every workspace of the tests keeps its records in a PostgreSQL database of its own.

The tests themselves do not change: what a workspace's settings name as their database is made on the session's server when it is
first asked for, and a copied workspace gets a copy of the database. Commands that tests start as processes import this module too.
Tests of the file itself, which open ``verifier.sqlite3`` with sqlite3, are marked `sqlite_file` and left out.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

SERVER = "VERIFIER_TEST_SERVER"  # the running server's url, for this process and those it starts
TEMPLATE = "migrated"
KEY = bytes(range(32))
PROGRAM = "import tests.services.chosen_database; from verifier.cli import main; main()"


def is_chosen() -> bool:
    """Whether PostgreSQL was asked for."""
    return os.environ.get("VERIFIER_TEST_DATABASE") == "postgresql"


@contextmanager
def run_chosen() -> Iterator[None]:
    """Start the server and make the database that others are copied from; then let the settings name theirs."""
    from tests.services.postgres import run_postgres
    from verifier.records.migrate import upgrade

    with run_postgres() as url:
        os.environ[SERVER] = url
        _execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(_name_url(TEMPLATE))
        choose()
        try:
            yield
        finally:
            del os.environ[SERVER]


def choose() -> None:
    """Let settings without a database of their own name one of the server's."""
    if SERVER not in os.environ:
        return
    from verifier import camera_jobs, jobs
    from verifier.settings import Settings

    own_key = Settings.data_key_bytes
    Settings.database = property(lambda self: self.database_url or find_database(self.workspace))  # type: ignore[method-assign,assignment]
    Settings.data_key_bytes = lambda self: own_key(self) or (KEY,)  # type: ignore[method-assign]
    jobs.COMMAND = camera_jobs.COMMAND = PROGRAM


def name_environment(workspace: Path) -> dict[str, str]:
    """What a server over this workspace is told, whose own processes do not import this module."""
    if SERVER not in os.environ:
        return {}
    return {
        "VERIFIER_DATABASE_URL": find_database(workspace),
        "VERIFIER_DATA_KEY": base64.b64encode(KEY).decode(),
    }


def find_database(workspace: Path) -> str:
    """The url of a workspace's database. A note in the folder says which; one that was copied from elsewhere asks for a copy."""
    note = workspace / "postgresql.note"
    source, owner = note.read_text().split("\n") if note.exists() else (TEMPLATE, "")
    if owner == str(workspace):
        return _name_url(source)
    name = f"ws_{uuid4().hex[:12]}"
    _execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{source}'")
    _execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    workspace.mkdir(parents=True, exist_ok=True)
    note.write_text(f"{name}\n{workspace}")
    return _name_url(name)


def _name_url(name: str) -> str:
    return urlunsplit(urlsplit(os.environ[SERVER])._replace(path=f"/{name}"))


def _execute(statement: str) -> None:
    import psycopg

    plain = os.environ[SERVER].replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


choose()
