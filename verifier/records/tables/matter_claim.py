"""Who is looking at a case or a violation right now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, Base, WithId


class MatterClaimRow(WithId, Base):
    """One claim; `id` is the matter's own, so that nobody can hold what another holds. One that ran out is anybody's."""

    __tablename__ = "matter_claim"
    __table_args__ = (
        CheckConstraint("(case_id IS NULL) <> (violation_id IS NULL)", name="one_subject"),
        CheckConstraint("ends_at > claimed_at", name="ends_after_claim"),
        Index("ix_matter_claim_user_id", "user_id"),
    )

    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("supervision_case.id"))
    violation_id: Mapped[UUID | None] = mapped_column(ForeignKey("violation.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    claimed_at: Mapped[datetime] = mapped_column(info=PROCESSING)
    ends_at: Mapped[datetime] = mapped_column(info=PROCESSING)
