"""A line of the roster (花名册), and the pictures its student is known by."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import SEALED, Base, Droppable, WithId, digest_column, not_blank


class EnrolmentRow(WithId, Droppable, Base):
    """One student in one class, with the name and phone that this roster gives."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("class_id", "student_no"), not_blank("student_no"))

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    student_no: Mapped[str] = mapped_column(String(200))
    student_id: Mapped[UUID] = mapped_column(ForeignKey("student.id"), index=True)
    name: Mapped[str]
    phone_sealed: Mapped[bytes | None] = mapped_column(info=SEALED)
    position: Mapped[int]


class EnrolmentPhotoRow(WithId, Droppable, Base):
    """A picture a student is recognised by."""

    __tablename__ = "enrolment_photo"
    __table_args__ = (UniqueConstraint("enrolment_id", "sha256"),)

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolment.id"))
    sha256: Mapped[str] = digest_column(index=True)
    position: Mapped[int]
    # "accepted", or the code of why not; empty until a close has judged it.
    verdict: Mapped[str | None] = mapped_column(String(32))
    verdict_reason: Mapped[dict[str, Any] | None]
