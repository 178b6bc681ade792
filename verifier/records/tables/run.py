"""A run: one close of one session, by one version of (code, packs, limits, policy), from one set of inputs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from verifier.finding import Outcome
from verifier.records.tables.base import PROCESSING, Base, WithId, at_least, between, one_of, utc_now


class RunRow(WithId, Base):
    """What one close concluded; without a session it closes what belongs to no session of its class.

    `is_city` marks what the search over all classes hung on this one, without a session too: docs/decisions/0006.
    `ordinal` counts the closes of the same thing from 1. One of them is current; the others stay, with their findings.
    """

    __tablename__ = "run"
    __table_args__ = (
        one_of("outcome", Outcome),
        at_least("ordinal", 1),
        at_least("expected", 0),
        at_least("present", 0),
        at_least("unsure", 0),
        at_least("on_leave", 0),
        between("rate", 0, 1),
        UniqueConstraint("session_id", "ordinal"),
        CheckConstraint("length(input_key) > 0", name="input_key_not_blank"),
        Index("ix_run_class_id", "class_id", "is_current", "session_id"),
        Index(
            "uq_run_current_session",
            "session_id",
            unique=True,
            sqlite_where=text("is_current AND session_id IS NOT NULL"),
            postgresql_where=text("is_current AND session_id IS NOT NULL"),
        ),
        Index(
            "uq_run_current_class",
            "class_id",
            unique=True,
            sqlite_where=text("is_current AND session_id IS NULL AND NOT is_city"),
            postgresql_where=text("is_current AND session_id IS NULL AND NOT is_city"),
        ),
        Index(
            "uq_run_current_city",
            "class_id",
            unique=True,
            sqlite_where=text("is_current AND is_city"),
            postgresql_where=text("is_current AND is_city"),
        ),
    )

    class_id: Mapped[UUID] = mapped_column(ForeignKey("training_class.id"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("session.id"))
    ordinal: Mapped[int]
    is_current: Mapped[bool]
    is_city: Mapped[bool] = mapped_column(default=False, server_default=false())
    input_key: Mapped[str] = mapped_column(String(200))
    versions: Mapped[dict[str, Any]]
    policy_name: Mapped[str]
    policy_version: Mapped[str]
    outcome: Mapped[str] = mapped_column(String(16))
    expected: Mapped[int | None]
    present: Mapped[int | None]
    unsure: Mapped[int | None]
    on_leave: Mapped[int | None]
    rate: Mapped[float | None]
    recorded_at: Mapped[datetime] = mapped_column(default=utc_now, info=PROCESSING)
