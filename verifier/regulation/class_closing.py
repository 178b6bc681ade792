"""Articles 7(5) and 7(6): what follows a class: its archive, complete and kept, and the application for the subsidy.

Looks at:         which documents of the archive are there, when it was laid down or thrown away, certificate and application.
Why it matters:   Art. 12: the archive is a condition of payment; after two months no application is accepted.
Cannot tell when: nobody has looked for a document yet, or the last day falls into a year whose holidays are unknown.
"""

from __future__ import annotations

from verifier.finding import Outcome
from verifier.language import say
from verifier.plan import TrainingClass
from verifier.regulation.deadlines import find_application_deadline, find_retention
from verifier.regulation.duties import class_end
from verifier.regulation.facts import ClassFacts
from verifier.regulation.policy import ArchiveKind, Policy
from verifier.regulation.result import RuleResult
from verifier.regulation.rule import Rule, class_day


def list_archive_kinds(training: TrainingClass, policy: Policy) -> tuple[ArchiveKind, ...]:
    """The documents that this class's archive must hold: some are asked of certain projects only."""
    project = training.project_type.value
    return tuple(kind for kind in policy.archive if not kind.projects or project in kind.projects)


def judge_archive(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """7(5): the archive holds every kind of document. Judged from the class's last day on."""
    subject, day = facts.training.number, class_day(facts)
    if not rule.in_force_on(day):
        return (rule.not_in_force(day, subject),)
    kinds = list_archive_kinds(facts.training, rule.policy)
    items = {item.code: item for item in facts.archive or ()}
    missing = [kind.title for kind in kinds if kind.code in items and items[kind.code].present is False]
    unknown = [kind.title for kind in kinds if kind.code not in items or items[kind.code].present is None]
    reason = say(
        "档案应有{needed}类资料，已有{have}类；缺少：{missing}；尚未核对：{unknown}。",
        needed=len(kinds), have=len(kinds) - len(missing) - len(unknown),
        missing="、".join(missing) or "—", unknown="、".join(unknown) or "—",
    )  # fmt: skip
    quantities = {"needed": len(kinds), "missing": len(missing), "unknown": len(unknown)}
    ended = class_end(facts)
    if ended is None or facts.as_of <= ended:
        outcome = Outcome.NOT_APPLICABLE
    elif missing:
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.UNSURE if unknown else Outcome.PASSED
    evidence = [each for item in items.values() for each in item.evidence]
    return (rule.answer(outcome, reason, subject, quantities=quantities, evidence=evidence),)


def judge_retention(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """7(5): the archive is kept for at least three years."""
    subject = facts.training.number
    if facts.archived_on is None:
        day = class_day(facts)
        if not rule.in_force_on(day):
            return (rule.not_in_force(day, subject),)
        return (rule.answer(Outcome.NOT_APPLICABLE, say("尚未归档。"), subject),)
    if not rule.in_force_on(facts.archived_on):
        return (rule.not_in_force(facts.archived_on, subject),)
    deadline = find_retention(facts.archived_on, rule.policy)
    discarded, until = facts.archive_discarded_on, deadline.due_on
    if discarded is None or until is None:
        return (rule.answer(Outcome.PASSED, deadline.sentence, subject),)
    outcome = Outcome.FAILED if discarded < until else Outcome.PASSED
    reason = say("{kept}档案于{discarded}销毁。", kept=deadline.sentence, discarded=discarded.isoformat())
    return (rule.answer(outcome, reason, subject),)


def judge_application(facts: ClassFacts, rule: Rule) -> tuple[RuleResult, ...]:
    """7(6): the subsidy was applied for within two months of the certificate."""
    subject = facts.training.number
    if facts.certified_on is None:
        day = class_day(facts)
        if not rule.in_force_on(day):
            return (rule.not_in_force(day, subject),)
        return (rule.answer(Outcome.NOT_APPLICABLE, say("尚未取得证书，补贴申请期限未起算。"), subject),)
    if not rule.in_force_on(facts.certified_on):
        return (rule.not_in_force(facts.certified_on, subject),)
    deadline = find_application_deadline(facts.certified_on, rule.policy)
    applied = facts.applied_on
    last = deadline.due_on or deadline.earliest
    compared = applied or facts.as_of
    if last is not None and compared <= last:
        outcome = Outcome.PASSED if applied else Outcome.NOT_APPLICABLE
    else:
        outcome = Outcome.FAILED if deadline.due_on else Outcome.UNSURE
    reason = say(
        "{deadline}申请日期：{applied}。",
        deadline=deadline.sentence, applied=applied.isoformat() if applied else say("尚未申请"),
    )  # fmt: skip
    return (rule.answer(outcome, reason, subject),)
