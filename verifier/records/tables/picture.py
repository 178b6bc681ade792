"""Which photos show the same picture: what each was searched by, and what the search found."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, Base, WithId, at_least, digest_column, one_of, utc_now

MATCHES = ("picture", "burst", "near")


class PictureSearchRow(Base):
    """A look that was compared with all that were searched before it. `keys`: little-endian uint32, by which it is found."""

    __tablename__ = "picture_search"

    look_id: Mapped[UUID] = mapped_column(ForeignKey("look.id"), primary_key=True)
    keys: Mapped[bytes]
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class PictureMatchRow(WithId, Base):
    """Two photos that belong together, by looks of one set of versions; the smaller digest stands first."""

    __tablename__ = "picture_match"
    __table_args__ = (
        UniqueConstraint("first_sha256", "second_sha256", "versions_key"),
        CheckConstraint("first_sha256 < second_sha256", name="in_order"),
        one_of("how", MATCHES),
        Index("ix_picture_match_second_sha256", "second_sha256"),
    )

    first_sha256: Mapped[str] = digest_column()
    second_sha256: Mapped[str] = digest_column()
    versions_key: Mapped[str]
    how: Mapped[str]
    details: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class RoomMatchRow(WithId, Base):
    """How many features of their rooms two photos have in common, by looks of one set of versions; the smaller digest first.

    A photo with itself: how many it has at all.
    """

    __tablename__ = "room_match"
    __table_args__ = (
        UniqueConstraint("first_sha256", "second_sha256", "versions_key"),
        CheckConstraint("first_sha256 <= second_sha256", name="in_order"),
        at_least("common", 0),
    )

    first_sha256: Mapped[str] = digest_column()
    second_sha256: Mapped[str] = digest_column()
    versions_key: Mapped[str]
    common: Mapped[int]
