"""Article 7(1) and 13(1)(1): was the class filed in time, approved before it began, and changed only as filed?

Looks at:         the days of filing, approval, changes, and the first evidence of teaching.
Why it matters:   what was never filed cannot be supervised.
Cannot tell when: working days fall into a year whose holidays are not published, or no day of filing is on record.
"""

from __future__ import annotations

from datetime import date

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.plan import FilingChange
from verifier.regulation.facts import ClassFacts, TeachingSeen
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day


def judge_unapproved_class(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """13(1)(1): a class that was taught before anybody approved it, or without approval altogether."""
    training, subject = facts.training, facts.training.number
    seen, source = facts.first_teaching, say("授课证据")
    if facts.commenced_on is not None and (seen is None or facts.commenced_on < seen.day):
        seen, source = TeachingSeen(facts.commenced_on, ("dates:commenced_on",)), say("监管部门登记的实际开班")
    if seen is None:
        day = class_day(facts)
        if not rule.in_force_on(day):
            return (rule.not_in_force(day, subject),)
        reason = say("截至{day}没有开班授课的证据。", day=facts.as_of.isoformat())
        return (rule.answer(Outcome.NOT_APPLICABLE, reason, subject),)
    if not rule.in_force_on(seen.day):
        return (rule.not_in_force(seen.day, subject),)
    if training.approved_on is None:
        reason = say("{day}已有{source}，而系统中没有同意开班的记录。", day=seen.day.isoformat(), source=source)
    elif seen.day < training.approved_on:
        reason = say(
            "{day}已有{source}，早于同意开班的{approved_on}。",
            day=seen.day.isoformat(), source=source, approved_on=training.approved_on.isoformat(),
        )  # fmt: skip
    else:
        reason = say(
            "最早的{source}在{day}，同意开班在{approved_on}。",
            source=source, day=seen.day.isoformat(), approved_on=training.approved_on.isoformat(),
        )  # fmt: skip
        return (rule.answer(Outcome.PASSED, reason, subject),)
    return (rule.answer(Outcome.FAILED, reason, subject, evidence=seen.evidence),)


def judge_filing_lead(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """7(1): the filing came 7 to 10 working days before the first session."""
    training, subject = facts.training, facts.training.number
    starts_on = class_day(facts)
    if not rule.in_force_on(starts_on):
        return (rule.not_in_force(starts_on, subject),)
    if facts.commenced_on is not None:
        starts_on = min(
            starts_on, facts.commenced_on
        )  # a class that began earlier than planned was to be filed before that
    elif not (facts.sessions or training.sessions):
        return (rule.answer(Outcome.UNSURE, say("没有备案日期或课程表，无法计算备案提前的工作日。"), subject),)
    if training.filed_on is None:
        return (rule.answer(Outcome.UNSURE, say("没有备案日期或课程表，无法计算备案提前的工作日。"), subject),)
    fewest = rule.count("filing_min_working_days", starts_on)
    most = rule.count("filing_max_working_days", starts_on)
    outcome, ahead = _compare(training.filed_on, starts_on, fewest, rule)
    shown = {
        "filed_on": training.filed_on.isoformat(), "starts_on": starts_on.isoformat(), "ahead": ahead,
        "fewest": fewest, "most": most,
    }  # fmt: skip
    quantities = {"working_days": ahead} if isinstance(ahead, int) else {}
    if outcome is Outcome.PASSED and isinstance(ahead, int) and ahead > most:
        # The text names a window; whether being early matters is not for a program to say.
        outcome = Outcome.UNSURE
    reason = say("{filed_on}备案，{starts_on}开班，提前{ahead}个工作日，规定提前{fewest}至{most}个工作日。", **shown)
    return (rule.answer(outcome, reason, subject, quantities=quantities),)


def judge_change_filing(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """7(1): every change was filed 3 working days ahead and approved before it took effect; one result a change."""
    subject = facts.training.number
    results = tuple(_judge_change(change, facts, rule) for change in facts.training.changes)
    if results:
        return results
    day = class_day(facts)
    if not rule.in_force_on(day):
        return (rule.not_in_force(day, subject),)
    return (rule.answer(Outcome.NOT_APPLICABLE, say("没有备案变更。"), subject),)


def _judge_change(change: FilingChange, facts: ClassFacts, rule: Rule) -> RuleResult:
    subject = facts.training.number
    if not rule.in_force_on(change.takes_effect_on):
        return rule.not_in_force(change.takes_effect_on, subject)
    needed = rule.count("change_min_working_days", change.takes_effect_on)
    outcome, ahead = _compare(change.filed_on, change.takes_effect_on, needed, rule)
    approval: Sentence
    if change.approved_on is None:
        # An unapproved wish breaks nothing: carrying it out would, and that is 13(1)(5)'s question.
        approval = say("没有批准记录，不得变更")
        if outcome is Outcome.PASSED:
            outcome = Outcome.UNSURE if change.takes_effect_on <= facts.as_of else Outcome.NOT_APPLICABLE
    elif change.approved_on > change.takes_effect_on:
        approval = say("{approved_on}才批准", approved_on=change.approved_on.isoformat())
        outcome = Outcome.FAILED
    else:
        approval = say("{approved_on}批准", approved_on=change.approved_on.isoformat())
    reason = say(
        "{kind}变更自{effect_on}生效：{filed_on}备案，提前{ahead}个工作日（规定{needed}个），{approval}。",
        kind=name_change(change.what), effect_on=change.takes_effect_on.isoformat(),
        filed_on=change.filed_on.isoformat(), ahead=ahead, needed=needed, approval=approval,
    )  # fmt: skip
    return rule.answer(
        outcome, reason, subject, sessions=change.session_ids, aspect=change.what,
        quantities={"working_days": ahead} if isinstance(ahead, int) else {},
        start=f"{change.filed_on.isoformat()}/{change.takes_effect_on.isoformat()}",
    )  # fmt: skip


def name_change(what: str) -> Sentence:
    """What a filed change is about, in the office's words."""
    names = {
        "time": say("培训时间"),
        "place": say("培训地点"),
        "teacher": say("授课教师"),
        "plan": say("课程计划"),
    }
    return names.get(what, say("其他"))


def _compare(filed_on: date, starts_on: date, needed: int, rule: Rule) -> tuple[Outcome, int | Sentence]:
    """Whether enough working days lie between, and how many; a sentence where they cannot be counted."""
    ahead = rule.policy.calendar.count(filed_on, starts_on)
    if ahead is not None:
        return (Outcome.PASSED if ahead >= needed else Outcome.FAILED), ahead
    days = (starts_on - filed_on).days
    # There are never more working days than days: too few days are too few in any year.
    outcome = Outcome.FAILED if days < needed else Outcome.UNSURE
    return outcome, say("无法计算（{days}个自然日，其中有放假安排未知的年份）", days=days)
