"""Accounts and keys: nobody comes in by default, and what is wrong, locked, ended or run out opens nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from tests.builders.plan import a_class_file, a_training_class
from verifier.accounts import (
    ACCOUNTS_2023,
    LoginRefused,
    add_user,
    caller_of_key,
    caller_of_token,
    issue_key,
    log_in,
    log_out,
    revoke_keys,
    rotate_key,
    set_disabled,
    set_password,
)
from verifier.cli import app
from verifier.records.audit import read_audit, verify_audit
from verifier.records.clients import read_clients
from verifier.records.database import Database, open_database
from verifier.records.filing import save_class_file
from verifier.records.office import RefusedError, save_person
from verifier.records.tables.base import utc_now
from verifier.records.users import read_users

PASSWORD = "a long enough one"
BY = "local:test"
LIMITS = ACCOUNTS_2023


def test_passwords_of_people_are_hashed_as_rfc_9106_recommends_for_64_mib(real_hasher: PasswordHasher) -> None:
    assert real_hasher.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/verifier.sqlite3")
    yield opened
    opened.close()


def an_account(database: Database, login: str = "li", role: str = "inspector", agency: str | None = None) -> None:
    add_user(database, login, "李检查员", role, PASSWORD, by=BY, agency_code=agency)


def an_agency(database: Database) -> str:
    training = a_training_class()
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(training))
    return training.agency.code


def test_there_is_no_account_until_one_is_made(database: Database):
    with database.reading() as tx:
        assert read_users(tx) == []
    for login in ("admin", "root", ""):
        with pytest.raises(LoginRefused):
            log_in(database, login, "admin")


def test_the_right_password_logs_in_and_out(database: Database):
    an_account(database)
    logged_in = log_in(database, " LI ", PASSWORD)
    caller = caller_of_token(database, logged_in.token)
    assert caller is not None
    assert (caller.actor, caller.role, caller.agency_code) == ("user:li", "inspector", None)
    assert caller.csrf == logged_in.caller.csrf
    log_out(database, logged_in.token, by=caller.actor)
    assert caller_of_token(database, logged_in.token) is None


def test_the_database_holds_neither_password_nor_token_nor_key(database: Database, tmp_path: Path):
    an_account(database)
    token = log_in(database, "li", PASSWORD).token
    _, key = issue_key(database, "city", ["read"], by=BY)
    database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("verifier.sqlite3*"))
    for secret in (PASSWORD, token, key, key.rpartition("_")[2]):
        assert secret.encode() not in stored


@pytest.mark.parametrize("password", ["x" * 5 + "short!", "y" * 40, "a1b2" * 33, "li-inspector-account"])
def test_weak_passwords_are_refused(database: Database, password: str):
    with pytest.raises(RefusedError):
        add_user(database, "li-inspector-account", "李", "inspector", password, by=BY)


@pytest.mark.parametrize(("length", "taken"), [(11, False), (12, True), (128, True), (129, False)])
def test_a_password_has_12_to_128_characters(database: Database, length: int, taken: bool):
    password = ("abcd1234" * 17)[:length]
    if taken:
        add_user(database, "li", "李", "inspector", password, by=BY)
        assert log_in(database, "li", password).caller.login == "li"
    else:
        with pytest.raises(RefusedError, match=str(length)):
            add_user(database, "li", "李", "inspector", password, by=BY)


def test_ten_failures_lock_and_the_lock_ends_by_itself(database: Database):
    an_account(database)
    now = utc_now()
    for _ in range(LIMITS.max_failures - 1):
        with pytest.raises(LoginRefused, match="账号或密码不对"):
            log_in(database, "li", "wrong", now=now)
    log_in(database, "li", PASSWORD, now=now)  # the tenth would have locked; a right one starts anew
    for _ in range(LIMITS.max_failures):
        with pytest.raises(LoginRefused, match="账号或密码不对"):
            log_in(database, "li", "wrong", now=now)
    with pytest.raises(LoginRefused, match="次数过多"):
        log_in(database, "li", PASSWORD, now=now + LIMITS.locked_for - timedelta(seconds=1))
    assert log_in(database, "li", PASSWORD, now=now + LIMITS.locked_for).caller.login == "li"


def test_a_login_ends_after_idling_and_after_its_whole_time(database: Database):
    an_account(database)
    start = utc_now()
    token = log_in(database, "li", PASSWORD, now=start).token
    second = timedelta(seconds=1)
    assert caller_of_token(database, token, now=start + LIMITS.idle - second) is not None
    # That was activity, so it idles anew from there.
    assert caller_of_token(database, token, now=start + 2 * LIMITS.idle - 2 * second) is not None
    assert caller_of_token(database, token, now=start + 3 * LIMITS.idle) is None

    patient = replace(LIMITS, idle=timedelta(days=2))
    token = log_in(database, "li", PASSWORD, now=start).token
    assert caller_of_token(database, token, patient, now=start + LIMITS.lasts - second) is not None
    assert caller_of_token(database, token, patient, now=start + LIMITS.lasts) is None


def test_disabling_or_a_new_password_ends_every_login(database: Database):
    an_account(database)
    first = log_in(database, "li", PASSWORD).token
    set_password(database, "li", "another long one", by=BY)
    assert caller_of_token(database, first) is None
    second = log_in(database, "li", "another long one").token
    set_disabled(database, "li", True, by=BY)
    assert caller_of_token(database, second) is None
    with pytest.raises(LoginRefused):
        log_in(database, "li", "another long one")
    set_disabled(database, "li", False, by=BY)
    assert log_in(database, "li", "another long one").caller.login == "li"


def test_somebody_registered_without_a_password_gets_one_once(database: Database):
    with database.transaction() as tx:
        save_person(tx, "li", "李检查员", "inspector")
    with pytest.raises(LoginRefused):
        log_in(database, "li", "!")
    an_account(database)
    assert log_in(database, "li", PASSWORD).caller.role == "inspector"
    with pytest.raises(RefusedError, match="已登记"):
        an_account(database)


def test_an_agencys_account_belongs_to_an_agency_and_nobody_elses_does(database: Database):
    code = an_agency(database)
    for role, agency in (("agency", None), ("inspector", code), ("agency", "NO-SUCH"), ("king", None)):
        with pytest.raises(RefusedError):
            an_account(database, "x", role, agency)
    an_account(database, "x", "agency", code)
    assert log_in(database, "x", PASSWORD).caller.agency_code == code


def test_a_key_opens_until_it_runs_out_or_is_revoked(database: Database):
    now = utc_now()
    _, key = issue_key(database, "city", ["read", "evidence"], by=BY, expires_at=now + timedelta(hours=1))
    caller = caller_of_key(database, key, "10.0.0.1", now)
    assert caller is not None
    assert (caller.actor, caller.scopes) == ("client:city", {"read", "evidence"})
    assert caller_of_key(database, key, "10.0.0.1", now + timedelta(hours=1)) is None
    assert caller_of_key(database, key[:-1] + "?", "10.0.0.1", now) is None
    assert revoke_keys(database, "city", by=BY) == 1
    assert caller_of_key(database, key, "10.0.0.1", now) is None


def test_a_rotated_key_and_the_former_one_overlap(database: Database):
    _, former = issue_key(database, "city", ["read"], by=BY)
    _, key = rotate_key(database, "city", timedelta(hours=2), by=BY)
    soon, late = utc_now() + timedelta(hours=1), utc_now() + timedelta(hours=3)
    assert caller_of_key(database, former, "10.0.0.1", soon) is not None
    assert caller_of_key(database, former, "10.0.0.1", late) is None
    assert caller_of_key(database, key, "10.0.0.1", late) is not None
    _, newest = rotate_key(database, "city", timedelta(0), by=BY)
    assert caller_of_key(database, key, "10.0.0.1") is None
    assert caller_of_key(database, newest, "10.0.0.1") is not None


@pytest.mark.parametrize(
    ("address", "opens"),
    [("10.1.255.255", True), ("10.2.0.0", False), ("::ffff:10.1.0.9", True), ("fd00::7", True), ("unknown", False)],
)
def test_a_key_is_used_from_its_networks_only(database: Database, address: str, opens: bool):
    _, key = issue_key(database, "city", ["read"], by=BY, networks=["10.1.0.0/16", "fd00::/8"])
    assert (caller_of_key(database, key, address) is not None) is opens


@pytest.mark.parametrize(
    ("scopes", "networks"), [([], []), (["write"], []), (["read", "*"], []), (["read"], ["10.1.0.0/33"])]
)
def test_unknown_scopes_and_networks_are_refused(database: Database, scopes: list[str], networks: list[str]):
    with pytest.raises(RefusedError):
        issue_key(database, "city", scopes, by=BY, networks=networks)


def test_an_agencys_client_gets_none_of_the_offices_scopes_and_a_name_is_taken_once(database: Database):
    code = an_agency(database)
    for scope in ("decisions", "admin"):
        with pytest.raises(RefusedError):
            issue_key(database, "school", ["read", scope], by=BY, agency_code=code)
    _, key = issue_key(database, "school", ["read", "evidence"], by=BY, agency_code=code)
    caller = caller_of_key(database, key, "10.0.0.1")
    assert caller is not None
    assert caller.agency_code == code
    with pytest.raises(RefusedError, match="rotate"):
        issue_key(database, "school", ["read"], by=BY)
    with database.reading() as tx:
        assert [each.name for each in read_clients(tx)] == ["school"]


def test_everything_about_accounts_stands_in_the_audit(database: Database):
    an_account(database)
    with pytest.raises(LoginRefused):
        log_in(database, "li", "wrong")
    with pytest.raises(LoginRefused):
        log_in(database, "nobody", "wrong")
    log_out(database, log_in(database, "li", PASSWORD).token, by="user:li")
    issue_key(database, "city", ["read"], by=BY)
    with database.reading() as tx:
        entries = read_audit(tx)
        assert verify_audit(tx).sound
    assert [(entry.actor, entry.action) for entry in entries] == [
        (BY, "user.add"), ("user:li", "user.login_refused"), ("user:nobody", "user.login_refused"),
        ("user:li", "user.login"), ("user:li", "user.logout"), (BY, "client.add"),
    ]  # fmt: skip


def test_the_commands(tmp_path: Path):
    def run(*words: str, given: str = "", status: int = 0) -> str:
        result = CliRunner().invoke(app, [*words, "--workspace", str(tmp_path)], input=given)
        assert result.exit_code == status, result.output
        return result.stdout

    run("user", "add", "li", "李检查员", "--role", "chief", "--password-stdin", given=PASSWORD + "\n")
    run("user", "add", "wang", "王检查员", "--password-stdin", given="short\n", status=1)
    run("user", "password", "li", "--password-stdin", given="another long one\n")
    run("user", "disable", "li")
    (user,) = json.loads(run("user", "list", "--json"))["users"]
    assert (user["login"], user["role"], user["has_password"]) == ("li", "chief", True)
    assert user["disabled_at"]
    first = json.loads(run("client", "add", "city", "--scope", "read", "--scope", "filing", "--json"))
    assert first["key"].startswith(first["prefix"])
    second = run("client", "rotate", "city", "--overlap-hours", "0").strip().splitlines()[0]
    assert second != first["key"]
    keys = json.loads(run("client", "list", "--json"))["keys"]
    assert [each["valid"] for each in keys] == [False, True]
    assert second not in json.dumps(keys)
    run("client", "revoke", "city")
    check = json.loads(run("audit", "verify", "--json"))
    assert (check["sound"], check["entries"]) == (True, 6)
    assert json.loads(run("audit", "verify", "--json", "--anchor", check["anchor"]))["sound"]
    other = f"6:{'0' * 64}"
    assert "NOT SOUND" in run("audit", "verify", "--anchor", other, status=1)
    assert run("audit", "verify", "--anchor", "none", status=2) == ""
