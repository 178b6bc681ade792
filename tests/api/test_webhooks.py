"""Programs subscribe for themselves, see nobody else's subscriptions, and are told by the running server."""

from __future__ import annotations

import json
import re
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.api.people import OWN, House, a_house, a_key
from tests.builders.shared import PROJECT
from tests.services.receiver import run_receiver
from verifier.delivering import sign
from verifier.records.outbox import announce, read_deliveries
from verifier.records.tables.base import utc_now
from verifier.records.tables.kept_answer import KeptAnswerRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.webhook import DeliveryRow, WebhookRow

SECRET = "0123456789abcdef0123456789abcdef"
PUBLIC = "https://city.example/hook"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("webhooks"))
    yield made
    made.state.close()


def subscribe(house: House, who: str = "office", name: str = "filing", **changes: Any) -> Any:
    body = {"url": PUBLIC, "events": ["notice.issued"], "secret": SECRET} | changes
    return house.client(who).put(f"/api/v1/webhooks/{name}", json=body, headers=a_key())


def tell(house: House, about: int, kind: str = "notice.issued") -> None:
    with house.state.database.transaction() as tx:
        class_id = tx.scalars(select(ClassRow.id).where(ClassRow.number == OWN)).one()
        announce(tx, kind, class_id, UUID(int=about), {"about": about})


def test_a_subscription_is_saved_changed_and_ended_and_its_secret_never_shown(house: House):
    first = subscribe(house)
    assert (first.status_code, first.json()["events"]) == (200, ["notice.issued"])
    changed = subscribe(house, events=["case.opened", "notice.issued"])
    assert changed.json()["events"] == ["case.opened", "notice.issued"]
    listed = house.client("office").get("/api/v1/webhooks")
    assert [each["name"] for each in listed.json()["items"]] == ["filing"]
    assert SECRET not in first.text + changed.text + listed.text
    with house.state.database.reading() as tx:
        assert SECRET.encode() not in tx.scalars(select(WebhookRow.secret_sealed)).one()
        assert SECRET not in str([each.body for each in tx.scalars(select(KeptAnswerRow))])
    ended = house.client("office").delete("/api/v1/webhooks/filing", headers=a_key())
    assert ended.status_code == 200
    assert house.client("office").get("/api/v1/webhooks").json()["items"] == []
    assert house.client("office").delete("/api/v1/webhooks/filing", headers=a_key()).status_code == 404


def test_a_subscription_that_changed_meanwhile_is_not_changed_again(house: House):
    etag = subscribe(house, name="tagged").headers["etag"]
    client, path = house.client("office"), "/api/v1/webhooks/tagged"
    read = client.get(path)
    assert (read.headers["etag"], read.json()["events"]) == (etag, ["notice.issued"])
    body = {"url": read.json()["url"], "events": ["case.opened"], "secret": SECRET}
    assert client.put(path, json=body, headers={**a_key(), "If-Match": etag}).status_code == 200
    late = client.put(path, json=body, headers={**a_key(), "If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert client.delete(path, headers=a_key()).status_code == 200


def test_each_sees_and_ends_only_its_own(house: House):
    assert subscribe(house, "own", "mine").status_code == 200
    for path in ("/api/v1/webhooks/mine", "/api/v1/webhooks/mine/deliveries"):
        assert house.client("own").get(path).status_code == 200
        assert house.client("other").get(path).status_code == 404
        assert house.client("office").get(path).status_code == 404
    assert house.client("other").delete("/api/v1/webhooks/mine", headers=a_key()).status_code == 404
    assert house.client("other").get("/api/v1/webhooks").json()["items"] == []


@pytest.mark.parametrize(
    ("who", "changes", "status", "path"),
    [
        ("office", {"url": "http://city.example/"}, 422, "/body/url"),
        ("office", {"url": "https://192.168.1.7/"}, 422, "/body/url"),
        ("office", {"secret": "short"}, 422, "/body/secret"),
        ("office", {"events": []}, 422, "/body/events"),
        ("office", {"events": ["nonsense"]}, 422, "/body/events/0"),
        ("own", {"events": ["case.opened"]}, 422, None),
        ("writer", {}, 403, None),
    ],
)
def test_what_does_not_fit_is_refused(house: House, who: str, changes: dict[str, Any], status: int, path: str | None):
    answer = subscribe(house, who, **changes)
    assert answer.status_code == status
    assert path is None or path in [each["path"] for each in answer.json()["errors"]]


def test_a_dead_letter_is_seen_and_replayed_by_its_owner_only(house: House):
    subscribe(house, "own", "letters")
    tell(house, 1)
    with house.state.database.transaction() as tx:
        (delivery,) = [each.id for each in read_deliveries(tx, "own", "letters")]
        dead = {"state": "dead", "done_at": utc_now(), "attempt": 30, "error": "answered 503", "status": 503}
        tx.execute(update(DeliveryRow).where(DeliveryRow.id == delivery).values(dead))
    client = house.client("own")
    (seen,) = client.get("/api/v1/webhooks/letters/deliveries?only=dead").json()["items"]
    assert (seen["id"], seen["class"], seen["error"]) == (str(delivery), OWN, "answered 503")
    path = f"/api/v1/webhooks/letters/deliveries/{delivery}/replay"
    assert house.client("other").post(path, headers=a_key()).status_code == 404
    queued = client.post(path, headers=a_key()).json()
    assert (queued["state"], queued["attempt"]) == ("queued", 0)
    assert client.get("/api/v1/webhooks/letters/deliveries?only=dead").json()["items"] == []


def test_the_running_server_delivers(tmp_path: Path):
    house = a_house(tmp_path, webhook_private_addresses=True)
    with run_receiver() as receiver, house.client("own") as client:  # entering starts the server's workers
        body = {"url": receiver.url(), "events": ["notice.issued"], "secret": SECRET}
        assert client.put("/api/v1/webhooks/w", json=body, headers=a_key()).status_code == 200
        tell(house, 7)
        ends = time.monotonic() + 30
        while not receiver.received and time.monotonic() < ends:
            time.sleep(0.1)
        assert [json.loads(each.body)["data"] for each in receiver.received] == [{"about": 7}]


def test_the_receiver_of_the_docs_takes_what_is_signed_and_nothing_else():
    text = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"\n(    import hashlib, hmac, json, time\n(?:(?:    .*)?\n)+)", text)
    known: dict[str, Any] = {}
    exec(textwrap.dedent(lines), known)
    body = json.dumps({"id": "1", "type": "case.opened", "class": OWN, "occurred_at": "", "data": {}}).encode()
    now = int(time.time())

    def receive(stamp: int, secret: str = SECRET, sent: bytes = body) -> Any:
        headers = {"webhook-signature": sign(SECRET, stamp, body), "webhook-id": "delivery-1"}
        return known["receive"](secret, headers, sent)

    assert receive(now) == ("delivery-1", json.loads(body))
    for refused in (receive(now - 301), receive(now + 330), receive(now, "x" * 32), receive(now, sent=body + b" ")):
        assert refused is None
