"""A person who is logged in, in one browser."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, utc_now


class LoginSessionRow(WithId, Base):
    """One login. Only the hash of the cookie's token is kept; what was logged out or ran out stays until it is swept."""

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("length(token_hash) = 64", name="token_hash_form"),
        CheckConstraint("ends_at > created_at", name="ends_after_creation"),
        Index("ix_login_session_ends_at", "ends_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
