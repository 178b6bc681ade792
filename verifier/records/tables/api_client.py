"""A program that calls the API, as the city's filing system."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, not_blank, utc_now


class ApiClientRow(WithId, Base):
    """One key of one client. Only a hash of the key is kept; two keys of a client may overlap while it is rotated."""

    __tablename__ = "api_client"
    __table_args__ = (
        not_blank("name"),
        CheckConstraint("expires_at IS NULL OR expires_at > created_at", name="expires_after_creation"),
        Index("ix_api_client_name", "name"),
    )

    name: Mapped[str] = mapped_column(String(200))
    key_prefix: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[str] = mapped_column(String(200), unique=True)
    scopes: Mapped[list[Any]]
    networks: Mapped[list[Any]]
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
