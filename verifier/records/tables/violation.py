"""A violation: a rule of the regulation that the records point to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.matter_states import STATES
from verifier.records.tables.base import PROCESSING, Base, WithId, digest_column, not_blank, one_of, utc_now


class ViolationRow(WithId, Base):
    """One violation of a class by its `dedup_key`: an ongoing breach is one row that grows, not one a night.

    `rule` is the article's label, `code` the word that is stored for years. `reason` is that of the last session that
    supports it and stands still once a person has decided. Only confirmed ones count for sanctions.
    """

    __tablename__ = "violation"
    __table_args__ = (
        UniqueConstraint("class_id", "dedup_key"),
        not_blank("code"),
        not_blank("rule"),
        not_blank("dedup_key"),
        one_of("state", STATES),
        CheckConstraint("state <> 'proposed' OR supported", name="proposed_is_supported"),
        CheckConstraint("(state = 'lapsed') = (lapse_reason IS NOT NULL)", name="lapsed_has_reason"),
        CheckConstraint("state <> 'lapsed' OR NOT supported", name="lapsed_is_unsupported"),
        Index("ix_violation_state", "state"),
        Index("ix_violation_opened_at", "opened_at", "id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    rule: Mapped[str] = mapped_column(String(32))
    code: Mapped[str] = mapped_column(String(64))
    dedup_key: Mapped[str] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(16))
    supported: Mapped[bool]
    reason: Mapped[dict[str, Any]]
    lapse_reason: Mapped[dict[str, Any] | None]
    opened_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class ViolationSupportRow(WithId, Base):
    """What one run says for a violation. It counts while its run is current."""

    __tablename__ = "violation_support"
    __table_args__ = (UniqueConstraint("violation_id", "run_id"),)

    violation_id: Mapped[UUID] = mapped_column(ForeignKey("violation.id"))
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"), index=True)
    policy_name: Mapped[str]
    policy_version: Mapped[str]
    reason: Mapped[dict[str, Any]]
    # Quantities, and references of records that are no pictures; None in supports written before they were kept.
    detail: Mapped[dict[str, Any] | None]


class ViolationSessionRow(Base):
    """A session that a support of a violation rests on."""

    __tablename__ = "violation_session"

    support_id: Mapped[UUID] = mapped_column(ForeignKey("violation_support.id"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("session.id"), primary_key=True, index=True)


class ViolationEvidenceRow(Base):
    """A piece of evidence that a support of a violation rests on."""

    __tablename__ = "violation_evidence"

    support_id: Mapped[UUID] = mapped_column(ForeignKey("violation_support.id"), primary_key=True)
    sha256: Mapped[str] = digest_column(primary_key=True)
