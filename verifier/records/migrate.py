"""Bringing the schema up to date: by itself on SQLite, by command on PostgreSQL."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from sqlite3 import OperationalError
from time import monotonic, sleep

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, make_url, text

LOCK_WAIT_S = 120
_POSTGRES_LOCK = 7_230_231_113  # any number of our own: two upgrades at once wait for each other


class DatabaseOutdatedError(Exception):
    """The schema is older than the code."""


class DatabaseTooNewError(Exception):
    """The schema was made by a newer release."""


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to `revision`, in one transaction. This is what ``verifier database upgrade`` does.

    Raises:
        DatabaseTooNewError: the schema comes from a newer release.
    """
    from verifier.records.database import make_engine  # database.py opens with this module

    engine = make_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            path = Path(str(make_url(url).database))
            path.parent.mkdir(parents=True, exist_ok=True)
            upgrade_sqlite(engine, path, revision)
        else:
            _refuse_newer(engine)
            with engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRES_LOCK})
                command.upgrade(_config(connection), revision)
    finally:
        engine.dispose()


def downgrade(url: str, revision: str) -> None:
    """Take a database back to `revision` (``base`` = empty). Rows of dropped tables are lost."""
    from verifier.records.database import make_engine

    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            command.downgrade(_config(connection), revision)
    finally:
        engine.dispose()


def upgrade_sqlite(engine: Engine, file: Path, revision: str = "head") -> None:
    """Make or update a SQLite file. Safe when several processes open it at once: they take turns.

    Raises:
        DatabaseTooNewError: the file was written by a newer release.
        TimeoutError: another process held the lock for two minutes.
    """
    with _lock(file.with_name(file.name + ".lock")):
        # Switching to WAL needs the file for itself and does not wait for it; behind the lock nobody else opens it.
        _use_wal(engine)
        if _refuse_newer(engine) != _head():
            with engine.begin() as connection:
                command.upgrade(_config(connection), revision)


def check_schema(engine: Engine) -> None:
    """Make sure that the schema is the one this code was written for.

    Raises:
        DatabaseOutdatedError: it is older; the message names the command that helps.
        DatabaseTooNewError: it is newer.
    """
    current = _refuse_newer(engine)
    if current != _head():
        raise DatabaseOutdatedError(
            f"the database's schema is {current or 'empty'}, this release needs {_head()}: "
            "run `verifier database upgrade`"
        )


def _refuse_newer(engine: Engine) -> str | None:
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None:
        try:
            _steps().get_revision(current)
        except CommandError:
            raise DatabaseTooNewError(
                f"the database's schema is {current}, which this release does not know: install the newer release"
            ) from None
    return current


def _head() -> str | None:
    return _steps().get_current_head()


@cache
def _steps() -> ScriptDirectory:
    """All steps of this release. Reading them takes longer than opening a database, and they change with the release only."""
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    folder = str(resources.files("verifier.records") / "migrations")
    # ConfigParser reads % as the start of a reference.
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _use_wal(engine: Engine) -> None:
    deadline = monotonic() + LOCK_WAIT_S
    # The mode changes outside of transactions only, and SQLAlchemy's connections always begin one.
    raw = engine.raw_connection()
    try:
        while True:
            try:
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            except OperationalError:
                # Someone who does not know of the lock, as the sqlite3 shell, may be reading.
                if monotonic() > deadline:
                    raise
                sleep(0.05)
            else:
                return
    finally:
        raw.close()


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold a lock that the system lets go of when the process dies, however it dies."""
    deadline = monotonic() + LOCK_WAIT_S
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() > deadline:
                    raise TimeoutError(f"another process has held {path} for {LOCK_WAIT_S} s") from None
                sleep(0.02)
            else:
                break
        yield
