"""Article 13(1)(10): are materials late or poor, and still so after the office urged the agency (督促)?

Looks at:         what the office urged, by which day, and what somebody recorded of what came.
Why it matters:   materials that never come leave payment, reports and the archive without ground.
Cannot tell when: the day has passed and nobody recorded what came: our own file may be behind. A person says.
"""

from __future__ import annotations

from verifier.finding import Outcome
from verifier.language import say
from verifier.regulation.facts import ClassFacts, Urging, UrgingOutcome
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day


def judge_urged_materials(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """One result per urging; records that people made of the rule without one stand beside them."""
    subject = facts.training.number
    standing = [each for each in facts.urgings if each.outcome is not UrgingOutcome.WITHDRAWN]
    if standing:
        return tuple(_judge_urging(each, facts, rule) for each in standing)
    if not rule.in_force_on(class_day(facts)):
        return (rule.not_in_force(class_day(facts), subject),)
    reason = say("截至{day}没有催报记录。", day=facts.as_of.isoformat())
    return (rule.answer(Outcome.NOT_APPLICABLE, reason, subject),)


def _judge_urging(urging: Urging, facts: ClassFacts, rule: Rule) -> RuleResult:
    subject = facts.training.number
    if not rule.in_force_on(urging.urged_on):
        return rule.not_in_force(urging.urged_on, subject)
    shown = {
        "by": urging.by, "urged_on": urging.urged_on.isoformat(), "what": urging.what, "due_on": urging.due_on.isoformat(),
        "answered_on": urging.answered_on.isoformat() if urging.answered_on else "", "note": urging.note,
    }  # fmt: skip
    urged = say("{by}于{urged_on}督促报送{what}，限{due_on}前完成；", **shown)
    if urging.outcome is None:
        over = facts.as_of > urging.due_on
        outcome = Outcome.UNSURE if over else Outcome.NOT_APPLICABLE
        reason = (
            say("{urged}期限已过而未登记结果，请核实。", urged=urged) if over else say("{urged}期限未到。", urged=urged)
        )
    elif urging.outcome is UrgingOutcome.DELIVERED:
        # Who completes it after all is not one who "still cannot": whether being late again matters, people say.
        in_time = urging.answered_on is not None and urging.answered_on <= urging.due_on
        outcome = Outcome.PASSED if in_time else Outcome.UNSURE
        reason = say("{urged}{answered_on}已报送。{note}", urged=urged, **shown)
    else:
        outcome = Outcome.FAILED
        what = say("仍未报送") if urging.outcome is UrgingOutcome.MISSING else say("报送的仍不符合要求")
        reason = say("{urged}截至{answered_on}{found}。{note}", urged=urged, found=what, **shown)
    return rule.answer(
        outcome, reason, subject, evidence=(*urging.evidence, urging.reference), aspect="urged", start=urging.reference,
        quantities={"urged_on": urging.urged_on.isoformat(), "due_on": urging.due_on.isoformat()},
    )  # fmt: skip
