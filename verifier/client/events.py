"""What a webhook's receiver does: find out whether a request is ours, and read what it tells."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


class EventRefused(ValueError):
    """A webhook's request that is not signed with our secret, or too old."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook tells. The same `id` may come more than once."""

    id: str
    delivery_id: str
    kind: str
    class_number: str
    occurred_at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


def read_event(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None,
    tolerance: timedelta = timedelta(minutes=5),
) -> Event:  # fmt: skip
    """What a webhook's request tells, once its signature was found to be right.

    Args:
        headers: Of the request, in whatever case.
        body: As it came, byte for byte.
        tolerance: How old or how far ahead it may be; older ones may be replayed by somebody who overheard them.
    Raises:
        EventRefused: it is not ours, altered, or too old.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    parts = dict(part.partition("=")[::2] for part in lower.get("webhook-signature", "").split(","))
    stamp, given = parts.get("t", ""), parts.get("v1", "")
    if not stamp.isascii() or not stamp.isdigit():
        raise EventRefused("the request is not signed")
    wanted = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        raise EventRefused("the signature is not made with this secret over this body")
    sent_at = int(stamp)
    if abs((now or datetime.now(UTC)).timestamp() - sent_at) > tolerance.total_seconds():
        raise EventRefused("the request is too old, or a clock is wrong")
    told = json.loads(body)
    return Event(
        told["id"], lower.get("webhook-id", ""), told["type"], told["class"],
        datetime.fromisoformat(told["occurred_at"]), told["data"],
    )  # fmt: skip
