"""A session (课次): one half-day slot of a class."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.plan import Period, SessionKind, SessionMode
from verifier.records.tables.base import Base, Droppable, WithId, at_least, one_of


class SessionRow(WithId, Droppable, Base):
    """A session by the id its filing gave it (`code`), unique within its class."""

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("class_id", "code"),
        one_of("period", Period),
        one_of("kind", SessionKind),
        one_of("mode", SessionMode),
        at_least("hours", 0),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index("ix_session_day", "day"),
        Index("ix_session_venue_id_ends_at", "venue_id", "ends_at"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    code: Mapped[str] = mapped_column(String(200))
    day: Mapped[date]
    period: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    hours: Mapped[float]
    venue_id: Mapped[UUID] = mapped_column(ForeignKey("venue.id"))
    teacher_id: Mapped[UUID | None] = mapped_column(ForeignKey("teacher.id"))
    camera_id: Mapped[UUID | None] = mapped_column(ForeignKey("camera.id"))
    kind: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(16))
    position: Mapped[int]
