"""What happens is told: once it is committed, signed, in order within a class, for days, and under one id however often."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.builders.plan import a_class_file, a_training_class
from tests.services.receiver import Receiver, run_receiver
from tests.verifier.records.test_closing import MORNING, PHOTO, a_case, a_close, a_violation
from verifier.accounts import issue_key, revoke_keys
from verifier.client import EventRefused, read_event
from verifier.delivering import LIMITS_2026, Delivered, DeliveryLimits, deliver_due, wait_after
from verifier.plan import Agency
from verifier.records.database import Database, open_database
from verifier.records.decisions import decide, withdraw
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import save_class_file
from verifier.records.findings import save_session_close
from verifier.records.matters import read_violations
from verifier.records.notices import add_notice
from verifier.records.office import RefusedError, save_person
from verifier.records.outbox import EVENTS, announce, claim_due, read_deliveries, replay_delivery
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.webhooks import end_webhook, save_webhook
from verifier.settings import Settings

KEY = bytes(range(32))
SECRET = "s" * 40
START = datetime(2030, 1, 1, tzinfo=UTC)  # after anything the tests write
QUICK = DeliveryLimits("test", 10.0, 10.0, 30.0, 3600.0, 86_400.0, 8)
OWN_AGENCY, OTHER_AGENCY = "52430900MJJ000001X", "52430900MJJ000002X"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with run_receiver() as running:
        yield running


@pytest.fixture
def on_sqlite(migrated_file: Path, tmp_path: Path) -> Iterator[Database]:
    """For what does not depend on the database."""
    shutil.copy(migrated_file, tmp_path / "records.db")
    opened = open_database(f"sqlite:///{tmp_path}/records.db", KEY)
    yield opened
    opened.close()


def some_settings(tmp_path: Path, private: bool = True) -> Settings:
    return Settings(workspace=tmp_path, webhook_private_addresses=private)


def fill(database: Database, *numbers: str, agency: str = OWN_AGENCY) -> None:
    with database.transaction() as tx:
        save_person(tx, "li", "李", "inspector")
        for number in numbers:
            training = replace(a_training_class(number), agency=Agency(f"机构{agency[-2]}", agency))
            save_class_file(tx, a_class_file(training, submissions=(PHOTO,)))


def subscribe(
    database: Database, url: str, *events: str, owner: str = "city", agency: str | None = None, name: str = "hook"
) -> None:
    issue_key(database, owner, ["read"], by="local:test", agency_code=agency)
    with database.transaction() as tx:
        save_webhook(tx, owner, name, url, events or EVENTS, SECRET, agency)


def tell(database: Database, number: str, *abouts: int) -> None:
    """Events about numbered things of a class, each in a transaction of its own."""
    for about in abouts:
        with database.transaction() as tx:
            class_id = tx.scalars(select(ClassRow.id).where(ClassRow.number == number)).one()
            announce(tx, "case.opened", class_id, UUID(int=about), {"about": about})


def seen(receiver: Receiver) -> list[int]:
    return [json.loads(each.body)["data"]["about"] for each in receiver.received]


def states(database: Database) -> list[tuple[str, int]]:
    with database.reading() as tx:
        return [(each.state, each.attempt) for each in read_deliveries(tx)]


def test_every_kind_of_event_is_written_where_it_happens_and_sent_once(
    database: Database, receiver: Receiver, tmp_path: Path
):
    fill(database, "A-1")
    subscribe(database, receiver.url())
    with database.transaction() as tx:
        by = tx.scalars(select(UserRow.id).where(UserRow.login == "li")).one()
        close = a_close(MORNING, class_number="A-1", cases=(a_case(),), violations=(a_violation(),))
        save_session_close(tx, close)
        save_session_close(tx, close)  # the same again writes nothing
    with database.transaction() as tx:
        violation = read_violations(tx, "A-1")[0].id
        decision = decide(tx, violation, "confirm", by, "看过")
        add_notice(tx, "A-1", [violation], by, START.date(), "培整改", {})
        withdraw(tx, decision, by, "看错")
    while deliver_due(database, some_settings(tmp_path), QUICK, START).attempts:
        pass
    told = [json.loads(each.body) for each in receiver.received]
    assert [each["type"] for each in told] == [
        "case.opened", "verification.finished", "violation.decided", "notice.issued", "violation.decided",
    ]  # fmt: skip
    assert {each["class"] for each in told} == {"A-1"}
    assert [each["data"].get("decision") for each in told] == [None, None, "confirm", None, "withdraw"]
    assert (told[1]["data"]["session"], told[3]["data"]["notice"]) == (MORNING, "培整改〔2030〕1号")
    assert len({each["id"] for each in told}) == 5
    assert deliver_due(database, some_settings(tmp_path), QUICK, START) == Delivered()


def test_nobody_is_told_of_what_was_rolled_back(database: Database, receiver: Receiver):
    fill(database, "A-1")
    subscribe(database, receiver.url())
    with database.transaction() as tx:
        save_session_close(tx, a_close(MORNING, class_number="A-1", cases=(a_case(),)))
        assert len(read_deliveries(tx)) == 2
        tx.rollback()
    assert states(database) == []


def test_a_delivery_is_signed_and_the_signature_of_another_secret_time_or_body_is_refused(
    database: Database, receiver: Receiver, tmp_path: Path
):
    fill(database, "A-1")
    subscribe(database, receiver.url())
    tell(database, "A-1", 1)
    deliver_due(database, some_settings(tmp_path), QUICK, START)
    (came,) = receiver.received
    event = read_event(SECRET, came.headers, came.body)
    assert (event.kind, event.class_number, event.data) == ("case.opened", "A-1", {"about": 1})
    assert event.delivery_id == came.headers["webhook-id"]
    late = datetime.now(UTC) + timedelta(minutes=6)
    for secret, body, now in (("x" * 40, came.body, None), (SECRET, came.body + b" ", None), (SECRET, came.body, late)):
        with pytest.raises(EventRefused):
            read_event(secret, came.headers, body, now=now)
    with pytest.raises(EventRefused):
        read_event(SECRET, {**came.headers, "webhook-signature": "t=x,v1="}, came.body)


@pytest.mark.parametrize("how", [500, 404, 301, 307, "hang", "drip", "cut"])
def test_what_fails_is_tried_again_under_the_same_id_and_the_class_waits(
    on_sqlite: Database, receiver: Receiver, tmp_path: Path, how: Any
):
    database = on_sqlite
    fill(database, "A-1", "B-1")
    subscribe(database, receiver.url())
    tell(database, "A-1", 1, 2)
    settings = some_settings(tmp_path)
    receiver.plan = [how]
    impatient = replace(QUICK, total_s=1.0) if how in ("hang", "drip") else QUICK
    assert deliver_due(database, settings, impatient, START) == Delivered(0, 1)
    assert deliver_due(database, settings, QUICK, START) == Delivered()
    tell(database, "B-1", 3)
    # Another class goes on, the second event of the first does not pass the one that failed.
    assert deliver_due(database, settings, QUICK, START) == Delivered(1, 0)
    later = START + timedelta(seconds=61)
    assert deliver_due(database, settings, QUICK, later) == Delivered(1, 0)
    assert deliver_due(database, settings, QUICK, later) == Delivered(1, 0)
    assert seen(receiver) == [1, 3, 1, 2]
    first, _, again, _ = receiver.received
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    assert [first.headers["webhook-attempt"], again.headers["webhook-attempt"]] == ["1", "2"]
    assert "/elsewhere" not in {each.path for each in receiver.received}


def test_after_days_a_delivery_is_dead_the_class_goes_on_and_it_can_be_replayed(
    database: Database, receiver: Receiver, tmp_path: Path
):
    fill(database, "A-1")
    subscribe(database, receiver.url())
    tell(database, "A-1", 1, 2)
    settings, now, attempts = some_settings(tmp_path), START, 0
    while states(database)[0][0] == "queued":
        receiver.plan = [503]
        attempts += deliver_due(database, settings, LIMITS_2026, now).attempts
        now += timedelta(hours=1)
    # For days, not for ever, and not every minute.
    assert timedelta(days=5) <= now - START <= timedelta(days=6)
    assert 20 <= attempts <= 40
    receiver.plan = []
    assert deliver_due(database, settings, LIMITS_2026, now) == Delivered(1, 0)
    with database.reading() as tx:
        (dead,) = read_deliveries(tx, state="dead")
    assert (dead.status, dead.error) == (503, "answered 503")
    with database.transaction() as tx:
        replay_delivery(tx, dead.id)
        assert replay_delivery(tx, dead.id).state == "queued"
    assert deliver_due(database, settings, LIMITS_2026, now) == Delivered(1, 0)
    assert seen(receiver)[-2:] == [2, 1]
    assert receiver.received[-1].headers["webhook-id"] == receiver.received[0].headers["webhook-id"]
    with database.transaction() as tx, pytest.raises(NotInRecordsError):
        replay_delivery(tx, UUID(int=0))
    with database.transaction() as tx, pytest.raises(NotInRecordsError):
        replay_delivery(tx, dead.id, owner="somebody else")


PROGRAM = """
import os, sys
from pathlib import Path
from tests.verifier.records import test_outbox as t
from verifier import delivering
from verifier.records.database import open_database
delivering.mark_delivered = lambda *_: os.kill(os.getpid(), 9)  # the moment between sending and writing it down
delivering.deliver_due(open_database(sys.argv[1], t.KEY), t.some_settings(Path(sys.argv[2])), t.QUICK, t.START)
"""


def test_killed_between_sending_and_writing_it_down_it_is_sent_again_under_the_same_id(
    database: Database, receiver: Receiver, tmp_path: Path
):
    fill(database, "A-1")
    subscribe(database, receiver.url())
    tell(database, "A-1", 1)
    url = database.engine.url.render_as_string(hide_password=False)
    died = subprocess.run([sys.executable, "-c", PROGRAM, url, str(tmp_path)], timeout=120, check=False)
    assert died.returncode == -9
    settings = some_settings(tmp_path)
    assert deliver_due(database, settings, QUICK, START + timedelta(seconds=1)) == Delivered()  # still claimed
    assert deliver_due(database, settings, QUICK, START + timedelta(seconds=60)) == Delivered(1, 0)
    first, second = receiver.received
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert states(database) == [("delivered", 2)]


def test_two_that_deliver_at_once_never_take_the_same(database: Database, receiver: Receiver):
    fill(database, "A-1", "B-1")
    subscribe(database, receiver.url())
    tell(database, "A-1", 1, 2)
    tell(database, "B-1", 3)
    with database.transaction() as tx:
        first = claim_due(tx, START, timedelta(minutes=1), 8)
    with database.transaction() as tx:
        second = claim_due(tx, START, timedelta(minutes=1), 8)
    assert sorted(each.body["data"]["about"] for each in first) == [1, 3]
    assert second == []


def test_agencies_hear_of_their_own_classes_and_of_no_open_case(database: Database):
    fill(database, "A-1")
    fill(database, "B-1", agency=OTHER_AGENCY)
    for owner, agency in (("own", OWN_AGENCY), ("other", OTHER_AGENCY)):
        subscribe(
            database, "https://x.example/", "verification.finished", "violation.decided", owner=owner, agency=agency
        )
        with database.transaction() as tx, pytest.raises(RefusedError):
            save_webhook(tx, owner, "hook", "https://x.example/", ["case.opened"], SECRET, agency)
    with database.transaction() as tx:
        by = tx.scalars(select(UserRow.id).where(UserRow.login == "li")).one()
        save_session_close(tx, a_close(MORNING, class_number="A-1", violations=(a_violation(),)))
        save_session_close(tx, a_close(None, class_number="A-1", photos=(), presences=()))
        violation = read_violations(tx, "A-1")[0].id
        decide(tx, violation, "needs_check", by, "再看")
        decide(tx, violation, "dismiss", by, "没有")
    with database.reading() as tx:
        told = [(each.owner, each.kind) for each in read_deliveries(tx)]
    assert told == [("own", "verification.finished"), ("own", "violation.decided")]


def test_a_revoked_client_and_a_private_address_get_nothing(database: Database, receiver: Receiver, tmp_path: Path):
    fill(database, "A-1")
    subscribe(database, receiver.url())
    tell(database, "A-1", 1)
    assert deliver_due(database, some_settings(tmp_path, private=False), QUICK, START) == Delivered(0, 1)
    revoke_keys(database, "city", by="local:test")
    later = START + timedelta(hours=1)
    assert deliver_due(database, some_settings(tmp_path), QUICK, later) == Delivered(0, 1)
    assert receiver.received == []
    with database.reading() as tx:
        assert "no valid key" in (read_deliveries(tx)[0].error or "")


def test_what_waits_for_a_subscription_that_ends_is_given_up(database: Database, receiver: Receiver, tmp_path: Path):
    fill(database, "A-1")
    subscribe(database, receiver.url())
    tell(database, "A-1", 1)
    with database.transaction() as tx:
        end_webhook(tx, "city", "hook")
    tell(database, "A-1", 2)
    assert deliver_due(database, some_settings(tmp_path), QUICK, START) == Delivered()
    assert states(database) == [("dead", 0)]


def test_waits_double_and_end_at_the_longest():
    waits = [wait_after(attempt, UUID(int=7), LIMITS_2026).total_seconds() for attempt in (1, 2, 5, 12, 5000)]
    for wait, wanted in zip(waits, (30, 60, 480, 21_600, 21_600), strict=True):
        assert 0.9 * wanted <= wait <= wanted
