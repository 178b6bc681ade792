"""Articles 9, 10, 11 and 14: what the office itself owes every class: on-site, off-site and follow-up supervision.

Looks at:         inspections, off-site supervisions, follow-ups, declared interests, and the days of the class.
Why it matters:   without them no subsidy may be paid (Art. 12), and what was found does not stand.
Cannot tell when: nothing here is in doubt: a duty is done, due or overdue. Plans are for the office's eyes only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.regulation.facts import ClassFacts, Interest, OnSiteInspection
from verifier.regulation.policy import Policy
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, bind_rule, class_day, show_number


class DutyState(StrEnum):
    """How a duty stands. Stored, never renamed."""

    NOT_YET = "not_yet"  # its time has not come
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Duty:
    """One duty of the office towards one class. `due_on` None: its last day is not fixed yet (it hangs on the payment)."""

    code: str
    label: str
    done: int
    needed: int
    state: DutyState
    due_on: date | None
    sentence: Sentence
    evidence: tuple[str, ...] = ()


def list_duties(facts: ClassFacts, policy: Policy) -> tuple[Duty, ...]:
    """Every duty that the policy lays on the office towards this class, due or not."""
    duties = {
        "on_site_once": find_on_site_duty,
        "off_site_twice": find_off_site_duty,
        "follow_up_20_percent": find_follow_up_duty,
    }
    return tuple(
        duties[entry.citation.code](facts, bind_rule(policy, entry.citation.code))
        for entry in policy.rules
        if entry.citation.code in duties and entry.citation.in_force_on(class_day(facts))
    )


def find_on_site_duty(facts: ClassFacts, rule: Rule) -> Duty:
    """Art. 9: at least one inspection while the class runs, by at least two inspectors, none with an interest."""
    day = class_day(facts)
    needed, people = rule.count("on_site_inspections", day), rule.count("inspectors_per_inspection", day)
    valid: list[OnSiteInspection] = []
    refused: list[OnSiteInspection] = []
    for inspection in facts.inspections:
        (valid if _valid_inspectors(inspection, facts) >= people else refused).append(inspection)
    sentence = say(
        "现场监管应不少于{needed}次（每次至少{people}名无利害关系的检查人员），有效{done}次，不符合人数要求{refused}次。",
        needed=needed, people=people, done=len(valid), refused=len(refused),
    )  # fmt: skip
    return _during_class("on_site_once", "9", len(valid), needed, sentence, [each.reference for each in valid], facts)


def find_off_site_duty(facts: ClassFacts, rule: Rule) -> Duty:
    """Art. 10: at least two off-site supervisions while the class runs, besides the daily photos."""
    needed = rule.count("off_site_supervisions", class_day(facts))
    done = len(facts.off_site)
    sentence = say("除每日照片外，非现场监管应不少于{needed}次，已开展{done}次。", needed=needed, done=done)
    references = [each.reference for each in facts.off_site]
    return _during_class("off_site_twice", "10", done, needed, sentence, references, facts)


def find_follow_up_duty(facts: ClassFacts, rule: Rule) -> Duty:
    """Art. 11: at least 20 % of the roster followed up after the class and before payment; calls have a recording.

    Who was tried in vain does not count as followed up.
    """
    day = class_day(facts)
    share = rule.number("follow_up_share_percent", day)
    needed = count_follow_ups(len(facts.training.students), share)
    ended = class_end(facts)
    roster = {student.student_no for student in facts.training.students}
    counted = {
        each.student_no: each.recording
        for each in facts.follow_ups
        if each.reached
        and each.student_no in roster
        and (ended is None or each.day >= ended)
        and (facts.paid_on is None or each.day <= facts.paid_on)
        and (each.recording or not each.by_phone)
    }
    sentence = say(
        "班级{size}人，结束后、拨付前应回访不少于{share}%即{needed}人，有效回访{done}人（电话回访须有录音）。",
        size=len(facts.training.students), share=show_number(share), needed=needed, done=len(counted),
    )  # fmt: skip
    state = DutyState.DUE
    if len(counted) >= needed:
        state = DutyState.DONE
    elif facts.paid_on is not None:
        state = DutyState.OVERDUE
    elif ended is None or facts.as_of < ended:
        state = DutyState.NOT_YET
    evidence = tuple(sorted({recording for recording in counted.values() if recording}))
    return Duty("follow_up_20_percent", "11", len(counted), needed, state, facts.paid_on, sentence, evidence)


def count_follow_ups(roster: int, share_percent: Decimal) -> int:
    """How many students are at least that share of the roster: rounded up, 21 students at 20 % are 5."""
    return int((share_percent * roster / 100).to_integral_value(ROUND_CEILING))


def class_end(facts: ClassFacts) -> date | None:
    """The day on which the class really ended, as recorded, else that of the last planned session; None without a timetable."""
    if facts.completed_on is not None:
        return facts.completed_on
    sessions = facts.training.sessions or tuple(each.session for each in facts.sessions)
    return max((session.day for session in sessions), default=None)


def has_interest(inspector: str, agency_code: str, day: date, interests: tuple[Interest, ...]) -> bool:
    """Whether a declared interest keeps that inspector from that agency on that day (Art. 14(4))."""
    return any(each.covers(inspector, agency_code, day) for each in interests)


def _valid_inspectors(inspection: OnSiteInspection, facts: ClassFacts) -> int:
    code = facts.training.agency.code
    people = set(inspection.inspectors)
    return sum(not has_interest(each, code, inspection.day, facts.interests) for each in people)


def _during_class(
    code: str, label: str, done: int, needed: int, sentence: Sentence, references: list[str], facts: ClassFacts
) -> Duty:
    """A duty that runs with the class: due from its first day, overdue after its last."""
    ended = class_end(facts)
    state = DutyState.DUE
    if done >= needed:
        state = DutyState.DONE
    elif ended is not None and facts.as_of > ended:
        state = DutyState.OVERDUE
    elif facts.as_of < class_day(facts):
        state = DutyState.NOT_YET
    return Duty(code, label, done, needed, state, ended, sentence, tuple(references))


# ---------------------------------------------------------------- as rules


def judge_on_site(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 9 as a rule: PASSED once done, FAILED once overdue, NOT_APPLICABLE while there is time."""
    return _answer(find_on_site_duty, facts, rule)


def judge_off_site(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 10 as a rule."""
    return _answer(find_off_site_duty, facts, rule)


def judge_follow_up(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 11 as a rule."""
    return _answer(find_follow_up_duty, facts, rule)


def _answer(find: Callable[[ClassFacts, Rule], Duty], facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    subject = facts.training.number
    if not rule.in_force_on(class_day(facts)):
        return (rule.not_in_force(class_day(facts), subject),)
    duty = find(facts, rule)
    outcomes = {DutyState.DONE: Outcome.PASSED, DutyState.OVERDUE: Outcome.FAILED}
    outcome = outcomes.get(duty.state, Outcome.NOT_APPLICABLE)
    quantities = {"done": duty.done, "needed": duty.needed, "state": duty.state.value}
    return (rule.answer(outcome, duty.sentence, subject, quantities=quantities, evidence=duty.evidence),)
