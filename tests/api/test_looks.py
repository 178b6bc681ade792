"""Whatever hands out faces or ID numbers is known, says so, and leaves an entry in the audit for each look."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import routing
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from api.looks import Looks
from tests.api.people import OTHER, OWN, House, a_house, a_key
from tests.builders.answers import a_picture
from tests.builders.looks import a_look
from verifier.looking import look_versions, versions_key
from verifier.observation import DecodeFault
from verifier.photo.look_json import look_to_json, stack_embeddings
from verifier.records.audit import read_audit
from verifier.records.looks import save_look
from verifier.records.tables import Base

# What a JSON answer holds of faces and of people's numbers.
TELLING = {"faces", "box_xywh", "id_number", "phone"}
PICTURES = ("image/", "application/octet-stream", "application/zip")
# Boxes that are no faces', and what an agency or the office sends us itself.
KNOWN = {
    "/classes/{number}/photos": "photo.look_faces",
    "/classes/{number}/photos/{photo_id}": "photo.look_faces",
    "/classes/{number}/photos/{photo_id}/annotated.jpg": "photo.look_annotated",
    "/classes/{number}/photos/{photo_id}/original": "photo.look_original",
    "/classes/{number}/portraits/{sha256}/picture.jpg": "portrait.look",
    "/classes/{number}/roster": "class.reveal_ids",
    "/classes/{number}/archive.zip": "archive.look",
    "/cases": "case.look",
    "/cases/{case_id}": "case.look",
    "/cases/{case_id}/sightings": "case.look",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("looks"), requests_per_minute=100_000)
    yield made
    made.state.close()


def find_look(context: Any) -> str | None:
    """The action that a route writes down, through its dependencies."""
    waiting = [context.dependant] if getattr(context, "dependant", None) is not None else []
    while waiting:
        each = waiting.pop()
        if isinstance(each.call, Looks):
            return each.call.action
        waiting += each.dependencies
    return None


def list_properties(document: dict[str, Any], schema: Any) -> set[str]:
    """Every property that a schema can have, however deep."""
    found, waiting, seen = set(), [schema], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            if (name := each.get("$ref")) is not None and name not in seen:
                seen.add(name)
                waiting.append(document["components"]["schemas"][name.rpartition("/")[2]])
            found |= set(each.get("properties", {}))
            waiting += each.values()
    return found


def hands_out(document: dict[str, Any], path: str) -> bool:
    """Whether a GET answers pictures, archives, or JSON with faces or numbers."""
    operation = document["paths"][path].get("get")
    if operation is None:
        return False
    content = operation["responses"]["200"].get("content", {})
    if any(kind.startswith(PICTURES) for kind in content):
        return True
    return bool(TELLING & list_properties(document, content.get("application/json", {}).get("schema", {})))


def test_every_route_that_hands_out_faces_or_numbers_is_known_and_says_so(house: House):
    document = house.client("office").get("/api/v1/openapi.json").json()
    handing = {path.removeprefix("/api/v1") for path in document["paths"] if hands_out(document, path)}
    assert handing == set(KNOWN)
    said = {
        context.path.removeprefix("/api/v1"): find_look(context)
        for context in routing.iter_route_contexts(house.app.routes)
        if context.path.startswith("/api/v1/") and "GET" in (getattr(context, "methods", None) or ())
    }
    assert {path: said[path] for path in KNOWN} == KNOWN


def looks_of(house: House, actor: str) -> list[tuple[str, str, str]]:
    with house.state.database.reading() as tx:
        entries = read_audit(tx, limit=10_000, actor=actor)
    return [(each.action, each.subject_id, each.source) for each in entries if each.action in set(KNOWN.values())]


def look_at(house: House, sha256: str, fault: DecodeFault | None = None) -> None:
    """As a night does."""
    versions, contract = look_versions(house.state.settings)
    look = a_look(sha256=sha256, faces=(), versions=versions, embedding_contract=contract)
    look = replace(look, decoded=replace(look.decoded, fault=fault))
    with house.state.database.transaction() as tx:
        save_look(tx, sha256, versions_key(versions), look_to_json(look), stack_embeddings(look), contract)


def test_a_picture_that_a_watched_process_could_not_open_is_not_opened_by_the_server(house: House):
    path, picture = f"/api/v1/classes/{OTHER}/students/S02/portraits", a_picture(colour="#445566")
    files = {"file": ("a.jpg", picture, "image/jpeg")}
    assert house.client("office").post(path, files=files, headers=a_key()).status_code == 200
    sha256 = hashlib.sha256(picture).hexdigest()
    look_at(house, sha256, DecodeFault.TOO_MANY_PIXELS)
    answer = house.client("other").get(f"/api/v1/classes/{OTHER}/portraits/{sha256}/picture.jpg")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_enrolment_picture_is_the_own_agencys_to_see_and_each_look_is_written_down(house: House):
    path = f"/api/v1/classes/{OTHER}/students/S01/portraits"
    files = {"file": ("a.jpg", a_picture(), "image/jpeg")}
    assert house.client("office").post(path, files=files, headers=a_key()).status_code == 200
    items = house.client("other").get(f"/api/v1/classes/{OTHER}/portraits").json()["items"]
    (portrait,) = [each for each in items if each["student_no"] == "S01"]
    assert (portrait["verdict"], portrait["reason"]) == (None, None)  # nobody has judged it yet
    where = f"/api/v1/classes/{OTHER}/portraits/{portrait['sha256']}/picture.jpg"
    # Not here, where nothing watches: pictures are opened once a watched process could.
    assert house.client("other").get(where).status_code == 404
    look_at(house, portrait["sha256"])
    shown = house.client("other").get(where, headers={"X-Request-ID": "look-0001"})
    assert (shown.status_code, shown.content[:2]) == (200, b"\xff\xd8")
    assert house.client("own").get(where).status_code == 404
    assert house.client("office").get(where.replace(OTHER, OWN)).status_code == 404
    (look,) = looks_of(house, "client:other")
    assert look[:2] == ("portrait.look", portrait["sha256"])
    assert "look-0001" in look[2]
    assert looks_of(house, "client:own") == []


def test_numbers_are_masked_unless_the_scope_says_otherwise(house: House):
    students = [{"student_no": "S01", "name": "张三", "id_number": "43090019900101123X", "phone": "13812345678"}]
    path = f"/api/v1/classes/{OWN}/roster"
    assert house.client("office").put(path, json={"students": students}, headers=a_key()).status_code == 200
    (masked,) = house.client("reader").get(path).json()["items"]
    assert (masked["id_number"], masked["phone"]) == ("430***********123X", "***********")
    refused = house.client("reader").get(f"{path}?reveal=true")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert looks_of(house, "client:reader") == []
    (revealed,) = house.client("own").get(f"{path}?reveal=true").json()["items"]
    assert (revealed["id_number"], revealed["phone"]) == ("43090019900101123X", "13812345678")
    assert [each[:2] for each in looks_of(house, "client:own")] == [("class.reveal_ids", OWN)]


def test_no_number_stands_readable_in_the_records_the_store_or_the_log(house: House, capfd: pytest.CaptureFixture[str]):
    """After a whole filing with its faults, a reveal, a failure of the database, and whatever the tests above did."""
    number, phone = "43090019900101123X", "13987654321"
    client, path = house.client("office"), f"/api/v1/classes/{OWN}/roster"
    student = {"student_no": "S01", "name": "张三", "id_number": number, "phone": phone}
    assert client.put(path, json={"students": [student]}, headers=a_key()).status_code == 200
    file = f"学号,姓名,身份证号,手机号\nS01,张三,{number},{phone}\n".encode()
    assert client.post(f"{path}/file", files={"file": ("名册.csv", file)}, headers=a_key()).status_code == 200
    for faulty in ([student, student], [student | {"phone": f"{phone}?"}], [student | {"id_number": f"{number}9"}]):
        answer = client.put(path, json={"students": faulty}, headers=a_key())
        assert number not in answer.text
        assert phone not in answer.text
    assert number in client.get(f"{path}?reveal=true").text
    with pytest.raises(DBAPIError) as failed, house.state.database.transaction() as tx:
        tx.execute(text("INSERT INTO no_such_table VALUES (:number)"), {"number": number})
    log = "".join(capfd.readouterr()) + str(failed.value)
    kept: dict[object, bytes] = {
        each: each.read_bytes() for each in house.state.settings.workspace.rglob("*") if each.is_file()
    }
    with house.state.database.reading() as tx:
        for table in Base.metadata.sorted_tables:
            kept[table.name] = repr(tx.execute(select(table)).all()).encode()
    assert "张三" in kept["enrolment"].decode()
    for secret in (number, phone):
        assert secret not in log
        forms = [secret.encode(), secret.encode("utf-16-le")]
        assert [name for name, content in kept.items() if any(form in content for form in forms)] == []


def test_embeddings_stand_in_no_answers_description(house: House):
    document = house.client("office").get("/api/v1/openapi.json").json()
    described = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field in schema.get("properties", {})
    }
    assert described
    assert [each for each in described if re.search("embedding|vector|feature", each, re.IGNORECASE)] == []


def test_a_persons_pages_leave_an_entry_too(house: House):
    client = house.person("chief")
    for path in (f"/classes/{OWN}", "/cases"):
        assert client.get(path).status_code == 200
    with house.state.database.reading() as tx:
        entries = read_audit(tx, limit=10_000, actor="user:chief")
    looked = [(each.subject_kind, each.subject_id) for each in entries if each.action == "page.look"]
    assert looked == [("page", f"/classes/{OWN}"), ("page", "/cases")]


def test_every_answer_is_typed_and_every_problem_shown_by_example(house: House):
    document = house.client("office").get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if status.startswith("2"):
                    assert content, (method, path, status)
                    schema = content.get("application/json", {}).get("schema", {"$ref": ""})
                    assert "$ref" in schema, (method, path, status)
                elif not status.startswith("3"):
                    problem = content["application/problem+json"]
                    assert set(problem["examples"]) == set(answer["description"].split(", ")), (method, path, status)
    for name, schema in document["components"]["schemas"].items():
        for field, values in schema.get("properties", {}).items():
            # A map says what it maps to; an object of any shape says nothing.
            assert values.get("type") != "object" or values.get("additionalProperties"), (name, field)
