"""What an agency answers to what was held against it, and the files it hands in with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, Base, WithId, at_least, digest_column, not_blank, utc_now


class AppealRow(WithId, Base):
    """One answer, to a notice, a violation or a case. Append-only: who has more to say answers again."""

    __tablename__ = "appeal"
    __table_args__ = (
        not_blank("text"),
        CheckConstraint(
            "(CASE WHEN notice_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN violation_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN case_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_subject",
        ),
        Index("ix_appeal_notice_id", "notice_id"),
        Index("ix_appeal_violation_id", "violation_id"),
        Index("ix_appeal_case_id", "case_id"),
        Index("ix_appeal_answered_by", "answered_by"),
    )

    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("notice.id"))
    violation_id: Mapped[UUID | None] = mapped_column(ForeignKey("violation.id"))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("supervision_case.id"))
    answered_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    answered_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)
    text: Mapped[str]


class AppealFileRow(WithId, Base):
    """A file of an answer, kept as evidence; nothing on the server opens it."""

    __tablename__ = "appeal_file"
    __table_args__ = (
        UniqueConstraint("appeal_id", "position"),
        not_blank("name"),
        at_least("position", 0),
        Index("ix_appeal_file_sha256", "sha256"),
    )

    appeal_id: Mapped[UUID] = mapped_column(ForeignKey("appeal.id"))
    position: Mapped[int]
    name: Mapped[str]
    sha256: Mapped[str] = digest_column()
