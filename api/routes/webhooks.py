"""Webhooks: a program is told what happens instead of asking for it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, StringConstraints

from api.auth import Need, Reader
from api.cursors import Cursor, Limit, paginate_stored
from api.etags import IfMatch, make_etag, require_unchanged
from api.idempotency import Answer, Key, Write
from api.problems import Problem, field_error
from api.routes.reading import State
from api.routes.shapes import Strict
from api.state import get_state
from verifier.access import Caller
from verifier.language import say
from verifier.outgoing import AddressRefused, check_url
from verifier.records.audit import write_audit
from verifier.records.outbox import DeliveryRecord, read_deliveries, replay_delivery
from verifier.records.webhooks import WebhookRecord, end_webhook, find_webhook, read_webhooks, save_webhook

router = APIRouter()
WebhookName = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$", examples=["filing"])]
Event = Literal["verification.finished", "case.opened", "violation.decided", "notice.issued"]


class WriteOfProgram:
    """A dependency that gives a `Write` to programs with the scope `read`: what they may read, they may be told of."""

    def __init__(self) -> None:
        self.need = Need("read")

    async def __call__(self, request: Request, key: Key) -> Write:
        """The write.

        Raises:
            Problem: see `Need`; and ``forbidden`` for a person.
        """
        caller = self.need.check(request)
        if caller.role != "client":
            raise Problem("forbidden")
        asked = (request.method, request.url.path, request.url.query, request.headers.get("if-match", ""))
        return Write(get_state(request), caller, key, asked)


Program = Annotated[Write, Depends(WriteOfProgram())]


class WebhookIn(Strict):
    """Where to, what about, and what deliveries are signed with."""

    url: Annotated[str, Field(max_length=2000, examples=["https://city.example/hooks/training"])]
    events: Annotated[list[Event], Field(min_length=1, max_length=10)]
    secret: Annotated[
        str,
        StringConstraints(min_length=32, max_length=200, pattern=r"^[\x21-\x7e]+$"),
        Field(description="Random, chosen by the client; sealed here and never shown."),
    ]


class WebhookOut(BaseModel):
    """A subscription; never its secret."""

    name: str
    url: str
    events: list[str]
    created_at: str


class WebhooksOut(BaseModel):
    """The caller's subscriptions."""

    items: list[WebhookOut]


class DeliveryOut(BaseModel):
    """One event on its way."""

    id: str
    event: str
    class_number: Annotated[str, Field(alias="class")]
    state: Literal["queued", "delivered", "dead"]
    attempt: int
    created_at: str
    next_attempt_at: str | None
    done_at: str | None
    status: int | None
    error: str | None


class DeliveriesOut(BaseModel):
    """One page of deliveries."""

    items: list[DeliveryOut]
    next: str | None


@router.get("/webhooks", response_model=WebhooksOut)
def read_own_webhooks(caller: Reader, state: State) -> dict[str, Any]:
    """The caller's subscriptions."""
    with state.database.reading() as tx:
        return {"items": [_describe(each) for each in read_webhooks(tx, _owner(caller))]}


@router.get("/webhooks/{name}", response_model=WebhookOut)
def read_own_webhook(name: WebhookName, caller: Reader, state: State) -> JSONResponse:
    """One of the caller's subscriptions, with the ETag."""
    with state.database.reading() as tx:
        found = _describe(find_webhook(tx, _owner(caller), name))
    return JSONResponse(found, headers={"ETag": make_etag(found)})


@router.put("/webhooks/{name}", response_model=WebhookOut)
def subscribe(name: WebhookName, body: WebhookIn, write: Program, if_match: IfMatch = "") -> Response:
    """Subscribe under a name of one's own, or change that subscription. Agencies hear of their own classes, and of no open case."""
    caller = write.caller
    try:
        check_url(body.url, write.state.settings.webhook_private_addresses)
    except AddressRefused as error:
        fault = say("须为公网 https 地址，例如 https://city.example/hook，不含用户名和密码。")
        raise Problem("invalid", errors=[field_error("/body/url", "address_refused", fault)]) from error

    def work(tx: Any) -> Answer:
        if if_match:
            known = [each for each in read_webhooks(tx, _owner(caller)) if each.name == name]
            require_unchanged(if_match, _describe(known[0]) if known else None)
        saved = save_webhook(tx, _owner(caller), name, body.url, body.events, body.secret, caller.agency_code)
        return Answer(_describe(saved), headers={"ETag": make_etag(_describe(saved))})

    return write.once(body.model_dump(mode="json"), work)


@router.delete("/webhooks/{name}", response_model=WebhookOut)
def unsubscribe(name: WebhookName, write: Program) -> Response:
    """End a subscription; what still waits for it is given up."""
    return write.once(None, lambda tx: Answer(_describe(end_webhook(tx, _owner(write.caller), name))))


@router.get("/webhooks/{name}/deliveries", response_model=DeliveriesOut)
def read_own_deliveries(
    request: Request, name: WebhookName, caller: Reader, state: State, limit: Limit = 100, cursor: Cursor = None,
    only: Literal["queued", "delivered", "dead"] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What was sent, what waits and what was given up (`only=dead`), in order; what was delivered is kept for 14 days."""
    with state.database.reading() as tx:
        find_webhook(tx, _owner(caller), name)
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: read_deliveries(tx, _owner(caller), name, only, int(after[0]) if after else None, most),
            lambda one: [str(one.position)],
        )  # fmt: skip
    return {"items": [_describe_delivery(each) for each in page], "next": following}


@router.post("/webhooks/{name}/deliveries/{delivery_id}/replay", response_model=DeliveryOut)
def replay_one_delivery(name: WebhookName, delivery_id: UUID, write: Program) -> Response:
    """Send a dead delivery again, under its own id."""

    def work(tx: Any) -> Answer:
        owner = _owner(write.caller)
        find_webhook(tx, owner, name)
        queued = replay_delivery(tx, delivery_id, owner)
        write_audit(tx, actor=write.caller.actor, action="webhook.replay", subject=("webhook_delivery", delivery_id))
        return Answer(_describe_delivery(queued))

    return write.once(None, work)


def _owner(caller: Caller) -> str:
    return caller.actor.removeprefix("client:")


def _describe(webhook: WebhookRecord) -> dict[str, Any]:
    return {
        "name": webhook.name, "url": webhook.url, "events": list(webhook.events),
        "created_at": webhook.created_at.isoformat(),
    }  # fmt: skip


def _describe_delivery(each: DeliveryRecord) -> dict[str, Any]:
    return {
        "id": str(each.id), "event": each.kind, "class": each.class_number, "state": each.state,
        "attempt": each.attempt, "created_at": each.created_at.isoformat(),
        "next_attempt_at": each.next_attempt_at.isoformat() if each.state == "queued" else None,
        "done_at": _time(each.done_at), "status": each.status, "error": each.error,
    }  # fmt: skip


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
