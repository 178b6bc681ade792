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
    follows: str = ""  # the key of the dismissed violation that this one takes up again


class ChangeKind(StrEnum):
    """What a night's judging does to a violation. Stored in the audit, never renamed."""

    OPENS = "opens"
    STAYS = "stays"
    GROWS = "grows"
    SHRINKS = "shrinks"
    LAPSES = "lapses"
    UNTOUCHED = "untouched"  # confirmed, or confirmed by one of two
    STAYS_CLOSED = "stays_closed"  # dismissed or lapsed, and nothing new
    REOPENS = "reopens"  # a lapsed one is back; a dismissed one is followed by a new one beside it


def follow_evidence(state: CaseState, *, holds: bool) -> CaseState:
    """What the evidence alone may make of a state: it opens and lapses what nobody has decided on, and nothing else.

    The one law for both keepers of violations: `reevaluate`, which compares values, and the records, which keep rows.
    """
    if state in (CaseState.PROPOSED, CaseState.LAPSED):
        return CaseState.PROPOSED if holds else CaseState.LAPSED
    return state


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
        return _let_go(previous, say("依据现有证据不再成立，提议失效。"))
    kind, reason = _compare(previous.result, now)
    return Change(kind, replace(previous, result=now), reason)


def reevaluate_all(
    previous: Sequence[Violation], now: Iterable[RuleResult], unsettled: Iterable[RuleResult] = ()
) -> tuple[Change, ...]:
    """Match a night's results of one class or agency with its violations, and say what becomes of each.

    Matching is by key; where late evidence moved the start of an ongoing breach, by rule and aspect and a common
    session. A breach that swallows two earlier proposals keeps the earlier one's key, and the other lapses into it.
    Where a rule could not be applied (NOT_RUN), left the question open (UNSURE) or was not asked, an open proposal
    waits instead of lapsing.

    Args:
        now: Results of judging with `settle(previous)` as the facts' `settled`.
        unsettled: Results of judging with nothing settled. Given these, a confirmed violation that late evidence
            contradicts is pointed out; it is not changed.
    """
    results = list(now)
    proposals = {result.dedup_key: result for result in results if result.proposes}
    waiting = [result for result in results if result.outcome in (Outcome.NOT_RUN, Outcome.UNSURE)]
    judged = {result.citation.code for result in results}
    still_proposed = {result.dedup_key: result for result in unsettled if result.proposes}
    # Open ones choose first: a proposal that continues them must not be taken by a closed one.
    ordered = sorted(
        previous, key=lambda each: (each.state in CLOSED, _start(each.result), -_round(each.key), each.key)
    )
    changes: list[Change] = []
    taken: dict[str, Violation] = {}
    for violation in ordered:
        is_open = violation.state not in CLOSED | DECIDED
        code = violation.result.citation.code
        match = _find_match(violation, proposals)
        if match is not None and match not in taken:
            taken[match] = violation
            changes.append(reevaluate(violation, proposals[match]))
        elif match is not None and is_open:
            changes.append(_let_go(violation, say("已并入{key}。", key=taken[match].key)))
        elif is_open and code not in judged:
            changes.append(Change(ChangeKind.STAYS, violation, say("本次未判断该规则，维持原提议。")))
        elif is_open and (doubt := _find_doubt(violation, waiting)) is not None:
            reason = say("现在无法判断，维持原提议，请核查：{now}", now=doubt.reason)
            changes.append(Change(ChangeKind.STAYS, violation, reason))
        elif violation.state in DECIDED and still_proposed and _find_match(violation, still_proposed) is None:
            reason = say("已确认，不作改动；但依据现有证据不再提出，请核对。")
            changes.append(Change(ChangeKind.UNTOUCHED, violation, reason))
        elif is_open:
            changes.append(_let_go(violation, _say_why_not(violation, results)))
        else:
            changes.append(reevaluate(violation, None))
    changes += [reevaluate(None, result) for key, result in proposals.items() if key not in taken]
    return tuple(changes)


