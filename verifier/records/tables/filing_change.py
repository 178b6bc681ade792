"""A change of time, place, teacher or plan, filed after the class was (Art. 7(1))."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, Droppable, WithId, one_of

CHANGES = ("time", "place", "teacher", "plan")


class FilingChangeRow(WithId, Droppable, Base):
    """One filed change; `session_codes` empty means the whole class.

    The sessions are named, not referenced: a change may name one that it takes out of the timetable.
    """

    __tablename__ = "filing_change"
    __table_args__ = (one_of("what", CHANGES),)

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"), index=True)
    filed_on: Mapped[date]
    what: Mapped[str] = mapped_column(String(16))
    takes_effect_on: Mapped[date]
    approved_on: Mapped[date | None]
    session_codes: Mapped[list[Any]]
    detail: Mapped[str]
    position: Mapped[int]
