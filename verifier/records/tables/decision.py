"""A decision of a person about a case or a violation. Append-only: withdrawing one is another decision."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy import String as SqlString
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, not_blank, one_of

DECISIONS = ("confirm", "dismiss", "needs_check", "withdraw")


class DecisionRow(WithId, Base):
    """Who decided what, when and why."""

    __tablename__ = "decision"
    __table_args__ = (
        one_of("decision", DECISIONS),
        not_blank("reason"),
        CheckConstraint("(case_id IS NULL) <> (violation_id IS NULL)", name="one_subject"),
        CheckConstraint("(decision = 'withdraw') = (withdraws_id IS NOT NULL)", name="withdraws_a_decision"),
        Index("ix_decision_case_id", "case_id"),
        Index("ix_decision_violation_id", "violation_id"),
    )

    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("supervision_case.id"))
    violation_id: Mapped[UUID | None] = mapped_column(ForeignKey("violation.id"))
    decision: Mapped[str] = mapped_column(SqlString(16))
    withdraws_id: Mapped[UUID | None] = mapped_column(ForeignKey("decision.id"), unique=True)
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime]
    reason: Mapped[str]
