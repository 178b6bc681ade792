"""Work to be done, and the nights in which it was done. The rows are the truth; messages only carry their ids."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import Base, WithId, at_least, not_blank, one_of, utc_now

JOB_STATES = ("queued", "running", "done", "failed", "cancelled")
NIGHT_STATES = ("running", "finished", "failed", "broken_off")


class JobRow(WithId, Base):
    """One piece of work by its idempotency key. Who works on it holds a lease that runs out when the worker dies.

    `priority` puts jobs before others (the higher the sooner); `sent_at` is when a message last told the workers of a queued one,
    `not_before` when one that failed is worth another attempt. `trace` is the span that asked for it (`verifier.tracing`).
    """

    __tablename__ = "job"
    __table_args__ = (
        not_blank("kind"),
        not_blank("key"),
        one_of("state", JOB_STATES),
        at_least("attempt", 0),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="running_has_lease"),
        CheckConstraint(
            "(state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)", name="finished_has_time"
        ),
        Index("ix_job_state_lease_until", "state", "lease_until"),
        Index("ix_job_night_id_state", "night_id", "state"),
        Index("ix_job_finished_at", "finished_at"),
        Index("ix_job_sent_at", "sent_at"),
        Index("ix_job_created_at", "created_at"),
        Index("ix_job_state_kind_priority_created_at", "state", "kind", "priority", "created_at"),
    )

    kind: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(400), unique=True)
    night_id: Mapped[UUID | None] = mapped_column(ForeignKey("night.id"))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    attempt: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    sent_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    trace: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]


class NightRow(WithId, Base):
    """One run of the night's work over the days `first_day` (None: all not yet closed) to `last_day`.

    A night of many workers has the `step` that it is at (its jobs are rows) and its `plan`; a night in one process has neither.
    """

    __tablename__ = "night"
    __table_args__ = (
        one_of("state", NIGHT_STATES),
        CheckConstraint("first_day IS NULL OR first_day <= last_day", name="days_in_order"),
        CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="finished_has_time"),
        Index("ix_night_started_at", "started_at"),
    )

    first_day: Mapped[date | None]
    last_day: Mapped[date]
    state: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    versions: Mapped[dict[str, Any]]
    counts: Mapped[dict[str, Any]]
    error: Mapped[str | None]
    step: Mapped[int | None]
    plan: Mapped[dict[str, Any] | None]
