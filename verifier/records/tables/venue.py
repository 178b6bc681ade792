"""A filed teaching place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, Placed, WithId, place_checks


class VenueRow(WithId, Placed, Base):
    """A venue as filed. Its id follows from all of it: a changed venue is another row, and the old one stays."""

    __tablename__ = "venue"
    __table_args__ = (*place_checks(), CheckConstraint("radius_m > 0", name="radius_m_range"))

    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    name: Mapped[str]
    address: Mapped[str]
    radius_m: Mapped[float]
    polygon: Mapped[list[Any] | None]  # corners as filed, in `frame`
