"""Accounts, keys, jobs, versions and the audit on pages: who may, what is shown once, what is refused."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text, update
from starlette.testclient import TestClient

from api.pages import admin, appeals, notices
from api.pages.lists import ListPage
from tests.api.people import OWN_AGENCY, House, a_house
from verifier.access import Caller
from verifier.accounts import LoginRefused, log_in
from verifier.jobs import queue_verification
from verifier.language import catalogue
from verifier.records.audit import read_audit
from verifier.records.jobs import cancel_job, read_job
from verifier.records.tables.audit_entry import AuditEntryRow

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
PLACES = ("/admin", "/admin/users", "/admin/users/new", "/admin/users/inspector", "/admin/clients", "/admin/clients/new",
          "/admin/jobs", "/admin/audit")  # fmt: skip
PAGES = [
    value for module in (admin, appeals, notices) for value in vars(module).values() if isinstance(value, ListPage)
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> House:
    made = a_house(tmp_path_factory.mktemp("house"), requests_per_minute=100_000)
    made.state.close()
    return made


@pytest.fixture
def boss(house: House) -> TestClient:
    return house.person("admin")


def send(client: TestClient, path: str, **fields: Any) -> Any:
    return client.post(path, data={"csrf": client.headers["X-CSRF-Token"], **fields})


def secret_of(page: str) -> str:
    found = re.search(r'class="alert alert-warning v-secret".*?<code>([^<]+)</code>', page, re.DOTALL)
    assert found is not None, page
    return unescape(found[1])


def can_log_in(house: House, login: str, password: str) -> bool:
    try:
        log_in(house.state.database, login, password)
    except LoginRefused:
        return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_what_a_list_says_is_translated(page: ListPage):
    said = {page.title, page.empty, page.searched} | {each.label for each in (*page.columns, *page.choices)}
    said |= {word for each in page.choices for word in (each.values or {}).values()}
    assert said - set(catalogue("en")) == set()


@pytest.mark.parametrize("role", ["inspector", "chief", "auditor", "agency", "admin"])
def test_who_may_look_at_what(house: House, role: str):
    person = house.person(role)
    allowed = {
        "admin": set(PLACES), "chief": {"/admin", "/admin/audit"}, "auditor": {"/admin", "/admin/audit"},
    }.get(role, set())  # fmt: skip
    assert {path for path in PLACES if person.get(path).status_code == 200} == allowed
    assert ('href="/admin"' in person.get("/").text) == (role in ("admin", "chief", "auditor"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_can_be_read_in_both_languages_and_saved(boss: TestClient, language: str):
    for path in PLACES:
        assert boss.get(f"{path}?lang={language}").status_code == 200
    for path in ("/admin/users", "/admin/clients", "/admin/jobs", "/admin/audit"):
        assert boss.get(f"{path}?format=xlsx").content[:2] == b"PK"


def test_a_new_account_gets_a_password_that_is_shown_once(house: House, boss: TestClient):
    made = send(boss, "/admin/users", login="wang", name=HOSTILE, role="inspector")
    password = secret_of(made.text)
    assert can_log_in(house, "wang", password)
    for page in (made.text, boss.get("/admin/users").text, boss.get("/admin/users/wang").text):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert password not in boss.get("/admin/users/wang").text
    assert made.headers["cache-control"] == "no-store"
    with house.state.database.reading() as tx:
        assert all(password not in str(each) for each in read_audit(tx, limit=10_000))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"login": "", "name": "王某"}, "不能为空"),
        ({"login": "wang", "name": "王某", "role": "king"}, "没有角色king"),
        ({"login": "wang", "name": "王某", "role": "agency"}, "须写明机构代码"),
        ({"login": "wang", "name": "王某", "role": "inspector", "agency": OWN_AGENCY}, "须写明机构代码"),
        ({"login": "inspector", "name": "别人"}, "已登记为"),
    ],
    ids=["no login", "no such role", "an agency's without agency", "an inspector's with one", "a login that is taken"],
)
def test_an_account_that_cannot_be_is_refused_and_what_was_typed_stays(
    boss: TestClient, fields: dict[str, str], told: str
):
    refused = send(boss, "/admin/users", **fields)
    assert (refused.status_code, told in refused.text) == (422, True)
    assert fields["name"] in refused.text


def test_a_disabled_account_is_logged_out_at_once_and_may_come_back(house: House, boss: TestClient):
    inspector = house.person("inspector")
    assert inspector.get("/review").status_code == 200
    assert send(boss, "/admin/users/inspector/disable").status_code == 303
    assert inspector.get("/review").status_code == 303
    assert "已停用" in boss.get("/admin/users/inspector").text
    assert send(boss, "/admin/users/inspector/enable").status_code == 303
    assert house.person("inspector").get("/review").status_code == 200


def test_a_new_role_ends_the_logins_of_the_old_one(house: House, boss: TestClient):
    inspector = house.person("inspector")
    assert send(boss, "/admin/users/inspector/role", role="auditor").status_code == 303
    assert inspector.get("/review").status_code == 303
    again = house.person("inspector")
    assert again.get("/admin/audit").status_code == 200
    with house.state.database.reading() as tx:
        (entry,) = [each for each in read_audit(tx, limit=10_000) if each.action == "user.role"]
    assert (entry.actor, entry.before, entry.after) == (
        "user:admin", {"role": "inspector", "agency": None}, {"role": "auditor", "agency": None},
    )  # fmt: skip


def test_a_new_password_replaces_the_old_one(house: House, boss: TestClient):
    password = secret_of(send(boss, "/admin/users/inspector/password").text)
    assert can_log_in(house, "inspector", password)
    assert not can_log_in(house, "inspector", "a long enough one")


@pytest.mark.parametrize("action", ["disable", "role", "password"])
def test_nobody_changes_their_own_account(house: House, boss: TestClient, action: str):
    refused = send(boss, f"/admin/users/admin/{action}", role="inspector")
    assert (refused.status_code, "另一名管理员" in refused.text) == (422, True)
    assert house.person("admin").get("/admin/users").status_code == 200


def test_a_key_is_shown_once_rotated_with_an_overlap_and_revoked(house: House, boss: TestClient):
    first = secret_of(send(boss, "/admin/clients", name="filing", scope=["read", "filing"]).text)
    assert works(house, first)
    assert first not in boss.get("/admin/clients").text
    second = secret_of(send(boss, "/admin/clients/change", name="filing", action="rotate").text)
    assert works(house, first)
    assert works(house, second)
    assert send(boss, "/admin/clients/change", name="filing", action="revoke").status_code == 303
    assert not works(house, first)
    assert not works(house, second)


def works(house: House, key: str) -> bool:
    answer = house.client().get("/api/v1/classes", headers={"Authorization": f"Bearer {key}"})
    return bool(answer.status_code == 200)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "x", "scope": []}, "权限须为"),
        ({"name": "x", "scope": ["read"], "expires": "2020-01-01"}, "2020-01-01已过"),
        ({"name": "x", "scope": ["read"], "networks": "somewhere"}, "不是网段"),
        ({"name": "x", "scope": ["decisions"], "agency": OWN_AGENCY}, "不能有"),
    ],
    ids=["no scope", "a day that is over", "no network", "an agency's that decides"],
)
def test_a_key_that_cannot_be_is_refused(boss: TestClient, fields: dict[str, Any], told: str):
    refused = send(boss, "/admin/clients", **fields)
    assert (refused.status_code, told in refused.text) == (422, True)


def test_a_cancelled_job_is_queued_again(house: House, boss: TestClient):
    caller = Caller("user:chief", "chief", "chief", frozenset({"evidence"}))
    with house.state.database.transaction() as tx:
        job = queue_verification(tx, caller, "a", date(2023, 6, 12), date(2023, 6, 13)).id
        cancel_job(tx, job)
    assert str(job) in boss.get("/admin/jobs").text
    assert send(boss, f"/admin/jobs/{job}", action="requeue").status_code == 303
    with house.state.database.reading() as tx:
        assert (read_job(tx, job).state, read_job(tx, job).attempt) == ("queued", 0)
    assert send(boss, f"/admin/jobs/{job}", action="cancel").status_code == 303
    with house.state.database.reading() as tx:
        assert read_job(tx, job).state == "cancelled"
    assert send(boss, "/admin/jobs/00000000-0000-0000-0000-000000000000", action="requeue").status_code == 404


def test_the_audit_is_searched_and_its_chain_is_checked(boss: TestClient):
    send(boss, "/admin/users", login="wang", name="王某", role="inspector")
    listed = boss.get("/admin/audit?q=user.add+admin").text
    assert "user.add" in listed
    assert "wang" in listed
    assert (
        "user.add" not in boss.get("/admin/audit?action=client").text.partition("<tbody>")[2].partition("</tbody>")[0]
    )
    assert "没有被改动" in boss.get("/admin/audit?check=1").text


def test_an_edited_entry_is_told(house: House, boss: TestClient):
    with house.state.database.transaction() as tx:
        of_table = "" if tx.get_bind().dialect.name == "sqlite" else " ON audit_entry"
        tx.execute(text(f"DROP TRIGGER append_only_audit_entry{'_update' if not of_table else ''}{of_table}"))
        tx.execute(update(AuditEntryRow).where(AuditEntryRow.sequence == 2).values(actor="user:nobody"))
    page = boss.get("/admin/audit?check=1").text
    assert "不完整" in page
    assert "entry 2" in page


def test_the_versions_in_force_are_told(boss: TestClient):
    page = boss.get("/admin").text
    for told in ("opencv-zoo", "益人社发", "在用"):
        assert told in page
