"""The days on which a class must be judged anew though nothing was handed in or recorded: a deadline passes, a change takes effect.

The night puts the days that have passed into the key of a class's judgement, so that a class is judged again when one more has,
and on no other night. A rule of another city's says its own through an attribute `turning_days` of its function,
``(facts, rule) -> Iterable[date]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from verifier.regulation.deadlines import find_application_deadline
from verifier.regulation.duties import class_end
from verifier.regulation.facts import ClassFacts
from verifier.regulation.judging import find_judge
from verifier.regulation.policy import Policy
from verifier.regulation.rule import Rule, bind_rule, class_day

TurningDays = Callable[[ClassFacts, Rule], Iterable[date]]
_NEXT = timedelta(days=1)


def list_turning_days(facts: ClassFacts, policy: Policy) -> tuple[date, ...]:
    """Each day from which on judging may answer differently than on the day before, in order."""
    days = {change.takes_effect_on for change in facts.training.changes}
    ended = class_end(facts)
    if ended is not None:
        # From its first day duties are due, with its last day follow-ups begin, after it archive and duties are judged.
        days |= {class_day(facts), ended, ended + _NEXT}
    else:
        days |= _list_days_of_law(policy)
    if facts.certified_on is not None and facts.applied_on is None:
        days |= _list_application_days(facts.certified_on, policy)
    days |= {each.due_on + _NEXT for each in facts.urgings if each.outcome is None}
    for entry in policy.rules:
        judge, for_agency = find_judge(entry)
        of_rule: TurningDays | None = getattr(judge, "turning_days", None)
        if of_rule is not None and not for_agency:
            days |= set(of_rule(facts, bind_rule(policy, entry.citation.code)))
    return tuple(sorted(days))


def list_passed_days(facts: ClassFacts, policy: Policy, as_of: date) -> tuple[date, ...]:
    """The turning days that have come by the day of judging."""
    return tuple(day for day in list_turning_days(facts, policy) if day <= as_of)


def _list_application_days(certified_on: date, policy: Policy) -> set[date]:
    try:
        deadline = find_application_deadline(certified_on, policy)
    except KeyError:  # this city sets no such period for that day
        return set()
    return {day + _NEXT for day in (deadline.due_on, deadline.earliest) if day is not None}


def _list_days_of_law(policy: Policy) -> set[date]:
    """A class without a timetable is judged by the law of the day of judging."""
    days = set()
    for entry in policy.rules:
        days.add(entry.citation.from_day)
        if entry.citation.to_day is not None:
            days.add(entry.citation.to_day + _NEXT)
    for versions in policy.parameters.values():
        days |= {each.from_day for each in versions}
    return days
