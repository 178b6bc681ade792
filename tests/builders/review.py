"""Matters to review: cases of one class straight into the records, as a night would have proposed them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records.tables.base import make_id
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow

FIRST = datetime(2023, 6, 13, 1, tzinfo=UTC)


def seed_cases(tx: Tx, number: str, count: int, kind: str = "impersonation", reason: str = "") -> list[UUID]:
    """So many open cases of a class; the first is the likeliest, so they stand in this order in the queue."""
    training = tx.scalars(select(ClassRow).where(ClassRow.number == number)).one()
    student = tx.scalars(select(EnrolmentRow).where(EnrolmentRow.class_id == training.id)).first()
    session = tx.scalars(select(SessionRow).where(SessionRow.class_id == training.id)).first()
    ids = []
    for place in range(count):
        row = CaseRow(
            id=make_id("case", number, f"{kind}-{place}"), class_id=training.id, kind=kind, dedup_key=f"{kind}-{place}",
            state="proposed", supported=True, session_id=session.id if session else None,
            enrolment_id=student.id if student else None, reason=say("{text}", text=reason or f"第{place}件").to_json(),
            probability=0.99 - place / 100, opened_at=FIRST + timedelta(minutes=place),
        )  # fmt: skip
        tx.add(row)
        ids.append(row.id)
    tx.flush()
    return ids
