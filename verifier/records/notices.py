"""Rectification notices (Annex 4) and sanctions: numbered, voided, proposed, decided. The software issues none by itself.

A notice's number is taken under a lock and written in the same transaction, so a transaction that breaks off leaves no gap
and two at once never get the same. Voided notices keep their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence, say
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.office import RefusedError
from verifier.records.outbox import NOTICE_ISSUED, announce
from verifier.records.rows import find_class, lock_class
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.notice import NoticeRow, NoticeViolationRow
from verifier.records.tables.sanction import SanctionDecisionRow, SanctionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow
from verifier.regulation.decisions import Decision, Verdict
from verifier.regulation.facts import WarningIssued


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """One notice as it was issued. `body` holds what its form prints; `violations` are dedup keys."""

    id: UUID
    number: str
    class_number: str
    agency_code: str
    issued_on: date
    issued_by: str
    body: Mapping[str, Any]
    violations: tuple[str, ...]
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class SanctionRecord:
    """One sanction. `state` is ``proposed``, ``issued``, ``dismissed`` or ``withdrawn``; `lapse_reason`: it holds no more."""

    id: UUID
    agency_code: str
    class_number: str | None
    kind: str
    rule: str
    dedup_key: str
    state: str
    reason: Sentence
    grounds: Mapping[str, Any]
    lapse_reason: Sentence | None
    decisions: tuple[Decision, ...]


def add_notice(
    tx: Tx,
    class_number: str,
    violations: Sequence[UUID],
    by: UUID,
    issued_on: date,
    prefix: str,
    body: Mapping[str, Any],
) -> NoticeRecord:
    """Take the next number of the year and write the notice. The same violations again give the notice that stands.

    Raises:
        RefusedError: one of the violations stands in another notice already.
    """
    lock_class(tx, class_number)
    training = find_class(tx, class_number)
    standing = _standing_notices(tx, violations)
    if standing:
        row = standing[0]
        covered = set(tx.scalars(_violation_ids(row.id)))
        if len(standing) == 1 and covered == set(violations):
            return _read_notice(tx, row)
        raise RefusedError(say("违规已列入整改通知书{number}。", number=row.number))
    year = issued_on.year
    serial = _take_serial(tx, year)
    row = NoticeRow(
        id=make_id("notice", prefix, year, serial), year=year, serial=serial, number=f"{prefix}〔{year}〕{serial}号",
        agency_id=training.agency_id, class_id=training.id, state="issued", issued_on=issued_on, issued_by=by,
        body=dict(body),
    )  # fmt: skip
    tx.add(row)
    tx.flush()
    tx.add_all(NoticeViolationRow(notice_id=row.id, violation_id=each) for each in violations)
    tx.flush()
    after = {"class": class_number, "violations": list(violations), "issued_on": issued_on}
    _audit(tx, by, "notice.issue", ("notice", row.number), after)
    announce(tx, NOTICE_ISSUED, training.id, row.id, {"notice": row.number, "issued_on": issued_on.isoformat()})
    return _read_notice(tx, row)


def _take_serial(tx: Tx, year: int) -> int:
    """The next serial number of the year, nobody else's until this transaction ends."""
    if tx.get_bind().dialect.name == "postgresql":
        # Readers of max() do not wait for each other by themselves. On SQLite every transaction that writes holds the lock.
        lock = int.from_bytes(make_id("lock", "notice", year).bytes[:8], "big", signed=True)
        tx.execute(select(func.pg_advisory_xact_lock(lock)))
    return (tx.scalar(select(func.max(NoticeRow.serial)).where(NoticeRow.year == year)) or 0) + 1


def _standing_notices(tx: Tx, violations: Sequence[UUID]) -> list[NoticeRow]:
    rows = tx.scalars(
        select(NoticeRow)
        .join(NoticeViolationRow, NoticeViolationRow.notice_id == NoticeRow.id)
        .where(NoticeViolationRow.violation_id.in_(violations), NoticeRow.state == "issued")
        .distinct()
    )
    return list(rows)


def _violation_ids(notice_id: UUID) -> Any:
    return select(NoticeViolationRow.violation_id).where(NoticeViolationRow.notice_id == notice_id)


