"""What the filing system asks before money is paid: every condition of one class, with its clause and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.regulation.citation import Citation
from verifier.regulation.facts import CaseState, ClassFacts
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import Policy
from verifier.regulation.result import Consequence, PolicyRef, RuleResult
from verifier.regulation.violation import Violation


class ConditionState(StrEnum):
    """How a condition stands. Stored, never renamed."""

    FULFILLED = "fulfilled"
    NOT_FULFILLED = "not_fulfilled"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of payment. `sentences` says what was seen and wanted."""

    citation: Citation
    state: ConditionState
    sentences: tuple[Sentence, ...]
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubsidyView:
    """All conditions of one class. People pay or refuse; `state` only sums up."""

    class_number: str
    policy: PolicyRef
    conditions: tuple[Condition, ...]

    @property
    def state(self) -> ConditionState:
        """NOT_FULFILLED if any condition is, else OPEN if any is. No conditions at all is OPEN."""
        states = {condition.state for condition in self.conditions}
        if ConditionState.NOT_FULFILLED in states:
            return ConditionState.NOT_FULFILLED
        return ConditionState.FULFILLED if states == {ConditionState.FULFILLED} else ConditionState.OPEN


# Conditions that are fulfilled or not whatever anybody decides; what is NOT_APPLICABLE among them has yet to happen …
_OBJECTIVE = (
    "filed_7_to_10_working_days_ahead", "changes_filed_3_working_days_ahead", "exam_only_from_80_percent_of_hours",
    "online_sessions_recorded", "mobile_sessions_recorded", "archive_complete", "subsidy_applied_within_2_months",
    "on_site_once", "off_site_twice", "follow_up_20_percent", "inspectors_without_interest", "no_notice_before_inspection",
)  # fmt: skip
# … but for these, where nothing to judge means nothing amiss.
_QUIET = (
    "changes_filed_3_working_days_ahead", "online_sessions_recorded", "mobile_sessions_recorded",
    "inspectors_without_interest", "no_notice_before_inspection",
)  # fmt: skip


def view_subsidy(
    facts: ClassFacts, policy: Policy, violations: Sequence[Violation] = (), results: Iterable[RuleResult] | None = None
) -> SubsidyView:
    """Every condition under which the class's subsidy may be paid.

    Warnings by themselves do not stop a payment, two of one class do (13(2)(3)); an undecided proposal keeps the
    question open. A rule that leads to refusal, loss of qualification or recovery stops it once people confirmed it.

    Args:
        violations: The class's own, and those of its agency.
        results: Of `judge_class`, where the caller has them already.
    """
    results = tuple(judge_class(facts, policy) if results is None else results)
    conditions = []
    for entry in policy.rules:
        code = entry.citation.code
        mine = [result for result in results if result.citation.code == code]
        about = [violation for violation in violations if violation.result.citation.code == code]
        if code in _OBJECTIVE:
            conditions.append(_judge_objective(entry.citation, mine))
        elif entry.consequence is Consequence.WARNING:
            conditions.append(_judge_warning(entry.citation, mine, about))
        elif entry.consequence is not Consequence.NONE:
            conditions.append(_judge_sanction(entry.citation, mine, about))
    return SubsidyView(facts.training.number, policy.ref, tuple(conditions))


def _judge_objective(citation: Citation, results: list[RuleResult]) -> Condition:
    states = {
        Outcome.PASSED: ConditionState.FULFILLED, Outcome.FAILED: ConditionState.NOT_FULFILLED,
        Outcome.UNSURE: ConditionState.OPEN, Outcome.NOT_RUN: ConditionState.OPEN,
        Outcome.NOT_APPLICABLE: ConditionState.FULFILLED if citation.code in _QUIET else ConditionState.OPEN,
    }  # fmt: skip
    found = {states[result.outcome] for result in results}
    state = ConditionState.OPEN
    if ConditionState.NOT_FULFILLED in found:
        state = ConditionState.NOT_FULFILLED
    elif found == {ConditionState.FULFILLED}:
        state = ConditionState.FULFILLED
    return _condition(citation, state, results)


def _judge_warning(citation: Citation, results: list[RuleResult], about: list[Violation]) -> Condition:
    """Decided either way, the question is closed: what a confirmed one costs is 13(2)(3)'s to say."""
    if undecided := _list_undecided(results, about):
        return _condition(citation, ConditionState.OPEN, undecided)
    return _condition(citation, ConditionState.FULFILLED, [each.result for each in about] or results)


def _judge_sanction(citation: Citation, results: list[RuleResult], about: list[Violation]) -> Condition:
    confirmed = [each.result for each in about if each.state is CaseState.CONFIRMED]
    if confirmed:
        return _condition(citation, ConditionState.NOT_FULFILLED, confirmed)
    if undecided := _list_undecided(results, about):
        return _condition(citation, ConditionState.OPEN, undecided)
    return _condition(citation, ConditionState.FULFILLED, results)


def _list_undecided(results: list[RuleResult], about: list[Violation]) -> list[RuleResult]:
    """What people have yet to decide or look at: open violations, and answers that no violation covers."""
    decided = {each.key.partition("#")[0] for each in about}
    waiting = (CaseState.PROPOSED, CaseState.AWAITING_SECOND, CaseState.NEEDS_ON_SITE)
    found = [each.result for each in about if each.state in waiting]
    open_outcomes = (Outcome.FAILED, Outcome.UNSURE, Outcome.NOT_RUN)
    found += [each for each in results if each.outcome in open_outcomes and each.dedup_key not in decided]
    return found


def _condition(citation: Citation, state: ConditionState, results: list[RuleResult]) -> Condition:
    sentences = tuple(result.reason for result in results) or (say("没有相关记录。"),)
    evidence = tuple(sorted({item for result in results for item in result.evidence}))
    return Condition(citation, state, sentences, evidence)
