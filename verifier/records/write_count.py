"""One number that moves on with every commit which may change an answer: what was read before holds while it stands.

Whatever a process writes through its `Database` is counted in the same transaction, just before that ends; so who sees the new
rows sees the new number, and nobody sees one without the other. Only tables that no kept answer is made of are not counted
(`QUIET`): a look at a face is an entry in the audit, and changes nothing that anybody is told.

The number is the sum of `LINES` rows, of which each connection to PostgreSQL counts in one of its own, so that transactions that
write need not end one after the other (`benchmarks/writes.py`). Rows only grow, so the same sum is the same commits. Whoever waits
for a row waits for nothing else afterwards, so no two wait for each other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event

from verifier.records.tables.write_count import LINES

QUIET = frozenset({"audit_entry", "audit_head", "job", "kept_answer", "login_session", "webhook_delivery"})
READ = "SELECT sum(writes) FROM write_count"
# SQLite has one writer at a time.
_COUNT = {
    "sqlite": "UPDATE write_count SET writes = writes + 1 WHERE id = 1",
    "postgresql": f"UPDATE write_count SET writes = writes + 1 WHERE id = mod(pg_backend_pid(), {LINES}) + 1",
}
_WROTE = "wrote"
# Statements that were not put together by SQLAlchemy and change no row; whatever else there is counts as a write.
_HARMLESS = ("SELECT", "PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "SHOW", "EXPLAIN")


def count_writes(engine: Engine) -> None:
    """From now on every commit of this engine that wrote is counted."""
    event.listen(engine, "before_cursor_execute", _notice)
    event.listen(engine, "commit", _count)
    event.listen(engine, "rollback", _forget)


def _notice(connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    compiled = context.compiled
    if compiled is not None and (context.isinsert or context.isupdate or context.isdelete):
        wrote = getattr(getattr(compiled.statement, "table", None), "name", "") not in QUIET
    else:
        # A text may say WITH … UPDATE; what SQLAlchemy put together says so above.
        harmless = _HARMLESS if compiled is None or context.is_text else (*_HARMLESS, "WITH")
        wrote = not statement.lstrip()[:9].upper().startswith(harmless)
    if wrote:
        connection.info[_WROTE] = True


def _count(connection: Connection) -> None:
    if connection.info.pop(_WROTE, False):
        connection.exec_driver_sql(_COUNT[connection.dialect.name])
        connection.info.pop(_WROTE, None)  # counting is itself a write


def _forget(connection: Connection) -> None:
    connection.info.pop(_WROTE, None)
