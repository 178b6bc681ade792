"""The number of writes moves on with every commit that may change an answer, in the same transaction, and with no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session as Tx

from verifier.records.audit import write_audit
from verifier.records.database import Database
from verifier.records.rows import table_of
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.write_count import READ


def add_agency(tx: Tx, name: str = "机构") -> None:
    tx.add(AgencyRow(id=make_id("agency", name), name=name, code=name))


def note_a_look(tx: Tx) -> None:
    write_audit(tx, actor="client:x", action="photo.look", subject=("photo", "1"))


WRITES: dict[str, Callable[[Tx], object]] = {
    "an object": add_agency,
    "a statement": lambda tx: tx.execute(
        insert(table_of(AgencyRow)), [{"id": make_id("agency", "1"), "name": "1", "code": "1"}]
    ),
    "a text": lambda tx: tx.execute(text("UPDATE agency SET name = name")),
    "a text that begins otherwise": lambda tx: tx.execute(
        text("WITH one AS (SELECT 1) DELETE FROM agency WHERE 1 IN (SELECT * FROM one)")
    ),
    "a look beside a write": lambda tx: (note_a_look(tx), add_agency(tx)),
}
OTHERS: dict[str, Callable[[Tx], object]] = {
    "a look alone": note_a_look,
    "a question": lambda tx: tx.scalars(select(AgencyRow)).all(),
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("work", WRITES.values(), ids=WRITES.keys())
def test_what_may_change_an_answer_is_counted_once_a_commit(database: Database, work: Callable[[Tx], object]):
    before = database.read_writes()
    assert before is not None
    with database.transaction() as tx:
        work(tx)
        tx.flush()
        assert database.read_writes() == before, "nobody sees the number before the rows"
    assert database.read_writes() == before + 1


@pytest.mark.parametrize("work", OTHERS.values(), ids=OTHERS.keys())
def test_what_changes_no_answer_is_not_counted(database: Database, work: Callable[[Tx], object]):
    before = database.read_writes()
    with database.transaction() as tx:
        work(tx)
    assert database.read_writes() == before


def fail_after_writing(database: Database) -> None:
    with database.transaction() as tx:
        add_agency(tx)
        tx.flush()
        raise ZeroDivisionError


def test_what_is_rolled_back_is_not_counted_nor_is_what_comes_after_it(database: Database):
    before = database.read_writes()
    with pytest.raises(ZeroDivisionError):
        fail_after_writing(database)
    with database.transaction() as tx:
        note_a_look(tx)
    assert database.read_writes() == before


def test_who_sees_the_rows_sees_the_number(database: Database):
    with database.reading() as early:
        before = early.execute(text(READ)).scalar_one()
        with database.transaction() as tx:
            add_agency(tx)
        assert early.execute(text(READ)).scalar_one() == before
        assert early.scalars(select(AgencyRow)).all() == []
    with database.reading() as late:
        assert late.execute(text(READ)).scalar_one() == before + 1
        assert len(late.scalars(select(AgencyRow)).all()) == 1


def test_where_nobody_counts_there_is_no_number(database: Database):
    with database.transaction() as tx:
        tx.execute(text("DELETE FROM write_count"))
        add_agency(tx)
    assert database.read_writes() is None


def test_a_line_that_was_cut_is_laid_anew(database: Database):
    before = database.read_writes()
    assert database._line is not None
    assert database._line.dbapi_connection is not None
    database._line.dbapi_connection.close()
    assert database.read_writes() == before
