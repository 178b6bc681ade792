"""An audit entry: who did or looked at what. Append-only, each entry's hash covers the one before it; and the chain's end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, not_blank


class AuditEntryRow(Base):
    """One link of the chain. `sequence` counts from 1 without gaps, `previous_hash` is empty only in the first."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        not_blank("actor"),
        not_blank("action"),
        CheckConstraint("sequence >= 1", name="sequence_range"),
        CheckConstraint("(sequence = 1) = (previous_hash = '')", name="chained"),
        CheckConstraint("length(hash) = 64", name="hash_form"),
        Index("ix_audit_entry_subject", "subject_kind", "subject_id"),
    )

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str] = mapped_column(String(200))
    origin: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    previous_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class AuditHeadRow(Base):
    """The last entry written, so that a chain that lost its end is noticed. One row, moved on with every entry."""

    __tablename__ = "audit_head"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("sequence >= 1", name="sequence_range"),
        CheckConstraint("length(hash) = 64", name="hash_form"),
        CheckConstraint("length(mac) = 64", name="mac_form"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    hash: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))
