"""Articles 9, 10, 11 and 14: the office's own duties, and draws that anybody can repeat."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import AGENCY, FIRST_DAY, a_class, a_roster, half_days, numbers, session_facts
from verifier.finding import Outcome
from verifier.regulation.drawing import draw_followups, draw_inspectors
from verifier.regulation.duties import DutyState, class_end, list_duties
from verifier.regulation.facts import FollowUp, Interest, OffSiteSupervision, OnSiteInspection
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy

POLICY = load_policy()
LAST_DAY = FIRST_DAY + timedelta(days=1)
AFTER = LAST_DAY + timedelta(days=1)


def the_class(as_of=AFTER, **changes):
    return a_class([session_facts(each) for each in half_days(4)], as_of=as_of, **changes)


def inspection(*inspectors, day=FIRST_DAY, told=False):
    return OnSiteInspection(f"visit-{day}", day, inspectors, (), told)


def duty(code, facts):
    return {each.code: each for each in list_duties(facts, POLICY)}[code]


def outcome(code, facts):
    (result,) = judge_class(facts, POLICY, [code])
    return result.outcome


@pytest.mark.parametrize(
    ("inspections", "interests", "as_of", "state"),
    [
        pytest.param([inspection("甲", "乙")], [], AFTER, DutyState.DONE, id="one visit by two inspectors"),
        pytest.param([inspection("甲")], [], AFTER, DutyState.OVERDUE, id="one inspector alone does not count"),
        pytest.param([inspection("甲", "甲")], [], AFTER, DutyState.OVERDUE, id="the same inspector twice is one"),
        pytest.param(
            [inspection("甲", "乙")],
            [Interest("乙", AGENCY.code, FIRST_DAY)],
            AFTER,
            DutyState.OVERDUE,
            id="one of the two has an interest",
        ),
        pytest.param(
            [inspection("甲", "乙")],
            [Interest("乙", AGENCY.code, AFTER)],
            AFTER,
            DutyState.DONE,
            id="the interest began later",
        ),
        pytest.param(
            [inspection("甲", "乙")],
            [Interest("乙", "another", FIRST_DAY)],
            AFTER,
            DutyState.DONE,
            id="the interest is in another agency",
        ),
        pytest.param([], [], LAST_DAY, DutyState.DUE, id="on the last day there is still time"),
        pytest.param([], [], AFTER, DutyState.OVERDUE, id="the day after the last is too late"),
        pytest.param([], [], FIRST_DAY - timedelta(days=1), DutyState.NOT_YET, id="the class has not begun"),
    ],
)
def test_one_on_site_inspection_by_two_inspectors(inspections, interests, as_of, state):
    facts = the_class(as_of, inspections=tuple(inspections), interests=tuple(interests))
    assert duty("on_site_once", facts).state is state
    expected = {DutyState.DONE: Outcome.PASSED, DutyState.OVERDUE: Outcome.FAILED}.get(state, Outcome.NOT_APPLICABLE)
    assert outcome("on_site_once", facts) is expected


@pytest.mark.parametrize(
    ("count", "state"),
    [pytest.param(2, DutyState.DONE, id="two"), pytest.param(1, DutyState.OVERDUE, id="one")],
)
def test_two_off_site_supervisions(count, state):
    events = tuple(OffSiteSupervision(f"o{n}", FIRST_DAY, "video", "甲") for n in range(count))
    assert duty("off_site_twice", the_class(off_site=events)).state is state


def follow_ups(count, **changes):
    values = {"day": AFTER, "by": "甲", "recording": "call.mp3"} | changes
    return tuple(FollowUp(no, **values) for no in numbers(count))


@pytest.mark.parametrize(
    ("roster", "made", "paid_on", "state"),
    [
        pytest.param(10, follow_ups(2), None, DutyState.DONE, id="2 of 10 is 20 percent"),
        pytest.param(11, follow_ups(2), None, DutyState.DUE, id="2 of 11 is below: 3 are needed"),
        pytest.param(11, follow_ups(3), None, DutyState.DONE, id="3 of 11"),
        pytest.param(10, follow_ups(2, recording=""), None, DutyState.DUE, id="calls without recording do not count"),
        pytest.param(
            10, follow_ups(2, recording="", by_phone=False), None, DutyState.DONE, id="visits need no recording"
        ),
        pytest.param(10, follow_ups(2, reached=False), None, DutyState.DUE, id="tried in vain does not count"),
        pytest.param(10, follow_ups(2, day=FIRST_DAY), None, DutyState.DUE, id="before the class ended does not count"),
        pytest.param(10, follow_ups(1) * 2, None, DutyState.DUE, id="the same student twice is one"),
        pytest.param(10, (), AFTER, DutyState.OVERDUE, id="paid without"),
        pytest.param(
            10, follow_ups(2, day=AFTER + timedelta(days=1)), AFTER, DutyState.OVERDUE, id="made after the payment"
        ),
    ],
)
def test_a_fifth_of_the_roster_is_followed_up_between_class_and_payment(roster, made, paid_on, state):
    facts = the_class(AFTER, students=a_roster(roster), follow_ups=made, paid_on=paid_on)
    assert duty("follow_up_20_percent", facts).state is state


def test_inspections_are_neither_announced_nor_made_by_the_interested():
    good = the_class(inspections=(inspection("甲", "乙"),))
    told = the_class(inspections=(inspection("甲", "乙", told=True),))
    interested = the_class(inspections=(inspection("甲", "乙"),), interests=(Interest("甲", AGENCY.code, FIRST_DAY),))
    assert outcome("no_notice_before_inspection", good) is Outcome.PASSED
    assert outcome("no_notice_before_inspection", told) is Outcome.FAILED
    assert outcome("inspectors_without_interest", good) is Outcome.PASSED
    assert outcome("inspectors_without_interest", interested) is Outcome.FAILED
    assert outcome("inspectors_without_interest", the_class()) is Outcome.NOT_APPLICABLE


# ---------------------------------------------------------------- draws


@settings(deadline=None)
@given(st.integers(0, 200), st.text(min_size=1).filter(str.strip))
def test_a_draw_is_at_least_a_fifth_rounded_up_and_repeatable(size, seed):
    roster = numbers(size)
    draw = draw_followups(roster, seed, Decimal(20))
    assert len(draw.chosen) * 5 >= size > (len(draw.chosen) - 1) * 5 or size == 0
    assert set(draw.chosen) <= set(roster)
    assert draw == draw_followups(reversed(roster), seed, Decimal(20))


def test_a_draw_stays_what_it_was_when_it_was_recorded():
    """The people an office drew must come out again in any later version; these were found with sha256sum and sort."""
    assert draw_followups(numbers(20), "2023-07-01/YY-2023-0071", Decimal(20)).chosen == ("S06", "S15", "S16", "S18")


def test_every_student_is_drawn_about_equally_often():
    counts = dict.fromkeys(numbers(20), 0)
    for seed in range(2000):
        for student in draw_followups(counts, str(seed), Decimal(20)).chosen:
            counts[student] += 1
    # 2,000 draws of 4 in 20: 400 each, standard deviation 18; five of them on each side.
    assert all(310 < count < 490 for count in counts.values())


def test_a_draw_without_seed_is_refused():
    with pytest.raises(ValueError, match="seed"):
        draw_followups(numbers(20), " ", Decimal(20))


def test_inspectors_are_drawn_among_those_without_an_interest():
    interests = [Interest("丙", AGENCY.code, date(2023, 1, 1), date(2023, 12, 31))]
    for seed in range(50):
        assert (
            "丙" not in draw_inspectors(["甲", "乙", "丙", "丁"], AGENCY.code, FIRST_DAY, interests, str(seed)).chosen
        )
    chosen = {draw_inspectors(["甲", "丙"], AGENCY.code, date(2024, 1, 1), interests, "x").chosen}
    assert {frozenset(each) for each in chosen} == {frozenset({"甲", "丙"})}
    with pytest.raises(ValueError, match="1 inspectors without an interest"):
        draw_inspectors(["甲", "丙"], AGENCY.code, FIRST_DAY, interests, "x")


@pytest.mark.parametrize(
    ("code", "field"),
    [("no_transport_of_agency", "transport_by_agency"), ("no_favours_of_agency", "favours_from_agency")],
)
@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        pytest.param([False], Outcome.PASSED, id="the inspectors stated that they did not"),
        pytest.param([False, None], Outcome.UNSURE, id="of one visit there is no statement"),
        pytest.param([True, None], Outcome.FAILED, id="of one visit they stated that they did"),
        pytest.param([], Outcome.NOT_APPLICABLE, id="nobody has visited yet"),
    ],
)
def test_neither_transport_nor_favours_of_the_agency(code, field, stated, wanted):
    visits = tuple(replace(inspection("甲", "乙", day=FIRST_DAY), **{field: each}) for each in stated)
    (result,) = judge_class(the_class(inspections=visits), POLICY, [code])
    assert result.outcome is wanted
    assert not result.proposes  # the office's own fault is never held against the agency


def test_the_class_ends_when_the_office_recorded_that_it_did():
    assert class_end(the_class()) == LAST_DAY
    assert class_end(the_class(completed_on=FIRST_DAY)) == FIRST_DAY
    call = FollowUp("S01", FIRST_DAY, "甲", recording="sha256:call")
    assert duty("follow_up_20_percent", the_class(follow_ups=(call,))).done == 0  # the class still ran
    assert duty("follow_up_20_percent", the_class(follow_ups=(call,), completed_on=FIRST_DAY)).done == 1
    assert duty("on_site_once", the_class(LAST_DAY)).state is DutyState.DUE
    assert duty("on_site_once", the_class(LAST_DAY, completed_on=FIRST_DAY)).state is DutyState.OVERDUE
