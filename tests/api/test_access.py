"""Every route, found in the application itself: who is nobody, lacks the scope or belongs to another agency gets nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import routing

from api.auth import OPEN, Need
from api.docs import find_need
from tests.api.people import OTHER, OWN, OWN_AGENCY, House, a_house, a_key
from tests.builders.plan import DAY, a_submission
from verifier.access import ROLE_SCOPES
from verifier.records.submissions import submission_id

# Who is nobody may ask these; anything else needs a scope.
WITHOUT_SCOPE = OPEN | {"/logout"}
OWN_PHOTO = str(submission_id(OWN, a_submission(f"photos/{OWN}.jpg")))
NO_SUCH = "00000000-0000-0000-0000-000000000001"
VALUES = {
    "number": OWN, "session_id": f"{DAY}-am", "photo_id": OWN_PHOTO, "job_id": NO_SUCH, "student_no": "S01",
    "case_id": NO_SUCH, "violation_id": NO_SUCH, "decision_id": NO_SUCH, "sanction_id": NO_SUCH, "notice_id": NO_SUCH,
    "plan_id": NO_SUCH, "draw_id": NO_SUCH, "record_id": NO_SUCH, "agency_code": OWN_AGENCY, "year": "2023",
    "teacher_no": "T01", "camera_id": "cam-203", "sha256": "0" * 64, "name": "filing", "delivery_id": NO_SUCH,
    "matter_id": NO_SUCH, "portrait_id": NO_SUCH, "other_id": NO_SUCH, "kind": "notice", "subject_id": NO_SUCH,
    "file_id": NO_SUCH, "login": "nobody", "action": "disable", "code": OWN_AGENCY, "sample_id": NO_SUCH,
    "urging_id": NO_SUCH,
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("access"), requests_per_minute=100_000)
    yield made
    made.state.close()


def list_routes(house: House) -> list[tuple[str, str, Need | None, Any]]:
    """(method, path, need, context) of every route that is no folder of files."""
    return [
        (method, context.path, find_need(context), context)
        for context in routing.iter_route_contexts(house.app.routes)
        if getattr(context, "methods", None)
        for method in sorted(context.methods - {"HEAD", "OPTIONS"})
    ]


def fill(path: str) -> str:
    return re.sub(r"{(\w+)(?::path)?}", lambda name: VALUES[name[1]], path)


def ask(client: Any, method: str, path: str) -> Any:
    return client.request(method, fill(path), headers=a_key())


def test_every_route_names_its_scope_or_is_open_on_purpose(house: House):
    routes = list_routes(house)
    assert len(routes) > 10
    assert [path for _, path, need, _ in routes if need is None and path not in WITHOUT_SCOPE] == []


def test_every_parameter_of_a_path_has_a_value_here(house: House):
    for _, path, _, _ in list_routes(house):
        assert fill(path)


def test_nobody_gets_nothing(house: House):
    client = house.client()
    for method, path, need, _ in list_routes(house):
        if need is not None:
            answer = ask(client, method, path)
            told = (method, path, answer.status_code)
            if path.startswith("/api/") or path == "/metrics":
                assert answer.status_code == 401, told
                assert answer.json()["code"] == "not_authenticated", told
                assert answer.headers["www-authenticate"] == "Bearer"
            else:
                assert answer.status_code == 303, told
                assert answer.headers["location"].startswith("/login?next="), told


def test_a_wrong_or_revoked_key_is_nobody_also_beside_a_cookie(house: House):
    client = house.person("chief")
    for wrong in ("Bearer nonsense", "Bearer ", "Basic abc", f"Bearer {house.keys['office']}x"):
        assert client.get("/api/v1/me", headers={"Authorization": wrong}).status_code == 401


@pytest.mark.parametrize("role", sorted(ROLE_SCOPES))
def test_people_without_the_scope_are_refused_on_every_route(house: House, role: str):
    client = house.person(role)
    for method, path, need, _ in list_routes(house):
        if need is None or path == "/logout":
            continue
        if need.scope not in ROLE_SCOPES[role] or (need.office and role == "agency"):
            answer = ask(client, method, path)
            assert answer.status_code == 403, (role, method, path, answer.status_code)


def test_the_auditor_changes_nothing(house: House):
    client = house.person("auditor")
    for method, path, need, _ in list_routes(house):
        if need is not None and method not in ("GET", "HEAD"):
            assert ask(client, method, path).status_code == 403, (method, path)


@pytest.mark.parametrize("name", ["reader", "writer"])
def test_programs_without_the_scope_are_refused_on_every_route(house: House, name: str):
    held = {"reader": "read", "writer": "evidence"}[name]
    client = house.client(name)
    for method, path, need, _ in list_routes(house):
        if need is not None and need.scope != held:
            assert ask(client, method, path).status_code == 403, (name, method, path)


def test_another_agencys_class_and_photo_do_not_exist(house: House):
    """What is asked for by name in the path: 404 for the other agency, and something else for its own."""
    own, other = house.client("own"), house.client("other")
    checked = 0
    for method, path, need, _ in list_routes(house):
        if need is None or need.office or not re.search(r"{(number|photo_id)", path):
            continue
        if not {"read", "evidence", "filing"} & {need.scope}:
            continue
        if method == "GET":
            assert ask(other, method, path).status_code == 404, (method, path)
            # A photo that was never judged, and a picture or camera that was never filed.
            if not re.search(r"{(photo_id|sha256|camera_id)", path):
                assert ask(own, method, path).status_code == 200, (method, path)
            checked += 1
    assert checked >= 3


def test_an_agencys_program_reads_its_own_class_and_the_office_both(house: House):
    for name, seen in (("own", {OWN}), ("other", {OTHER}), ("office", {OWN, OTHER}), ("reader", {OWN, OTHER})):
        answer = house.client(name).get("/api/v1/classes")
        assert answer.status_code == 200
        assert {each["number"] for each in answer.json()["items"]} == seen


def test_a_persons_write_through_the_api_needs_the_token_of_their_pages(house: House):
    client = house.person("inspector")
    token = client.headers.pop("X-CSRF-Token")
    path = f"/api/v1/classes/{OWN}/sign-ins"
    assert client.post(path, json={"sign_ins": []}, headers=a_key()).json()["code"] == "csrf"
    answer = client.post(path, json={"sign_ins": []}, headers={**a_key(), "X-CSRF-Token": token})
    assert answer.json()["code"] == "invalid"  # past the gate: an empty batch is nothing
