"""Chinese working days and the deadlines that hang on them (Articles 7(1), 7(5), 7(6))."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.regulation import a_class, a_session, session_facts
from verifier.finding import Outcome
from verifier.plan import FilingChange
from verifier.regulation.class_closing import judge_application
from verifier.regulation.deadlines import (
    add_months,
    find_application_deadline,
    find_change_deadline,
    find_filing_window,
    find_retention,
)
from verifier.regulation.facts import TeachingSeen
from verifier.regulation.filing_rules import judge_change_filing, judge_filing_lead, judge_unapproved_class
from verifier.regulation.policy import PolicyError, load_policy, parse_policy
from verifier.regulation.rule import bind_rule
from verifier.regulation.working_days import CalendarYear, WorkCalendar

POLICY = load_policy()
CALENDAR = POLICY.calendar


@pytest.mark.parametrize(
    ("day", "works"),
    [
        pytest.param(date(2023, 6, 21), True, id="Wednesday before the Dragon Boat holiday of 2023"),
        pytest.param(date(2023, 6, 22), False, id="Dragon Boat, a Thursday"),
        pytest.param(date(2023, 6, 23), False, id="its bridging Friday"),
        pytest.param(date(2023, 6, 25), True, id="the Sunday that makes up for it"),
        pytest.param(date(2023, 10, 7), True, id="a Saturday that makes up for the National Day week"),
        pytest.param(date(2023, 10, 2), False, id="a Monday of the National Day week"),
        pytest.param(date(2003, 6, 2), None, id="a year before the calendar begins: cannot tell"),
        pytest.param(date(2040, 6, 4), None, id="a year whose holidays nobody has published: cannot tell"),
    ],
)
def test_working_days_follow_the_state_council_s_calendar(day, works):
    assert CALENDAR.is_working_day(day) is works


def test_a_year_can_be_entered_by_the_operator_and_wins():
    holiday, makeup = date(2040, 6, 4), date(2040, 6, 9)
    calendar = WorkCalendar({2040: CalendarYear(frozenset({holiday}), frozenset({makeup}))})
    assert calendar.is_working_day(holiday) is False
    assert calendar.is_working_day(makeup) is True
    assert calendar.is_working_day(holiday + timedelta(days=1)) is True
    assert calendar.is_working_day(makeup + timedelta(days=1)) is False


def test_a_policy_file_can_carry_a_year():
    text = (
        '[policy]\nname="x"\ntitle="x"\ndocument="x"\nfrom=2023-06-01\nlast_checked=2024-01-01\n'
        "[[calendar]]\nyear=2040\nholidays=[2040-01-02]\nworking_weekends=[2040-01-07]\n"
    )
    assert parse_policy(text.encode(), "x").calendar.is_working_day(date(2040, 1, 2)) is False
    with pytest.raises(PolicyError, match="dates of that year"):
        parse_policy(text.replace("2040-01-07", "2041-01-07").encode(), "x")


@settings(deadline=None)
@given(st.dates(date(2023, 1, 1), date(2025, 10, 1)), st.integers(1, 30))
def test_going_back_and_counting_agree(day, working_days):
    """From the day found there are enough working days; from the day after it there are not."""
    latest = CALENDAR.go_back(day, working_days)
    assert CALENDAR.count(latest, day) == working_days
    assert CALENDAR.count(latest + timedelta(days=1), day) == working_days - 1


@settings(deadline=None)
@given(st.dates(date(2023, 1, 1), date(2025, 6, 1)), st.integers(0, 40), st.integers(0, 40))
def test_counts_of_working_days_add_up_and_the_last_day_is_not_counted(day, first, second):
    middle, end = day + timedelta(days=first), day + timedelta(days=first + second)
    assert CALENDAR.count(day, middle) + CALENDAR.count(middle, end) == CALENDAR.count(day, end)
    assert CALENDAR.count(end, day) == 0
    assert CALENDAR.count(day, day + timedelta(days=1)) == CALENDAR.is_working_day(day)


@settings(deadline=None)
@given(st.dates(date(2023, 1, 1), date(2025, 10, 1)))
def test_the_next_working_day_is_the_first_that_is_one(day):
    found = CALENDAR.next_working_day(day)
    assert CALENDAR.is_working_day(found)
    assert CALENDAR.count(day, found) == 0


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 48))
def test_months_later_is_the_same_day_or_the_month_s_last(day, months):
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


# ---------------------------------------------------------------- 7(1) filing


def a_class_starting(day, filed_on):
    return a_class([session_facts(a_session(day))], filed_on=filed_on)


@pytest.mark.parametrize(
    ("starts_on", "filed_on", "outcome"),
    [
        pytest.param(date(2023, 7, 10), date(2023, 6, 29), Outcome.PASSED, id="7 working days ahead"),
        pytest.param(date(2023, 7, 10), date(2023, 6, 30), Outcome.FAILED, id="6 working days ahead"),
        pytest.param(date(2023, 7, 10), date(2023, 6, 26), Outcome.PASSED, id="10 working days ahead"),
        pytest.param(
            date(2023, 7, 10), date(2023, 6, 25), Outcome.UNSURE, id="11 ahead, the make-up Sunday counted: early"
        ),
        pytest.param(
            date(2023, 6, 30), date(2023, 6, 20), Outcome.PASSED, id="over Dragon Boat: 20, 21, 25 to 29 June"
        ),
        pytest.param(date(2023, 6, 30), date(2023, 6, 21), Outcome.FAILED, id="over Dragon Boat, a day late"),
        pytest.param(date(2023, 7, 10), date(2023, 7, 12), Outcome.FAILED, id="filed after it began"),
        pytest.param(date(2023, 7, 10), None, Outcome.UNSURE, id="no day of filing on record"),
        pytest.param(
            date(2027, 2, 1), date(2027, 1, 4), Outcome.UNSURE, id="holidays of the year not published: cannot tell"
        ),
        pytest.param(
            date(2027, 2, 1), date(2027, 1, 26), Outcome.FAILED, id="6 days are fewer than 7 working days in any year"
        ),
    ],
)
def test_a_class_is_filed_7_to_10_working_days_ahead(starts_on, filed_on, outcome):
    rule = bind_rule(POLICY, "filed_7_to_10_working_days_ahead")
    (result,) = judge_filing_lead(a_class_starting(starts_on, filed_on), rule)
    assert result.outcome is outcome
    if starts_on.year == 2027 and outcome is Outcome.UNSURE:
        assert "无法计算（28个自然日" in result.reason.text("zh_CN")


def test_the_filing_window_names_its_last_and_first_day():
    window = find_filing_window(date(2023, 7, 10), POLICY)
    assert (window.due_on, window.earliest) == (date(2023, 6, 29), date(2023, 6, 26))
    assert find_filing_window(date(2027, 2, 1), POLICY).due_on is None


@pytest.mark.parametrize(
    ("what", "filed", "effect", "approved", "outcome"),
    [
        pytest.param("teacher", 5, 10, 6, Outcome.PASSED, id="3 working days ahead and approved"),
        pytest.param("teacher", 6, 10, 6, Outcome.FAILED, id="2 working days ahead"),
        pytest.param("place", 5, 10, 10, Outcome.PASSED, id="approved on the day it takes effect"),
        pytest.param("place", 5, 10, 11, Outcome.FAILED, id="approved a day after it took effect"),
        pytest.param(
            "time", 5, 10, None, Outcome.UNSURE, id="not approved: whether it was made is 13(1)(5)'s question"
        ),
        pytest.param("time", 5, 28, None, Outcome.NOT_APPLICABLE, id="not approved yet, and not in effect yet"),
    ],
)
def test_changes_are_filed_3_working_days_ahead_and_approved(what, filed, effect, approved, outcome):
    """Days of July 2023; the 10th is a Monday."""
    day = partial(date, 2023, 7)
    change = FilingChange(day(filed), what, day(effect), day(approved) if approved else None)
    facts = a_class([session_facts()], changes=(change,), as_of=date(2023, 7, 20))
    (result,) = judge_change_filing(facts, bind_rule(POLICY, "changes_filed_3_working_days_ahead"))
    assert result.outcome is outcome
    assert result.aspect == change.what


def test_the_last_day_for_filing_a_change():
    assert find_change_deadline(date(2023, 7, 10), POLICY).due_on == date(2023, 7, 5)


# ---------------------------------------------------------------- 13(1)(1)


@pytest.mark.parametrize(
    ("approved_on", "seen_on", "outcome"),
    [
        pytest.param(date(2023, 6, 12), date(2023, 6, 12), Outcome.PASSED, id="taught on the day of approval"),
        pytest.param(date(2023, 6, 13), date(2023, 6, 12), Outcome.FAILED, id="taught a day before approval"),
        pytest.param(None, date(2023, 6, 12), Outcome.FAILED, id="taught and never approved"),
        pytest.param(None, None, Outcome.NOT_APPLICABLE, id="not approved and not taught"),
        pytest.param(None, date(2023, 5, 31), Outcome.NOT_APPLICABLE, id="taught before the regulation was law"),
    ],
)
def test_a_class_is_not_taught_without_approval(approved_on, seen_on, outcome):
    seen = TeachingSeen(seen_on, ("photo",)) if seen_on else None
    facts = a_class([session_facts()], approved_on=approved_on, first_teaching=seen)
    (result,) = judge_unapproved_class(facts, bind_rule(POLICY, "unapproved_class"))
    assert result.outcome is outcome
    assert result.evidence == (("photo",) if outcome is Outcome.FAILED else ())


@pytest.mark.parametrize(
    ("recorded", "outcome"),
    [
        pytest.param(date(2023, 6, 1), Outcome.FAILED, id="recorded to have begun the day before the approval"),
        pytest.param(date(2023, 6, 2), Outcome.PASSED, id="recorded to have begun on the day of the approval"),
        pytest.param(date(2023, 6, 30), Outcome.PASSED, id="recorded later than the photos show: the photos count"),
    ],
)
def test_the_recorded_beginning_is_evidence_of_teaching_too(recorded, outcome):
    facts = a_class([session_facts()], commenced_on=recorded)  # approved on 2 June
    photos = replace(facts, first_teaching=TeachingSeen(date(2023, 6, 12), ("photo",)))
    for each in (photos, facts):
        (result,) = judge_unapproved_class(each, bind_rule(POLICY, "unapproved_class"))
        assert result.outcome is outcome
    if outcome is Outcome.FAILED:
        assert result.reason.text("zh_CN") == "2023-06-01已有监管部门登记的实际开班，早于同意开班的2023-06-02。"


def test_a_class_that_began_before_its_timetable_was_to_be_filed_before_that():
    rule = bind_rule(POLICY, "filed_7_to_10_working_days_ahead")
    facts = a_class([session_facts()])  # filed on 31 May for 12 June: 8 working days
    assert judge_filing_lead(facts, rule)[0].outcome is Outcome.PASSED
    assert judge_filing_lead(replace(facts, commenced_on=date(2023, 6, 8)), rule)[0].outcome is Outcome.FAILED
    assert judge_filing_lead(replace(facts, commenced_on=date(2023, 6, 20)), rule)[0].outcome is Outcome.PASSED


# ---------------------------------------------------------------- 7(6), 7(5)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        pytest.param(date(2023, 7, 10), 2, date(2023, 9, 10), id="the same day two months on"),
        pytest.param(date(2023, 12, 31), 2, date(2024, 2, 29), id="no 31 February: the month's last day"),
        pytest.param(date(2024, 2, 29), -12, date(2023, 2, 28), id="a year back from a leap day"),
    ],
)
def test_months_are_counted_to_the_corresponding_day(day, months, later):
    assert add_months(day, months) == later


@pytest.mark.parametrize(
    ("certified_on", "applied_on", "as_of", "outcome"),
    [
        pytest.param(date(2023, 7, 12), date(2023, 9, 12), date(2023, 12, 1), Outcome.PASSED, id="on the last day"),
        pytest.param(date(2023, 7, 12), date(2023, 9, 13), date(2023, 12, 1), Outcome.FAILED, id="a day late"),
        pytest.param(
            date(2023, 7, 10),
            date(2023, 9, 11),
            date(2023, 12, 1),
            Outcome.PASSED,
            id="the last day is a Sunday: Monday",
        ),
        pytest.param(
            date(2023, 7, 10), date(2023, 9, 12), date(2023, 12, 1), Outcome.FAILED, id="a day after that Monday"
        ),
        pytest.param(date(2023, 7, 12), None, date(2023, 9, 12), Outcome.NOT_APPLICABLE, id="not applied, still time"),
        pytest.param(date(2023, 7, 12), None, date(2023, 9, 13), Outcome.FAILED, id="not applied, too late"),
        pytest.param(None, None, date(2023, 9, 13), Outcome.NOT_APPLICABLE, id="no certificate yet"),
        pytest.param(date(2026, 11, 10), date(2027, 1, 10), date(2027, 2, 1), Outcome.PASSED, id="in time anyway"),
        pytest.param(
            date(2026, 11, 10),
            date(2027, 1, 11),
            date(2027, 2, 1),
            Outcome.UNSURE,
            id="a day late, perhaps after a day off",
        ),
    ],
)
def test_the_subsidy_is_applied_for_within_two_months(certified_on, applied_on, as_of, outcome):
    facts = a_class([session_facts()], certified_on=certified_on, applied_on=applied_on, as_of=as_of)
    (result,) = judge_application(facts, bind_rule(POLICY, "subsidy_applied_within_2_months"))
    assert result.outcome is outcome


def test_deadlines_say_their_day():
    assert "最迟2023-09-11" in find_application_deadline(date(2023, 7, 10), POLICY).sentence.text("zh_CN")
    assert find_retention(date(2023, 7, 10), POLICY).due_on == date(2026, 7, 10)
