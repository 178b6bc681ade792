"""A class is judged anew on the days on which the law's answer turns by itself, and on no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders.regulation import FIRST_DAY, a_class, half_days, session_facts
from verifier.finding import Outcome
from verifier.language import say
from verifier.plan import FilingChange
from verifier.regulation.facts import ClassFacts
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.turning_days import list_passed_days, list_turning_days

POLICY = load_policy()
PLAN = [session_facts(each) for each in half_days(6)]
LAST = PLAN[-1].session.day
UNAPPROVED = FilingChange(FIRST_DAY - timedelta(days=9), "place", FIRST_DAY + timedelta(days=30))


def outcomes_on(facts: ClassFacts, day: date) -> list[tuple[str, str]]:
    results = judge_class(replace(facts, as_of=day), POLICY)
    return [(each.dedup_key, each.outcome.value) for each in results]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(a_class(PLAN), id="a class and nothing else"),
        pytest.param(a_class(PLAN, certified_on=date(2023, 6, 30)), id="a certificate, nobody has applied"),
        pytest.param(
            a_class(PLAN, certified_on=date(2023, 6, 30), applied_on=date(2023, 8, 1)), id="applied for in time"
        ),
        pytest.param(a_class(PLAN, certified_on=date(2031, 6, 30)), id="a year whose holidays nobody knows"),
        pytest.param(a_class(PLAN, changes=(UNAPPROVED,)), id="a change nobody approved"),
        pytest.param(replace(a_class(PLAN), sessions=()), id="no session is over"),
        pytest.param(a_class(), id="no timetable at all"),
    ],
)
def test_answers_turn_on_listed_days_only(facts):
    """Every day from a month before the class to the end of the law and beyond would take long: the year that matters."""
    listed = set(list_turning_days(facts, POLICY))
    for first in {FIRST_DAY - timedelta(days=30), facts.certified_on or FIRST_DAY, date(2028, 5, 1)}:
        before = outcomes_on(facts, first)
        for after in range(1, 120):
            day = first + timedelta(days=after)
            now = outcomes_on(facts, day)
            assert now == before or day in listed, day
            before = now


def test_the_deadline_that_passes_is_a_turning_day_and_an_application_ends_it():
    certified = a_class(PLAN, certified_on=date(2023, 6, 30))
    assert date(2023, 8, 31) in list_turning_days(certified, POLICY)  # two months: 30 August was the last day
    assert date(2023, 8, 31) not in list_turning_days(replace(certified, applied_on=date(2023, 8, 1)), POLICY)


def test_nights_between_two_turning_days_are_alike():
    facts = a_class(PLAN)
    quiet = {list_passed_days(facts, POLICY, LAST + timedelta(days=after)) for after in range(1, 300)}
    assert len(quiet) == 1
    assert list_passed_days(facts, POLICY, LAST) not in quiet


def judge_meals(facts, rule):
    """A rule whose answer turns with the new year."""
    return (rule.answer(Outcome.PASSED, say("{day}", day=facts.as_of.isoformat()), facts.training.number),)


judge_meals.turning_days = lambda facts, _rule: [date(facts.as_of.year + 1, 1, 1)]


def test_another_city_s_rule_names_its_own_days():
    city = replace(POLICY, version="own-days", rules=(replace(POLICY.rules[0], judge=f"{__name__}:judge_meals"),))
    assert date(2024, 1, 1) in list_turning_days(a_class(PLAN), city)
    assert date(2024, 1, 1) not in list_turning_days(a_class(PLAN), POLICY)
