"""Work that only one process at a time may do on the same records, such as the night; a killed one leaves no lock behind."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from verifier.records.database import Database


class AlreadyRunningError(RuntimeError):
    """Another process does the same work on the same records."""


@contextmanager
def hold_turn(database: Database, work: str) -> Iterator[None]:
    """Hold the turn for one kind of work, or refuse at once.

    Beside SQLite's file a locked file, in PostgreSQL an advisory lock: both end with the process that holds them, also after
    ``kill -9``, so nobody has to clean up.

    Raises:
        AlreadyRunningError: somebody else has the turn.
    """
    refused = AlreadyRunningError(
        f"another {work} is running on these records; wait for it, or end it, and start again"
    )
    if database.engine.dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"verifier {work}".encode()).digest()[:8], signed=True)
        # A connection of its own, as the lock belongs to the connection.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
                raise refused
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
        return
    with Path(f"{database.engine.url.database}.{work}.lock").open("w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refused from None
        yield
