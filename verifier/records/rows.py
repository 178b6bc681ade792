"""Bringing rows in line with values: what is new is added, what differs is changed, what is gone is marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Result, Select, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from verifier.records.database import HELD
from verifier.records.errors import NotInRecordsError
from verifier.records.tables.base import Base, Droppable, WithId, make_id, utc_now
from verifier.records.tables.camera import CameraRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.filing_change import FilingChangeRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.sign_in import SignInRow
from verifier.records.tables.teacher import TeacherRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.vault import Vault

Row = TypeVar("Row", bound=WithId)
ClassPart = TypeVar("ClassPart", TeacherRow, CameraRow, SessionRow, FilingChangeRow, EnrolmentRow, SignInRow)


@dataclass(frozen=True, slots=True)
class KindCount:
    """What an import did to one kind of row."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    dropped: int = 0

    def __add__(self, other: KindCount) -> KindCount:
        return KindCount(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.dropped + other.dropped,
        )


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A text that goes into its column encrypted, and is compared by what it says."""

    text: str


def vault_of(tx: Session) -> Vault:
    """The vault of the database that this transaction belongs to."""
    vault = tx.info["vault"]
    assert isinstance(vault, Vault)
    return vault


def sync_rows(
    tx: Session, model: type[Row], existing: Iterable[Row], wanted: Mapping[UUID, Mapping[str, Any]]
) -> KindCount:
    """Make the rows of one scope say what is wanted, id by id, and flush.

    Args:
        existing: All rows of the scope, the marked ones too.
        wanted: Id → column values. An existing row that is not wanted is marked where its table can, and else stays.
    """
    rows = {row.id: row for row in existing}
    added = changed = unchanged = dropped = 0
    for row_id, values in wanted.items():
        row = rows.get(row_id)
        if row is None:
            new: Any = model
            tx.add(new(id=row_id, **{name: _stored(tx, model, row_id, name, values[name]) for name in values}))
            added += 1
        elif update_row(tx, row, values):
            changed += 1
        else:
            unchanged += 1
    for row_id in rows.keys() - wanted.keys():
        marked = _droppable(rows[row_id])
        if marked is not None and marked.dropped_at is None:
            marked.dropped_at = utc_now()
            dropped += 1
    tx.flush()
    return KindCount(added, changed, unchanged, dropped)


def update_row(tx: Session, row: WithId, values: Mapping[str, Any]) -> bool:
    """Change what differs, and take a mark off; tells whether anything did."""
    differs = False
    for name, value in values.items():
        if isinstance(value, Sealed):
            if open_sealed(tx, row, name) != value.text:
                setattr(row, name, _stored(tx, type(row), row.id, name, value))
                differs = True
        elif getattr(row, name) != value:
            setattr(row, name, value)
            differs = True
    marked = _droppable(row)
    if marked is not None and marked.dropped_at is not None:
        marked.dropped_at = None
        differs = True
    return differs


def open_sealed(tx: Session, row: WithId, column: str) -> str:
    """The text in a sealed column of a row."""
    return vault_of(tx).open_text(getattr(row, column), table_of(type(row)).name, column, row.id)


def rows_of(tx: Session, model: type[ClassPart], class_id: UUID) -> list[ClassPart]:
    """All rows of one kind that belong to a class, the marked ones too."""
    return list(tx.scalars(select(model).where(model.class_id == class_id)))


def find_class(tx: Session, number: str) -> ClassRow:
    """The row of a class.

    Raises:
        NotInRecordsError: there is none such.
    """
    held: dict[str, ClassRow] = tx.info.get(HELD, {})
    row = held.get(number)
    if row is None:
        row = tx.scalar(_class_by_number(), {"number": number})
    if row is None:
        raise NotInRecordsError(f"no class {number} is on record")
    # One view shows one class the same however often it is asked for, which is some ten times an answer.
    held[number] = row
    return row


@cache
def _class_by_number() -> Select[ClassRow]:
    return select(ClassRow).where(ClassRow.number == bindparam("number"))


def ask(tx: Session, query: Select[*tuple[Any, ...]], **values: Any) -> Result[*tuple[Any, ...]]:
    """Run a query for columns that was built once and has names for its values.

    Building a query anew costs ten times what SQLite needs to answer it, and the session's bookkeeping of objects as much again.
    """
    # Only a transaction that writes may hold what the database has not been told yet.
    return tx.connection().execute(query, values) if HELD in tx.info else tx.execute(query, values)


def insert_missing(tx: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Add rows that are not there yet, also when another process adds the same ones now. Tells how many were added."""
    if not rows:
        return 0
    table = table_of(model)
    insert = postgresql.insert if _is_postgresql(tx) else sqlite.insert
    # Counted by what comes back: drivers do not agree on the row count of many rows at once.
    statement = insert(table).on_conflict_do_nothing().returning(next(iter(table.primary_key.columns)))
    return len(tx.execute(statement, list(rows)).all())


def lock_class(tx: Session, number: str) -> None:
    """Let transactions about one class take turns. On SQLite all writers do so anyway."""
    if _is_postgresql(tx):
        lock = int.from_bytes(make_id("lock", number).bytes[:8], "big", signed=True)
        tx.execute(select(func.pg_advisory_xact_lock(lock)))


def lock_evidence(tx: Session, sha256: str) -> None:
    """Let transactions that name or remove one piece of evidence take turns. On SQLite all writers do so anyway."""
    if _is_postgresql(tx):
        lock = int.from_bytes(make_id("lock", "evidence", sha256).bytes[:8], "big", signed=True)
        tx.execute(select(func.pg_advisory_xact_lock(lock)))


def table_of(model: type[Any]) -> Table:
    """The table of a mapped class."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _is_postgresql(tx: Session) -> bool:
    return tx.get_bind().dialect.name == "postgresql"


def _stored(tx: Session, model: type[Any], row_id: UUID, name: str, value: Any) -> Any:
    if isinstance(value, Sealed):
        return vault_of(tx).seal_text(value.text, table_of(model).name, name, row_id)
    return value


def _droppable(row: object) -> Droppable | None:
    return row if isinstance(row, Droppable) else None
