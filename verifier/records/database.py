"""Opening the records: SQLite in a file for one machine, PostgreSQL for a city, behind one `Database`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from verifier.records.limits import Limits
from verifier.records.migrate import check_schema, upgrade_sqlite
from verifier.records.vault import Vault, load_key_file
from verifier.records.write_count import READ, count_writes

BUSY_TIMEOUT_S = 60  # a night's longest transaction (one session's close) takes well under a second
READ_ONLY = "verifier_read_only"
HELD = "held"  # under which a view holds rows that many ask for; no transaction that writes has it
_KEPT_OPEN = 5  # connections that a process keeps when they are not at work; more come and go


class Database:
    """The records, open. One `Database` a process; sessions are not shared between threads."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self.engine = engine
        self.vault = vault
        options: dict[str, Any] = {READ_ONLY: True}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        count_writes(engine)
        self._asking = Lock()
        self._line: PoolProxiedConnection | None = None
        self._to_read = engine.execution_options(**options)

    @contextmanager
    def transaction(self, *, redoable: bool = False) -> Iterator[Session]:
        """All or nothing: commits at the end, rolls back when anything is raised.

        Args:
            redoable: What is written is done again by itself where it is lost, as a look or a job's lease, and nobody was told of
                it. PostgreSQL then need not reach the disk before it goes on: when its whole machine dies, the last 0.6 s may be
                missing, never something earlier than what is there.
        """
        with Session(self.engine, expire_on_commit=False, info={"vault": self.vault}) as tx, tx.begin():
            if redoable and self.engine.dialect.name == "postgresql":
                tx.connection().exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view, without a lock on writers. Nothing may be written in it."""
        info = {"vault": self.vault, HELD: {}}
        with Session(self._to_read, expire_on_commit=False, info=info) as tx, tx.begin():
            yield tx

    @property
    def is_local(self) -> bool:
        """Whether the records are a file of this machine: a row of it is read in microseconds, without a network."""
        return self.engine.dialect.name == "sqlite"

    def read_writes(self) -> int | None:
        """How often the records were written to (`records.write_count`); None where nobody counts."""
        with self._asking:
            try:
                return self._ask()
            except self.engine.dialect.loaded_dbapi.Error:
                # The server was started again, or a firewall cut the line; on a new one a fault is told as any other.
                self._hang_up()
                return self._ask()

    def _ask(self) -> int | None:
        # On a connection of its own, and without a transaction's statements: most requests of programs ask nothing else.
        if self._line is None:
            line = self.engine.raw_connection()
            line.detach()
            if not self.is_local:
                line.autocommit = True  # type: ignore[attr-defined]
            self._line = line
        cursor = self._line.cursor()
        try:
            cursor.execute(READ)
            row = cursor.fetchone()
        finally:
            cursor.close()
        return int(row[0]) if row is not None and row[0] is not None else None

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(self.engine.dialect.loaded_dbapi.Error):
                line.close()

    def close(self) -> None:
        """Give all connections back."""
        with self._asking:
            self._hang_up()
        self.engine.dispose()


def open_database(url: str, keys: bytes | Sequence[bytes] | None = None, limits: Limits | None = None) -> Database:
    """Open the records, bringing a SQLite file up to date; a PostgreSQL database is only ever checked.

    Args:
        url: ``sqlite:///path/to/records.db`` or ``postgresql+psycopg://…``.
        keys: The 32-byte data key, or several: the first seals, all open. Without any, SQLite takes (or makes) ``data.key``
            beside its file; PostgreSQL refuses, as several machines must share the key.
        limits: For PostgreSQL; a statement beyond them raises SQLAlchemy's OperationalError (`was_cut_off`).
    Raises:
        DatabaseOutdatedError: the PostgreSQL schema is older than this code.
        DatabaseTooNewError: the schema comes from a newer release.
        ValueError: the url names no SQLite file or PostgreSQL, or the key is missing.
    """
    address, given = make_url(url), (keys,) if isinstance(keys, bytes) else tuple(keys or ())
    if address.get_backend_name() == "sqlite":
        file = _sqlite_file(address)
        file.parent.mkdir(parents=True, exist_ok=True)
        newest, *former = given or load_key_file(find_key_file(url))
        vault = Vault(newest, former)
        engine = make_engine(url)
        upgrade_sqlite(engine, file)
    elif address.get_backend_name() == "postgresql":
        if not given:
            raise ValueError("a PostgreSQL database needs VERIFIER_DATA_KEY: all machines must seal with the same key")
        vault = Vault(given[0], given[1:])
        engine = make_engine(url, limits)
        check_schema(engine)
    else:
        raise ValueError(f"the database must be SQLite or PostgreSQL, not {address.get_backend_name()}")
    return Database(engine, vault)


def find_key_file(url: str) -> Path:
    """Where a SQLite database without a key of the settings has its keys: beside its file.

    Raises:
        ValueError: the url names no SQLite file.
    """
    return _sqlite_file(make_url(url)).parent / "data.key"


def make_engine(url: str, limits: Limits | None = None) -> Engine:
    """An engine that behaves alike on both databases. Its schema is not looked at.

    Its errors, which end in logs, show statements without their values: those may be ID numbers.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        _sqlite_file(address)
        engine = create_engine(
            url, json_serializer=write_json, hide_parameters=True,
            connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
        )  # fmt: skip
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        event.listen(engine, "before_execute", _refuse_locks)
        return engine
    # Connections die while a pool keeps them (server restarts, firewalls): test one before it is used.
    kept = min(_KEPT_OPEN, (limits or Limits()).connections)
    engine = create_engine(
        url, json_serializer=write_json, hide_parameters=True, pool_pre_ping=True, pool_size=kept,
        max_overflow=(limits or Limits()).connections - kept,
    )  # fmt: skip
    if limits is not None and limits.statement_s is not None:
        # By a statement, as PgBouncer refuses settings that come with the connection.
        event.listen(engine, "connect", partial(_limit_statements, round(limits.statement_s * 1000)))
    return engine


