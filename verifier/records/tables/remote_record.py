"""What online and mobile sessions leave where no camera looks in (Art. 7(3), 10)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.plan import RemoteKind
from verifier.records.tables.base import Base, WithId, digest_column, one_of


class RemoteRecordRow(WithId, Base):
    """A screenshot, a recording or a link to a replayable stream, of one session. It is evidence: added once, never removed."""

    __tablename__ = "remote_record"
    __table_args__ = (
        one_of("kind", RemoteKind),
        CheckConstraint("sha256 IS NOT NULL OR link <> ''", name="file_or_link"),
        Index("ix_remote_record_class_id", "class_id"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("session.id"))
    kind: Mapped[str] = mapped_column(String(16))
    platform: Mapped[str]
    file: Mapped[str]
    link: Mapped[str]
    sha256: Mapped[str | None] = digest_column()
