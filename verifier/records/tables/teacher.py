"""A filed teacher (授课教师) and the pictures the teacher is known by."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, Droppable, WithId, digest_column


class TeacherRow(WithId, Droppable, Base):
    """A teacher of one class. Numbers as T01 are given anew in each class, so they name a person only within it."""

    __tablename__ = "teacher"
    __table_args__ = (UniqueConstraint("class_id", "number"),)

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    number: Mapped[str] = mapped_column(String(200))
    name: Mapped[str]
    position: Mapped[int]


class TeacherPhotoRow(WithId, Droppable, Base):
    """A picture a teacher is recognised by."""

    __tablename__ = "teacher_photo"
    __table_args__ = (UniqueConstraint("teacher_id", "sha256"),)

    teacher_id: Mapped[UUID] = mapped_column(ForeignKey("teacher.id"))
    sha256: Mapped[str] = digest_column(index=True)
    position: Mapped[int]
    # "accepted", or the code of why not; empty until a close has judged it.
    verdict: Mapped[str | None] = mapped_column(String(32))
    verdict_reason: Mapped[dict[str, Any] | None]
