"""Subscriptions: which client is told of which events, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.language import say
from verifier.records.audit import write_audit
from verifier.records.errors import NotInRecordsError
from verifier.records.office import RefusedError, find_agency
from verifier.records.outbox import AGENCY_EVENTS, EVENTS, end_deliveries
from verifier.records.rows import vault_of
from verifier.records.tables.base import make_id, utc_now
from verifier.records.tables.webhook import WebhookRow


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """One subscription, without its secret."""

    id: UUID
    owner: str
    name: str
    url: str
    events: tuple[str, ...]
    created_at: datetime


def save_webhook(
    tx: Tx, owner: str, name: str, url: str, events: Sequence[str], secret: str, agency_code: str | None = None
) -> WebhookRecord:
    """Subscribe under a name of the client's choosing, or change that subscription.

    Args:
        owner: The client's name.
        url: Checked by the caller (`outgoing.check_url`).
        secret: What deliveries are signed with; sealed, and never shown again.
        agency_code: The agency the client belongs to: it is told of its own classes only.
    Raises:
        RefusedError: an event is none, or is not for agencies.
    """
    known = EVENTS if agency_code is None else AGENCY_EVENTS
    if not events or set(events) - set(known):
        raise RefusedError(say("可订阅的事件：{known}。", known="、".join(known)))
    row_id = make_id("webhook", owner, name)
    sealed = vault_of(tx).seal_text(secret, "webhook", "secret_sealed", row_id)
    row = tx.get(WebhookRow, row_id, with_for_update=True)
    if row is None:
        row = WebhookRow(id=row_id, owner=owner, name=name, created_at=utc_now())
        tx.add(row)
    row.url, row.events, row.secret_sealed, row.ended_at = url, sorted(set(events)), sealed or b"", None
    row.agency_id = find_agency(tx, agency_code).id if agency_code is not None else None
    tx.flush()
    after = {"url": url, "events": row.events}
    write_audit(tx, actor=f"client:{owner}", action="webhook.save", subject=("webhook", row_id), after=after)
    return _describe(row)


def end_webhook(tx: Tx, owner: str, name: str) -> WebhookRecord:
    """End a subscription; what still waits for it is given up.

    Raises:
        NotInRecordsError: the client has none of that name.
    """
    row = _find(tx, owner, name)
    row.ended_at = utc_now()
    end_deliveries(tx, [row.id], "the subscription was ended")
    tx.flush()
    write_audit(tx, actor=f"client:{owner}", action="webhook.end", subject=("webhook", row.id))
    return _describe(row)


def find_webhook(tx: Tx, owner: str, name: str) -> WebhookRecord:
    """One subscription that stands.

    Raises:
        NotInRecordsError: the client has none of that name.
    """
    return _describe(_find(tx, owner, name))


def read_webhooks(tx: Tx, owner: str | None = None) -> list[WebhookRecord]:
    """The subscriptions that stand, by client and name; of one client, or all."""
    query = select(WebhookRow).where(WebhookRow.ended_at.is_(None)).order_by(WebhookRow.owner, WebhookRow.name)
    return [_describe(row) for row in tx.scalars(query if owner is None else query.where(WebhookRow.owner == owner))]


def _find(tx: Tx, owner: str, name: str) -> WebhookRow:
    row = tx.get(WebhookRow, make_id("webhook", owner, name))
    if row is None or row.ended_at is not None:
        raise NotInRecordsError(f"client {owner} has no webhook {name}")
    return row


def _describe(row: WebhookRow) -> WebhookRecord:
    return WebhookRecord(row.id, row.owner, row.name, row.url, tuple(row.events), row.created_at)
