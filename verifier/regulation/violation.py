"""A violation over time: proposed, growing, lapsing, decided; and what a later night may and may not change.

A confirmed violation never changes silently. A dismissed one stays dismissed until something new happens. A proposed
one follows the evidence: it grows, shrinks, or lapses with its reason. Nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.regulation.decisions import Decision
from verifier.regulation.facts import CaseState
from verifier.regulation.result import RuleResult

DECIDED = frozenset({CaseState.CONFIRMED, CaseState.AWAITING_SECOND})
CLOSED = frozenset({CaseState.CONFIRMED, CaseState.DISMISSED, CaseState.LAPSED})


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation as the records keep it. `key` is the dedup key under which it was first proposed.

    `result` is what was last judged while it was open, or what people decided on. `decisions` holds all of them, the
    withdrawn ones too.
    """

    key: str
    result: RuleResult
    state: CaseState = CaseState.PROPOSED
    decisions: tuple[Decision, ...] = ()
    lapsed_because: Sentence | None = None
    follows: str = ""  # the key of the dismissed or lapsed violation that this one takes up again


class ChangeKind(StrEnum):
    """What a night's judging does to a violation. Stored in the audit, never renamed."""

    OPENS = "opens"
    STAYS = "stays"
    GROWS = "grows"
    SHRINKS = "shrinks"
    LAPSES = "lapses"
    UNTOUCHED = "untouched"  # confirmed, or confirmed by one of two
    STAYS_DISMISSED = "stays_dismissed"
    REOPENS = "reopens"  # a new violation beside the dismissed or lapsed one


@dataclass(frozen=True, slots=True)
class Change:
    """One step from the records as they are to the records as they should be. `violation` is the state after it."""

    kind: ChangeKind
    violation: Violation
    reason: Sentence


def reevaluate(previous: Violation | None, now: RuleResult | None) -> Change:
    """Compare one violation with what the rule says now; `now` None where it proposes nothing like it any more.

    Raises:
        ValueError: neither is given, or `now` proposes nothing.
    """
    if now is not None and not now.proposes:
        raise ValueError(f"{now.dedup_key} proposes nothing ({now.outcome}); pass None")
    if previous is None:
        if now is None:
            raise ValueError("nothing to compare")
        return Change(ChangeKind.OPENS, Violation(now.dedup_key, now), say("新提出。"))
    if previous.state in DECIDED:
        return _keep_decided(previous, now)
    if previous.state in (CaseState.DISMISSED, CaseState.LAPSED):
        return _keep_closed(previous, now)
    if now is None:
        reason = say("依据现有证据不再成立，提议失效。")
        lapsed = replace(previous, state=CaseState.LAPSED, lapsed_because=reason)
        return Change(ChangeKind.LAPSES, lapsed, reason)
    kind, reason = _compare(previous.result, now)
    return Change(kind, replace(previous, result=now), reason)


def reevaluate_all(previous: Sequence[Violation], now: Iterable[RuleResult]) -> tuple[Change, ...]:
    """Match a night's results of one class or agency with its violations, and say what becomes of each.

    Matching is by key; where late evidence moved the start of an ongoing breach, by rule and aspect and a common
    session. A breach that swallows two earlier proposals keeps the earlier one's key, and the other lapses into it.
    Only rules that were judged take part: where the rule itself could not be applied (NOT_RUN) or left the question
    open (UNSURE), an open proposal waits instead of lapsing.
    """
    results = list(now)
    proposals = {result.dedup_key: result for result in results if result.proposes}
    waiting = {result.citation.code for result in results if result.outcome in (Outcome.NOT_RUN, Outcome.UNSURE)}
    judged = {result.citation.code for result in results}
    # Open ones choose first: a proposal that continues them must not be taken by a dismissed one.
    ordered = sorted(previous, key=lambda each: (each.state in CLOSED, _start(each.result), each.key))
    changes: list[Change] = []
    taken: dict[str, Violation] = {}
    for violation in ordered:
        code = violation.result.citation.code
        match = _find_match(violation, proposals)
        if match is not None and match not in taken:
            taken[match] = violation
            changes.append(reevaluate(violation, proposals[match]))
        elif match is not None and violation.state not in CLOSED | DECIDED:
            reason = say("已并入{key}。", key=taken[match].key)
            lapsed = replace(violation, state=CaseState.LAPSED, lapsed_because=reason)
            changes.append(Change(ChangeKind.LAPSES, lapsed, reason))
        elif violation.state not in CLOSED | DECIDED and (code in waiting or code not in judged):
            changes.append(Change(ChangeKind.STAYS, violation, say("本次未能判断，维持原提议。")))
        else:
            changes.append(reevaluate(violation, None))
    changes += [reevaluate(None, result) for key, result in proposals.items() if key not in taken]
    return tuple(changes)


def _keep_decided(previous: Violation, now: RuleResult | None) -> Change:
    if now is None:
        reason = say("已确认，不作改动；但依据现有证据不再提出，请核对。")
    elif _same(previous.result, now):
        reason = say("已确认，不作改动。")
    else:
        reason = say("已确认，不作改动；但现在的判断有所不同，请核对：{now}", now=now.reason)
    return Change(ChangeKind.UNTOUCHED, previous, reason)


def _keep_closed(previous: Violation, now: RuleResult | None) -> Change:
    if now is None or (previous.state is CaseState.DISMISSED and not _adds(previous.result, now)):
        return Change(ChangeKind.STAYS_DISMISSED, previous, say("此前已不予认定或失效，没有新的情况。"))
    reopened = Violation(f"{now.dedup_key}#{_next_round(previous.key)}", now, follows=previous.key)
    return Change(ChangeKind.REOPENS, reopened, say("此前已不予认定或失效，因出现新的情况再次提出。"))


def _next_round(key: str) -> int:
    return int(key.rpartition("#")[2]) + 1 if "#" in key else 2


def _find_match(violation: Violation, proposals: dict[str, RuleResult]) -> str | None:
    key = violation.key.partition("#")[0]
    if key in proposals:
        return key
    mine = set(violation.result.sessions)
    return next(
        (
            other
            for other, result in proposals.items()
            if result.citation.code == violation.result.citation.code
            and result.subject == violation.result.subject
            and result.aspect == violation.result.aspect
            and mine & set(result.sessions)
        ),
        None,
    )


def _start(result: RuleResult) -> str:
    return result.dedup_key.rpartition("|")[2]


def _same(before: RuleResult, now: RuleResult) -> bool:
    return (before.sessions, before.evidence, dict(before.quantities)) == (
        now.sessions, now.evidence, dict(now.quantities)
    )  # fmt: skip


def _adds(before: RuleResult, now: RuleResult) -> bool:
    """Whether there is something now that was not there when people dismissed it."""
    return bool(set(now.sessions) - set(before.sessions) or set(now.evidence) - set(before.evidence))


def _compare(before: RuleResult, now: RuleResult) -> tuple[ChangeKind, Sentence]:
    if _same(before, now):
        return ChangeKind.STAYS, say("没有变化。")
    counts = {"before": len(before.sessions), "now": len(now.sessions)}
    fewer = set(before.sessions) - set(now.sessions)
    if fewer and len(now.sessions) < len(before.sessions):
        return ChangeKind.SHRINKS, say("涉及的课次由{before}个减为{now}个。", **counts)
    return ChangeKind.GROWS, say("涉及的课次由{before}个变为{now}个，证据或数量有更新。", **counts)
