"""A look: what was seen in one piece of evidence by one version of the code and the packs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import PROCESSING, SEALED, Base, WithId, at_least, digest_column, utc_now


class LookRow(WithId, Base):
    """The observations as JSON, and the faces' embeddings apart: float32, row after row, sealed."""

    __tablename__ = "look"
    __table_args__ = (
        UniqueConstraint("sha256", "versions_key"),
        at_least("embedding_count", 0),
        at_least("embedding_length", 0),
        CheckConstraint("(embedding_count = 0) = (embeddings_sealed IS NULL)", name="embeddings_whole"),
        CheckConstraint("embedding_count = 0 OR embedding_contract <> ''", name="embeddings_have_contract"),
        Index("ix_look_pixels_sha256", "pixels_sha256"),
    )

    sha256: Mapped[str] = digest_column()
    versions_key: Mapped[str]
    body: Mapped[dict[str, Any]]
    pixels_sha256: Mapped[str | None] = mapped_column(String(64))
    embedding_contract: Mapped[str]
    embedding_count: Mapped[int]
    embedding_length: Mapped[int]
    embeddings_sealed: Mapped[bytes | None] = mapped_column(info=SEALED)
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)


class LookAttemptRow(WithId, Base):
    """A picture of which nothing could be read through no fault of its own: cut off within `limits`, or its process died.

    It is tried again in later nights, until it was tried often enough within the same limits.
    """

    __tablename__ = "look_attempt"
    __table_args__ = (UniqueConstraint("sha256", "versions_key"), at_least("attempts", 1))

    sha256: Mapped[str] = digest_column()
    versions_key: Mapped[str]
    limits: Mapped[str]
    why: Mapped[str]
    attempts: Mapped[int] = mapped_column(info=PROCESSING)
    tried_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)
