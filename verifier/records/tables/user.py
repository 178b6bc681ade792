"""A person who logs in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, at_least, not_blank, one_of, utc_now

ROLES = ("inspector", "chief", "auditor", "agency", "admin")


class UserRow(WithId, Base):
    """An account with one role. The password is kept as an argon2 hash; there is no default account."""

    __tablename__ = "user_account"
    __table_args__ = (
        not_blank("login"),
        CheckConstraint("login = lower(login)", name="login_lower_case"),
        one_of("role", ROLES),
        CheckConstraint("(role = 'agency') = (agency_id IS NOT NULL)", name="agency_role_has_agency"),
        at_least("failed_logins", 0),
    )

    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    password_hash: Mapped[str]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
