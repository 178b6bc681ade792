"""Sending what the outbox holds: signed, in order within a class, again and again for days, and never twice under two names.

A receiver may get one delivery more than once (we may die between sending and writing that down), always under the same id
and with the same body. `verifier.client.read_event` checks a signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import structlog

from verifier import __version__
from verifier.background import BackgroundWorker
from verifier.outgoing import AddressRefused, Resolve, post, resolve_host
from verifier.records.clients import read_clients
from verifier.records.database import Database
from verifier.records.outbox import Parcel, claim_due, has_due, mark_delivered, mark_failed, sweep_deliveries
from verifier.records.tables.base import utc_now
from verifier.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeliveryLimits:
    """How patiently deliveries are tried; waits double from `first_wait_s` up to `longest_wait_s`."""

    name: str
    connect_s: float
    total_s: float
    first_wait_s: float
    longest_wait_s: float
    give_up_after_s: float
    per_webhook: int


# A receiver may be down from Friday's evening to Monday's noon, and over one holiday beside; about 30 attempts.
# 15 s: a receiver should queue what it gets and answer at once.
LIMITS_2026 = DeliveryLimits("webhooks-2026", 5.0, 15.0, 30.0, 6 * 3600.0, 5 * 86_400.0, 8)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did."""

    sent: int = 0
    failed: int = 0

    @property
    def attempts(self) -> int:
        """How many were tried."""
        return self.sent + self.failed


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The signature header's value: ``t=<seconds>,v1=<hex HMAC-SHA256 of "<seconds>.<body>">``."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={mac}"


def wait_after(attempt: int, delivery_id: UUID, limits: DeliveryLimits = LIMITS_2026) -> timedelta:
    """How long to wait after that many attempts: doubling, spread by up to a tenth so that not all come back at once."""
    # Beyond 2^40 the product is far above any limit, and floats would overflow in the end.
    wait_s = min(limits.first_wait_s * 2.0 ** min(attempt - 1, 40), limits.longest_wait_s)
    spread = (delivery_id.int ^ attempt * 2_654_435_761) % 1000 / 10_000
    return timedelta(seconds=wait_s * (1 - spread))


def deliver_due(
    database: Database, settings: Settings, limits: DeliveryLimits = LIMITS_2026, now: datetime | None = None,
    resolve: Resolve = resolve_host,
) -> Delivered:  # fmt: skip
    """Send what is due: one round, in which each class of each subscription moves on by at most one event.

    Args:
        now: The moment that is taken for now; default the clock's.
    """
    moment = now or utc_now()
    with database.reading() as tx:
        if not has_due(tx, moment):
            return Delivered()
        open_clients = {each.name for each in read_clients(tx) if each.is_valid(utc_now())}
    # Whoever dies now leaves the claim behind: twice the longest attempt, and the delivery falls due again.
    with database.transaction() as tx:
        parcels = claim_due(tx, moment, timedelta(seconds=2 * limits.total_s + 5), limits.per_webhook)
        sweep_deliveries(tx)
    if not parcels:
        return Delivered()
    answers = asyncio.run(_send_all(parcels, open_clients, settings, limits, resolve))
    sent = 0
    for parcel, (status, error) in zip(parcels, answers, strict=True):
        with database.transaction() as tx:
            if error is None and status is not None:
                mark_delivered(tx, parcel, status)
                sent += 1
            else:
                give_up = timedelta(seconds=limits.give_up_after_s)
                wait = wait_after(parcel.attempt, parcel.id, limits)
                mark_failed(tx, parcel, error or "", status, wait, give_up, now or utc_now())
                log.warning("webhook_failed", delivery=str(parcel.id), attempt=parcel.attempt, error=error)
    return Delivered(sent, len(parcels) - sent)


async def _send_all(
    parcels: Sequence[Parcel], open_clients: set[str], settings: Settings, limits: DeliveryLimits, resolve: Resolve
) -> list[tuple[int | None, str | None]]:
    return await asyncio.gather(*(_send(each, open_clients, settings, limits, resolve) for each in parcels))


async def _send(
    parcel: Parcel, open_clients: set[str], settings: Settings, limits: DeliveryLimits, resolve: Resolve
) -> tuple[int | None, str | None]:
    """The status, and why it failed (None where it did not)."""
    if parcel.owner not in open_clients:
        return None, f"client {parcel.owner} has no valid key"
    body = json.dumps(parcel.body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"classroom-evidence-verifier/{__version__}",
        "Webhook-Id": str(parcel.id),
        "Webhook-Event": parcel.kind,
        "Webhook-Attempt": str(parcel.attempt),
        "Webhook-Signature": sign(parcel.secret, int(utc_now().timestamp()), body),
    }
    try:
        status = await post(
            parcel.url, body, headers, allow_private=settings.webhook_private_addresses,
            connect_s=limits.connect_s, total_s=limits.total_s, resolve=resolve,
        )  # fmt: skip
    except AddressRefused as error:
        return None, str(error)
    except TimeoutError:
        return None, f"no answer within {limits.total_s:g} s"
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return None, f"{type(error).__name__}: {error}"
    return status, None if 200 <= status < 300 else f"answered {status}"


class DeliveryWorker(BackgroundWorker):
    """Delivers until it is stopped, a round taking `total_s` at most; several servers beside each other do no harm."""

    def __init__(self, settings: Settings, database: Database, limits: DeliveryLimits = LIMITS_2026) -> None:
        super().__init__("webhooks")
        self._settings, self._database, self._limits = settings, database, limits

    def work_once(self) -> bool:
        """Deliver what is due."""
        return deliver_due(self._database, self._settings, self._limits).attempts > 0
