"""What people decide on a case or a proposed violation: by whom, when, why; two people where money or a licence hangs on it.

Decisions are appended, never edited. A withdrawn decision stays where it is and is followed by the withdrawal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from verifier.language import Sentence, say
from verifier.regulation.facts import CaseState
from verifier.regulation.result import Consequence


class Verdict(StrEnum):
    """What a person says. Stored, never renamed."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    NEEDS_ON_SITE = "needs_on_site"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision. `by` names the person uniquely; `withdraws` is the reference of the decision taken back."""

    reference: str
    verdict: Verdict
    by: str
    at: datetime
    why: str
    withdraws: str = ""


class DecisionRefusedError(ValueError):
    """A decision that may not be made; `sentence` says why, for the person who tried."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.text("en"))
        self.sentence = sentence


def needs_two_persons(consequence: Consequence) -> bool:
    """Whether a confirmation takes two people: wherever it costs money or the agency's qualification."""
    return consequence in (Consequence.SUBSIDY, Consequence.QUALIFICATION, Consequence.RECOVERY)


def list_standing(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """The decisions that were not withdrawn, without the withdrawals themselves."""
    withdrawn = {each.withdraws for each in decisions if each.verdict is Verdict.WITHDRAW}
    return tuple(each for each in decisions if each.verdict is not Verdict.WITHDRAW and each.reference not in withdrawn)


def conclude(decisions: Sequence[Decision], *, two_persons: bool) -> CaseState:
    """How a case stands after these decisions, in the order they were made."""
    state = CaseState.PROPOSED
    confirmed_by: set[str] = set()
    for each in list_standing(decisions):
        if each.verdict is Verdict.CONFIRM:
            confirmed_by.add(each.by)
            enough = len(confirmed_by) >= (2 if two_persons else 1)
            state = CaseState.CONFIRMED if enough else CaseState.AWAITING_SECOND
        elif each.verdict is Verdict.DISMISS:
            state = CaseState.DISMISSED
        else:
            # A check on site makes the question open again, whoever had confirmed before.
            confirmed_by.clear()
            state = CaseState.NEEDS_ON_SITE
    return state


def decide(decisions: Sequence[Decision], decision: Decision, *, two_persons: bool) -> tuple[Decision, ...]:
    """Append one decision.

    Returns: all decisions, the new one last; `conclude` tells the state.
    Raises:
        DecisionRefusedError: no reason or no name given, time without offset or before the last one, reference used
            already, case closed, the same person twice, or nothing there to withdraw.
    """
    _refuse_incomplete(decisions, decision)
    if decision.verdict is Verdict.WITHDRAW:
        if decision.withdraws not in {each.reference for each in list_standing(decisions)}:
            raise DecisionRefusedError(say("没有可撤回的决定{reference}。", reference=decision.withdraws or "—"))
        return (*decisions, decision)
    state = conclude(decisions, two_persons=two_persons)
    if state in (CaseState.CONFIRMED, CaseState.DISMISSED):
        raise DecisionRefusedError(say("已有结论，须先撤回原决定才能改变。"))
    confirmed_by = {each.by for each in list_standing(decisions) if each.verdict is Verdict.CONFIRM}
    if state is CaseState.AWAITING_SECOND and decision.verdict is Verdict.CONFIRM and decision.by in confirmed_by:
        raise DecisionRefusedError(say("须由另一名人员复核确认，{by}已确认过。", by=decision.by))
    return (*decisions, decision)


def _refuse_incomplete(decisions: Sequence[Decision], decision: Decision) -> None:
    if not decision.why.strip():
        raise DecisionRefusedError(say("作出决定须说明理由。"))
    if not decision.by.strip():
        raise DecisionRefusedError(say("作出决定须写明决定人。"))
    if decision.at.tzinfo is None:
        raise DecisionRefusedError(say("决定时间{at}没有时区。", at=decision.at.isoformat()))
    if decision.reference in {each.reference for each in decisions}:
        raise DecisionRefusedError(say("决定编号{reference}已被使用。", reference=decision.reference))
    if decisions and decision.at < decisions[-1].at:
        raise DecisionRefusedError(
            say("决定时间{at}早于上一决定{last}。", at=decision.at.isoformat(), last=decisions[-1].at.isoformat())
        )
    if decision.withdraws and decision.verdict is not Verdict.WITHDRAW:
        raise DecisionRefusedError(say("只有撤回决定才能指明被撤回的决定。"))
