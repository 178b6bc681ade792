"""Numbers of notices: no gaps, no doubles, whoever asks at once; voided ones keep theirs."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date

import pytest
from sqlalchemy import select

from tests.builders.office import KEY, PEOPLE
from tests.builders.plan import a_class_file, a_training_class
from tests.verifier.records.test_closing import MORNING, PHOTO, a_close, a_violation
from verifier.records.database import Database, open_database
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import save_class_file
from verifier.records.findings import save_session_close
from verifier.records.matters import read_violations
from verifier.records.notices import add_notice, find_notice, notice_fact, read_notices, void_notice
from verifier.records.office import RefusedError, save_person
from verifier.records.tables.user import UserRow
from verifier.regulation.forms import find_numbering_faults

CLASSES = ("A-1", "A-2", "A-3", "A-4")
DAY = date(2023, 6, 20)
PREFIX = "培整改"

# Each process issues notices one after the other as fast as it can; every third transaction breaks off after it took a number.
PROGRAM = """
import sys
from tests.verifier.records import test_notices
print("ready", flush=True); sys.stdin.readline()
test_notices.issue_many(sys.argv[1], sys.argv[2])
"""


def fill(database: Database, violations: int) -> None:
    """Four classes with so many violations each."""
    with database.transaction() as tx:
        for login in PEOPLE:
            save_person(tx, login, login, "inspector")
        for number in CLASSES:
            save_class_file(tx, a_class_file(a_training_class(number), submissions=(PHOTO,)))
            proposals = tuple(a_violation(key=f"{number}|{place}") for place in range(violations))
            save_session_close(tx, a_close(MORNING, class_number=number, violations=proposals))


class BrokeOffError(Exception):
    """A transaction that does not end well."""


def issue_many(url: str, number: str) -> None:
    """One process of the test below."""
    database = open_database(url, KEY)
    with database.reading() as tx:
        by = tx.scalars(select(UserRow.id).where(UserRow.login == "li")).one()
        ids = [each.id for each in read_violations(tx, number)]
    for place, violation in enumerate(ids):
        if place % 3 == 0:
            try:
                with database.transaction() as tx:
                    add_notice(tx, number, [violation], by, DAY, PREFIX, {})
                    raise BrokeOffError
            except BrokeOffError:
                pass
        with database.transaction() as tx:
            add_notice(tx, number, [violation], by, DAY, PREFIX, {})
        # SQLite gives the lock to whoever asks again first: without a pause one process may do all of its work before the others'
        # first turn, and the test would not have tested anything.
        time.sleep(0.05)
    database.close()


def test_processes_at_once_leave_no_gap_and_no_double(database: Database) -> None:
    fill(database, 8)
    url = database.engine.url.render_as_string(hide_password=False)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, number], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for number in CLASSES
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    failures = [process.communicate(timeout=120)[1] for process in processes if process.wait(120) != 0]
    assert failures == []
    with database.reading() as tx:
        notices = read_notices(tx)
    assert [each.number for each in notices] == [f"培整改〔2023〕{serial}号" for serial in range(1, 33)]
    assert find_numbering_faults([each.number for each in notices]) == []
    # They did run at once: no class had its notices one after the other.
    assert [each.class_number for each in notices] != sorted(each.class_number for each in notices)


def issue(database: Database, places: tuple[int, ...], day: date = DAY, number: str = "A-1") -> str:
    with database.transaction() as tx:
        by = tx.scalars(select(UserRow.id).where(UserRow.login == "li")).one()
        ids = [each.id for each in read_violations(tx, number)]
        return add_notice(tx, number, [ids[place] for place in places], by, day, PREFIX, {"rules": ["x"]}).number


def test_the_same_violations_again_are_the_same_notice(database: Database) -> None:
    fill(database, 3)
    assert issue(database, (0, 1)) == issue(database, (1, 0)) == "培整改〔2023〕1号"
    with pytest.raises(RefusedError, match="1号"):
        issue(database, (1, 2))


def test_each_year_begins_anew_and_a_voided_notice_keeps_its_number(database: Database) -> None:
    fill(database, 3)
    assert issue(database, (0,), date(2023, 12, 31)) == "培整改〔2023〕1号"
    assert issue(database, (1,), date(2024, 1, 1)) == "培整改〔2024〕1号"
    with database.transaction() as tx:
        void_notice(tx, "培整改〔2023〕1号", "名称有误")
        void_notice(tx, "培整改〔2023〕1号", "又一次")
    assert issue(database, (0,), date(2023, 12, 31)) == "培整改〔2023〕2号"
    with database.reading() as tx:
        first, second, _ = read_notices(tx, "A-1")
        assert (first.void_reason, notice_fact(first).voided) == ("名称有误", True)
        assert (second.void_reason, second.violations) == (None, first.violations)
        assert find_notice(tx, read_violations(tx, "A-1")[2].id) is None


def test_voiding_needs_a_notice_and_a_reason(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(NotInRecordsError):
        void_notice(tx, "培整改〔2023〕9号", "没有")
    with database.transaction() as tx, pytest.raises(RefusedError):
        void_notice(tx, "培整改〔2023〕9号", " ")
