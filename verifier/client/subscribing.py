"""Webhooks: what this client wants to be told of, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from verifier.client import answers
from verifier.client.connection import Connection, quote_part


class Subscribing(Connection):
    """This client's own subscriptions."""

    def webhooks(self) -> list[answers.WebhookOut]:
        """The subscriptions."""
        found: list[answers.WebhookOut] = self.read("/webhooks")["items"]
        return found

    def webhook(self, name: str) -> tuple[answers.WebhookOut, str]:
        """One subscription, for `subscribe`."""
        return self._read_tagged(f"/webhooks/{quote_part(name)}")

    def subscribe(
        self, name: str, url: str, events: Sequence[str], secret: str, *, etag: str = "", key: str | None = None
    ) -> answers.WebhookOut:
        """Be told of events at `url`, or change that; see `read_event`."""
        body = {"url": url, "events": list(events), "secret": secret}
        told: answers.WebhookOut = self._write("PUT", f"/webhooks/{quote_part(name)}", body, key, etag).json()
        return told

    def unsubscribe(self, name: str, *, key: str | None = None) -> answers.WebhookOut:
        """End a subscription; what still waits for it is given up."""
        told: answers.WebhookOut = self._write("DELETE", f"/webhooks/{quote_part(name)}", None, key).json()
        return told

    def deliveries(
        self, name: str, *, only: Literal["queued", "delivered", "dead"] | None = None
    ) -> Iterator[answers.DeliveryOut]:
        """What was sent, what waits and what was given up, in order."""
        return self.iterate(f"/webhooks/{quote_part(name)}/deliveries", limit=500, only=only)

    def replay(self, name: str, delivery_id: str, *, key: str | None = None) -> answers.DeliveryOut:
        """Send a dead delivery again, under its own id."""
        path = f"/webhooks/{quote_part(name)}/deliveries/{quote_part(delivery_id)}/replay"
        told: answers.DeliveryOut = self._write("POST", path, None, key).json()
        return told
