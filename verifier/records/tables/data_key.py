"""Data keys that seal nothing any more, with what the audit still needs of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import SEALED, Base, WithId, at_least, utc_now


class DataKeyRow(WithId, Base):
    """A retired key by its id. `audit_key_sealed` proves the entries up to `last_sequence`, which are never written anew."""

    __tablename__ = "data_key"
    __table_args__ = (
        CheckConstraint("length(key_id) = 16", name="key_id_form"),
        at_least("last_sequence", 0),
    )

    key_id: Mapped[str] = mapped_column(String(16), unique=True)
    audit_key_sealed: Mapped[bytes] = mapped_column(info=SEALED)
    last_sequence: Mapped[int]
    retired_at: Mapped[datetime] = mapped_column(default=utc_now)