def find_notice(tx: Tx, violation_id: UUID) -> str | None:
    """The number of the notice in force that warns about a violation; None where none does."""
    found = find_standing(tx, violation_id)
    return found.number if found else None


def find_standing(tx: Tx, violation_id: UUID) -> NoticeRecord | None:
    """The notice in force that warns about a violation; None where none does."""
    rows = _standing_notices(tx, [violation_id])
    return _read_notice(tx, rows[0]) if rows else None


def void_notice(tx: Tx, number: str, why: str, by: UUID | None = None) -> NoticeRecord:
    """Void a notice: it counts no more, and keeps its number. Twice is once, with the first reason.

    Args:
        by: Who does it; without one the audit names the system.

    Raises:
        NotInRecordsError: there is no such notice.
        RefusedError: no reason is given.
    """
    if not why.strip():
        raise RefusedError(say("作废整改通知书须说明理由。"))
    row = tx.scalar(select(NoticeRow).where(NoticeRow.number == number).with_for_update())
    if row is None:
        raise NotInRecordsError(f"no notice {number} is on record")
    if row.state == "issued":
        row.state, row.void_reason = "voided", why
        tx.flush()
        _audit(tx, by, "notice.void", ("notice", number), {"why": why})
    return _read_notice(tx, row)


def _audit(tx: Tx, by: UUID | None, action: str, subject: tuple[str, str | UUID], after: Mapping[str, Any]) -> None:
    actor = "system" if by is None else f"user:{tx.get_one(UserRow, by).login}"
    write_audit(tx, actor=actor, action=action, subject=subject, after=after)


def read_notices(
    tx: Tx, class_number: str | None = None, agency_code: str | None = None, only: Sequence[UUID] | None = None
) -> list[NoticeRecord]:
    """Notices by year and number, voided ones too; of one class, one agency, these ids, or all."""
    query = (
        select(NoticeRow)
        .join(AgencyRow, AgencyRow.id == NoticeRow.agency_id)
        .outerjoin(ClassRow, ClassRow.id == NoticeRow.class_id)
        .order_by(NoticeRow.year, NoticeRow.serial)
    )
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    if agency_code is not None:
        query = query.where(AgencyRow.code == agency_code)
    if only is not None:
        query = query.where(NoticeRow.id.in_(only))
    return [_read_notice(tx, row) for row in tx.scalars(query)]


def read_notice(tx: Tx, notice_id: UUID) -> NoticeRecord | None:
    """One notice, voided or not; None where there is none."""
    row = tx.get(NoticeRow, notice_id)
    return _read_notice(tx, row) if row is not None else None


def _read_notice(tx: Tx, row: NoticeRow) -> NoticeRecord:
    training = tx.get(ClassRow, row.class_id) if row.class_id else None
    keys = tx.scalars(select(ViolationRow.dedup_key).where(ViolationRow.id.in_(_violation_ids(row.id))))
    return NoticeRecord(
        id=row.id, number=row.number, class_number=training.number if training else "",
        agency_code=tx.get_one(AgencyRow, row.agency_id).code, issued_on=row.issued_on,
        issued_by=tx.get_one(UserRow, row.issued_by).login, body=row.body, violations=tuple(sorted(keys)),
        void_reason=row.void_reason,
    )  # fmt: skip


def notice_fact(notice: NoticeRecord) -> WarningIssued:
    """A notice as the ladder counts it."""
    return WarningIssued(
        notice.number, notice.class_number, notice.issued_on, tuple(notice.body.get("rules", ())), notice.violations,
        tuple(notice.body.get("evidence", ())), voided=notice.void_reason is not None,
    )  # fmt: skip


# ---------------------------------------------------------------- sanctions


def propose_sanction(
    tx: Tx, agency_code: str, class_number: str | None, kind: str, rule: str, dedup_key: str, reason: Sentence,
    grounds: Mapping[str, Any],
) -> UUID:  # fmt: skip
    """Propose a sanction, or bring the one that is still proposed up to date. One that people decided on is not touched."""
    agency = tx.scalar(select(AgencyRow).where(AgencyRow.code == agency_code))
    if agency is None:
        raise NotInRecordsError(f"no agency {agency_code} is on record")
    row_id = make_id("sanction", agency_code, dedup_key)
    row = tx.get(SanctionRow, row_id, with_for_update=True)
    values: dict[str, Any] = {"kind": kind, "reason": reason.to_json(), "grounds": dict(grounds), "lapse_reason": None}
    if row is None:
        class_id = find_class(tx, class_number).id if class_number is not None else None
        row = SanctionRow(
            id=row_id,
            agency_id=agency.id,
            class_id=class_id,
            rule=rule,
            dedup_key=dedup_key,
            state="proposed",
            **values,
        )
        tx.add(row)
    elif row.state == "proposed":
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    tx.flush()
    return row_id


