"""A rectification notice (整改通知书, Annex 4): one written warning."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, at_least, between, one_of

NOTICE_STATES = ("issued", "voided")


class NoticeRow(WithId, Base):
    """A notice by its year and serial number, from 1 without gaps; a voided one keeps its number."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("year", "serial"),
        between("year", 2000, 9999),
        at_least("serial", 1),
        one_of("state", NOTICE_STATES),
        CheckConstraint("(state = 'voided') = (void_reason IS NOT NULL)", name="voided_has_reason"),
    )

    year: Mapped[int]
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(64), unique=True)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    class_id: Mapped[UUID | None] = mapped_column(ForeignKey("training_class.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    issued_on: Mapped[date]
    issued_by: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    void_reason: Mapped[str | None]
    body: Mapped[dict[str, Any]]


class NoticeViolationRow(Base):
    """A confirmed violation that a notice warns about."""

    __tablename__ = "notice_violation"

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    violation_id: Mapped[UUID] = mapped_column(ForeignKey("violation.id"), primary_key=True, index=True)
