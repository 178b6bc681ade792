"""The audit: who did or looked at what, when and from where. Entries are only ever added, and each is bound to the last.

An entry's hash is an HMAC-SHA-256 over all it says and the hash before it, under a key that derives from the data key:
who can write to the database but has no key cannot make a chain that verifies. `AuditHeadRow` keeps where the chain ends, so
that lost last entries are noticed. A whole database that was put back to an older copy of itself looks sound from the inside:
that is found by an anchor (`AuditCheck.anchor`) that was noted elsewhere, on paper or in another system.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session as Tx
from sqlalchemy.orm import SessionTransaction

from verifier.records.database import clean_text, write_json
from verifier.records.retired_keys import read_retired_keys
from verifier.records.rows import vault_of
from verifier.records.tables.audit_entry import AuditEntryRow, AuditHeadRow
from verifier.records.tables.base import utc_now

# Whose number on PostgreSQL is ours: all transactions that write audit entries end one after the other.
_LOCK = 7_230_231_114
_PENDING = "audit_entries"
_HEAD = 1
LOCAL = "local"
_source: ContextVar[str] = ContextVar("audit_source", default=LOCAL)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry as it was written; `hash` binds it to the one before."""

    sequence: int
    at: datetime
    actor: str
    action: str
    subject_kind: str
    subject_id: str
    source: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    hash: str


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Where the chain does not hold: ``edited``, ``missing``, ``moved``, ``truncated``, ``head`` or ``anchor``."""

    kind: str
    sequence: int
    message: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What `verify_audit` found. `anchor` (``sequence:hash`` of the last entry) is worth noting where nobody can change it."""

    entries: int
    anchor: str
    faults: tuple[AuditFault, ...]

    @property
    def sound(self) -> bool:
        """Whether every entry is there and as it was written."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class _Pending:
    values: Mapping[str, Any]
    savepoints: tuple[SessionTransaction, ...]


@contextmanager
def acting_from(source: str) -> Iterator[None]:
    """Everything written to the audit inside says that it came from `source` (an address and a request id)."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def write_audit(
    tx: Tx,
    *,
    actor: str,
    action: str,
    subject: tuple[str, str | UUID],
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    source: str | None = None,
) -> None:
    """Write down that somebody did or looked at something. It becomes an entry when the transaction commits, or not at all.

    The entry is chained at the very end of the transaction: until then others may write theirs, and whoever waits for the
    chain waits for nothing else afterwards, so no two transactions wait for each other.

    Args:
        actor: ``user:<login>``, ``client:<name>`` or ``system``.
        action: ``<subject>.<verb>``, as ``decision.confirm`` or ``photo.look``; stored for years, so never reused.
        subject: Kind and id of what it was done to, as ``("violation", violation_id)``.
        before, after: What changed, JSON-ready or dates, ids and enums. Never a password, a key, an embedding or an ID number.
        source: From where; default what `acting_from` says, else ``local``.
    """
    kind, subject_id = subject
    values = {
        "at": utc_now(),
        "actor": clean_text(actor)[:200],
        "action": clean_text(action)[:64],
        "subject_kind": clean_text(kind)[:64],
        "subject_id": clean_text(str(subject_id))[:200],
        "origin": clean_text(source if source is not None else _source.get()),
        "before": _as_plain(before),
        "after": _as_plain(after),
    }
    if not actor.strip() or not action.strip():
        raise ValueError("an audit entry names who acted and what was done")
    tx.info.setdefault(_PENDING, []).append(_Pending(values, _open_savepoints(tx)))


def read_audit(
    tx: Tx, after: int = 0, limit: int = 100, *, actor: str | None = None, subject: tuple[str, str] | None = None
) -> list[AuditEntry]:
    """Entries in the order they were written, those after sequence `after`; of one actor or about one subject where named."""
    query = select(AuditEntryRow).where(AuditEntryRow.sequence > after).order_by(AuditEntryRow.sequence).limit(limit)
    if actor is not None:
        query = query.where(AuditEntryRow.actor == actor)
    if subject is not None:
        query = query.where(AuditEntryRow.subject_kind == subject[0], AuditEntryRow.subject_id == subject[1])
    return [
        AuditEntry(
            row.sequence, row.at, row.actor, row.action, row.subject_kind, row.subject_id, row.origin, row.before,
            row.after, row.hash,
        )
        for row in tx.scalars(query)
    ]  # fmt: skip


