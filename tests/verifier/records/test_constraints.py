"""The database itself refuses what cannot be, whoever writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import CheckConstraint, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Tx

from tests.builders.plan import a_class_file, a_digest, a_leave, a_sign_in
from tests.verifier.records.test_closing import PHOTO, a_case, a_close, a_user, a_violation
from verifier.records.database import Database
from verifier.records.decisions import decide
from verifier.records.filing import save_class_file
from verifier.records.findings import save_session_close
from verifier.records.matters import read_cases
from verifier.records.tables import Base
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.audit_entry import AuditEntryRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.decision import DecisionRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.face_observation import FaceObservationRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.job import JobRow
from verifier.records.tables.notice import NoticeRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.sanction import SanctionRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.sign_in import SignInRow
from verifier.records.tables.student import StudentRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.venue import VenueRow
from verifier.records.tables.violation import ViolationRow

NOW = datetime(2023, 6, 13, 1, 30, tzinfo=UTC)


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    """A transaction on records with a class, its closed morning, a case, a violation, a decision and an audit entry.

    The entry stands apart from the chain that the decision's own entry begins when the transaction ends.
    """
    with database.transaction() as opened:
        class_file = a_class_file(
            submissions=(PHOTO,),
            sign_ins=(a_sign_in(),),
            leaves=(a_leave(),),
            enrolment_photos={"S01": (a_digest("s01"),)},
        )
        save_class_file(opened, class_file)
        save_session_close(opened, a_close(cases=(a_case(),), violations=(a_violation(),)))
        decide(opened, read_cases(opened)[0].id, "confirm", a_user(opened), "看过")
        opened.execute(insert(AuditEntryRow), [an_audit_entry(1001, "0" * 64, "a" * 64)])
        yield opened


def an_audit_entry(sequence: int, previous: str, digest: str) -> dict[str, Any]:
    subject = {"actor": "li", "action": "decide", "subject_kind": "case", "subject_id": "1", "origin": "127.0.0.1"}
    return subject | {"sequence": sequence, "at": NOW, "previous_hash": previous, "hash": digest}


def copy_row(model: Any, **changes: Any) -> Callable[[Tx], Any]:
    """Write a row of the table once more with another id, and with these changes."""

    def write(tx: Tx) -> None:
        row = dict(tx.execute(select(*model.__table__.c).limit(1)).one()._mapping)
        tx.execute(insert(model.__table__), [row | {"id": uuid4()} | changes])

    return write


def change(model: Any, **values: Any) -> Callable[[Tx], Any]:
    """Change all rows of a table."""
    return lambda tx: tx.execute(update(model).values(**values))


def run(statement: Any) -> Callable[[Tx], Any]:
    return lambda tx: tx.execute(statement)


def add(row: Any) -> Callable[[Tx], Any]:
    def write(tx: Tx) -> None:
        tx.add(row)
        tx.flush()

    return write


def count(tx: Tx, model: Any) -> int:
    return tx.scalar(select(func.count()).select_from(model)) or 0


def a_notice(**changes: Any) -> Callable[[Tx], Any]:
    def write(tx: Tx) -> None:
        values = {
            "year": 2023,
            "serial": 1,
            "number": "培整改〔2023〕1号",
            "agency_id": tx.scalar(select(AgencyRow.id)),
            "state": "issued",
            "issued_on": date(2023, 6, 20),
            "issued_by": tx.scalar(select(UserRow.id)),
            "body": {},
        }
        tx.execute(insert(NoticeRow), [{"id": uuid4()} | values])
        tx.execute(
            insert(NoticeRow), [{"id": uuid4()} | values | {"serial": 2, "number": "培整改〔2023〕2号"} | changes]
        )

    return write


REFUSED = {
    "a reference to no class": change(SessionRow, class_id=uuid4()),
    "evidence that is not on record": change(SubmissionRow, sha256="f" * 64),
    "deleting a class with sessions": run(delete(ClassRow)),
    "deleting evidence that was handed in": run(delete(EvidenceRow)),
    "two classes of one number": copy_row(ClassRow),
    "two sessions of one id in a class": copy_row(SessionRow),
    "two students of one number in a class": copy_row(EnrolmentRow),
    "two persons of one ID number": copy_row(StudentRow),
    "the same sign-in twice": copy_row(SignInRow),
    "the same photo handed in twice alike": copy_row(SubmissionRow),
    "two findings of one check about one photo": copy_row(FindingRow),
    "two cases of one key": copy_row(CaseRow),
    "two violations of one key": copy_row(ViolationRow),
    "a second current run of a session": copy_row(RunRow, ordinal=2, input_key="other"),
    "a second current presence of a student": lambda tx: tx.execute(
        update(PresenceRow).values(enrolment_id=select(EnrolmentRow.id).limit(1).scalar_subquery())
    ),
    "a period of no name": change(SessionRow, period="noon"),
    "a session that ends before it starts": change(SessionRow, ends_at=NOW.replace(year=2022)),
    "negative hours": change(SessionRow, hours=-1),
    "an outcome of no name": change(RunRow, outcome="good"),
    "a rate above one": change(RunRow, rate=1.01),
    "a presence of no name": change(PresenceRow, presence="asleep"),
    "a view of no name": change(SubmissionRow, view="side"),
    "a receipt that is declared without a time": change(SubmissionRow, received_at=None),
    "a latitude beyond the pole": change(VenueRow, latitude=90.1),
    "half a coordinate": change(VenueRow, longitude=None),
    "a frame of no name": change(VenueRow, frame="nad27"),
    "a radius of nothing": change(VenueRow, radius_m=0),
    "a digest in capitals": run(insert(EvidenceRow).values(sha256="A" * 64)),
    "a digest that is too short": run(insert(EvidenceRow).values(sha256="a" * 63)),
    "a matched face of nobody": change(FaceObservationRow, state="matched", enrolment_id=None),
    "a stranger with a name": change(FaceObservationRow, state="stranger"),
    "a similarity beyond one": change(FaceObservationRow, similarity=1.1),
    "a case state of no name": change(CaseRow, state="open"),
    "a proposal that nothing supports": change(ViolationRow, supported=False),
    "a lapse without a reason": change(ViolationRow, state="lapsed", supported=False),
    "a probability above one": change(CaseRow, probability=1.5),
    "an agency without a code": change(AgencyRow, code=" "),
    "an ID number without its digest": change(StudentRow, id_number_lookup=None),
    "a decision about nothing": lambda tx: tx.execute(
        insert(DecisionRow).values(
            id=uuid4(), decision="confirm", decided_by=tx.scalar(select(UserRow.id)), decided_at=NOW, reason="why"
        )
    ),
    "an agency account of no agency": change(UserRow, role="agency"),
    "a role of no name": change(UserRow, role="root"),
    "two notices of one number": a_notice(serial=1),
    "a voided notice without a reason": a_notice(state="voided"),
    "a sanction on the subsidy of no class": lambda tx: tx.execute(
        insert(SanctionRow).values(
            id=uuid4(),
            agency_id=tx.scalar(select(AgencyRow.id)),
            kind="subsidy_refused",
            rule="13(2)(3)",
            dedup_key="x",
            state="proposed",
            reason={},
            grounds={},
        )
    ),
    "a running job without a lease": add(
        JobRow(id=uuid4(), kind="close", key="k", state="running", attempt=1, payload={})
    ),
    "changing a finding": change(FindingRow, outcome="passed"),
    "deleting a finding": run(delete(FindingRow)),
    "changing a decision": change(DecisionRow, reason="other"),
    "deleting a decision": run(delete(DecisionRow)),
    "changing an audit entry": change(AuditEntryRow, actor="someone else"),
    "deleting an audit entry": run(delete(AuditEntryRow)),
    "a second chain of audit entries": run(insert(AuditEntryRow).values(an_audit_entry(2, "", "b" * 64))),
}


@pytest.mark.parametrize("write", REFUSED.values(), ids=REFUSED.keys())
def test_the_database_refuses(tx: Tx, write: Callable[[Tx], Any]) -> None:
    with pytest.raises(IntegrityError), tx.begin_nested():
        write(tx)


def test_what_is_right_beside_the_limits_is_taken(tx: Tx) -> None:
    """The same writes with allowed values: the refusals above are not for another reason."""
    changed = (
        change(RunRow, rate=1)(tx),
        change(SessionRow, hours=0, period="evening")(tx),
        change(VenueRow, latitude=90, longitude=-180)(tx),
        change(ViolationRow, state="lapsed", supported=False, lapse_reason={"template": "x"})(tx),
    )
    assert all(each.rowcount > 0 for each in changed), "a change of no row is refused by nothing"
    added = {
        RunRow: copy_row(RunRow, ordinal=2, input_key="other", is_current=False),
        SessionRow: copy_row(SessionRow, code="another"),
        NoticeRow: a_notice(),
        AuditEntryRow: run(insert(AuditEntryRow).values(an_audit_entry(1002, "a" * 64, "b" * 64))),
    }
    for table, write in added.items():
        before = count(tx, table)
        write(tx)
        assert count(tx, table) > before, table


def test_truncating_is_no_way_around_the_append_only_tables(tx: Tx) -> None:
    if tx.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    for table in ("audit_entry", "decision", "finding"):
        with pytest.raises(IntegrityError, match="append-only"), tx.begin_nested():
            tx.execute(text(f"TRUNCATE {table} CASCADE"))


def test_every_column_that_holds_a_stored_word_has_its_words_checked() -> None:
    """A column named like a list of words is one: so a new table cannot forget its check."""
    worded = {
        "state",
        "kind",
        "what",
        "mode",
        "period",
        "outcome",
        "presence",
        "decision",
        "role",
        "frame",
        "view",
        "receipt",
    }
    # Kinds of cases, jobs and announced events grow with the checks, the workers and the subscribers; a policy names its kinds
    # of archive documents; and what an agency is urged to hand in is told in the office's own words.
    free = {
        ("supervision_case", "kind"), ("job", "kind"), ("webhook_delivery", "kind"), ("archive_item", "kind"), ("urging", "what"),
    }  # fmt: skip
    for table in Base.metadata.tables.values():
        checks = [str(each.sqltext) for each in table.constraints if isinstance(each, CheckConstraint)]
        for column in table.columns:
            if column.name in worded and (table.name, column.name) not in free:
                assert any(f"{column.name} IN (" in check for check in checks), f"{table.name}.{column.name}"
