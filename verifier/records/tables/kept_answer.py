"""What a write was answered, by its Idempotency-Key: the same request again gets the same answer and does nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, not_blank, utc_now


class KeptAnswerRow(WithId, Base):
    """One key of one caller. `status` 0 is seen only inside of the transaction that does the work."""

    __tablename__ = "kept_answer"
    __table_args__ = (
        UniqueConstraint("actor", "key"),
        not_blank("actor"),
        not_blank("key"),
        CheckConstraint("length(fingerprint) = 64", name="fingerprint_form"),
        Index("ix_kept_answer_created_at", "created_at"),
    )

    actor: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
