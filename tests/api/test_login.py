"""Logging in through the page: what opens, what does not, and what a login's cookie and forms must carry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.people import OTHER, OWN, PASSWORD, House, a_house
from verifier.records.audit import read_audit


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = a_house(tmp_path_factory.mktemp("login"))
    yield made
    made.state.close()


def test_without_a_login_every_page_leads_to_the_form_and_back(house: House):
    client = house.client()
    answer = client.get("/cases?state=open")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fcases%3Fstate%3Dopen")
    form = client.get(answer.headers["location"])
    assert 'value="/cases?state=open"' in form.text
    answer = client.post("/login", data={"login": "inspector", "password": PASSWORD, "next": "/cases?state=open"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?state=open")
    assert client.get("/cases").status_code == 200


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(house: House):
    told = set()
    for login, password in (("inspector", "wrong"), ("nobody", PASSWORD), ("", "")):
        answer = house.client().post("/login", data={"login": login, "password": password})
        assert answer.status_code == 401
        assert not answer.cookies
        told.add("账号或密码不对。" in answer.text)
    assert told == {True}


def test_the_cookie_is_hidden_from_scripts_and_from_other_sites(house: House):
    cookie = house.client().post("/login", data={"login": "chief", "password": PASSWORD}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # http on loopback
    assert PASSWORD not in cookie


def test_behind_https_the_cookie_stays_there(tmp_path: Path):
    house = a_house(tmp_path, behind_proxy=True)
    cookie = house.client().post("/login", data={"login": "chief", "password": PASSWORD}).headers["set-cookie"]
    assert "Secure" in cookie
    house.state.close()


@pytest.mark.parametrize(
    "next_path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
def test_a_login_never_leads_to_another_site(house: House, next_path: str):
    answer = house.client().post("/login", data={"login": "chief", "password": PASSWORD, "next": next_path})
    assert answer.headers["location"] == "/"


def test_a_form_from_another_site_is_refused(house: House):
    data = {"login": "chief", "password": PASSWORD}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        assert house.client().post("/login", data=data, headers=headers).status_code == 403
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1"}):
        assert house.client().post("/login", data=data, headers=headers).status_code == 303


def test_logging_out_needs_the_forms_token_and_ends_the_login(house: House):
    client = house.person("inspector")
    assert client.post("/logout").status_code == 403
    assert client.post("/logout", data={"csrf": "x" * 43}).status_code == 403
    assert client.get("/").status_code == 200
    kept = dict(client.cookies)
    assert client.post("/logout", data={"csrf": client.headers["X-CSRF-Token"]}).status_code == 303
    client.cookies.update(kept)
    assert client.get("/").status_code == 303


def test_a_made_up_or_broken_cookie_is_nobody(house: House):
    for cookie in ("verifier_session=x", "verifier_session=", 'verifier_session="', "\x7f=1", "a" * 5000):
        assert house.client().get("/", headers={"Cookie": cookie}).status_code == 303


def test_an_agencys_person_sees_its_own_classes_and_no_others(house: House):
    client = house.person("agency")
    assert client.get(f"/classes/{OWN}").status_code == 200
    assert client.get(f"/classes/{OTHER}").status_code == 404
    assert client.get("/classes/UNKNOWN").status_code == 404
    assert OTHER not in client.get("/?since=2023-06-01&until=2023-06-30").text
    office = house.person("auditor")
    assert office.get(f"/classes/{OTHER}").status_code == 200


def test_logins_and_refusals_stand_in_the_audit_with_where_from(house: House):
    house.client().post(
        "/login", data={"login": "inspector", "password": "wrong"}, headers={"X-Request-ID": "abcd-1234"}
    )
    with house.state.database.reading() as tx:
        last = read_audit(tx, limit=10_000)[-1]
    assert (last.actor, last.action) == ("user:inspector", "user.login_refused")
    assert last.source.endswith(" abcd-1234")


def test_too_many_tries_lock_the_account_for_the_page_too(tmp_path: Path):
    house = a_house(tmp_path)
    for _ in range(10):
        house.client().post("/login", data={"login": "admin", "password": "wrong"})
    answer = house.client().post("/login", data={"login": "admin", "password": PASSWORD})
    assert answer.status_code == 401
    assert "15分钟后再试" in answer.text
    house.state.close()


def test_login_off_says_so_on_every_page_and_changes_nothing(tmp_path: Path):
    house = a_house(tmp_path, login="off")
    assert "演示模式" in house.client().get("/").text
    answer = house.client().post("/api/v1/verifications", json={})
    assert answer.status_code in (403, 404)
    house.state.close()
