"""The ladder of sanctions: warnings add up to a class without subsidy, and to an agency without qualification.

13(2)(2), 13(2)(3) and 13(3)(1). Everything here is proposed by the system and issued by people: only warnings that were
issued, and answers that people recorded, are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from verifier.finding import Measured, Outcome
from verifier.language import say
from verifier.regulation.deadlines import add_months
from verifier.regulation.facts import AgencyFacts, ClassFacts, Sample, WarningIssued
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day, show_number, show_percent


def judge_sample(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """13(2)(2): at least half of the people asked in one spot check were not trained. Each spot check by itself."""
    subject = facts.training.number
    results = tuple(_judge_one_sample(sample, subject, rule) for sample in facts.samples)
    if results:
        return results
    day = class_day(facts)
    if not rule.in_force_on(day):
        return (rule.not_in_force(day, subject),)
    return (rule.answer(Outcome.NOT_APPLICABLE, say("尚无电话回访或现场询问的抽查记录。"), subject),)


def _judge_one_sample(sample: Sample, subject: str, rule: Rule) -> RuleResult:
    if not rule.in_force_on(sample.day):
        return rule.not_in_force(sample.day, subject)
    if sample.asked <= 0:
        reason = say("{day}的抽查没有抽查人数。", day=sample.day.isoformat())
        return rule.answer(Outcome.NOT_APPLICABLE, reason, subject, aspect=sample.kind, start=sample.reference)
    limit = rule.number("false_share_percent", sample.day)
    needed = limit * sample.asked
    outcome = Outcome.PASSED
    if sample.false * 100 >= needed:
        outcome = Outcome.FAILED
    elif (sample.false + sample.unclear) * 100 >= needed:
        outcome = Outcome.UNSURE
    reason = say(
        "{day}抽查{asked}人，确认虚报{false}人（{share}%），另有{unclear}人未联系上或未能确认；限度为{limit}%。",
        day=sample.day.isoformat(), asked=sample.asked, false=sample.false, unclear=sample.unclear,
        share=show_percent(sample.false, sample.asked), limit=show_number(limit),
    )  # fmt: skip
    return rule.answer(
        outcome, reason, subject, evidence=(*sample.evidence, sample.reference),
        quantities={"asked": sample.asked, "false": sample.false, "unclear": sample.unclear},
        aspect=sample.kind, start=sample.reference,
    )  # fmt: skip


def judge_class_warnings(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """13(2)(3): two or more written warnings of one class. One notice is one warning, however many faults it lists."""
    subject = facts.training.number
    warnings = [each for each in valid_warnings(facts.warnings) if each.class_number == subject]
    day = warnings[-1].issued_on if warnings else class_day(facts)
    if not rule.in_force_on(day):
        return (rule.not_in_force(day, subject),)
    limit = rule.count("class_warnings_for_subsidy", day)
    outcome = Outcome.FAILED if len(warnings) >= limit else Outcome.PASSED
    reason = say(
        "本班次被书面警告{count}次（{notices}），达到{limit}次即不再审核补贴。",
        count=len(warnings), notices=_list_notices(warnings), limit=limit,
    )  # fmt: skip
    evidence = [each.notice for each in warnings] if outcome is Outcome.FAILED else []
    return (
        rule.answer(
            outcome, reason, subject, quantities={"warnings": len(warnings), "limit": limit}, evidence=evidence
        ),
    )


def judge_agency_warnings(facts: AgencyFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """13(3)(1): five or more written warnings within a year, over all classes of the agency.

    The year is a rolling one: it ends with a warning, that day included, and begins the day after the same date a year
    before. The sentence also says how many fall into one calendar year, since 年内 can be read so. Once five were
    reached the proposal stands until people decide: it does not lapse by waiting.
    """
    subject = facts.agency.code
    warnings = [each for each in valid_warnings(facts.warnings) if each.notice not in facts.settled]
    day = warnings[-1].issued_on if warnings else facts.as_of
    if not rule.in_force_on(day):
        return (rule.not_in_force(day, subject),)
    limit = rule.count("agency_warnings_a_year", day)
    windows = [_window(warnings, each.issued_on) for each in warnings]
    reached = next((window for window in windows if len(window) >= limit), None)
    fullest = max(windows, key=len, default=[])
    ends = fullest[-1].issued_on if fullest else facts.as_of
    calendar_year = max((sum(a.issued_on.year == b.issued_on.year for a in warnings) for b in warnings), default=0)
    reason = say(
        "{begins}至{ends}（滚动一年：自上一年同日的次日起至末次警告之日）共被书面警告{count}次（{notices}），限度为{limit}次；"
        "按自然年计最多{calendar}次。",
        begins=begin_rolling_year(ends).isoformat(), ends=ends.isoformat(), count=len(fullest),
        notices=_list_notices(fullest), limit=limit, calendar=calendar_year,
    )  # fmt: skip
    quantities: dict[str, Measured] = {
        "warnings_in_rolling_year": len(fullest), "warnings_in_calendar_year": calendar_year, "limit": limit
    }  # fmt: skip
    if reached is None:
        return (rule.answer(Outcome.PASSED, reason, subject, quantities=quantities),)
    return (
        rule.answer(
            Outcome.FAILED, reason, subject, quantities=quantities, start=reached[0].notice,
            evidence=[each.notice for each in fullest],
        ),
    )  # fmt: skip


def valid_warnings(warnings: Iterable[WarningIssued]) -> list[WarningIssued]:
    """Warnings that count, each notice once, in the order they were issued."""
    unique = {each.notice: each for each in warnings if not each.voided}
    return sorted(unique.values(), key=lambda each: (each.issued_on, each.notice))


def begin_rolling_year(ends: date) -> date:
    """The first day of the rolling year that ends on that day."""
    return date.fromordinal(add_months(ends, -12).toordinal() + 1)


def _window(warnings: list[WarningIssued], ends: date) -> list[WarningIssued]:
    begins = begin_rolling_year(ends)
    return [each for each in warnings if begins <= each.issued_on <= ends]


def _list_notices(warnings: list[WarningIssued]) -> str:
    return "、".join(f"{each.notice} {each.issued_on.isoformat()}" for each in warnings) or "—"
