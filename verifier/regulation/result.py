"""What a rule answers: an outcome under one clause of one policy, with the numbers and the evidence behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from verifier.finding import Measured, Outcome
from verifier.language import Sentence
from verifier.regulation.citation import Citation


class Consequence(StrEnum):
    """What a confirmed violation leads to; people issue it, never the software. Stored, never renamed."""

    WARNING = "written_warning"  # 13(1): rectification notice, Annex 4
    SUBSIDY = "subsidy_refused"  # 13(2): the class's subsidy is refused or reclaimed
    QUALIFICATION = "qualification_revoked"  # 13(3)
    RECOVERY = "recovery"  # 13(4): recovery, credit system, referral
    NONE = "none"  # a condition or a duty: nobody is sanctioned under this clause itself


class NextStep(StrEnum):
    """What the result asks of the office. Stored, never renamed."""

    NOTHING = "nothing"
    DECIDE = "decide"  # a proposed violation: an inspector confirms or dismisses it
    LOOK = "look"  # the evidence does not decide: a person looks
    ON_SITE_CHECK = "on_site_check"  # only an on-site check can establish it


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """Which policy judged: its name and the digest of its file, so that an old result can be understood years later."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule concluded about one class or agency. FAILED proposes, nothing more.

    Attributes:
        citation: The clause and its words.
        outcome: FAILED proposes, UNSURE asks a person to look, NOT_RUN is our own gap.
        reason: The sentence the inspector reads, with the seen and the wanted value.
        quantities: Numbers behind the sentence; JSON-ready scalars, units in the keys.
        evidence: Digests of the pictures and references of the records used, sorted.
        dedup_key: ``code|subject|aspect|start``: one ongoing breach keeps one key however long it grows.
        policy: Name and version of the policy.
        subject: Number of the class, or code of the agency.
        aspect: Which side of the rule: a sign-in pattern, ``photos`` or ``camera``; empty where it has only one.
        sessions: Ids of the sessions concerned, in time order.
        next_step: What the result asks of the office.
    """

    citation: Citation
    outcome: Outcome
    reason: Sentence
    quantities: Mapping[str, Measured]
    evidence: tuple[str, ...]
    dedup_key: str
    policy: PolicyRef
    subject: str
    aspect: str = ""
    sessions: tuple[str, ...] = ()
    next_step: NextStep = NextStep.NOTHING
    consequence: Consequence = field(default=Consequence.NONE)

    def __bool__(self) -> bool:
        raise TypeError("a RuleResult has five outcomes, not two: compare result.outcome")

    @property
    def proposes(self) -> bool:
        """Whether a violation is proposed: a failed condition that nobody is sanctioned for is none."""
        return self.outcome is Outcome.FAILED and self.consequence is not Consequence.NONE
