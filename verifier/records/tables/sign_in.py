"""A sign-in (签到)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, Placed, WithId, place_checks


class SignInRow(WithId, Placed, Base):
    """One sign-in of one student. It is evidence: added once, never removed."""

    __tablename__ = "sign_in"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "signed_at", "source", "device"),
        *place_checks(),
        Index("ix_sign_in_class_id_signed_at", "class_id", "signed_at"),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"))
    signed_at: Mapped[datetime]
    source: Mapped[str]
    device: Mapped[str]
