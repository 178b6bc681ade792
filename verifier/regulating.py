"""One class against the regulation, with what people decided before: which violations stand, open, lapse. Plain values only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from verifier.finding import Finding, Outcome
from verifier.language import join
from verifier.records.closing import ViolationProposal
from verifier.regulation.facts import CaseState, ClassFacts, SessionFacts, TeachingSeen
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import Policy
from verifier.regulation.result import Consequence, RuleResult
from verifier.regulation.violation import Change, ChangeKind, Violation, reevaluate_all, settle

_OPEN = (CaseState.PROPOSED, CaseState.NEEDS_ON_SITE)
_WORST_FIRST = (Outcome.FAILED, Outcome.NOT_RUN, Outcome.UNSURE, Outcome.PASSED, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Regulated:
    """What the regulation says of a class tonight.

    Attributes:
        facts: What it was judged by.
        results: Of every rule, with the sessions of decided violations settled.
        changes: What becomes of each violation.
        standing: The violations that hold now. One that people decided on stands with what they decided on, unchanged.
    """

    facts: ClassFacts
    results: tuple[RuleResult, ...]
    changes: tuple[Change, ...] = ()
    standing: tuple[Violation, ...] = ()


def judge_against(facts: ClassFacts, policy: Policy, previous: Sequence[Violation] = ()) -> Regulated:
    """Judge a class, and match what comes out with the violations on record.

    Args:
        previous: As the records have them; their decided sessions are settled here, whatever `facts.settled` says.
    """
    settled = settle(previous)
    results = judge_class(replace(facts, settled=settled), policy)
    unsettled = judge_class(replace(facts, settled={}), policy) if settled else results
    changes = reevaluate_all(previous, results, unsettled)
    # One that waits for a check on site and is proposed no more is kept by people, and said to be without support.
    standing = [
        each.violation for each in changes if each.violation.state in _OPEN and each.kind is not ChangeKind.UNTOUCHED
    ]
    standing += [
        each for each in previous if each.state not in (*_OPEN, CaseState.LAPSED) and _still_holds(each, unsettled)
    ]
    unique = {each.key: each for each in standing}
    return Regulated(facts, results, changes, tuple(unique[key] for key in sorted(unique)))


def _still_holds(violation: Violation, unsettled: Iterable[RuleResult]) -> bool:
    """Whether the rule would still propose what people decided on, if nobody had."""
    mine, key = violation.result, violation.key.partition("#")[0]
    return any(
        result.dedup_key in (key, mine.dedup_key)
        or (
            (result.citation.code, result.aspect) == (mine.citation.code, mine.aspect)
            and bool(set(result.sessions) & set(mine.sessions))
        )
        for result in unsettled
        if result.proposes
    )


def complete_facts(recorded: ClassFacts, sessions: Sequence[SessionFacts]) -> ClassFacts:
    """What people recorded, with the sessions as the evidence shows them and the first evidence of teaching."""
    return replace(recorded, sessions=tuple(sessions), first_teaching=find_first_teaching(sessions))


def find_first_teaching(sessions: Sequence[SessionFacts]) -> TeachingSeen | None:
    """The first session in which a student was seen, with the pictures that show it; sign-ins alone show no teaching."""
    for facts in sorted(sessions, key=lambda each: (each.session.starts_at, each.session.id)):
        seen = {item for student in facts.students if student.presence == "present" for item in student.evidence}
        seen = {item for item in seen if item.startswith("sha256:")}
        if seen:
            return TeachingSeen(facts.session.day, tuple(sorted(seen)))
    return None


def list_proposals(regulated: Regulated) -> tuple[ViolationProposal, ...]:
    """The standing violations as a close writes them."""
    return tuple(
        ViolationProposal(
            rule=each.result.citation.label, code=each.result.citation.code, dedup_key=each.key,
            reason=each.result.reason, session_ids=each.result.sessions,
            evidence=tuple(item.removeprefix("sha256:") for item in each.result.evidence if item.startswith("sha256:")),
            detail={
                "dedup_key": each.result.dedup_key,
                "quantities": dict(each.result.quantities),
                "references": [item for item in each.result.evidence if not item.startswith("sha256:")],
            },
        )
        for each in regulated.standing
    )  # fmt: skip


def list_rule_findings(results: Iterable[RuleResult]) -> tuple[Finding, ...]:
    """One finding for every rule that can lead to a sanction, ``rule.<code>``: its worst outcome and all that it said."""
    by_code: dict[str, list[RuleResult]] = {}
    for each in results:
        if each.consequence is not Consequence.NONE:
            by_code.setdefault(each.citation.code, []).append(each)
    found = []
    for code, mine in by_code.items():
        worst = min(mine, key=lambda each: _WORST_FIRST.index(each.outcome))
        reason = worst.reason if len(mine) == 1 else join([each.reason for each in mine])
        found.append(Finding(f"rule.{code}", worst.outcome, reason, str(worst.policy), dict(worst.quantities)))
    return tuple(found)
