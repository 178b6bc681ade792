"""What the office means to look at, and who was drawn to do it. Plans are the office's alone: no agency sees one (Art. 14)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, Base, WithId, at_least, not_blank, one_of, utc_now

PLAN_KINDS = ("on_site", "off_site", "follow_up")
PLAN_STATES = ("planned", "done", "cancelled")


class SupervisionPlanRow(WithId, Base):
    """One planned supervision of a class. Seed and pool say how its people were drawn, so that anybody can draw again.

    `result_id` is the inspection, off-site supervision or draw of students that came of it, as `kind` says.
    """

    __tablename__ = "supervision_plan"
    __table_args__ = (
        one_of("kind", PLAN_KINDS),
        one_of("state", PLAN_STATES),
        not_blank("seed"),
        at_least("pool_size", 1),
        CheckConstraint("length(pool_sha256) = 64", name="pool_sha256_form"),
        CheckConstraint("(state = 'done') = (result_id IS NOT NULL)", name="done_has_result"),
        CheckConstraint("(state = 'cancelled') = (cancelled_because IS NOT NULL)", name="cancelled_has_reason"),
        Index("ix_supervision_plan_class_id", "class_id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    kind: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(32))
    planned_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(16))
    seed: Mapped[str] = mapped_column(String(200))
    pool_size: Mapped[int]
    pool_sha256: Mapped[str] = mapped_column(String(64))
    planned_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    planned_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)
    result_id: Mapped[UUID | None]
    cancelled_because: Mapped[str | None]


class SupervisionPlanMemberRow(Base):
    """Somebody who was drawn for a plan."""

    __tablename__ = "supervision_plan_member"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_plan.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
