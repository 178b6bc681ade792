"""What the close of a session leaves in the records: everything or nothing, once, and never against a person's decision."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Tx

from tests.builders.plan import DAY, a_class_file, a_submission, a_training_class
from tests.verifier.records.conftest import KEY
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.observation import Box
from verifier.plan import Submission
from verifier.records.closing import (
    CaseProposal,
    FaceMatch,
    PhotoJudgement,
    SessionClose,
    SessionNumbers,
    StudentPresence,
    ViolationProposal,
)
from verifier.records.database import Database, open_database
from verifier.records.decisions import DecisionError, decide, read_decisions, withdraw
from verifier.records.dump import dump_records
from verifier.records.errors import NotInRecordsError, PlanError
from verifier.records.filing import save_class_file
from verifier.records.findings import read_input_key, save_session_close
from verifier.records.matters import read_cases, read_violations
from verifier.records.reading import find_open_sessions, read_attended_hours, read_photo, read_photos, read_sessions
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.user import UserRow

MORNING, AFTERNOON = "2023-06-12-am", "2023-06-12-pm"
PHOTO = a_submission("photos/a.jpg")
LATE_PHOTO = a_submission("photos/b.jpg", session_id=AFTERNOON)
STRAY_PHOTO = a_submission("photos/c.jpg", session_id=None)


def a_finding(check: str = "photo.stamp_time", outcome: Outcome = Outcome.FAILED) -> Finding:
    return Finding(check, outcome, say("水印日期 {seen}。", seen="2023-06-11"), "stamp-time-2023", {"late_s": 86400})


def a_photo(submission: Submission = PHOTO, *findings: Finding) -> PhotoJudgement:
    faces = (
        FaceMatch(Box(10, 20, 30, 40), 0.93, "matched", "S01", similarity=0.61, match_probability=0.999),
        FaceMatch(Box(50, 20, 30, 40), 0.91, "teacher", teacher_number="T01", similarity=0.7),
        FaceMatch(Box(90, 20, 30, 40), 0.9, "stranger", similarity=0.1),
        FaceMatch(Box(130, 20, 9, 9), 0.5, "unreadable", unreadable_because="too_small"),
    )
    return PhotoJudgement(submission, findings or (a_finding(), a_finding("photo.quality", Outcome.PASSED)), faces)


def a_case(key: str = "impersonation:S02", session: str = MORNING, probability: float = 0.98) -> CaseProposal:
    photo = PHOTO if session == MORNING else LATE_PHOTO
    reason = say("课次 {session} 中不是本人。", session=session)
    return CaseProposal("impersonation", key, reason, "S02", photo, Box(1, 2, 3, 4), probability)


def a_violation(session: str = MORNING, key: str = "13(1)(4)") -> ViolationProposal:
    photo = PHOTO if session == MORNING else LATE_PHOTO
    reason = say("课次 {session} 到课率 {rate}。", session=session, rate=0.5)
    return ViolationProposal(
        "13(1)(4)", "attendance_below_80_percent", key, reason, (session,), (f"sha256:{photo.sha256}",)
    )


def a_close(session_id: str | None = MORNING, input_key: str = "inputs-1", **changes: object) -> SessionClose:
    photo = {MORNING: PHOTO, AFTERNOON: LATE_PHOTO}.get(session_id or "", STRAY_PHOTO)
    presences = (
        StudentPresence("S01", "present", (say("照片 {file} 中有其面孔。", file="photos/a.jpg"),)),
        StudentPresence("S02", "absent"),
        StudentPresence("S03", "unsure"),
    )
    close = SessionClose(
        class_number="YY-2023-0071",
        session_id=session_id,
        input_key=input_key,
        versions={"code": "0.1.0", "packs": {"faces": "opencv-zoo@1"}},
        policy_name="yiyang-2023-23",
        policy_version="1",
        outcome=Outcome.FAILED,
        photos=(a_photo(photo),),
        findings=(a_finding("session.reports", Outcome.PASSED),) if session_id else (),
        presences=presences if session_id else (),
        numbers=SessionNumbers(expected=3, present=1, unsure=1, leave=0, rate=0.5) if session_id else None,
    )
    return replace(close, **changes)  # type: ignore[arg-type]


@pytest.fixture
def tx(database: Database) -> Iterator[Tx]:
    """A transaction on records with one class of three students and three photos."""
    with database.transaction() as opened:
        save_class_file(opened, a_class_file(submissions=(PHOTO, LATE_PHOTO, STRAY_PHOTO)))
        yield opened


def count(tx: Tx, model: type) -> int:
    return tx.scalar(select(func.count()).select_from(model)) or 0


def a_user(tx: Tx, login: str = "li") -> UUID:
    row = UserRow(id=uuid4(), login=login, name="李检查员", role="inspector", password_hash="$argon2id$…")
    tx.add(row)
    tx.flush()
    return row.id


def test_a_close_is_read_back_as_it_was_written(tx: Tx) -> None:
    close = a_close()
    assert save_session_close(tx, close)
    morning, afternoon = read_sessions(tx, "YY-2023-0071")
    assert (morning.outcome, morning.numbers) == (Outcome.FAILED, close.numbers)
    assert morning.students == close.presences
    assert morning.findings == close.findings
    assert (morning.policy_name, morning.versions) == ("yiyang-2023-23", close.versions)
    assert (afternoon.outcome, afternoon.numbers, afternoon.students) == (None, None, ())
    (photo,) = read_photos(tx, "YY-2023-0071")
    assert (photo.session_id, photo.submission) == (MORNING, PHOTO)
    assert (photo.findings, photo.faces) == (close.photos[0].findings, close.photos[0].faces)


def test_the_same_inputs_write_nothing(tx: Tx) -> None:
    assert save_session_close(tx, a_close())
    before = dump_records(tx)
    assert not save_session_close(tx, a_close())
    assert dump_records(tx) == before
    assert read_input_key(tx, "YY-2023-0071", MORNING) == "inputs-1"
    assert read_input_key(tx, "YY-2023-0071", AFTERNOON) is None


def test_other_inputs_add_a_run_and_the_old_findings_stay(tx: Tx) -> None:
    save_session_close(tx, a_close())
    changed = (StudentPresence("S01", "present"), StudentPresence("S02", "leave"), StudentPresence("S03", "present"))
    assert save_session_close(tx, a_close(input_key="inputs-2", presences=changed))
    assert (count(tx, RunRow), count(tx, FindingRow), count(tx, PresenceRow)) == (2, 6, 6)
    assert read_sessions(tx)[0].students == changed
    assert len(read_photos(tx)) == 1
    hours = {
        each.student_no: (each.attended, each.unsure, each.leave, each.absent)
        for each in read_attended_hours(tx, "YY-2023-0071")
    }
    assert hours == {"S01": (4, 0, 0, 0), "S02": (0, 0, 4, 0), "S03": (4, 0, 0, 0)}


def test_inputs_that_come_back_are_a_new_run_again(tx: Tx) -> None:
    for key in ("inputs-1", "inputs-2", "inputs-1"):
        assert save_session_close(tx, a_close(input_key=key))
    assert count(tx, RunRow) == 3
    assert read_input_key(tx, "YY-2023-0071", MORNING) == "inputs-1"


def test_photos_of_no_session_are_closed_by_class(tx: Tx) -> None:
    assert save_session_close(tx, a_close(None))
    assert not save_session_close(tx, a_close(None))
    (photo,) = read_photos(tx, first_day=DAY, last_day=DAY)
    assert (photo.session_id, photo.submission) == (None, STRAY_PHOTO)
    assert read_photos(tx, first_day=date(2023, 6, 13)) == []


def test_sessions_and_photos_are_read_by_day(tx: Tx) -> None:
    save_session_close(tx, a_close())
    assert len(read_sessions(tx, first_day=DAY, last_day=DAY)) == 2
    assert read_sessions(tx, first_day=date(2023, 6, 13)) == []
    assert read_sessions(tx, last_day=date(2023, 6, 11)) == []
    assert read_photos(tx, last_day=date(2023, 6, 11)) == []
    assert read_photos(tx, "another class") == []


def test_one_photo_is_read_by_its_id(tx: Tx) -> None:
    save_session_close(tx, a_close())
    save_session_close(tx, a_close(AFTERNOON))
    for photo in read_photos(tx):
        assert read_photo(tx, photo.id) == photo
    with pytest.raises(KeyError):
        read_photo(tx, uuid4())


def test_sessions_that_were_never_closed_are_open(tx: Tx) -> None:
    save_session_close(tx, a_close())
    assert find_open_sessions(tx, DAY) == [("YY-2023-0071", AFTERNOON)]
    assert find_open_sessions(tx, date(2023, 6, 11)) == []


def test_two_sessions_that_show_the_same_thing_make_one_case_and_one_violation(tx: Tx) -> None:
    save_session_close(tx, a_close(cases=(a_case(),), violations=(a_violation(),)))
    save_session_close(
        tx,
        a_close(AFTERNOON, cases=(a_case(session=AFTERNOON, probability=0.7),), violations=(a_violation(AFTERNOON),)),
    )
    (case,) = read_cases(tx)
    assert (case.session_id, case.probability, case.file) == (AFTERNOON, 0.7, "photos/b.jpg")
    assert (case.student_no, case.box_xywh, case.state) == ("S02", (1, 2, 3, 4), "proposed")
    (violation,) = read_violations(tx)
    assert violation.session_ids == (MORNING, AFTERNOON)
    assert violation.evidence == tuple(sorted([PHOTO.sha256, LATE_PHOTO.sha256]))
    assert violation.reason.text() == "课次 2023-06-12-pm 到课率 0.5。"


def test_a_case_without_a_name_lists_its_candidates_until_a_later_close_names_one(tx: Tx) -> None:
    unnamed = replace(a_case(), student_no=None, candidates=("S02",))
    save_session_close(tx, a_close(cases=(unnamed,)))
    (case,) = read_cases(tx)
    assert (case.student_no, case.candidates, case.subject) == (None, ("S02",), "S02")
    save_session_close(tx, a_close(cases=(a_case(),), input_key="inputs-2"))
    (case,) = read_cases(tx)
    assert (case.student_no, case.candidates, case.subject) == ("S02", (), "S02")
    save_session_close(tx, a_close(cases=(replace(unnamed, candidates=("S01", "S02")),), input_key="inputs-3"))
    (case,) = read_cases(tx)
    assert (case.student_no, case.candidates, case.subject) == (None, ("S01", "S02"), None)


def test_what_a_new_close_no_longer_supports_lapses_with_a_reason(tx: Tx) -> None:
    save_session_close(tx, a_close(cases=(a_case(),), violations=(a_violation(),)))
    save_session_close(tx, a_close(input_key="inputs-2"))
    (case,), (violation,) = read_cases(tx), read_violations(tx)
    assert (case.state, violation.state) == ("lapsed", "lapsed")
    assert case.lapse_reason is not None
    assert case.lapse_reason.text("zh_CN") == "2023-06-12 课次 2023-06-12-am 第 2 次核验不再得出此项，提议自动失效。"
    assert "session 2023-06-12-am on 2023-06-12" in case.lapse_reason.text("en")
    assert violation.lapse_reason == case.lapse_reason
    assert (violation.session_ids, violation.evidence) == ((MORNING,), (PHOTO.sha256,))


def test_it_does_not_lapse_while_another_session_supports_it(tx: Tx) -> None:
    save_session_close(tx, a_close(violations=(a_violation(),)))
    save_session_close(tx, a_close(AFTERNOON, violations=(a_violation(AFTERNOON),)))
    save_session_close(tx, a_close(AFTERNOON, input_key="inputs-2"))
    (violation,) = read_violations(tx)
    assert (violation.state, violation.session_ids) == ("proposed", (MORNING,))
    assert violation.reason.text() == "课次 2023-06-12-am 到课率 0.5。"


def test_what_lapsed_is_proposed_again_when_it_is_seen_again(tx: Tx) -> None:
    for number, violations in enumerate([(a_violation(),), (), (a_violation(),)]):
        save_session_close(tx, a_close(input_key=f"inputs-{number}", violations=violations))
    (violation,) = read_violations(tx)
    assert (violation.state, violation.lapse_reason) == ("proposed", None)


@pytest.mark.parametrize(
    ("decision", "state"), [("confirm", "confirmed"), ("dismiss", "dismissed"), ("needs_check", "needs_check")]
)
def test_what_a_person_decided_is_not_changed_by_a_later_close(tx: Tx, decision: str, state: str) -> None:
    save_session_close(tx, a_close(cases=(a_case(),), violations=(a_violation(),)))
    inspector = a_user(tx)
    for matter in (read_cases(tx)[0].id, read_violations(tx)[0].id):
        decide(tx, matter, decision, inspector, "看过原图")
    before = read_cases(tx)[0], read_violations(tx)[0]
    save_session_close(tx, a_close(input_key="inputs-2"))
    after = read_cases(tx)[0], read_violations(tx)[0]
    assert [each.state for each in after] == [state, state]
    assert [each.supported for each in after] == [False, False]
    assert [each.reason for each in after] == [each.reason for each in before]
    save_session_close(tx, a_close(input_key="inputs-3", cases=(a_case(probability=0.5),), violations=(a_violation(),)))
    (case,), (violation,) = read_cases(tx), read_violations(tx)
    assert (case.state, case.supported, case.probability) == (state, True, 0.98)
    assert (violation.state, violation.supported) == (state, True)


def test_a_decided_matter_is_decided_again_only_after_a_withdrawal(tx: Tx) -> None:
    save_session_close(tx, a_close(cases=(a_case(),)))
    inspector, case = a_user(tx), read_cases(tx)[0].id
    first = decide(tx, case, "needs_check", inspector, "到现场看")
    second = decide(tx, case, "dismiss", inspector, "是本人")
    with pytest.raises(DecisionError, match="dismissed already"):
        decide(tx, case, "confirm", inspector, "不是本人")
    withdraw(tx, second, inspector, "看错人")
    assert read_cases(tx)[0].state == "needs_check"
    with pytest.raises(DecisionError, match="does not stand"):
        withdraw(tx, second, inspector, "再一次")
    save_session_close(tx, a_close(input_key="inputs-2"))
    withdraw(tx, first, inspector, "不必")
    assert read_cases(tx)[0].state == "lapsed"
    assert [each.decision for each in read_decisions(tx, case)] == ["needs_check", "dismiss", "withdraw", "withdraw"]
    assert [each.withdrawn for each in read_decisions(tx, case)] == [True, True, False, False]


def test_a_decision_needs_a_known_word_a_reason_and_a_matter(tx: Tx) -> None:
    save_session_close(tx, a_close(cases=(a_case(),)))
    inspector, case = a_user(tx), read_cases(tx)[0].id
    with pytest.raises(ValueError, match="none of"):
        decide(tx, case, "maybe", inspector, "?")
    with pytest.raises(ValueError, match="reason"):
        decide(tx, case, "confirm", inspector, "  ")
    with pytest.raises(NotInRecordsError):
        decide(tx, uuid4(), "confirm", inspector, "有")


def test_within_one_close_the_same_key_is_one_proposal(tx: Tx) -> None:
    cases = (a_case(probability=0.6), a_case(probability=0.9), a_case(probability=0.7))
    violations = (a_violation(), a_violation(AFTERNOON))
    save_session_close(tx, a_close(cases=cases, violations=violations))
    assert [case.probability for case in read_cases(tx)] == [0.9]
    assert [violation.session_ids for violation in read_violations(tx)] == [(MORNING, AFTERNOON)]


def test_numbers_of_numpy_and_no_numbers_are_kept_as_json(tx: Tx) -> None:
    measured = {"sharpness": np.float32(0.5), "count": np.int64(3), "ratio": math.nan, "text": "a\x00b"}
    finding = Finding("photo.quality", Outcome.PASSED, say("清晰。"), "quality-2023", measured)  # type: ignore[arg-type]
    save_session_close(tx, a_close(photos=(a_photo(PHOTO, finding),)))
    (photo,) = read_photos(tx)
    assert photo.findings[0].measured == {"sharpness": 0.5, "count": 3, "ratio": None, "text": "a\\x00b"}


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(a_close("no such session"), id="session"),
        pytest.param(a_close(photos=(a_photo(a_submission("photos/never.jpg")),)), id="photo"),
        pytest.param(a_close(presences=(StudentPresence("S99", "present"),)), id="student"),
        pytest.param(a_close(violations=(replace(a_violation(), evidence=("f" * 64,)),)), id="evidence"),
        pytest.param(a_close(None, presences=(StudentPresence("S01", "present"),)), id="presence outside of a session"),
    ],
)
def test_a_close_that_names_what_is_not_on_record_is_refused(tx: Tx, wrong: SessionClose) -> None:
    with pytest.raises(PlanError), tx.begin_nested():
        save_session_close(tx, wrong)


def test_a_class_that_is_not_on_record_cannot_be_closed(tx: Tx) -> None:
    with pytest.raises(NotInRecordsError):
        save_session_close(tx, a_close(class_number="none"))


def test_a_close_that_breaks_off_leaves_nothing(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(PHOTO, LATE_PHOTO, STRAY_PHOTO)))
        before = dump_records(tx)
    broken = a_close(presences=(StudentPresence("S01", "sleeping"),), violations=(a_violation(),))
    with pytest.raises(IntegrityError), database.transaction() as tx:
        save_session_close(tx, broken)
    with database.reading() as tx:
        assert dump_records(tx) == before


def test_two_workers_that_close_the_same_session_at_once_write_it_once(database: Database) -> None:
    def close_all(_: int) -> list[bool]:
        written = []
        for close in (a_close(violations=(a_violation(),)), a_close(AFTERNOON, violations=(a_violation(AFTERNOON),))):
            with database.transaction() as tx:
                written.append(save_session_close(tx, close))
        return written

    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(PHOTO, LATE_PHOTO, STRAY_PHOTO)))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(close_all, range(4)))
    assert [sum(each) for each in zip(*results, strict=True)] == [1, 1]
    with database.reading() as tx:
        assert count(tx, RunRow) == 2
        assert [each.session_ids for each in read_violations(tx)] == [(MORNING, AFTERNOON)]


def test_the_order_of_work_leaves_the_same_records(tmp_path: Path) -> None:
    closes = [
        a_close(cases=(a_case(),), violations=(a_violation(),)),
        a_close(AFTERNOON, cases=(a_case(session=AFTERNOON),), violations=(a_violation(AFTERNOON),)),
        a_close(None, violations=(a_violation(key="class-wide"),)),
    ]
    other = a_class_file(a_training_class("B-1"), submissions=(PHOTO,))
    first = open_database(f"sqlite:///{tmp_path}/first.db", KEY)
    second = open_database(f"sqlite:///{tmp_path}/second.db", KEY)
    dumps = []
    for database, backwards in ((first, False), (second, True)):
        files = [a_class_file(submissions=(PHOTO, LATE_PHOTO, STRAY_PHOTO)), other]
        for class_file in reversed(files) if backwards else files:
            with database.transaction() as tx:
                save_class_file(tx, class_file)
        for close in reversed(closes) if backwards else closes:
            with database.transaction() as tx:
                save_session_close(tx, close)
        with database.reading() as tx:
            dumps.append(json.dumps(dump_records(tx), ensure_ascii=False, sort_keys=True))
        database.close()
    assert dumps[0] == dumps[1]
    assert "430903" not in dumps[0]
