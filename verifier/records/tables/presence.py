"""Presence: whether one student attended one session, as one run concluded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, one_of

PRESENCES = ("present", "absent", "unsure", "leave")


class PresenceRow(WithId, Base):
    """One student's presence; earlier conclusions stay, and one of each student and session is current."""

    __tablename__ = "presence"
    __table_args__ = (
        UniqueConstraint("run_id", "enrolment_id"),
        one_of("presence", PRESENCES),
        Index(
            "uq_presence_current",
            "session_id",
            "enrolment_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        Index("ix_presence_enrolment_id", "enrolment_id"),
        # Hours and pages of a class are read from this index alone.
        Index("ix_presence_session_id", "session_id", "is_current", "enrolment_id", "presence"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("session.id"))
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"))
    is_current: Mapped[bool]
    presence: Mapped[str] = mapped_column(String(16))
    because: Mapped[list[Any]]
