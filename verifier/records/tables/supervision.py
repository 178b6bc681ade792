"""What people look at themselves: on-site inspections (Art. 9), off-site supervision (Art. 10), follow-ups (11)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, at_least, between, digest_column, one_of

INSPECTION_STATES = ("planned", "done", "refused", "cancelled")
SUPERVISION_KINDS = ("video_review", "sign_in_review", "phone", "other")
CALL_OUTCOMES = ("confirmed", "denied", "unclear", "not_reached")


class OnSiteInspectionRow(WithId, Base):
    """An inspection on site (Annex 2). While it is planned, no agency account may see it (Art. 14)."""

    __tablename__ = "on_site_inspection"
    __table_args__ = (
        one_of("state", INSPECTION_STATES),
        at_least("expected", 0),
        at_least("present", 0),
        CheckConstraint("state <> 'done' OR inspected_at IS NOT NULL", name="done_has_time"),
        Index("ix_on_site_inspection_class_id", "class_id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("session.id"))
    state: Mapped[str] = mapped_column(String(16))
    planned_on: Mapped[date | None]
    inspected_at: Mapped[datetime | None]
    expected: Mapped[int | None]
    present: Mapped[int | None]
    form: Mapped[dict[str, Any]]
    opinion: Mapped[str]


class InspectionMemberRow(Base):
    """An inspector of an inspection, with what was declared about their interest in the agency."""

    __tablename__ = "on_site_inspection_member"

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("on_site_inspection.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    declared_interest: Mapped[bool]


class OffSiteSupervisionRow(WithId, Base):
    """One off-site event besides the daily photos: a video or sign-in review, a call."""

    __tablename__ = "off_site_supervision"
    __table_args__ = (one_of("kind", SUPERVISION_KINDS), Index("ix_off_site_supervision_class_id", "class_id"))

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("session.id"))
    kind: Mapped[str] = mapped_column(String(32))
    held_at: Mapped[datetime]
    held_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    result: Mapped[str]
    evidence_sha256: Mapped[str | None] = digest_column()


class FollowUpRow(WithId, Base):
    """A random draw from the roster, which anyone can draw again from its seed."""

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("class_id", "seed"),
        between("share", 0, 1),
        at_least("roster_size", 0),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    seed: Mapped[str] = mapped_column(String(200))
    share: Mapped[float]
    roster_size: Mapped[int]
    drawn_at: Mapped[datetime]
    drawn_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))


class FollowUpCallRow(WithId, Base):
    """One drawn student and what the call gave (Annex 3); the recording is evidence."""

    __tablename__ = "follow_up_call"
    __table_args__ = (
        UniqueConstraint("follow_up_id", "enrolment_id"),
        one_of("outcome", CALL_OUTCOMES, optional=True),
        CheckConstraint("(outcome IS NULL) = (called_at IS NULL)", name="called_has_outcome"),
    )

    follow_up_id: Mapped[UUID] = mapped_column(ForeignKey("follow_up.id"))
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"))
    called_at: Mapped[datetime | None]
    called_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    form: Mapped[dict[str, Any]]
    recording_sha256: Mapped[str | None] = digest_column()
