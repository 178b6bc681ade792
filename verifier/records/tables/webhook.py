"""Who is told what happens, and what is still to be told: the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from verifier.records.tables.base import SEALED, Base, WithId, at_least, not_blank, one_of, utc_now

DELIVERY_STATES = ("queued", "delivered", "dead")


class WebhookRow(WithId, Base):
    """One subscription of one API client: which events go where. `secret_sealed` signs what is sent."""

    __tablename__ = "webhook"
    __table_args__ = (
        UniqueConstraint("owner", "name"),
        not_blank("owner"),
        not_blank("name"),
        not_blank("url"),
    )

    owner: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(100))
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    url: Mapped[str]
    events: Mapped[list[Any]]
    secret_sealed: Mapped[bytes] = mapped_column(info=SEALED)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]


class DeliveryRow(Base):
    """One event for one subscription. `position` is the order within a class; `id` never changes, however often it is sent."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("id"),
        one_of("state", DELIVERY_STATES),
        at_least("attempt", 0),
        not_blank("kind"),
        CheckConstraint("(state = 'queued') = (done_at IS NULL)", name="done_has_time"),
        Index("ix_webhook_delivery_order", "webhook_id", "state", "class_number", "position"),
        Index("ix_webhook_delivery_state_next_attempt_at", "state", "next_attempt_at"),
    )

    # SQLite counts up only what is declared as plain INTEGER.
    position: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    id: Mapped[UUID]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    kind: Mapped[str] = mapped_column(String(64))
    class_number: Mapped[str] = mapped_column(String(200))
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    attempt: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    first_attempt_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = mapped_column(default=utc_now)
    done_at: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str | None]
