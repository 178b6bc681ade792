"""What people decide about cases and violations. Decisions are only ever added; withdrawing one is another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.matter_states import OPEN_STATES
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.outbox import VIOLATION_DECIDED, announce
from verifier.records.proposals import UNDECIDED, refresh_case, refresh_violation
from verifier.records.tables.base import utc_now
from verifier.records.tables.case import CaseRow
from verifier.records.tables.decision import DecisionRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow

STATE_AFTER = {"confirm": "confirmed", "dismiss": "dismissed", "needs_check": "needs_check"}
SETTLING = ("confirm", "dismiss")


class DecisionError(Exception):
    """The decision does not fit what was decided before."""


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One decision: ``confirm``, ``dismiss``, ``needs_check`` or ``withdraw``; `withdrawn` where a later one took it back."""

    id: UUID
    decision: str
    decided_by: UUID
    decided_at: datetime
    reason: str
    withdrawn: bool


def find_matter(tx: Tx, matter_id: UUID) -> CaseRow | ViolationRow:
    """The case or violation of that id, locked until the end of the transaction.

    Raises:
        NotInRecordsError: there is neither.
    """
    found: CaseRow | ViolationRow | None = tx.get(CaseRow, matter_id, with_for_update=True)
    if found is None:
        found = tx.get(ViolationRow, matter_id, with_for_update=True)
    if found is None:
        raise NotInRecordsError(f"no case or violation {matter_id} is on record")
    return found


def find_decided(tx: Tx, decision_id: UUID) -> UUID:
    """The case or violation that a decision is about.

    Raises:
        NotInRecordsError: there is no such decision.
    """
    row = tx.get(DecisionRow, decision_id)
    if row is None:
        raise NotInRecordsError(f"no decision {decision_id} is on record")
    return row.case_id or row.violation_id or row.id


def decide(tx: Tx, matter_id: UUID, decision: str, by: UUID, reason: str, at: datetime | None = None) -> UUID:
    """Record what a person decided about a case or violation; gives the decision's id.

    Args:
        decision: ``confirm``, ``dismiss`` or ``needs_check``.
        by: The user who decides.
        reason: Why; not blank.
    Raises:
        NotInRecordsError: there is no such case or violation.
        DecisionError: it was confirmed or dismissed already (withdraw that first), or it lapsed.
        ValueError: another word, or no reason.
    """
    if decision not in STATE_AFTER:
        raise ValueError(f"{decision!r} is none of {', '.join(STATE_AFTER)}")
    if not reason.strip():
        raise ValueError("a decision needs a reason")
    matter = find_matter(tx, matter_id)
    if matter.state not in OPEN_STATES:
        raise DecisionError(f"{matter_id} is {matter.state} already; withdraw that decision before another is made")
    row = _add(tx, matter, decision, by, reason, at, None)
    matter.state = STATE_AFTER[decision]
    tx.flush()
    return row.id


def withdraw(tx: Tx, decision_id: UUID, by: UUID, reason: str, at: datetime | None = None) -> UUID:
    """Take a decision back. The matter is then what the decisions left standing make of it, or proposed or lapsed again.

    Raises:
        NotInRecordsError: there is no such decision.
        DecisionError: it was withdrawn before, or is itself a withdrawal.
        ValueError: no reason.
    """
    if not reason.strip():
        raise ValueError("a decision needs a reason")
    decision = tx.get(DecisionRow, decision_id)
    if decision is None:
        raise NotInRecordsError(f"no decision {decision_id} is on record")
    matter = find_matter(tx, decision.case_id or decision.violation_id or decision.id)
    standing = [each for each in read_decisions(tx, matter.id) if not each.withdrawn and each.decision != "withdraw"]
    if decision_id not in [each.id for each in standing]:
        raise DecisionError(f"decision {decision_id} does not stand, so it cannot be withdrawn")
    row = _add(tx, matter, "withdraw", by, reason, at, decision_id)
    left = [each for each in standing if each.id != decision_id]
    # Not written before the refresh: in between the row might be proposed and unsupported, which the database refuses.
    with tx.no_autoflush:
        matter.state = STATE_AFTER[left[-1].decision] if left else UNDECIDED[0]
        if isinstance(matter, CaseRow):
            refresh_case(tx, matter)
        else:
            refresh_violation(tx, matter)
    tx.flush()
    return row.id


def read_decisions(tx: Tx, matter_id: UUID) -> list[DecisionRecord]:
    """All decisions about a case or violation, in the order they were made; withdrawn ones stay visible."""
    rows = tx.scalars(
        select(DecisionRow)
        .where((DecisionRow.case_id == matter_id) | (DecisionRow.violation_id == matter_id))
        .order_by(DecisionRow.decided_at, DecisionRow.id)
    ).all()
    withdrawn = {row.withdraws_id for row in rows}
    return [
        DecisionRecord(row.id, row.decision, row.decided_by, row.decided_at, row.reason, row.id in withdrawn)
        for row in rows
    ]


def _add(
    tx: Tx,
    matter: CaseRow | ViolationRow,
    decision: str,
    by: UUID,
    reason: str,
    at: datetime | None,
    withdraws: UUID | None,
) -> DecisionRow:
    row = DecisionRow(
        id=uuid4(),
        case_id=matter.id if isinstance(matter, CaseRow) else None,
        violation_id=matter.id if isinstance(matter, ViolationRow) else None,
        decision=decision,
        withdraws_id=withdraws,
        decided_by=by,
        decided_at=at or utc_now(),
        reason=reason,
    )
    tx.add(row)
    tx.flush()
    after = {"decision": str(row.id), "reason": reason} | ({"withdraws": str(withdraws)} if withdraws else {})
    write_audit(
        tx, actor=f"user:{tx.get_one(UserRow, by).login}", action=f"decision.{decision}",
        subject=("case" if isinstance(matter, CaseRow) else "violation", matter.id), before={"state": matter.state},
        after=after,
    )  # fmt: skip
    if isinstance(matter, ViolationRow):
        told = {"violation": str(matter.id), "code": matter.code, "decision": decision}
        # What is open again, or waits for a check on site, is not told to the agency (Art. 14(1)).
        announce(tx, VIOLATION_DECIDED, matter.class_id, row.id, told, office_only=decision not in SETTLING)
    return row