def lapse_sanction(tx: Tx, sanction_id: UUID, reason: Sentence) -> None:
    """Say that a proposed sanction holds no more; one that people decided on is not touched."""
    row = tx.get_one(SanctionRow, sanction_id, with_for_update=True)
    if row.state == "proposed" and row.lapse_reason is None:
        row.lapse_reason = reason.to_json()
        tx.flush()


def find_sanction(tx: Tx, sanction_id: UUID) -> SanctionRow:
    """The row of a sanction, locked until the transaction ends.

    Raises:
        NotInRecordsError: there is none.
    """
    row = tx.get(SanctionRow, sanction_id, with_for_update=True)
    if row is None:
        raise NotInRecordsError(f"no sanction {sanction_id} is on record")
    return row


def add_sanction_decision(tx: Tx, sanction_id: UUID, decision: Decision, by: UUID) -> None:
    """Append what one person decided; the state is the caller's to set."""
    after = {"decision": decision.reference, "reason": decision.why, "withdraws": decision.withdraws or None}
    _audit(tx, by, f"sanction.{decision.verdict.value}", ("sanction", sanction_id), after)
    tx.add(
        SanctionDecisionRow(
            id=UUID(decision.reference), sanction_id=sanction_id, decision=decision.verdict.value, decided_by=by,
            withdraws_id=UUID(decision.withdraws) if decision.withdraws else None, decided_at=decision.at,
            reason=decision.why,
        )
    )  # fmt: skip
    tx.flush()


def read_sanction_decisions(tx: Tx, sanction_id: UUID) -> tuple[Decision, ...]:
    """All decisions about a sanction in the order they were made, withdrawn ones too; persons by login."""
    rows = tx.execute(
        select(SanctionDecisionRow, UserRow.login)
        .join(UserRow, UserRow.id == SanctionDecisionRow.decided_by)
        .where(SanctionDecisionRow.sanction_id == sanction_id)
        .order_by(SanctionDecisionRow.decided_at, SanctionDecisionRow.id)
    )
    return tuple(
        Decision(
            str(row.id), Verdict(row.decision), login, row.decided_at, row.reason,
            withdraws=str(row.withdraws_id) if row.withdraws_id else "",
        )
        for row, login in rows
    )  # fmt: skip


def read_sanctions(
    tx: Tx, class_number: str | None = None, agency_code: str | None = None, only: Sequence[UUID] | None = None
) -> list[SanctionRecord]:
    """Sanctions by agency and key: of one class, of one agency and its classes, of these ids, or all."""
    query = (
        select(SanctionRow, AgencyRow.code, ClassRow.number)
        .join(AgencyRow, AgencyRow.id == SanctionRow.agency_id)
        .outerjoin(ClassRow, ClassRow.id == SanctionRow.class_id)
    )
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    if agency_code is not None:
        query = query.where(AgencyRow.code == agency_code)
    if only is not None:
        query = query.where(SanctionRow.id.in_(only))
    found = [
        SanctionRecord(
            id=row.id, agency_code=code, class_number=number, kind=row.kind, rule=row.rule, dedup_key=row.dedup_key,
            state=row.state, reason=Sentence.from_json(row.reason), grounds=row.grounds,
            lapse_reason=Sentence.from_json(row.lapse_reason) if row.lapse_reason else None,
            decisions=read_sanction_decisions(tx, row.id),
        )
        for row, code, number in tx.execute(query)
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.agency_code, each.dedup_key))


def new_reference() -> str:
    """A reference for a decision, which has no natural key."""
    return str(uuid4())


def set_sanction_state(row: SanctionRow, state: str, by: UUID, at: datetime) -> None:
    """The state after a decision that settled it; ``proposed`` again takes back who and when."""
    row.state = state
    row.decided_by, row.decided_at = (None, None) if state == "proposed" else (by, at)
