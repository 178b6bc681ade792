"""What waits for a decision, lean enough to list a whole city's: one query for cases, one for violations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence
from verifier.records.tables.case import CaseRow
from verifier.records.tables.decision import DecisionRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.violation import ViolationRow


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One case or violation (`sort`). `state` is the stored one, or ``awaiting_second`` where one of two has confirmed.

    `kind` is the case's kind or the violation's code, `rule` the article of a violation.
    """

    id: UUID
    sort: str
    kind: str
    rule: str
    class_number: str
    session_id: str | None
    student_no: str | None
    student_name: str | None
    state: str
    probability: float | None
    opened_at: datetime
    reason: Sentence


def read_queue(tx: Tx, states: Collection[str], class_number: str | None = None) -> list[QueueItem]:
    """Cases and violations in these stored states, the longest open first."""
    cases: Any = (
        select(CaseRow, ClassRow.number, SessionRow.code, EnrolmentRow.student_no, EnrolmentRow.name)
        .join(ClassRow, ClassRow.id == CaseRow.class_id)
        .outerjoin(SessionRow, SessionRow.id == CaseRow.session_id)
        .outerjoin(EnrolmentRow, EnrolmentRow.id == CaseRow.enrolment_id)
        .where(CaseRow.state.in_(states))
    )
    violations: Any = (
        select(ViolationRow, ClassRow.number)
        .join(ClassRow, ClassRow.id == ViolationRow.class_id)
        .where(ViolationRow.state.in_(states))
    )
    if class_number is not None:
        cases = cases.where(ClassRow.number == class_number)
        violations = violations.where(ClassRow.number == class_number)
    found = [_case(*row) for row in tx.execute(cases)]
    rows = tx.execute(violations).all()
    half = _half_confirmed(tx, [row.id for row, _ in rows if row.state == "needs_check"])
    found += [_violation(row, number, row.id in half) for row, number in rows]
    return sorted(found, key=lambda each: (each.opened_at, str(each.id)))


def count_decided(tx: Tx, user_id: UUID, since: datetime) -> int:
    """How many matters a person has decided on since a moment, taken-back decisions left out."""
    withdrawn = select(DecisionRow.withdraws_id).where(DecisionRow.withdraws_id.is_not(None))
    query = select(func.count()).select_from(DecisionRow).where(
        DecisionRow.decided_by == user_id, DecisionRow.decided_at >= since, DecisionRow.decision != "withdraw",
        DecisionRow.id.not_in(withdrawn),
    )  # fmt: skip
    return tx.scalar(query) or 0


def _case(row: CaseRow, number: str, session: str | None, student: str | None, name: str | None) -> QueueItem:
    return QueueItem(
        row.id, "case", row.kind, "", number, session, student, name, row.state, row.probability, row.opened_at,
        Sentence.from_json(row.reason),
    )  # fmt: skip


def _violation(row: ViolationRow, number: str, half: bool) -> QueueItem:
    state = "awaiting_second" if half else row.state
    return QueueItem(
        row.id, "violation", row.code, row.rule, number, None, None, None, state, None, row.opened_at,
        Sentence.from_json(row.reason),
    )  # fmt: skip


def _half_confirmed(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Those whose last standing decision is a confirmation: a second person is asked for."""
    decisions: dict[UUID, list[DecisionRow]] = defaultdict(list)
    query = (
        select(DecisionRow).where(DecisionRow.violation_id.in_(ids)).order_by(DecisionRow.decided_at, DecisionRow.id)
    )
    for row in tx.scalars(query):
        if row.violation_id is not None:
            decisions[row.violation_id].append(row)
    found = set()
    for matter_id, rows in decisions.items():
        withdrawn = {row.withdraws_id for row in rows}
        standing = [row for row in rows if row.decision != "withdraw" and row.id not in withdrawn]
        if standing and standing[-1].decision == "confirm":
            found.add(matter_id)
    return found
