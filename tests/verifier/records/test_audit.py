"""The audit's chain: what is written stays, and whatever is done to it afterwards is found."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.verifier.records.conftest import KEY
from verifier.finding import Outcome
from verifier.records.audit import acting_from, read_audit, verify_audit, write_audit
from verifier.records.database import Database, open_database

A_CASE = ("case", UUID(int=7))


def write(database: Database, *actions: str, **more: Any) -> None:
    """One transaction with an entry for each action."""
    with database.transaction() as tx:
        for action in actions:
            write_audit(tx, actor="user:wang", action=action, subject=A_CASE, **more)


def check(database: Database, anchor: str | None = None) -> list[tuple[str, int]]:
    with database.reading() as tx:
        return [(fault.kind, fault.sequence) for fault in verify_audit(tx, anchor).faults]


def tamper(database: Database, *statements: str) -> None:
    """What somebody does who owns the database: the triggers go first."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
            connection.execute(text("ALTER TABLE audit_head DISABLE TRIGGER ALL"))
        else:
            triggers = connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
            ).all()
            for name in triggers:
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


def test_entries_are_chained_and_say_who_when_what_and_from_where(database: Database) -> None:
    started = datetime.now(UTC)
    with acting_from("10.0.0.7 request 4f"):
        write(database, "case.confirm", before={"state": "proposed"}, after={"state": Outcome.FAILED, "at": started})
    write(database, "case.look", source="10.0.0.8")
    with database.reading() as tx:
        first, second = read_audit(tx)
        assert verify_audit(tx).sound
    assert (first.sequence, first.actor, first.action, first.source) == (
        1,
        "user:wang",
        "case.confirm",
        "10.0.0.7 request 4f",
    )
    assert (first.subject_kind, first.subject_id) == ("case", str(UUID(int=7)))
    assert first.before == {"state": "proposed"}
    assert first.after == {"state": "failed", "at": started.isoformat()}
    assert first.at >= started
    assert (second.sequence, second.source, second.before) == (2, "10.0.0.8", None)


def test_numbers_and_texts_that_databases_write_in_their_own_way_still_verify(database: Database) -> None:
    odd = {
        "a": 1e22,
        "b": 1e-7,
        "c": 0.1,
        "d": -0.0,
        "e": math.nan,
        "f": "NUL \x00 \ud800 €",
        "g": [1.0, {"z": 1, "a": 2}],
    }
    write(database, "odd.one", after=odd)
    assert check(database) == []


def test_a_transaction_that_is_rolled_back_leaves_no_entry(database: Database) -> None:
    with database.transaction() as tx:
        write_audit(tx, actor="user:wang", action="case.confirm", subject=A_CASE)
        tx.rollback()
    with database.reading() as tx:
        assert read_audit(tx) == []


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_entries_along(database: Database) -> None:
    with database.transaction() as tx:
        write_audit(tx, actor="user:wang", action="kept.before", subject=A_CASE)
        with tx.begin_nested() as outer:
            write_audit(tx, actor="user:wang", action="lost.outer", subject=A_CASE)
            with tx.begin_nested():
                write_audit(tx, actor="user:wang", action="lost.inner", subject=A_CASE)
            outer.rollback()
        with tx.begin_nested():
            write_audit(tx, actor="user:wang", action="kept.released", subject=A_CASE)
    with database.reading() as tx:
        assert [entry.action for entry in read_audit(tx)] == ["kept.before", "kept.released"]
    assert check(database) == []


def test_an_entry_without_actor_or_action_is_refused(database: Database) -> None:
    for actor, action in ((" ", "case.look"), ("user:wang", "")):
        with pytest.raises(ValueError, match="names who acted"), database.transaction() as tx:
            write_audit(tx, actor=actor, action=action, subject=A_CASE)


def test_many_writers_at_once_make_one_chain_without_a_gap(database: Database) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                write(database, f"thread{number}.a{turn}", f"thread{number}.b{turn}")
        except BaseException as error:  # noqa: BLE001 - told to the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    with database.reading() as tx:
        entries = read_audit(tx, limit=1000)
        assert verify_audit(tx).sound
    assert [entry.sequence for entry in entries] == list(range(1, 61))
    # Both entries of one transaction stand together.
    assert all(a.action.replace(".a", ".b") == b.action for a, b in zip(entries[::2], entries[1::2], strict=True))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET actor = 'user:li' WHERE sequence = 2", "DELETE FROM audit_entry WHERE sequence = 3",
     "DELETE FROM audit_head", "UPDATE audit_head SET sequence = 2", "UPDATE audit_head SET hash = mac"],
)  # fmt: skip
def test_the_database_itself_refuses_to_change_or_delete(database: Database, statement: str) -> None:
    write(database, "a.a", "a.b", "a.c")
    with pytest.raises(IntegrityError, match=r"append-only|only moves on"), database.transaction() as tx:
        tx.execute(text(statement))
    assert check(database) == []


def follow(sequence: int) -> str:
    return f"previous_hash = (SELECT hash FROM audit_entry WHERE sequence = {sequence})"


