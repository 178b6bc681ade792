"""A class (班次) as filed (办班备案)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.plan import ProjectType
from verifier.records.tables.base import Base, WithId, at_least, not_blank, one_of


class ClassRow(WithId, Base):
    """One class by its filing number."""

    __tablename__ = "training_class"
    __table_args__ = (
        not_blank("number"),
        one_of("project_type", ProjectType),
        at_least("planned_hours", 0),
        at_least("term", 0),
    )

    number: Mapped[str] = mapped_column(String(200), unique=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    venue_id: Mapped[UUID] = mapped_column(ForeignKey("venue.id"))
    project_type: Mapped[str] = mapped_column(String(32))
    occupation: Mapped[str]
    level: Mapped[str]
    term: Mapped[int]
    planned_hours: Mapped[float]
    timezone: Mapped[str] = mapped_column(String(64))
    filed_on: Mapped[date | None]
    approved_on: Mapped[date | None]
    supervisor: Mapped[str]
    shared_devices: Mapped[list[Any]] = mapped_column(default=list)  # ids of common sign-in terminals, as filed
