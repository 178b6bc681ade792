"""Article 7(2): 对上课学时达不到规定课时80%的学员不得安排结业考核; reports and sign-ins of each half-day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import (
    a_class,
    a_report,
    a_roster,
    a_session,
    half_days,
    session_facts,
    sign_ins,
    students,
)
from verifier.finding import Outcome
from verifier.plan import SessionKind
from verifier.regulation.facts import FaceSeen, Presence, ReportState, StudentFact
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.rule import bind_rule
from verifier.regulation.session_duties import judge_session_reports, judge_session_sign_ins
from verifier.regulation.student_hours import (
    StudentHours,
    count_student_hours,
    find_conflicts,
    judge_examined,
    judge_student_hours,
)

POLICY = load_policy()
RULE = bind_rule(POLICY, "exam_only_from_80_percent_of_hours")


@pytest.mark.parametrize(
    ("hours", "outcome"),
    [
        pytest.param(StudentHours(attended=64, absent=16), Outcome.PASSED, id="64 of 80 hours is exactly 80 percent"),
        pytest.param(StudentHours(attended=63.9, absent=16.1), Outcome.FAILED, id="63.9 of 80 hours"),
        pytest.param(
            StudentHours(attended=60, unsure=4, absent=16), Outcome.UNSURE, id="60 and 4 unsure: depends on review"
        ),
        pytest.param(
            StudentHours(attended=60, unsure=3, absent=17), Outcome.FAILED, id="60 and 3 unsure: not even then"
        ),
        pytest.param(StudentHours(attended=64, unsure=16), Outcome.PASSED, id="enough whatever the unsure hours are"),
        pytest.param(
            StudentHours(attended=60, not_run=4, absent=16),
            Outcome.UNSURE,
            id="hours we did not look at are not held against anybody",
        ),
        pytest.param(StudentHours(attended=60, leave=20), Outcome.FAILED, id="leave is not attendance"),
        pytest.param(StudentHours(attended=4, ahead=76), Outcome.UNSURE, id="the class has just begun"),
        pytest.param(StudentHours(attended=0, absent=20, ahead=60), Outcome.FAILED, id="too many missed already"),
    ],
)
def test_who_may_sit_the_examination(hours, outcome):
    assert judge_student_hours(hours, "S01", a_class([session_facts()]), RULE).outcome is outcome


def test_hours_are_counted_per_student_with_every_doubt_apart():
    plan = half_days(6)
    states = [Presence.PRESENT, Presence.ABSENT, Presence.UNSURE, Presence.LEAVE, Presence.NOT_RUN]
    sessions = [
        session_facts(each, students=(StudentFact("S01", state),)) for each, state in zip(plan, states, strict=False)
    ]
    sessions.append(session_facts(plan[5], students=(), closed=False))
    facts = a_class(sessions, planned_hours=24)
    assert count_student_hours(facts)["S01"] == StudentHours(4, 4, 4, 4, 4, 4)
    assert count_student_hours(facts)["S02"].not_run == 20  # a closed session that does not list them


@pytest.mark.parametrize(
    ("planned", "completed", "outcome"),
    [
        pytest.param(80, None, Outcome.UNSURE, id="40 of 80 hours are in no timetable yet: still to come"),
        pytest.param(80, date(2023, 7, 1), Outcome.FAILED, id="the class is over, so nothing is still to come"),
        pytest.param(40, None, Outcome.PASSED, id="the timetable holds all the hours"),
        pytest.param(50, None, Outcome.PASSED, id="40 of 50 hours reach 80 percent without the rest"),
        pytest.param(51, None, Outcome.UNSURE, id="40 of 51 hours do not: the rest decides"),
    ],
)
def test_hours_that_no_timetable_holds_are_still_to_come(planned, completed, outcome):
    sessions = [session_facts(each, students=students(present=1)) for each in half_days(10)]
    facts = a_class(sessions, planned_hours=planned, completed_on=completed, students=a_roster(1))
    hours = count_student_hours(facts)["S01"]
    assert judge_student_hours(hours, "S01", facts, RULE).outcome is outcome


def test_the_class_answers_for_whom_it_examined():
    plan = [replace(each, hours=40) for each in half_days(2)]
    states = {"S01": Presence.PRESENT, "S02": Presence.UNSURE, "S03": Presence.ABSENT}
    second = tuple(StudentFact(no, state) for no, state in states.items())
    sessions = [
        session_facts(plan[0], students=students(present=2, absent=1)),
        session_facts(plan[1], students=second),
    ]  # fmt: skip
    facts = a_class(sessions, students=a_roster(3))
    (before,) = judge_examined(facts, RULE)
    assert before.outcome is Outcome.NOT_APPLICABLE
    assert before.quantities == {"eligible": 1, "not_eligible": 1, "depends_on_review": 1}
    assert judge_examined(replace(facts, examined=("S01",)), RULE)[0].outcome is Outcome.PASSED
    assert judge_examined(replace(facts, examined=("S01", "S02")), RULE)[0].outcome is Outcome.UNSURE
    assert judge_examined(replace(facts, examined=("S01", "S02", "S03")), RULE)[0].outcome is Outcome.FAILED


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(Presence)), min_size=1, max_size=20))
def test_hours_add_up_and_reviewing_never_contradicts_a_judgement(states):
    plan = half_days(20)
    sessions = [
        session_facts(each, students=(StudentFact("S01", state),)) for each, state in zip(plan, states, strict=False)
    ]
    facts = replace(a_class(sessions), training=replace(a_class(sessions).training, sessions=tuple(plan)))
    hours = count_student_hours(facts)["S01"]
    total = hours.attended + hours.absent + hours.unsure + hours.leave + hours.not_run + hours.ahead
    assert total == 80
    judged = judge_student_hours(hours, "S01", facts, RULE).outcome
    best = StudentHours(attended=hours.at_most)
    worst = StudentHours(attended=hours.attended)
    if judged is Outcome.PASSED:
        assert judge_student_hours(worst, "S01", facts, RULE).outcome is Outcome.PASSED
    if judged is Outcome.FAILED:
        assert judge_student_hours(best, "S01", facts, RULE).outcome is Outcome.FAILED


def test_conflicts_between_sign_ins_and_faces_are_stated_and_doubt_is_none():
    who = (
        StudentFact("S01", Presence.PRESENT, FaceSeen.SEEN),
        StudentFact("S02", Presence.UNSURE, FaceSeen.NOT_SEEN, ("photo",)),
        StudentFact("S03", Presence.UNSURE, FaceSeen.CANNOT_TELL),
        StudentFact("S04", Presence.PRESENT, FaceSeen.SEEN),
    )
    session = a_session()
    found = find_conflicts([session_facts(session, students=who, sign_ins=sign_ins(session, 3))])
    assert [(each.kind, each.student_no) for each in found] == [("signed_not_seen", "S02"), ("seen_not_signed", "S04")]
    assert found[0].evidence == ("photo", "sign-in-S02")


# ---------------------------------------------------------------- reports and sign-ins of a session


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        pytest.param([ReportState.COMPLETE], Outcome.PASSED, id="a pair from front and back"),
        pytest.param([ReportState.INCOMPLETE], Outcome.FAILED, id="one picture only"),
        pytest.param([], Outcome.FAILED, id="nothing came"),
        pytest.param([ReportState.UNSURE], Outcome.UNSURE, id="two pictures whose views cannot be told"),
        pytest.param([ReportState.NOT_RUN], Outcome.NOT_RUN, id="our own outage"),
    ],
)
def test_each_half_day_has_its_photo_report(states, outcome):
    facts = session_facts(reports=tuple(a_report(state) for state in states))
    rule = bind_rule(POLICY, "photo_reports_each_half_day")
    assert judge_session_reports(facts, "c", rule).outcome is outcome
    online = replace(facts, session=replace(facts.session, kind=SessionKind.ONLINE))
    assert judge_session_reports(online, "c", rule).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("who", "signed", "outcome"),
    [
        pytest.param(students(present=3), 3, Outcome.PASSED, id="everybody present signed in"),
        pytest.param(students(present=3), 2, Outcome.FAILED, id="one present did not sign in"),
        pytest.param(students(present=2, absent=1), 2, Outcome.PASSED, id="an absent student need not sign in"),
        pytest.param(students(present=2, leave=1), 2, Outcome.PASSED, id="a student on leave need not sign in"),
        pytest.param(students(present=2, unsure=1), 2, Outcome.UNSURE, id="one who cannot be judged did not sign in"),
        pytest.param(students(present=3), 0, Outcome.UNSURE, id="no sign-in at all: the list has not come yet"),
        pytest.param((), 0, Outcome.NOT_APPLICABLE, id="no students"),
    ],
)
def test_each_half_day_has_everybody_s_sign_in(who, signed, outcome):
    session = a_session()
    facts = session_facts(session, students=who, sign_ins=sign_ins(session, signed))
    assert judge_session_sign_ins(facts, "c", bind_rule(POLICY, "sign_in_each_half_day")).outcome is outcome


def test_reports_and_sign_ins_are_conditions_and_propose_no_violation():
    results = judge_class(
        a_class([session_facts(reports=())]), POLICY, ["photo_reports_each_half_day", "sign_in_each_half_day"]
    )
    assert results[0].outcome is Outcome.FAILED
    assert not any(each.proposes for each in results)
