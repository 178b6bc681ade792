"""What the office decides, issues, voids and takes back stands in the audit: once each, with who, and in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from tests.builders.history import a_history
from tests.builders.office import an_office, close_class, file_class, moment
from tests.builders.plan import a_digest
from tests.builders.regulation import AGENCY
from verifier.paperwork import receive_archive_item, withdraw_record, write_agreement
from verifier.records.audit import read_audit, verify_audit
from verifier.records.matters import read_violations
from verifier.records.notices import read_sanctions
from verifier.records.office import RefusedError
from verifier.records.supervision import CallAnswer
from verifier.records.violation_values import read_violation_values
from verifier.regulation.decisions import Verdict
from verifier.regulation.facts import PhotoReport, ReportState
from verifier.supervising import (
    Office,
    decide_matter,
    decide_sanction,
    draw_follow_ups,
    issue_notice,
    record_breach,
    record_call,
    save_closing,
    void_issued_notice,
    withdraw_decision,
)

NUMBER = "YY-2023-0000"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Records with one class of which two reports are missing."""
    office, facts = an_office(tmp_path), a_history().complete[0]
    file_class(office, facts)
    missing = PhotoReport(ReportState.MISSING)
    sessions = [replace(each, reports=(missing,)) if n in (4, 5) else each for n, each in enumerate(facts.sessions)]
    close_class(office, facts.training, sessions, facts.sessions[-1].session.day)
    yield office
    office.database.close()


def actions(office: Office) -> list[tuple[str, str]]:
    """What was done by whom, once the chain was found sound."""
    with office.database.reading() as tx:
        assert verify_audit(tx).sound
        return [(each.action, each.actor.removeprefix("user:")) for each in read_audit(tx)]


def test_the_way_of_a_violation_from_decision_to_notice_and_back(office: Office) -> None:
    with office.database.reading() as tx:
        violation: UUID = read_violations(tx, NUMBER)[0].id
    for _ in range(2):
        decide_matter(office, violation, Verdict.CONFIRM, "li", "已核实")
        notice = issue_notice(
            office,
            NUMBER,
            [violation],
            "wang",
            date(2023, 7, 1),
            found_on=date(2023, 6, 16),
            supervision=("非现场监管",),
        )
    with office.database.reading() as tx:
        (decision,) = read_violation_values(tx, NUMBER, office.policy)[0].decisions
    with pytest.raises(RefusedError):
        withdraw_decision(office, UUID(decision.reference), "li", "看错")
    for _ in range(2):
        void_issued_notice(office, notice.number, "zhao", "依据有误")
        withdraw_decision(office, UUID(decision.reference), "li", "看错")
    assert actions(office) == [
        ("decision.confirm", "li"), ("notice.issue", "wang"), ("notice.void", "zhao"), ("decision.withdraw", "li"),
    ]  # fmt: skip


def test_the_way_of_a_sanction(office: Office) -> None:
    record = record_breach(office, "13(3)(2)", date(2023, 7, 1), "zhao", "转包", agency_code=AGENCY.code)
    with office.database.reading() as tx:
        (sanction,) = read_sanctions(tx)
    for by in ("li", "li", "wang"):
        decide_sanction(office, sanction.id, Verdict.CONFIRM, by, "属实")
    decide_sanction(office, sanction.id, Verdict.WITHDRAW, "wang", "复议撤销")
    withdraw_record(office, record, "zhao", "误会")
    assert actions(office) == [
        ("record.make", "zhao"), ("sanction.confirm", "li"), ("sanction.confirm", "wang"),
        ("sanction.withdraw", "wang"), ("record.withdraw", "zhao"),
    ]  # fmt: skip


def test_papers_dates_and_calls(office: Office) -> None:
    day = date(2023, 6, 25)
    for _ in range(2):
        save_closing(office, NUMBER, "li", {"certified_on": day})
        receive_archive_item(office, NUMBER, "li", "pledge", "承诺书.pdf", a_digest("pledge"))
        write_agreement(office, AGENCY.code, 2023, "wang", {"people": 500, "signed_on": date(2023, 1, 10)})
        draw_id, draw = draw_follow_ups(office, NUMBER, "种子", "li", moment(day))
        call = CallAnswer(draw.chosen[0], moment(day, "10:00"), "zhao", "confirmed", recording=a_digest("call"))
        record_call(office, NUMBER, draw_id, call)
    assert actions(office) == [
        ("class.dates", "li"), ("archive.add", "li"), ("agreement.write", "wang"), ("follow_up.draw", "li"),
        ("follow_up.call", "zhao"),
    ]  # fmt: skip
    write_agreement(office, AGENCY.code, 2023, "wang", {"people": 600})
    with office.database.reading() as tx:
        last = read_audit(tx)[-1]
    assert last.before is not None
    assert (last.before["people"], last.after) == (500, {"people": 600})


def test_what_is_refused_leaves_no_entry(office: Office) -> None:
    with pytest.raises(RefusedError):
        save_closing(office, NUMBER, "li", {}, ("S99",))
    with pytest.raises(RefusedError):
        receive_archive_item(office, NUMBER, "li", "ferry_tickets", "x", a_digest("x"))
    with pytest.raises(RefusedError):
        write_agreement(office, AGENCY.code, 2023, "nobody", {"people": 500})
    assert actions(office) == []