def _limit_statements(most_ms: int, connection: Any, _entry: ConnectionPoolEntry) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = {most_ms}")
    connection.commit()


def was_cut_off(error: Exception) -> bool:
    """Whether a statement was ended by its time limit: says nothing of the server, and would happen again."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == "57014"


def write_json(value: Any) -> str:
    """JSON for a column: numpy's numbers as numbers, NaN and infinities (which no JSON has) as null."""
    # Nearly all values are clean; walking through a look in Python takes three times what writing it does.
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
        written.encode("utf-8")
    except (TypeError, ValueError):
        pass
    else:
        if "\\u0000" not in written:
            return written
    return json.dumps(_clean(value), ensure_ascii=False, allow_nan=False)


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {_clean(str(name)): _clean(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, np.generic):
        return _clean(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return clean_text(value)
    return value


def clean_text(text: str) -> str:
    """Text as both databases can hold it: PostgreSQL has no NUL, and a file name's stray bytes are no Unicode.

    They are shown as escapes, so that nothing that was there is lost without a trace.
    """
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def _sqlite_file(address: URL) -> Path:
    if not address.database or address.database == ":memory:":
        raise ValueError("the records need a file: sqlite:///path/to/records.db")
    return Path(address.database)


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # Python's sqlite3 would begin transactions by its own rules, and not at all for DDL: we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    # In WAL mode NORMAL survives a killed process but may lose the last commits when the power fails, and with them a
    # person's decision that was already answered. FULL costs one fsync a commit; a night has a few for each session.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and then writes cannot wait for another writer (SQLITE_BUSY at once), so it takes
    # the lock first.
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    # Before BEGIN, as BEGIN IMMEDIATE is itself refused to a connection that may only query.
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _refuse_locks(connection: Connection, statement: Any, *_: Any) -> None:
    # SQLite leaves FOR UPDATE out; PostgreSQL refuses it in a view. So both do, and no test on a file hides it.
    if getattr(statement, "_for_update_arg", None) is not None and connection.get_execution_options().get(READ_ONLY):
        raise RuntimeError("a view takes no locks: read in a transaction what is to be written")
