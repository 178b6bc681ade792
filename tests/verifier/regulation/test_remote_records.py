"""Articles 7(3) and 10: what online sessions and sessions taught outside leave behind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders.regulation import a_class, a_report, a_session, half_days, session_facts, sign_ins
from verifier.finding import Outcome
from verifier.plan import SessionKind, SessionMode
from verifier.regulation.facts import OnlineRecord, ReportState
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy

POLICY = load_policy()
ONLINE = a_session(kind=SessionKind.ONLINE)
OUTSIDE = a_session(mode=SessionMode.MOBILE)


def outcome(code, session, **changes):
    (result,) = judge_class(a_class([session], **changes), POLICY, [code])
    return result.outcome


@pytest.mark.parametrize(
    ("record", "signed", "platforms", "wanted"),
    [
        pytest.param(
            OnlineRecord("湘培云", ("s1",)), 9, {"湘培云"}, Outcome.PASSED, id="screenshots and sign-ins, approved"
        ),
        pytest.param(
            OnlineRecord("别家", ("s1",)), 9, {"湘培云"}, Outcome.FAILED, id="a platform that is not approved"
        ),
        pytest.param(
            OnlineRecord("别家", ("s1",)), 9, set(), Outcome.UNSURE, id="nobody entered the approved platforms"
        ),
        pytest.param(OnlineRecord("湘培云"), 9, {"湘培云"}, Outcome.FAILED, id="no screenshot"),
        pytest.param(OnlineRecord("湘培云", ("s1",)), 0, {"湘培云"}, Outcome.FAILED, id="no sign-ins"),
        pytest.param(None, 9, {"湘培云"}, Outcome.UNSURE, id="nothing of the whole class handed in: not a failure yet"),
    ],
)
def test_online_sessions_leave_screenshots_and_sign_ins(record, signed, platforms, wanted):
    facts = session_facts(ONLINE, online=record, sign_ins=sign_ins(ONLINE, signed))
    assert outcome("online_sessions_recorded", facts, approved_platforms=frozenset(platforms)) is wanted


@pytest.mark.parametrize(
    ("recording", "camera", "wanted"),
    [
        pytest.param(a_report(), None, Outcome.PASSED, id="a recording"),
        pytest.param(None, None, Outcome.UNSURE, id="nothing of the whole class handed in: not a failure yet"),
        pytest.param(a_report(ReportState.MISSING), None, Outcome.FAILED, id="one left out"),
        pytest.param(a_report(ReportState.UNSURE), None, Outcome.UNSURE, id="one that does not decide"),
        pytest.param(None, (), Outcome.NOT_APPLICABLE, id="there is remote video"),
    ],
)
def test_sessions_taught_outside_leave_a_recording(recording, camera, wanted):
    assert outcome("mobile_sessions_recorded", session_facts(OUTSIDE, recording=recording, camera=camera)) is wanted


def test_an_online_session_left_out_by_a_class_that_hands_in_others_fails():
    first, second = (
        session_facts(a_session(each.day, each.period, kind=SessionKind.ONLINE), sign_ins=sign_ins(each, 9))
        for each in half_days(2)
    )
    first = replace(first, online=OnlineRecord("湘培云", ("s1",)))
    facts = a_class([first, second], approved_platforms=frozenset({"湘培云"}))
    outcomes = [each.outcome for each in judge_class(facts, POLICY, ["online_sessions_recorded"])]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]


def test_the_approved_platforms_may_stand_in_the_policy_file():
    city = replace(POLICY, platforms=("湘培云",))
    facts = session_facts(ONLINE, online=OnlineRecord("湘培云", ("s1",)), sign_ins=sign_ins(ONLINE, 9))
    (result,) = judge_class(a_class([facts]), replace(city, version="with-platforms"), ["online_sessions_recorded"])
    assert result.outcome is Outcome.PASSED


def test_classroom_sessions_are_asked_for_neither():
    for code in ("online_sessions_recorded", "mobile_sessions_recorded"):
        assert outcome(code, session_facts()) is Outcome.NOT_APPLICABLE


def test_missing_recordings_count_as_missing_monitoring():
    sessions = [
        session_facts(
            a_session(each.day, each.period, mode=SessionMode.MOBILE), recording=a_report(ReportState.MISSING)
        )
        for each in half_days(2)
    ]
    results = judge_class(a_class(sessions), POLICY, ["reports_missing_7_hours"])
    assert [(each.aspect, each.outcome) for each in results] == [("photos", Outcome.PASSED), ("camera", Outcome.FAILED)]