# Even with every entry pointing to the one before it.
SWAP = (
    "UPDATE audit_entry SET sequence = 99, previous_hash = 'x' WHERE sequence = 2",
    "UPDATE audit_entry SET previous_hash = 'y' WHERE sequence = 4",
    f"UPDATE audit_entry SET sequence = 2, {follow(1)} WHERE sequence = 3",
    f"UPDATE audit_entry SET sequence = 3, {follow(2)} WHERE sequence = 99",
    f"UPDATE audit_entry SET {follow(3)} WHERE sequence = 4",
)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        pytest.param(["UPDATE audit_entry SET actor = 'user:li' WHERE sequence = 2"], ("edited", 2), id="another actor"),
        pytest.param(["UPDATE audit_entry SET \"after\" = '{\"n\": 2}' WHERE sequence = 2"], ("edited", 2), id="another value"),
        pytest.param(["UPDATE audit_entry SET at = '2020-01-01 00:00:00+00' WHERE sequence = 1"], ("edited", 1), id="another time"),
        pytest.param(["UPDATE audit_entry SET origin = 'x' WHERE sequence = 4"], ("edited", 4), id="another place"),
        pytest.param(["DELETE FROM audit_entry WHERE sequence = 3"], ("missing", 3), id="one deleted in the middle"),
        pytest.param(["DELETE FROM audit_entry WHERE sequence = 1"], ("missing", 1), id="the first deleted"),
        pytest.param(["DELETE FROM audit_entry WHERE sequence = 4"], ("truncated", 4), id="the last deleted"),
        pytest.param(["DELETE FROM audit_entry"], ("truncated", 1), id="all deleted"),
        pytest.param(["DELETE FROM audit_head"], ("head", 0), id="the record of the end deleted"),
        pytest.param(
            ["DELETE FROM audit_entry WHERE sequence = 4",
             "UPDATE audit_head SET sequence = 3, hash = (SELECT hash FROM audit_entry WHERE sequence = 3)"],
            ("head", 3), id="the last deleted and the record of the end put back",
        ),
        pytest.param(SWAP, ("edited", 2), id="two entries swapped"),
    ],
)  # fmt: skip
def test_whatever_is_done_to_the_chain_is_found(
    database: Database, statements: list[str], found: tuple[str, int]
) -> None:
    write(database, "a.a", "a.b", "a.c", "a.d", after={"n": 1})
    assert check(database) == []
    tamper(database, *statements)
    assert found in check(database)


def test_a_chain_made_anew_without_the_key_does_not_verify(database: Database) -> None:
    write(database, "a.a")
    other = open_database(database.engine.url.render_as_string(hide_password=False), bytes(32))
    try:
        write(other, "a.forged")
    finally:
        other.close()
    assert check(database) == [("edited", 2), ("head", 2)]


def test_an_older_copy_put_back_is_found_by_an_anchor_alone(database: Database) -> None:
    write(database, "a.a", "a.b")
    with database.reading() as tx:
        older = tx.execute(text("SELECT sequence, hash, mac FROM audit_head")).one()
    write(database, "a.c")
    with database.reading() as tx:
        anchor = verify_audit(tx).anchor
    assert check(database, anchor) == []
    tamper(
        database,
        "DELETE FROM audit_entry WHERE sequence = 3",
        f"UPDATE audit_head SET sequence = {older.sequence}, hash = '{older.hash}', mac = '{older.mac}'",
    )
    assert check(database) == []
    assert check(database, anchor) == [("anchor", 3)]


@pytest.mark.parametrize("anchor", ["", "7", "seven:" + "a" * 64, "7:abc"])
def test_a_text_that_is_no_anchor_is_refused(database: Database, anchor: str) -> None:
    with database.reading() as tx, pytest.raises(ValueError, match="is no anchor"):
        verify_audit(tx, anchor)


def test_after_a_key_change_older_entries_verify_with_the_former_key_at_hand(database: Database) -> None:
    write(database, "a.a")
    url = database.engine.url.render_as_string(hide_password=False)
    changed = open_database(url, [bytes(32), KEY])
    try:
        write(changed, "a.b")
        assert check(changed) == []
    finally:
        changed.close()


@pytest.fixture
def three_actors(database: Database) -> Callable[[], Database]:
    def make() -> Database:
        with database.transaction() as tx:
            write_audit(tx, actor="user:wang", action="case.look", subject=A_CASE)
            write_audit(tx, actor="client:city", action="class.save", subject=("class", "YY-1"))
            write_audit(tx, actor="user:wang", action="class.look", subject=("class", "YY-1"))
        return database

    return make


def test_entries_are_read_by_actor_by_subject_and_in_pages(three_actors: Callable[[], Database]) -> None:
    with three_actors().reading() as tx:
        assert [entry.sequence for entry in read_audit(tx, actor="user:wang")] == [1, 3]
        assert [entry.sequence for entry in read_audit(tx, subject=("class", "YY-1"))] == [2, 3]
        assert [entry.sequence for entry in read_audit(tx, after=1, limit=1)] == [2]
