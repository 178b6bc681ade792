"""Evidence: the bytes that the store keeps, by their digest; and each time they were handed in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.plan import View
from verifier.records.tables.base import PROCESSING, Base, WithId, at_least, not_blank, one_of, utc_now

RECEIPTS = ("declared", "assumed", "unknown")


class EvidenceRow(Base):
    """Bytes by their SHA-256 (lower-case hexadecimal). What they are used as stands in the tables that point here."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64 AND sha256 = lower(sha256)", name="sha256_form"),
        at_least("size_bytes", 0),
        Index("ix_evidence_recorded_at", "recorded_at"),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size_bytes: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class SubmissionRow(WithId, Base):
    """One photo as it was handed in. The same bytes may be handed in several times; each time is a row, never removed.

    `declared_session` is what the uploader wrote, which may be no session of the class; `session_id` points to it where
    it is one. `receipt` tells where `received_at` comes from: declared by the uploader, assumed (the time of import), or
    unknown. `superseded_by` is the submission that took this one's place when the uploader corrected the session of the same
    file: it is shown and judged no more, and is no other use of the picture.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("class_id", "file", "sha256", "declared_session"),
        not_blank("file"),
        one_of("view", View, optional=True),
        one_of("receipt", RECEIPTS),
        CheckConstraint("(receipt = 'unknown') = (received_at IS NULL)", name="receipt_whole"),
        CheckConstraint("session_id IS NULL OR declared_session <> ''", name="session_declared"),
        Index("ix_submission_sha256", "sha256"),
        Index("ix_submission_session_id", "session_id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("evidence.sha256"))
    file: Mapped[str]
    # Empty instead of NULL where none was declared: in a unique constraint NULL equals nothing, not even itself.
    declared_session: Mapped[str] = mapped_column(String(200))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("session.id"))
    received_at: Mapped[datetime | None]
    receipt: Mapped[str] = mapped_column(String(16))
    view: Mapped[str | None] = mapped_column(String(16))
    # No foreign key: SQLite cannot add one to a table that stands.
    superseded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)
