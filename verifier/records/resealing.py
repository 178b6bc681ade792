"""A new data key comes in: everything that is sealed is opened with the key it names and sealed with the current one.

What is done is read from the values themselves, which name their key: a run that was killed goes on where it stopped, and a
batch is all there or not at all. Both states of a row are readable all the while, as long as both keys are at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, delete, func, select, update
from sqlalchemy.orm import Session as Tx

from verifier.records.audit import write_audit
from verifier.records.database import Database
from verifier.records.retired_keys import read_retired_keys, save_retired_keys
from verifier.records.tables.audit_entry import AuditHeadRow
from verifier.records.tables.base import Base
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.student import StudentRow
from verifier.records.vault import Vault, read_key_id

BATCH = 200  # some milliseconds of work: nobody who writes beside it waits for long


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """One key: how many values it still seals, and whether it is at hand and may go.

    `needed` is False once nothing is sealed with it and what the audit needs of it is kept.
    """

    key_id: str
    current: bool
    at_hand: bool
    values: int
    needed: bool


def list_sealed_columns() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that holds sealed values."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.info.get("sealed"):
                yield table, column


def read_key_standings(database: Database) -> list[KeyStanding]:
    """All keys that seal something or are at hand, the current one first."""
    vault, values = database.vault, Counter[str]()
    with database.reading() as tx:
        for _, column in list_sealed_columns():
            named = _key_named(column)
            for head, count in tx.execute(select(named, func.count()).where(column.is_not(None)).group_by(named)):
                values[bytes(head).hex()] += count
        retired = read_retired_keys(tx)
    known = dict.fromkeys((vault.key_id, *vault.former_key_ids, *sorted(values)))
    at_hand = {vault.key_id, *vault.former_key_ids}
    return [
        KeyStanding(each, each == vault.key_id, each in at_hand, values[each],
                    each == vault.key_id or values[each] > 0 or each not in retired)
        for each in known
    ]  # fmt: skip


def reseal(database: Database, actor: str, told: Callable[[int], None] = lambda _: None) -> int:
    """Seal with the current key what is sealed with another, and then retire the others; tells how many values were sealed anew.

    Killed at any moment and called again, it goes on. Programs that still have another key first may run beside it: what they
    seal meanwhile is found by the last look, and the keys are retired only when nothing is left.

    Args:
        told: Called with the number of values done so far.
    Raises:
        VaultError: a value's key is not at hand; what was done stays.
    """
    done = 0
    while found := _reseal_once(database, done, told):
        done += found
    with database.transaction() as tx:
        head = tx.get(AuditHeadRow, 1)
        added = save_retired_keys(tx, database.vault.former_key_ids, head.sequence if head else 0)
        if added or done:
            after = {"key": database.vault.key_id, "values": done, "retired": added}
            write_audit(
                tx, actor=actor, action="data_key.reseal", subject=("data_key", database.vault.key_id), after=after
            )
    return done


def _reseal_once(database: Database, before: int, told: Callable[[int], None]) -> int:
    done = 0
    for table, column in list_sealed_columns():
        last: UUID | None = None
        while True:
            with database.transaction() as tx:
                rows = _read_batch(tx, table, column, database.vault, last)
                for row_id, sealed in rows:
                    _reseal_value(tx, table, column, row_id, sealed, database.vault)
            if not rows:
                break
            done, last = done + len(rows), rows[-1][0]
            told(before + done)
    return done


def _read_batch(tx: Tx, table: Table, column: Column[Any], vault: Vault, last: UUID | None) -> list[tuple[UUID, bytes]]:
    current = bytes.fromhex(vault.key_id)
    query = select(table.c.id, column).where(column.is_not(None), _key_named(column) != current)
    if last is not None:
        query = query.where(table.c.id > last)
    # Locked: whoever changes the value meanwhile waits, and what they wrote is not written over.
    return [
        (row_id, bytes(sealed))
        for row_id, sealed in tx.execute(query.order_by(table.c.id).limit(BATCH).with_for_update())
    ]


def _reseal_value(tx: Tx, table: Table, column: Column[Any], row_id: UUID, sealed: bytes, vault: Vault) -> None:
    plain = vault.open(sealed, table.name, column.name, row_id)
    values: dict[str, Any] = {column.name: vault.seal(plain, table.name, column.name, row_id)}
    if table.name == StudentRow.__tablename__:
        lookup = values["id_number_lookup"] = vault.lookup(plain.decode())
        twin = tx.scalar(select(StudentRow.id).where(StudentRow.id_number_lookup == lookup, StudentRow.id != row_id))
        if twin is not None:
            # Filed by a program that had only one of the keys: one person, who is known by one row from now on.
            tx.execute(update(EnrolmentRow).where(EnrolmentRow.student_id == row_id).values(student_id=twin))
            tx.execute(delete(StudentRow).where(StudentRow.id == row_id))
            return
    tx.execute(update(table).where(table.c.id == row_id).values(values))
    assert read_key_id(values[column.name]) == vault.key_id


def _key_named(column: Column[Any]) -> Any:
    # After the version byte; counted from 1.
    return func.substr(column, 2, 8, type_=column.type)