def verify_audit(tx: Tx, anchor: str | None = None) -> AuditCheck:
    """Read the whole chain again and find every entry that was edited, deleted, moved or cut off.

    Args:
        anchor: What an earlier check gave as `AuditCheck.anchor`; that entry must still be there, unchanged.
    Raises:
        ValueError: the anchor is none.
    """
    wanted = _read_anchor(anchor) if anchor is not None else None
    vault, faults, retired = vault_of(tx), [], read_retired_keys(tx)
    kept = {key_id: key.audit_key for key_id, key in retired.items()}
    previous, expected, count, hash_at_anchor = "", 1, 0, None
    rows = tx.scalars(select(AuditEntryRow).order_by(AuditEntryRow.sequence).execution_options(yield_per=1000))
    for row in rows:
        count += 1
        if row.sequence != expected:
            lost = f"{expected}" if row.sequence == expected + 1 else f"{expected} to {row.sequence - 1}"
            faults.append(AuditFault("missing", expected, f"entry {lost} is missing"))
        elif row.previous_hash != previous:
            faults.append(AuditFault("moved", row.sequence, f"entry {row.sequence} does not follow the one before it"))
        key_id = vault.find_audit_key(row.hash, _text_of(row), kept)
        if key_id is None:
            message = f"entry {row.sequence} ({row.action}) is not as it was written, or was sealed with a key that is not here"
            faults.append(AuditFault("edited", row.sequence, message))
        elif key_id in retired and row.sequence > retired[key_id].last_sequence:
            message = f"entry {row.sequence} ({row.action}) was written with key {key_id} after that was retired"
            faults.append(AuditFault("edited", row.sequence, message))
        if wanted is not None and row.sequence == wanted[0]:
            hash_at_anchor = row.hash
        previous, expected = row.hash, row.sequence + 1
    faults += _check_head(tx, expected - 1, previous, kept)
    if wanted is not None and hash_at_anchor != wanted[1]:
        found = "is missing" if hash_at_anchor is None else "is another one"
        faults.append(
            AuditFault("anchor", wanted[0], f"entry {wanted[0]} of the anchor {found}: the chain was replaced")
        )
    return AuditCheck(count, f"{expected - 1}:{previous}", tuple(faults))


def _check_head(tx: Tx, last: int, last_hash: str, kept: Mapping[str, bytes]) -> list[AuditFault]:
    head = tx.get(AuditHeadRow, _HEAD)
    if head is None:
        return [AuditFault("head", 0, "the record of the chain's end is missing")] if last else []
    if vault_of(tx).find_audit_key(head.mac, _text_of_head(head.sequence, head.hash), kept) is None:
        return [AuditFault("head", head.sequence, "the record of the chain's end is not as it was written")]
    if last < head.sequence:
        message = f"the chain ends at entry {last}, but entry {head.sequence} was written: its end was cut off"
        return [AuditFault("truncated", last + 1, message)]
    if (last, last_hash) != (head.sequence, head.hash):
        message = f"the chain ends at entry {last}, but entry {head.sequence} is recorded as the last"
        return [AuditFault("head", head.sequence, message)]
    return []


def _chain_entries(tx: Tx) -> None:
    """Before a commit: give the waiting entries their places in the chain."""
    if tx.in_nested_transaction():
        return  # a savepoint ends: nothing is committed yet
    pending: list[_Pending] = tx.info.pop(_PENDING, [])
    if not pending:
        return
    if tx.get_bind().dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    # On SQLite a transaction that writes has the only lock there is from its beginning.
    vault, head = vault_of(tx), tx.get(AuditHeadRow, _HEAD, populate_existing=True)
    sequence, previous = (head.sequence, head.hash) if head is not None else (0, "")
    for each in pending:
        sequence += 1
        row = AuditEntryRow(sequence=sequence, previous_hash=previous, **each.values)
        row.hash = previous = vault.audit_mac(_text_of(row))
        tx.add(row)
        # One statement each: the next entry's place is checked against this one.
        tx.flush()
    mac = vault.audit_mac(_text_of_head(sequence, previous))
    if head is None:
        tx.add(AuditHeadRow(id=_HEAD, sequence=sequence, hash=previous, mac=mac))
    else:
        head.sequence, head.hash, head.mac = sequence, previous, mac
    tx.flush()


def _drop_entries(tx: Tx, ended: SessionTransaction) -> None:
    """After a rollback: what was written inside of it did not happen."""
    pending: list[_Pending] = tx.info.get(_PENDING, [])
    tx.info[_PENDING] = [each for each in pending if ended.nested and ended not in each.savepoints]


event.listen(Tx, "before_commit", _chain_entries)
event.listen(Tx, "after_soft_rollback", _drop_entries)


def _open_savepoints(tx: Tx) -> tuple[SessionTransaction, ...]:
    found, savepoint = [], tx.get_nested_transaction()
    while savepoint is not None:
        if savepoint.nested:
            found.append(savepoint)
        savepoint = savepoint.parent
    return tuple(found)


def _text_of(row: AuditEntryRow) -> str:
    said = {
        "sequence": row.sequence,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "subject": [row.subject_kind, row.subject_id],
        "origin": row.origin,
        "before": _canonical(row.before),
        "after": _canonical(row.after),
        "previous": row.previous_hash,
    }
    return "entry " + json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _text_of_head(sequence: int, last_hash: str) -> str:
    return f"head {sequence}:{last_hash}"


def _as_plain(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    # What goes into the column is what comes out of it again: no NaN, no NUL, no numpy.
    if value is None:
        return None
    plain: dict[str, Any] = json.loads(write_json(_name_values(value)))
    return plain


def _name_values(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _name_values(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [_name_values(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):  # datetimes too
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _canonical(value: Any) -> Any:
    # PostgreSQL's JSONB gives 1e22 back as an integer: a whole number is written as one, whatever it was.
    if isinstance(value, dict):
        return {name: _canonical(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read_anchor(text: str) -> tuple[int, str]:
    sequence, separator, last_hash = text.strip().partition(":")
    if not separator or not sequence.isdigit() or not (len(last_hash) == 64 or (sequence == "0" and not last_hash)):
        raise ValueError(f"{text!r} is no anchor such as 17:0f3a… (a number and 64 hexadecimal digits)")
    return int(sequence), last_hash
