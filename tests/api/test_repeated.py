"""Answers are given again only while nothing was written, to whoever may see just the same; every look stands in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import routing
from sqlalchemy import event, select

from api.repeated import REPEATED, AnswerShelf, Kept
from tests.api.matters import NUMBER, Accused
from tests.api.people import a_key
from verifier.accounts import revoke_keys, rotate_key
from verifier.language import say
from verifier.records.audit import read_audit
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.write_count import QUIET

# What cannot be asked for in these records: no photo was looked at, and no case is open.
NOT_THERE = {f"/api/v1{path}" for path in ("/cases/{case_id}", "/classes/{number}/photos/{photo_id}")}


@contextmanager
def watch_statements(accused: Accused) -> Iterator[list[str]]:
    """Everything that is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = accused.house.state.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def list_addresses(accused: Accused) -> list[str]:
    """One address of every route whose answers are repeated."""
    client = accused.house.client("office")
    session = client.get(f"/api/v1/classes/{NUMBER}/sessions").json()["items"][0]["id"]
    values = {"number": NUMBER, "session_id": session, "violation_id": accused.matter("violations")["id"]}
    return [pattern.format(**values) for pattern in sorted(REPEATED - NOT_THERE)]


def write_something(accused: Accused) -> None:
    with accused.house.state.database.transaction() as tx:
        tx.scalars(select(AgencyRow)).first().name += "某"  # type: ignore[union-attr]


def test_every_repeated_route_is_there_and_only_reads(accused: Accused):
    routes = {
        context.path: context.methods
        for context in routing.iter_route_contexts(accused.house.app.routes)
        if context.path in REPEATED and "GET" in (getattr(context, "methods", None) or ())
    }
    assert set(routes) == REPEATED


def test_an_answer_is_repeated_to_the_byte_without_asking_until_something_is_written(accused: Accused):
    client = accused.house.client("office")
    for address in list_addresses(accused):
        first = client.get(address)
        assert first.status_code == 200, (address, first.text)
        with watch_statements(accused) as asked:
            again = client.get(address)
        assert (again.status_code, again.content) == (200, first.content), address
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
        assert [each for each in asked if "audit" not in each and each.startswith("SELECT")] == [], address
        write_something(accused)
        with watch_statements(accused) as asked:
            assert client.get(address).status_code == 200
        assert [each for each in asked if each.startswith("SELECT")], f"{address} was not asked for anew"


def test_no_repeated_answer_is_made_of_what_is_not_counted(accused: Accused):
    client = accused.house.client("office")
    for address in list_addresses(accused):
        write_something(accused)
        with watch_statements(accused) as asked:
            client.get(address)
        read = [each for each in asked if each.startswith("SELECT") and "audit_head" not in each]
        assert read, address
        for table in sorted(QUIET):
            assert not [each for each in read if f" {table}" in each], (address, table)


def test_a_write_through_the_api_is_read_back_at_once(accused: Accused):
    client, address = accused.house.client("office"), f"/api/v1/classes/{NUMBER}/teachers"
    before = client.get(address).json()["items"]
    teacher = before[0]["number"]
    etag = client.get(f"{address}/{teacher}").headers["etag"]
    renamed = client.put(
        f"{address}/{teacher}", json={"number": teacher, "name": "新教师"}, headers={**a_key(), "If-Match": etag}
    )  # fmt: skip
    assert renamed.status_code == 200, renamed.text
    assert client.get(address).json()["items"][0] == {"number": teacher, "name": "新教师"}


def test_another_agency_is_not_given_the_offices_answer(accused: Accused):
    address = f"/api/v1/classes/{NUMBER}"
    assert accused.house.client("office").get(address).status_code == 200
    assert accused.house.client("other").get(address).status_code == 404
    assert accused.house.client("writer").get(address).status_code == 403
    office = accused.house.client("office").get("/api/v1/violations").json()["items"]
    assert office
    assert accused.house.client("own").get("/api/v1/violations").json()["items"] == []


def test_each_language_has_its_own_answer(accused: Accused):
    client, address = accused.house.client("office"), f"/api/v1/violations?class={NUMBER}"
    chinese = client.get(address).json()
    english = client.get(address, headers={"Accept-Language": "en"}).json()
    assert chinese != english
    assert client.get(address).json() == chinese


def test_every_look_at_a_repeated_answer_stands_in_the_audit(accused: Accused):
    client, address = accused.house.client("office"), f"/api/v1/classes/{NUMBER}/photos"
    make_a_judged_photo(accused)
    shown = [each["id"] for each in client.get(address).json()["items"]]
    assert shown
    for _ in range(2):
        assert client.get(address, headers={"X-Request-ID": "repeated-look"}).status_code == 200
    with accused.house.state.database.reading() as tx:
        looks = [each for each in read_audit(tx, limit=10_000) if each.action == "photo.look_faces"]
    assert len(looks) == 3
    assert [each.after for each in looks] == [{"count": len(shown), "ids": shown}] * 3
    assert [each.source.endswith("repeated-look") for each in looks] == [False, True, True]


def make_a_judged_photo(accused: Accused) -> None:
    """A finding about a photo of the class, as a night leaves one."""
    client = accused.house.client("office")
    sent = client.post(
        f"/api/v1/classes/{NUMBER}/photos", files={"file": ("a.jpg", b"\xff\xd8nothing", "image/jpeg")}, headers=a_key()
    )
    assert sent.status_code == 201, sent.text
    with accused.house.state.database.transaction() as tx:
        run = tx.scalars(select(RunRow).join(ClassRow).where(ClassRow.number == NUMBER, RunRow.is_current)).first()
        assert run is not None
        photo_id = UUID(sent.json()["id"])
        tx.add(
            FindingRow(
                id=make_id("finding", str(photo_id)), run_id=run.id, submission_id=photo_id, check_id="photo.quality",
                position=0, outcome="passed", reason=say("清楚。").to_json(), profile="test", measured={},
            )
        )  # fmt: skip


def test_a_key_that_was_known_opens_nothing_once_it_is_revoked_or_has_run_out(accused: Accused):
    house = accused.house
    for name, end in (
        ("reader", lambda: revoke_keys(house.state.database, "reader", by="local:test")),
        ("other", lambda: rotate_key(house.state.database, "other", timedelta(0), by="local:test")),
    ):
        client = house.client(name)
        assert [client.get("/api/v1/me").status_code for _ in range(2)] == [200, 200]
        end()
        assert client.get("/api/v1/me").status_code == 401
        assert client.get("/api/v1/classes").status_code == 401


def test_a_shelf_holds_so_many_bytes_and_gives_up_what_was_not_asked_for_longest():
    shelf = AnswerShelf(most_bytes=10_000)
    answers = {name: Kept(1, {}, bytes(2_000), None, ()) for name in "abc"}
    shelf.put("a", answers["a"])
    shelf.put("b", answers["b"])
    assert shelf.find("a", 1) is answers["a"]
    assert shelf.find("a", 2) is None
    shelf.put("c", answers["c"])
    assert (shelf.find("a", 1), shelf.find("b", 1), shelf.find("c", 1)) == (answers["a"], None, answers["c"])
    shelf.put("a", Kept(2, {}, b"", None, ()))
    assert shelf.find("a", 2) is not None
    assert shelf.find("c", 1) is not None
