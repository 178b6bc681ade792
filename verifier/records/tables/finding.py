"""A finding: what one check concluded. Append-only: triggers refuse every change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from verifier.finding import Outcome
from verifier.records.tables.base import Base, WithId, not_blank, one_of


class FindingRow(WithId, Base):
    """One finding about one photo, one camera sample, or (with neither) about the session itself."""

    __tablename__ = "finding"
    __table_args__ = (
        one_of("outcome", Outcome),
        not_blank("check_id"),
        CheckConstraint("submission_id IS NULL OR camera_sample_id IS NULL", name="one_subject"),
        UniqueConstraint("run_id", "submission_id", "check_id"),
        UniqueConstraint("run_id", "camera_sample_id", "check_id"),
        Index(
            "uq_finding_session",
            "run_id",
            "check_id",
            unique=True,
            sqlite_where=text("submission_id IS NULL AND camera_sample_id IS NULL"),
            postgresql_where=text("submission_id IS NULL AND camera_sample_id IS NULL"),
        ),
        Index("ix_finding_submission_id", "submission_id"),
        # Lists of what is wrong, over all classes: found, counted and put in order from this index alone.
        Index(
            "ix_finding_outcome",
            "outcome",
            "run_id",
            "id",
            sqlite_where=text("camera_sample_id IS NULL"),
            postgresql_where=text("camera_sample_id IS NULL"),
        ),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"))
    submission_id: Mapped[UUID | None] = mapped_column(ForeignKey("submission.id"))
    camera_sample_id: Mapped[UUID | None] = mapped_column(ForeignKey("camera_sample.id"))
    check_id: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(16))
    reason: Mapped[dict[str, Any]]
    profile: Mapped[str]
    measured: Mapped[dict[str, Any]]