def _let_go(violation: Violation, reason: Sentence) -> Change:
    """Nothing proposes an open violation any more. One that waits for a check on site is people's: it is only pointed out."""
    state = follow_evidence(violation.state, holds=False)
    if state is not CaseState.LAPSED:
        return Change(ChangeKind.UNTOUCHED, violation, say("待现场核查，不作改动；但请核对：{reason}", reason=reason))
    return Change(ChangeKind.LAPSES, replace(violation, state=state, lapsed_because=reason), reason)


def _say_why_not(violation: Violation, results: Iterable[RuleResult]) -> Sentence:
    """Why it is not proposed any more, in the words of what its rule says now."""
    mine = violation.result
    answers = [each for each in results if each.citation.code == mine.citation.code and not each.proposes]
    same = [each for each in answers if _channel(each.aspect) == _channel(mine.aspect)]
    answer = next(iter(same or answers), None)
    if answer is None:
        return say("依据现有证据不再成立，提议失效。")
    return say("依据现有证据不再成立，提议失效。现在的判断：{now}", now=answer.reason)


def _find_doubt(violation: Violation, waiting: Iterable[RuleResult]) -> RuleResult | None:
    """The doubt that an open proposal waits for: of its rule and aspect, or of its rule as a whole.

    Doubt about other sessions alone is none: a session that is clear by now is not held open by another one's missing photos.
    """
    code, aspect = violation.result.citation.code, _channel(violation.result.aspect)
    mine = [
        result
        for result in waiting
        if result.citation.code == code
        and _channel(result.aspect) in (aspect, "")
        and (
            not result.sessions
            or not violation.result.sessions
            or set(result.sessions) & set(violation.result.sessions)
        )
    ]
    return min(mine, key=lambda result: _channel(result.aspect) != aspect, default=None)


def settle(violations: Iterable[Violation]) -> dict[str, frozenset[str]]:
    """The sessions that decided violations cover, for `ClassFacts.settled`.

    Dismissed ones are settled too: hours that an inspector excused must not help to fill the next seven.
    """
    found: dict[str, frozenset[str]] = {}
    for violation in violations:
        if violation.state in (CaseState.CONFIRMED, CaseState.DISMISSED):
            result = violation.result
            aspect = _channel(result.aspect)
            key = f"{result.citation.code}|{aspect}" if aspect else result.citation.code
            found[key] = found.get(key, frozenset()) | set(result.sessions)
    return found


def _keep_decided(previous: Violation, now: RuleResult | None) -> Change:
    reason = say("已确认，不作改动。")
    if now is not None and not _same(previous.result, now):
        reason = say("已确认，不作改动；但现在的判断有所不同，请核对：{now}", now=now.reason)
    return Change(ChangeKind.UNTOUCHED, previous, reason)


def _keep_closed(previous: Violation, now: RuleResult | None) -> Change:
    if now is not None and previous.state is CaseState.LAPSED:
        revived = replace(previous, state=follow_evidence(previous.state, holds=True), result=now, lapsed_because=None)
        return Change(ChangeKind.REOPENS, revived, say("此前失效，依据新的证据再次成立。"))
    if now is None or not _adds(previous.result, now):
        return Change(ChangeKind.STAYS_CLOSED, previous, say("此前已不予认定或失效，没有新的情况。"))
    reopened = Violation(f"{now.dedup_key}#{_round(previous.key) + 1}", now, follows=previous.key)
    return Change(ChangeKind.REOPENS, reopened, say("此前不予认定，因出现新的情况另行提出。"))


def _channel(aspect: str) -> str:
    """Reports missing "repeatedly" and in a row are two readings of one channel's gaps."""
    return aspect.removesuffix("-repeatedly")


def _round(key: str) -> int:
    """How often the matter was proposed under this key: a dismissed one that comes up again is ``key#2``."""
    return int(key.rpartition("#")[2]) if "#" in key else 1


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
