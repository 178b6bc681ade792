"""An approved absence (请假)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, Droppable, WithId


class LeaveRow(WithId, Droppable, Base):
    """The leave of one student for one session."""

    __tablename__ = "leave"
    __table_args__ = (UniqueConstraint("enrolment_id", "session_id"),)

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("session.id"), index=True)
    reason: Mapped[str]
    approved_by: Mapped[str]
