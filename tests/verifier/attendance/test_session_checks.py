"""Rates, sign-ins and reports of a session, both sides of every limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.builders.plan import a_session, a_sign_in, a_time, a_training_class
from tests.verifier.attendance.people import ON_TIME, a_calibration, a_crowd, a_photo, a_roster, a_stranger, finding
from verifier.attendance.guests import NOTHING_KNOWN, EarlierReports
from verifier.attendance.presence import SessionConclusion, SessionEvidence, StudentPresence, conclude_session
from verifier.attendance.session_checks import (
    check_attendance,
    check_reports,
    check_signins,
    judge_report,
    select_sign_ins,
)
from verifier.finding import Outcome
from verifier.plan import SessionKind, SessionMode, View
from verifier.regulation.facts import Presence, ReportState


def conclusion(present: int, unsure: int = 0, absent: int = 0, leave: int = 0) -> SessionConclusion:
    kinds = (
        [Presence.PRESENT] * present
        + [Presence.UNSURE] * unsure
        + [Presence.ABSENT] * absent
        + [Presence.LEAVE] * leave
    )
    return SessionConclusion("s", tuple(StudentPresence(f"S{place}", kind, ()) for place, kind in enumerate(kinds)))


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        pytest.param(conclusion(8, absent=2), Outcome.PASSED, id="exactly 80 %"),
        pytest.param(conclusion(79, absent=21), Outcome.FAILED, id="79 %"),
        pytest.param(conclusion(7, unsure=1, absent=2), Outcome.UNSURE, id="80 % only if the unsure one was there"),
        pytest.param(conclusion(7, absent=3, unsure=0, leave=5), Outcome.FAILED, id="leave is no attendance"),
        pytest.param(conclusion(4, absent=1, leave=5), Outcome.PASSED, id="leave is no absence"),
        pytest.param(conclusion(0, leave=3), Outcome.NOT_APPLICABLE, id="nobody expected"),
        pytest.param(conclusion(0, unsure=10), Outcome.UNSURE, id="nothing can be told"),
    ],
)
def test_the_rate_is_held_against_the_minimum(found, outcome):
    assert check_attendance(found, minimum=0.8, clause="13(1)(4)").outcome is outcome


def test_the_minimum_and_its_clause_come_from_outside_and_are_shown():
    shown = check_attendance(conclusion(6, absent=4), minimum=0.6, clause="20(2)")
    assert shown.outcome is Outcome.PASSED
    assert "20(2)" in str(shown.reason)
    assert "60%" in str(shown.reason)


def evidence(signed, persons=(1, 2, 3), extra=()):
    roster = a_roster(3)
    photo = a_photo([*a_crowd(*persons), *extra], roster)
    sign_ins = None if signed is None else tuple(a_sign_in(number) for number in signed)
    return SessionEvidence(a_training_class(students=3), a_session(), (photo,), sign_ins, (), roster, a_calibration())


def signins(*arguments, earlier=NOTHING_KNOWN, **changes):
    given = replace(evidence(*arguments, **changes), earlier=earlier)
    return check_signins(given, conclude_session(given))


ALL = ("S01", "S02", "S03")


def test_sign_ins_that_agree_with_the_faces_pass():
    assert signins(ALL).outcome is Outcome.PASSED


def test_absent_without_a_sign_in_agrees():
    assert signins(ALL[:2], persons=(1, 2)).outcome is Outcome.PASSED


def test_present_without_a_sign_in_fails_by_name():
    found = signins(ALL[:2])
    assert found.outcome is Outcome.FAILED
    assert "S03" in str(found.reason)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [pytest.param(20, Outcome.FAILED, id="named"), pytest.param(0, Outcome.UNSURE, id="a guest and a hidden student")],
)
def test_signed_in_but_replaced_by_a_stranger_fails_where_the_case_names_the_student(told, outcome):
    assert signins(ALL, persons=(1, 2), extra=[a_stranger()], earlier=EarlierReports(told=told)).outcome is outcome


def test_signed_in_and_hidden_is_unsure():
    assert signins(ALL, persons=(1, 2)).outcome is Outcome.UNSURE


def test_no_sign_ins_delivered_is_unsure():
    assert signins(None).outcome is Outcome.UNSURE


def test_a_sign_in_of_somebody_not_on_the_roster_is_unsure():
    found = signins((*ALL, "S99"))
    assert (found.outcome, "S99" in str(found.reason)) == (Outcome.UNSURE, True)


@pytest.mark.parametrize(
    ("clock", "belongs"),
    [
        pytest.param("07:29:59", False, id="a second too early"),
        pytest.param("07:30", True, id="an hour before the start"),
        pytest.param("12:05", True, id="a quarter after the end"),
        pytest.param("12:05:01", False, id="a second too late"),
    ],
)
def test_the_sign_in_window_has_two_ends(clock, belongs):
    assert bool(select_sign_ins(a_session(), [a_sign_in("S01", clock)])) is belongs


def test_sign_ins_of_another_day_do_not_belong():
    other = replace(a_sign_in("S01"), signed_at=a_time("08:21").replace(day=13))
    assert select_sign_ins(a_session(), [other]) == ()


def test_a_sign_in_without_an_offset_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="UTC offset"):
        select_sign_ins(a_session(), [replace(a_sign_in("S01"), signed_at=datetime(2023, 6, 12, 8, 21))])


def photo(file: str, view: View | None, *failed: str):
    findings = [*ON_TIME, *(finding(check, Outcome.FAILED) for check in failed)]
    return a_photo([], a_roster(1), file=file, view=view, findings=findings)


@pytest.mark.parametrize(
    ("photos", "state", "outcome"),
    [
        pytest.param([], ReportState.MISSING, Outcome.FAILED, id="nothing came"),
        pytest.param([photo("a", View.FRONT)], ReportState.INCOMPLETE, Outcome.FAILED, id="one photo"),
        pytest.param([photo("a", None)], ReportState.INCOMPLETE, Outcome.FAILED, id="one photo of unknown view"),
        pytest.param(
            [photo("a", View.FRONT), photo("b", View.FRONT)],
            ReportState.INCOMPLETE,
            Outcome.FAILED,
            id="two from the front",
        ),
        pytest.param(
            [photo("a", View.FRONT), photo("b", View.BACK)], ReportState.COMPLETE, Outcome.PASSED, id="front and back"
        ),
        pytest.param(
            [photo("a", View.FRONT), photo("b", None)], ReportState.UNSURE, Outcome.UNSURE, id="one view unknown"
        ),
        pytest.param(
            [photo("a", View.FRONT), photo("b", View.BACK, "photo.stamp_time")],
            ReportState.UNSURE,
            Outcome.UNSURE,
            id="the back one is of another day",
        ),
        pytest.param(
            [photo("a", View.FRONT), photo("a", View.BACK)],
            ReportState.INCOMPLETE,
            Outcome.FAILED,
            id="one photo handed in twice",
        ),
    ],
)
def test_a_report_needs_both_ends_of_the_room(photos, state, outcome):
    assert judge_report(photos) is state
    assert check_reports(a_session(), photos).outcome is outcome


def test_online_sessions_need_no_photos():
    assert check_reports(a_session(kind=SessionKind.ONLINE), []).outcome is Outcome.NOT_APPLICABLE


def test_mobile_sessions_may_hand_in_recordings_instead():
    assert check_reports(a_session(mode=SessionMode.MOBILE), []).outcome is Outcome.UNSURE


def test_the_slot_is_shown_with_its_full_date():
    assert "2023-06-12 08:30" in str(check_reports(a_session(), []).reason)
