"""Article 14: the discipline of those who inspect: no notice, no transport or favours of the agency, no interest in it.

Looks at:         what the inspectors of each visit stated, and declared interests.
Why it matters:   what a biased or announced inspection found does not stand; nothing of it is held against the agency.
Cannot tell when: the inspectors stated nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.regulation.duties import has_interest
from verifier.regulation.facts import ClassFacts, OnSiteInspection
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day

# Rules about the office itself that people may record (`verifier supervise record`) though nobody is sanctioned under them here.
OFFICE_RULES = (
    "no_notice_before_inspection", "no_transport_of_agency", "no_favours_of_agency", "inspectors_without_interest",
)  # fmt: skip


def judge_interests(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 14(4): nobody with a declared interest in the agency took part in an inspection."""
    code, subject = facts.training.agency.code, facts.training.number
    wrong = [
        (each, inspector)
        for each in facts.inspections
        for inspector in each.inspectors
        if rule.in_force_on(each.day) and has_interest(inspector, code, each.day, facts.interests)
    ]
    if wrong:
        names = "、".join(f"{inspector}（{each.day.isoformat()}）" for each, inspector in wrong)
        reason = say("与该机构有直接利害关系而未回避的检查人员：{names}。", names=names)
        evidence = [each.reference for each, _ in wrong]
        return (rule.answer(Outcome.FAILED, reason, subject, evidence=evidence),)
    return (_quiet(facts, rule, say("{count}次现场监管的检查人员均未申报利害关系。", count=len(facts.inspections))),)


def judge_notice(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 14(1): no inspection was announced to the agency beforehand."""
    told = [each for each in facts.inspections if each.notified_beforehand and rule.in_force_on(each.day)]
    if told:
        reason = say("{days}的现场监管事先通知了培训机构。", days="、".join(each.day.isoformat() for each in told))
        evidence = [each.reference for each in told]
        return (rule.answer(Outcome.FAILED, reason, facts.training.number, evidence=evidence),)
    return (_quiet(facts, rule, say("{count}次现场监管均未事先通知。", count=len(facts.inspections))),)


def judge_transport(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 14(2): nobody came in a vehicle of the inspected agency."""
    broken = say("使用了受检机构提供的交通工具")
    return _judge_statement(facts, rule, lambda visit: visit.transport_by_agency, broken)


def judge_favours(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """Art. 14(3): nobody accepted gifts, money or meals of the agency."""
    broken = say("接受了培训机构的礼品礼金或宴请")
    return _judge_statement(facts, rule, lambda visit: visit.favours_from_agency, broken)


def _judge_statement(
    facts: ClassFacts, rule: Rule, tell: Callable[[OnSiteInspection], bool | None], broken: Sentence
) -> tuple[RuleResult, ...]:
    visits = [each for each in facts.inspections if rule.in_force_on(each.day)]
    told = [each for each in visits if tell(each)]
    silent = [each for each in visits if tell(each) is None]
    subject = facts.training.number
    if told:
        reason = say("{days}的现场监管登记检查人员{broken}。", days=_list_days(told), broken=broken)
        evidence = [each.reference for each in told]
        return (rule.answer(Outcome.FAILED, reason, subject, evidence=evidence),)
    if silent:
        reason = say("{days}的现场监管没有检查人员是否{broken}的申明。", days=_list_days(silent), broken=broken)
        return (rule.answer(Outcome.UNSURE, reason, subject, evidence=[each.reference for each in silent]),)
    reason = say("{count}次现场监管的检查人员均申明未有“{broken}”的情形。", count=len(visits), broken=broken)
    return (_quiet(facts, rule, reason),)


def _list_days(visits: Sequence[OnSiteInspection]) -> str:
    days: list[date] = sorted({each.day for each in visits})
    return "、".join(day.isoformat() for day in days)


def _quiet(facts: ClassFacts, rule: Rule, reason: Sentence) -> RuleResult:
    subject = facts.training.number
    day = facts.inspections[0].day if facts.inspections else class_day(facts)
    if not rule.in_force_on(day):
        return rule.not_in_force(day, subject)
    if not facts.inspections:
        return rule.answer(Outcome.NOT_APPLICABLE, say("尚未开展现场监管。"), subject)
    return rule.answer(Outcome.PASSED, reason, subject)
