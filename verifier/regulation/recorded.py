"""Rules that only people can establish: what they recorded, with who, when, why and the evidence.

Any rule of a policy may be recorded by people, also one that the system judges by itself.
"""

from __future__ import annotations

from verifier.finding import Outcome
from verifier.language import say
from verifier.regulation.facts import AgencyFacts, CaseState, ClassFacts, PersonRecord
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day

_DROPPED = (CaseState.DISMISSED, CaseState.LAPSED)


def judge_recorded(facts: ClassFacts | AgencyFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """One result per record that people made of this rule; NOT_APPLICABLE where they made none."""
    subject = facts.training.number if isinstance(facts, ClassFacts) else facts.agency.code
    found = find_recorded(facts, rule)
    if found:
        return found
    day = class_day(facts) if isinstance(facts, ClassFacts) else facts.as_of
    if not rule.in_force_on(day):
        return (rule.not_in_force(day, subject),)
    reason = say("该情形须由人工认定，截至{day}没有相关记录。", day=facts.as_of.isoformat())
    return (rule.answer(Outcome.NOT_APPLICABLE, reason, subject),)


def find_recorded(facts: ClassFacts | AgencyFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """The results of the records alone, which stand beside what the rule itself found."""
    subject = facts.training.number if isinstance(facts, ClassFacts) else facts.agency.code
    return tuple(
        _judge_record(record, subject, rule)
        for record in facts.records
        if record.rule == rule.citation.code and record.state not in _DROPPED
    )


def _judge_record(record: PersonRecord, subject: str, rule: Rule) -> RuleResult:
    if not rule.in_force_on(record.recorded_on):
        return rule.not_in_force(record.recorded_on, subject)
    reason = say("{by}于{day}记录：{note}", by=record.by, day=record.recorded_on.isoformat(), note=record.note)
    return rule.answer(
        Outcome.FAILED, reason, subject, evidence=(*record.evidence, record.reference),
        quantities={"recorded_on": record.recorded_on.isoformat()}, aspect="recorded", start=record.reference,
    )  # fmt: skip
