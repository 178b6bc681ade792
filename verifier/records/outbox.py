"""The outbox: what happened is written for every subscriber in the transaction in which it happens, and sent afterwards.

So nobody is told of what was rolled back, and nothing that was committed is forgotten, whenever a process dies. Bodies name
classes and records by their ids and hold no person's data: who may know more reads it through the API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as Tx
from sqlalchemy.orm import aliased

from verifier.records.errors import NotInRecordsError
from verifier.records.rows import insert_missing, vault_of
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.webhook import DeliveryRow, WebhookRow

VERIFICATION_FINISHED = "verification.finished"
CASE_OPENED = "case.opened"
VIOLATION_DECIDED = "violation.decided"
NOTICE_ISSUED = "notice.issued"
EVENTS = (VERIFICATION_FINISHED, CASE_OPENED, VIOLATION_DECIDED, NOTICE_ISSUED)
# An open case announces a check on site to the agency it is about (Art. 14(1)).
AGENCY_EVENTS = (VERIFICATION_FINISHED, VIOLATION_DECIDED, NOTICE_ISSUED)
KEPT_DELIVERED = timedelta(days=14)
KEPT_ERROR_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery that was claimed for one attempt."""

    id: UUID
    attempt: int
    kind: str
    url: str
    secret: str
    body: Mapping[str, Any]
    owner: str


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery as it stands. `state` is ``queued``, ``delivered`` or ``dead``; `status` the last HTTP status, if any."""

    id: UUID
    owner: str
    webhook: str
    kind: str
    class_number: str
    state: str
    attempt: int
    created_at: datetime
    next_attempt_at: datetime
    done_at: datetime | None
    status: int | None
    error: str | None
    position: int


def announce(
    tx: Tx, kind: str, class_id: UUID, about: UUID, data: Mapping[str, Any], *, office_only: bool = False
) -> None:
    """Write an event for everybody who asked for it, in the caller's transaction. The same one again is nothing new.

    Args:
        about: What it is about, so that one event has one id.
        data: JSON-ready; no person's data.
        office_only: Agencies are not told.
    """
    hooks = [
        each for each in tx.scalars(select(WebhookRow).where(WebhookRow.ended_at.is_(None))) if kind in each.events
    ]
    if not hooks:
        return
    training, now, event_id = tx.get_one(ClassRow, class_id), utc_now(), make_id("event", kind, str(about))
    body = {
        "id": str(event_id), "type": kind, "occurred_at": now.isoformat(), "class": training.number, "data": dict(data),
    }  # fmt: skip
    rows = [
        {
            "id": make_id("delivery", str(hook.id), str(event_id)), "webhook_id": hook.id, "kind": kind,
            "class_number": training.number, "body": body, "state": "queued", "attempt": 0, "created_at": now,
            "next_attempt_at": now,
        }
        for hook in hooks
        if hook.agency_id is None or (hook.agency_id == training.agency_id and not office_only)
    ]  # fmt: skip
    insert_missing(tx, DeliveryRow, rows)


def has_due(tx: Tx, now: datetime) -> bool:
    """Whether anything waits whose time has come."""
    query = select(DeliveryRow.position).where(DeliveryRow.state == "queued", DeliveryRow.next_attempt_at <= now)
    return tx.scalar(query.limit(1)) is not None


def claim_due(tx: Tx, now: datetime, held_for: timedelta, per_webhook: int) -> list[Parcel]:
    """Take what is due, for each subscription and class only the first that still waits: later ones wait for it.

    A claim is the time of the next attempt: who claims and dies leaves it to fall due again, under the same id.

    Args:
        per_webhook: At most so many for each subscription, so that one that hangs does not keep the others waiting.
    """
    earlier = aliased(DeliveryRow)
    claimed = []
    for hook in tx.scalars(select(WebhookRow).where(WebhookRow.ended_at.is_(None)).order_by(WebhookRow.id)).all():
        waits = (
            select(earlier.position)
            .where(
                earlier.webhook_id == hook.id,
                earlier.state == "queued",
                earlier.class_number == DeliveryRow.class_number,
                earlier.position < DeliveryRow.position,
            )
            .exists()
        )
        query = (
            select(DeliveryRow)
            .where(
                DeliveryRow.webhook_id == hook.id,
                DeliveryRow.state == "queued",
                DeliveryRow.next_attempt_at <= now,
                ~waits,
            )
            .order_by(DeliveryRow.next_attempt_at, DeliveryRow.position)
            .limit(per_webhook)
            .with_for_update(skip_locked=True)
        )
        rows = tx.scalars(query).all()
        secret = vault_of(tx).open_text(hook.secret_sealed, "webhook", "secret_sealed", hook.id) if rows else ""
        for row in rows:
            row.attempt += 1
            row.first_attempt_at = row.first_attempt_at or now
            row.next_attempt_at = now + held_for
            claimed.append(Parcel(row.id, row.attempt, row.kind, hook.url, secret, row.body, hook.owner))
    tx.flush()
    return claimed


def mark_delivered(tx: Tx, parcel: Parcel, status: int) -> None:
    """Write down that the receiver took it. Nothing where another attempt has it by now."""
    row = _find_claimed(tx, parcel)
    if row is not None:
        row.state, row.done_at, row.status, row.error = "delivered", utc_now(), status, None
        tx.flush()


def mark_failed(
    tx: Tx, parcel: Parcel, error: str, status: int | None, wait: timedelta, give_up_after: timedelta, now: datetime
) -> None:
    """Write down that an attempt failed: again after `wait`, or dead once `give_up_after` has gone by since the first one."""
    row = _find_claimed(tx, parcel)
    if row is None:
        return
    row.status, row.error = status, error[:KEPT_ERROR_CHARACTERS]
    if now - (row.first_attempt_at or now) >= give_up_after:
        row.state, row.done_at = "dead", now
    else:
        row.next_attempt_at = now + wait
    tx.flush()


def replay_delivery(tx: Tx, delivery_id: UUID, owner: str | None = None) -> DeliveryRecord:
    """Queue a dead delivery again, with its id and its place; one that is not dead stays as it is.

    Args:
        owner: Only that client's; None for any.
    Raises:
        NotInRecordsError: there is none such, or its subscription has ended.
    """
    query = select(DeliveryRow, WebhookRow).join(WebhookRow).where(DeliveryRow.id == delivery_id)
    found = tx.execute(query.with_for_update(of=DeliveryRow)).first()
    if found is None or found[1].ended_at is not None or owner not in (None, found[1].owner):
        raise NotInRecordsError(f"no delivery {delivery_id} is on record")
    row = found[0]
    if row.state == "dead":
        row.state, row.done_at, row.attempt, row.first_attempt_at = "queued", None, 0, None
        row.next_attempt_at = utc_now()
        tx.flush()
    return _describe(row, found[1])


def read_deliveries(
    tx: Tx, owner: str | None = None, webhook: str | None = None, state: str | None = None, after: int | None = None,
    limit: int | None = None,
) -> list[DeliveryRecord]:  # fmt: skip
    """Deliveries in the order of their events; of one client, one subscription, one state, or all; after a position."""
    query: Any = select(DeliveryRow, WebhookRow).join(WebhookRow).order_by(DeliveryRow.position)
    if owner is not None:
        query = query.where(WebhookRow.owner == owner)
    if webhook is not None:
        query = query.where(WebhookRow.name == webhook)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    if after is not None:
        query = query.where(DeliveryRow.position > after)
    if limit is not None:
        query = query.limit(limit)
    return [_describe(row, hook) for row, hook in tx.execute(query)]


def end_deliveries(tx: Tx, webhook_ids: Sequence[UUID], why: str) -> None:
    """Give up what still waits for subscriptions that ended."""
    waiting = (DeliveryRow.webhook_id.in_(webhook_ids), DeliveryRow.state == "queued")
    tx.execute(update(DeliveryRow).where(*waiting).values(state="dead", done_at=utc_now(), error=why))


def sweep_deliveries(tx: Tx, now: datetime | None = None) -> None:
    """Forget what was delivered longer ago than `KEPT_DELIVERED`; dead letters stay until somebody replays them."""
    old = (DeliveryRow.state == "delivered", DeliveryRow.done_at < (now or utc_now()) - KEPT_DELIVERED)
    tx.execute(delete(DeliveryRow).where(*old))


def _find_claimed(tx: Tx, parcel: Parcel) -> DeliveryRow | None:
    query = select(DeliveryRow).where(
        DeliveryRow.id == parcel.id, DeliveryRow.state == "queued", DeliveryRow.attempt == parcel.attempt
    )
    return tx.scalar(query.with_for_update())


def _describe(row: DeliveryRow, hook: WebhookRow) -> DeliveryRecord:
    return DeliveryRecord(
        row.id, hook.owner, hook.name, row.kind, row.class_number, row.state, row.attempt, row.created_at,
        row.next_attempt_at, row.done_at, row.status, row.error, row.position,
    )  # fmt: skip
