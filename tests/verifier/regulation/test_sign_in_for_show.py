"""Article 13(1)(7): 学员考勤流于形式，考勤登记弄虚作假（一次多签、过后补签、冒名代签等）的."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import VENUE, a_class, a_session, half_days, numbers, session_facts, sign_ins
from verifier.finding import Outcome
from verifier.regulation.facts import CaseSource, CaseState, FaceSeen, ImpersonationCase, Presence, StudentFact
from verifier.regulation.policy import load_policy
from verifier.regulation.rule import bind_rule
from verifier.regulation.sign_in_for_show import judge_sign_in_for_show
from verifier.regulation.signin_patterns import SIGN_IN_PATTERNS

RULE = bind_rule(load_policy(), "sign_in_for_show")
SESSION = a_session()


def judge(*facts, **changes):
    return judge_sign_in_for_show(a_class(facts, **changes), RULE)


def judge_one(signed, **changes):
    (result,) = judge(session_facts(SESSION, sign_ins=signed), **changes)
    return result


def test_students_signing_with_their_own_phones_in_time_are_beyond_reproach():
    result = judge_one(sign_ins(SESSION, 20))
    assert result.outcome is Outcome.PASSED
    assert "20条签到记录" in result.reason.text("zh_CN")


@pytest.mark.parametrize(
    ("count", "every_s", "outcome"),
    [
        pytest.param(3, 30, Outcome.FAILED, id="three students with one phone within exactly 60 seconds"),
        pytest.param(3, 30.5, Outcome.PASSED, id="three students with one phone within 61 seconds"),
        pytest.param(2, 1, Outcome.PASSED, id="two students share a phone"),
        pytest.param(30, 2, Outcome.FAILED, id="thirty students with one phone within a minute"),
        pytest.param(30, 31, Outcome.PASSED, id="one phone handed round all morning"),
    ],
)
def test_one_device_signing_many_within_seconds(count, every_s, outcome):
    assert judge_one(sign_ins(SESSION, count, every_s, device="phone-A")).outcome is outcome


def test_one_device_is_named_with_its_students_and_evidence():
    result = judge_one(sign_ins(SESSION, 3, 5, device="phone-A"))
    assert "设备phone-A在10秒内为3名学员签到（S01、S02、S03，自2023-06-12 08:20:00+08:00起）" in result.reason.text(
        "zh_CN"
    )
    assert result.evidence == ("sign-in-S01", "sign-in-S02", "sign-in-S03")
    assert result.dedup_key == "sign_in_for_show|YY-2023-0071|one_device|2023-06-12-am"


def test_a_filed_common_terminal_and_paper_without_device_mean_nothing():
    on_terminal = judge_one(sign_ins(SESSION, 9, 1, device="gate"), shared_devices=("gate",))
    assert on_terminal.outcome is Outcome.PASSED
    assert "其中9条来自备案的公用签到终端（gate）" in on_terminal.reason.text("zh_CN")  # what it excuses stays visible
    assert judge_one(sign_ins(SESSION, 9, 1, device="phone"), shared_devices=("gate",)).outcome is Outcome.FAILED
    assert judge_one(sign_ins(SESSION, 9, 1, device="", source="paper")).outcome is Outcome.PASSED


def test_the_same_student_signing_many_times_is_one_student():
    signed = sign_ins(SESSION, 1, device="phone-A")
    assert judge_one(signed * 9).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("count", "distance_m", "outcome"),
    [
        pytest.param(3, 1301, Outcome.FAILED, id="three students just beyond radius and margin"),
        pytest.param(3, 1300, Outcome.PASSED, id="exactly at radius and margin"),
        pytest.param(2, 9000, Outcome.UNSURE, id="two students far away: a person looks"),
        pytest.param(9, None, Outcome.PASSED, id="no coordinates say nothing"),
    ],
)
def test_signing_from_elsewhere(count, distance_m, outcome):
    result = judge_one(sign_ins(SESSION, count, distance_m=distance_m))
    assert result.outcome is outcome
    if outcome is Outcome.FAILED:
        assert "1300米以外签到，最远1301米" in result.reason.text("zh_CN")


@pytest.mark.parametrize(
    ("count", "first", "outcome"),
    [
        pytest.param(3, "12:20:01", Outcome.FAILED, id="three students more than 30 minutes after the end"),
        pytest.param(3, "12:19:00", Outcome.PASSED, id="within 30 minutes of the end"),
        pytest.param(2, "22:00", Outcome.UNSURE, id="two students in the evening: a person looks"),
    ],
)
def test_signing_after_the_session(count, first, outcome):
    assert judge_one(sign_ins(SESSION, count, 30, first)).outcome is outcome


def test_who_had_signed_in_time_may_sign_again_later():
    signed = sign_ins(SESSION, 5) + sign_ins(SESSION, 5, first="22:00")
    assert judge_one(signed).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("count", "place", "outcome"),
    [
        pytest.param(3, (112.355121, 28.570061), Outcome.UNSURE, id="three equal to the last digit: a lead"),
        pytest.param(2, (112.355121, 28.570061), Outcome.PASSED, id="two equal"),
        pytest.param(9, (112.36, 28.57), Outcome.PASSED, id="two decimals are the app's rounding"),
        pytest.param(
            9, (VENUE.longitude, VENUE.latitude), Outcome.PASSED, id="the venue's own point is where apps snap to"
        ),
    ],
)
def test_identical_coordinates(count, place, outcome):
    assert judge_one(sign_ins(SESSION, count, longitude=place[0], latitude=place[1])).outcome is outcome


@pytest.mark.parametrize(
    ("sessions", "count", "outcome"),
    [
        pytest.param(3, 6, Outcome.UNSURE, id="six in the same order three times: a lead"),
        pytest.param(2, 6, Outcome.PASSED, id="twice only"),
        pytest.param(3, 5, Outcome.PASSED, id="five only"),
    ],
)
def test_the_same_order_session_after_session(sessions, count, outcome):
    (result,) = judge(*[session_facts(each, sign_ins=sign_ins(each, count)) for each in half_days(sessions)])
    assert result.outcome is outcome
    if outcome is Outcome.UNSURE:
        assert result.aspect == "same_order"
        assert len(result.sessions) == sessions


def test_an_order_that_changes_and_times_without_order_mean_nothing():
    dice = random.Random(6)
    shuffled = []
    for each in half_days(5):
        order = numbers(10)
        dice.shuffle(order)
        signed = [replace(item, student_no=no) for item, no in zip(sign_ins(each, 10), order, strict=True)]
        shuffled.append(session_facts(each, sign_ins=tuple(signed)))
    assert [result.outcome for result in judge(*shuffled)] == [Outcome.PASSED]
    tied = [session_facts(each, sign_ins=sign_ins(each, 10, every_s=0)) for each in half_days(5)]
    assert [result.outcome for result in judge(*tied)] == [Outcome.PASSED]


def unseen(count, face=FaceSeen.NOT_SEEN, presence=Presence.UNSURE):
    return tuple(StudentFact(no, presence, face, (f"photo-for-{no}",)) for no in numbers(count))


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        pytest.param(unseen(3), Outcome.UNSURE, id="three signed in and are in no readable photo: a person looks"),
        pytest.param(unseen(30), Outcome.UNSURE, id="thirty, who may sit behind others: a person looks"),
        pytest.param(unseen(2), Outcome.UNSURE, id="two: a person looks"),
        pytest.param(unseen(9, FaceSeen.CANNOT_TELL), Outcome.PASSED, id="faces that could not be read prove nothing"),
        pytest.param(unseen(9, FaceSeen.NOT_RUN), Outcome.PASSED, id="photos we did not look at prove nothing"),
        pytest.param(unseen(9, presence=Presence.LEAVE), Outcome.PASSED, id="students on leave"),
    ],
)
def test_signed_in_without_a_face(who, outcome):
    (result,) = judge(session_facts(SESSION, students=who, sign_ins=sign_ins(SESSION, 9)))
    assert result.outcome is outcome


def replaced(count, first=1):
    """Students signed in and in no photo, while as many strangers sit there."""
    return tuple(
        StudentFact(no, Presence.ABSENT, FaceSeen.NOT_SEEN, (), ("sha256:stranger",)) for no in numbers(count, first)
    )


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        pytest.param(replaced(3), Outcome.FAILED, id="strangers in the places of three who signed in"),
        pytest.param(replaced(2), Outcome.UNSURE, id="strangers in the places of two: a person looks"),
        pytest.param(
            replaced(2) + unseen(9)[2:], Outcome.UNSURE, id="those who may be hidden do not fill up the three"
        ),
        pytest.param(replaced(3, first=10), Outcome.PASSED, id="strangers in the places of three who never signed in"),
    ],
)
def test_signed_for_by_another(who, outcome):
    results = judge(session_facts(SESSION, students=who, sign_ins=sign_ins(SESSION, 9)))
    assert {result.outcome for result in results} == {outcome}


def test_strangers_in_the_places_of_students_are_named_with_their_photos_and_sign_ins():
    proposal, lead = judge(session_facts(SESSION, students=replaced(3) + unseen(9)[3:], sign_ins=sign_ins(SESSION, 9)))
    assert (proposal.aspect, proposal.outcome) == ("signed_for_another", Outcome.FAILED)
    assert proposal.evidence == ("sha256:stranger", "sign-in-S01", "sign-in-S02", "sign-in-S03")
    assert (lead.aspect, lead.outcome, lead.quantities["students"]) == ("signed_without_face", Outcome.UNSURE, 6)


def test_a_case_that_people_dismissed_speaks_for_the_student():
    seen = session_facts(SESSION, students=replaced(3), sign_ins=sign_ins(SESSION, 9))
    case = ImpersonationCase("1", "S02", SESSION.id, CaseSource.PHOTO, CaseState.CONFIRMED)
    assert judge(seen, cases=(case,))[0].outcome is Outcome.FAILED
    assert judge(seen, cases=(replace(case, state=CaseState.DISMISSED),))[0].outcome is Outcome.UNSURE
    elsewhere = replace(case, state=CaseState.DISMISSED, session_id="another")
    assert judge(seen, cases=(elsewhere,))[0].outcome is Outcome.FAILED


def test_not_signed_in_and_not_seen_is_simply_absent():
    (result,) = judge(session_facts(SESSION, students=unseen(9), sign_ins=()))
    assert result.outcome is Outcome.NOT_APPLICABLE


def test_a_habit_is_one_violation_that_grows_and_what_follows_a_decided_one_is_new():
    plan = half_days(6)
    facts = [session_facts(each, sign_ins=sign_ins(each, 4, 5, device="phone-A")) for each in plan]
    once, more = judge(*facts[:1]), judge(*facts)
    assert len(once) == len(more) == 1
    assert once[0].dedup_key == more[0].dedup_key
    assert more[0].quantities["sessions"] == 6
    assert "另有1处" in more[0].reason.text("zh_CN")
    (after,) = judge(*facts, settled={"sign_in_for_show|one_device": frozenset(each.id for each in plan[:4])})
    assert after.sessions == (plan[4].id, plan[5].id)
    assert after.dedup_key != more[0].dedup_key


def test_every_pattern_has_its_thresholds_in_the_policy_marked_as_defaults():
    policy = load_policy()
    names = {parameter.name for parameter in policy.to_be_set()}
    for pattern in SIGN_IN_PATTERNS:
        assert {f"{pattern.name}_strength", f"{pattern.name}_students"} <= names


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 300)), max_size=40))
def test_a_burst_is_found_exactly_when_a_minute_holds_three_students(signed):
    """Compared with trying every minute that begins at a sign-in."""
    begins = SESSION.starts_at
    facts = tuple(
        replace(sign_ins(SESSION, 1)[0], student_no=f"S{no}", device="A", signed_at=begins + timedelta(seconds=second))
        for no, second in signed
    )
    wanted = any(len({no for no, at in signed if start <= at <= start + 60}) >= 3 for _, start in signed)
    (result,) = judge(session_facts(SESSION, students=(), sign_ins=facts))
    assert (result.outcome is Outcome.FAILED) == wanted
