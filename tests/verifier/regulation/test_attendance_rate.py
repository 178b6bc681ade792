"""Article 13(1)(4): 监管过程中发现学员到课率低于80%的."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import a_class, a_session, half_days, session_facts, students
from verifier.finding import Outcome
from verifier.regulation.attendance_rate import count_presences, judge_attendance_rate, judge_session_rate
from verifier.regulation.policy import load_policy
from verifier.regulation.rule import bind_rule

RULE = bind_rule(load_policy(), "attendance_below_80_percent")


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        pytest.param({"present": 8, "absent": 2}, Outcome.PASSED, id="8 of 10 is exactly 80 percent: not below"),
        pytest.param({"present": 7, "absent": 3}, Outcome.FAILED, id="7 of 10 is below 80 percent"),
        pytest.param({"present": 79, "absent": 21}, Outcome.FAILED, id="79 of 100 is below 80 percent"),
        pytest.param({"present": 80, "absent": 20}, Outcome.PASSED, id="80 of 100 is not below"),
        pytest.param({"present": 799, "absent": 201}, Outcome.FAILED, id="79.9 percent is below 80 percent"),
        pytest.param({"present": 0, "absent": 1}, Outcome.FAILED, id="nobody came"),
        pytest.param({"present": 7, "absent": 2, "unsure": 1}, Outcome.UNSURE, id="the one who cannot be judged decides"),
        pytest.param({"present": 6, "absent": 3, "unsure": 1}, Outcome.FAILED, id="too few even if the unsure one came"),
        pytest.param({"present": 8, "absent": 1, "unsure": 1}, Outcome.PASSED, id="enough even without the unsure one"),
        pytest.param({"unsure": 10}, Outcome.UNSURE, id="nobody can be judged"),
        pytest.param({"present": 7, "absent": 2, "not_run": 1}, Outcome.NOT_RUN, id="the one we did not look at decides"),
        pytest.param({"present": 7, "absent": 1, "unsure": 1, "not_run": 1}, Outcome.UNSURE, id="doubt decides without our gap"),
        pytest.param({"present": 6, "absent": 3, "not_run": 1}, Outcome.FAILED, id="too few whatever our gap hides"),
        pytest.param({"present": 8, "absent": 2, "leave": 5}, Outcome.PASSED, id="approved leave is not absence"),
        pytest.param({"present": 7, "absent": 3, "leave": 90}, Outcome.FAILED, id="approved leave is not attendance"),
        pytest.param({"leave": 10}, Outcome.NOT_APPLICABLE, id="everybody is on approved leave"),
        pytest.param({}, Outcome.NOT_APPLICABLE, id="an empty roster has no rate"),
    ],
)  # fmt: skip
def test_a_session_is_below_the_limit_only_for_certain(who, outcome):
    """Proposed only when even counting every unsure student as present the rate is below 80 %."""
    assert judge_session_rate(session_facts(students=students(**who)), "YY-1", RULE).outcome is outcome


@settings(deadline=None)
@given(
    *[st.integers(0, 120) for _ in range(5)],
)
def test_deciding_the_doubtful_never_contradicts_a_judgement(present, absent, unsure, leave, not_run):
    """FAILED stays FAILED and PASSED stays PASSED whatever the doubtful students turn out to be."""
    before = judge_session_rate(session_facts(students=students(present, absent, unsure, leave, not_run)), "c", RULE)
    doubtful = unsure + not_run
    for came in {0, doubtful // 2, doubtful}:
        decided = students(present + came, absent + doubtful - came, 0, leave)
        after = judge_session_rate(session_facts(students=decided), "c", RULE)
        if before.outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE):
            assert after.outcome is before.outcome
        expected = count_presences(decided).expected
        if expected:
            assert (after.outcome is Outcome.FAILED) == ((present + came) * 5 < expected * 4)


def test_the_sentence_shows_the_seen_and_the_wanted_value():
    result = judge_session_rate(session_facts(students=students(present=7, absent=3, leave=1)), "YY-1", RULE)
    assert result.reason.text("zh_CN") == (
        "课次2023-06-12-am：应到10人（已准假1人不计），实到7人，到课率70%，要求不低于80%。"
    )
    assert "7 present, attendance rate 70 %; at least 80 %" in result.reason.text("en")
    assert result.quantities["rate_at_most"] == pytest.approx(0.7)
    assert result.policy.name == "yiyang-2023-23"
    assert len(result.policy.version) == 12
    assert "photo-of-S01" in result.evidence


def test_a_rate_just_below_the_limit_never_reads_like_the_limit():
    result = judge_session_rate(session_facts(students=students(present=79999, absent=20001)), "c", RULE)
    assert result.outcome is Outcome.FAILED
    assert "到课率79.99%" in result.reason.text("zh_CN")


def below():
    return students(present=5, absent=5)


def enough():
    return students(present=10)


def test_low_sessions_in_a_row_are_one_violation_that_keeps_its_key_while_it_grows():
    sessions = [session_facts(each, students=below()) for each in half_days(4)]
    two = judge_attendance_rate(a_class(sessions[:2]), RULE)
    four = judge_attendance_rate(a_class(sessions), RULE)
    assert [len(two), len(four)] == [1, 1]
    assert two[0].dedup_key == four[0].dedup_key == "attendance_below_80_percent|YY-2023-0071||2023-06-12-am"
    assert four[0].sessions == tuple(each.session.id for each in sessions)
    assert four[0].quantities["present"] == 20


def test_a_session_with_enough_students_ends_the_breach_and_doubt_does_not():
    plan = half_days(3)
    outer = [session_facts(plan[0], students=below()), session_facts(plan[2], students=below())]
    ended = judge_attendance_rate(a_class([outer[0], session_facts(plan[1], students=enough()), outer[1]]), RULE)
    doubted = judge_attendance_rate(
        a_class([outer[0], session_facts(plan[1], students=students(unsure=9)), outer[1]]), RULE
    )
    assert len(ended) == 2
    assert len(doubted) == 1
    assert doubted[0].sessions == (plan[0].id, plan[2].id)


def test_what_a_decided_violation_covers_is_not_proposed_again_and_what_follows_is_new():
    sessions = [session_facts(each, students=below()) for each in half_days(4)]
    ids = [each.session.id for each in sessions]
    (result,) = judge_attendance_rate(a_class(sessions, settled={RULE.citation.code: frozenset(ids[:2])}), RULE)
    assert result.sessions == tuple(ids[2:])
    (nothing,) = judge_attendance_rate(a_class(sessions, settled={RULE.citation.code: frozenset(ids)}), RULE)
    assert nothing.outcome is Outcome.NOT_APPLICABLE
    around = judge_attendance_rate(a_class(sessions, settled={RULE.citation.code: frozenset(ids[1:2])}), RULE)
    assert [each.sessions for each in around] == [(ids[0],), (ids[2], ids[3])]


def test_sessions_that_are_not_closed_are_not_judged():
    (result,) = judge_attendance_rate(a_class([session_facts(students=below(), closed=False)]), RULE)
    assert result.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        pytest.param(date(2023, 5, 31), Outcome.NOT_APPLICABLE, id="the day before it was issued"),
        pytest.param(date(2023, 6, 1), Outcome.FAILED, id="the day it was issued"),
        pytest.param(date(2028, 5, 31), Outcome.FAILED, id="the last day of its five years"),
        pytest.param(date(2028, 6, 1), Outcome.NOT_APPLICABLE, id="the day after its five years"),
    ],
)
def test_the_law_of_the_class_s_day_applies(day, outcome):
    (result,) = judge_attendance_rate(a_class([session_facts(a_session(day), students=below())]), RULE)
    assert result.outcome is outcome
    if outcome is Outcome.NOT_APPLICABLE:
        assert "不在有效期内（有效期2023-06-01至2028-05-31）" in result.reason.text("zh_CN")
