"""What people look at and record: inspections (Art. 9), off-site supervision (10), follow-ups (11), what only they establish."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import (
    PROCESSING,
    Base,
    WithId,
    at_least,
    between,
    digest_column,
    not_blank,
    one_of,
    utc_now,
)

INSPECTION_STATES = ("planned", "done", "refused", "cancelled")
SUPERVISION_KINDS = ("video_review", "sign_in_review", "phone", "other")
URGING_OUTCOMES = ("delivered", "missing", "poor", "withdrawn")
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
    pool_sha256: Mapped[str | None] = mapped_column(String(64))


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


class OnSiteCaseRow(Base):
    """Says of a case that an inspection found it on site: only such impersonations count for 13(1)(3)."""

    __tablename__ = "on_site_case"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_case.id"), primary_key=True)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("on_site_inspection.id"), index=True)
    evidence: Mapped[list[Any]]


class InterestRow(WithId, Base):
    """An inspector's declared interest in an agency (Art. 14(4)); `to_day` empty: it lasts."""

    __tablename__ = "declared_interest"
    __table_args__ = (
        UniqueConstraint("user_id", "agency_id", "from_day"),
        CheckConstraint("to_day IS NULL OR to_day >= from_day", name="days_in_order"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    from_day: Mapped[date]
    to_day: Mapped[date | None]
    note: Mapped[str]


class PersonRecordRow(WithId, Base):
    """What only people can establish about a class, or (without one) about an agency, under one rule of the policy."""

    __tablename__ = "person_record"
    __table_args__ = (
        not_blank("code"),
        not_blank("note"),
        CheckConstraint("(withdrawn_by IS NULL) = (withdrawn_because IS NULL)", name="withdrawn_with_reason"),
        Index("ix_person_record_class_id", "class_id"),
        Index("ix_person_record_agency_id", "agency_id"),
    )

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    class_id: Mapped[UUID | None] = mapped_column(ForeignKey("training_class.id"))
    code: Mapped[str] = mapped_column(String(64))
    recorded_on: Mapped[date]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str]
    evidence: Mapped[list[Any]]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_because: Mapped[str | None]


class UrgingRow(WithId, Base):
    """The office urged an agency to hand in something about a class by a day (13(1)(10)), and what came of it."""

    __tablename__ = "urging"
    __table_args__ = (
        not_blank("what"),
        CheckConstraint("due_on >= urged_on", name="days_in_order"),
        one_of("outcome", URGING_OUTCOMES, optional=True),
        CheckConstraint("(outcome IS NULL) = (answered_on IS NULL)", name="answered_some_day"),
        CheckConstraint("(outcome IS NULL) = (answered_by IS NULL)", name="answered_by_someone"),
        Index("ix_urging_class_id", "class_id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    what: Mapped[str]
    urged_on: Mapped[date]
    due_on: Mapped[date]
    urged_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    evidence: Mapped[list[Any]]
    outcome: Mapped[str | None] = mapped_column(String(16))
    answered_on: Mapped[date | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str]


class ClassClosingRow(Base):
    """When a class really began and ended, and what follows it: certificate, application, payment, archive (Art. 7(5), 7(6)).

    `examined` are the students who were put to the final examination (7(2)).
    """

    __tablename__ = "class_closing"

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"), primary_key=True)
    commenced_on: Mapped[date | None]
    completed_on: Mapped[date | None]
    certified_on: Mapped[date | None]
    applied_on: Mapped[date | None]
    paid_on: Mapped[date | None]
    archived_on: Mapped[date | None]
    archive_discarded_on: Mapped[date | None]
    examined: Mapped[list[Any]]
    changed_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class ArchiveItemRow(WithId, Base):
    """One document of the class archive (Art. 7(5)), or the statement that a kind of document is not there."""

    __tablename__ = "archive_item"
    __table_args__ = (
        UniqueConstraint("class_id", "kind", "name"),
        CheckConstraint("present = (sha256 IS NOT NULL)", name="present_is_kept"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    kind: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    present: Mapped[bool]
    sha256: Mapped[str | None] = digest_column()
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))


class AgreementRow(WithId, Base):
    """The year's agreement with an agency (Annex 1): its fields as they are printed."""

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("agency_id", "year"), between("year", 2000, 9999))

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    year: Mapped[int]
    form: Mapped[dict[str, Any]]
