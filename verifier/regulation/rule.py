"""A rule bound to its policy: what every rule function takes beside the facts, and how it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from verifier.finding import Measured, Outcome
from verifier.language import Sentence, say
from verifier.regulation.citation import Citation
from verifier.regulation.facts import AgencyFacts, ClassFacts, SessionFacts
from verifier.regulation.policy import Policy
from verifier.regulation.result import Consequence, NextStep, RuleResult


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause of one policy, ready to judge."""

    citation: Citation
    policy: Policy
    consequence: Consequence = Consequence.NONE

    def in_force_on(self, day: date) -> bool:
        """Whether the clause was law on that day."""
        return self.citation.in_force_on(day)

    def number(self, name: str, day: date) -> Decimal:
        """A parameter of the policy as it stood on that day; see `Policy.number`."""
        return self.policy.number(name, day)

    def count(self, name: str, day: date) -> int:
        """A parameter that counts whole things."""
        return int(self.policy.number(name, day))

    def word(self, name: str, day: date) -> str:
        """A parameter that is a word."""
        return self.policy.word(name, day)

    def answer(
        self,
        outcome: Outcome,
        reason: Sentence,
        subject: str,
        *,
        quantities: Mapping[str, Measured] | None = None,
        evidence: Iterable[str] = (),
        sessions: tuple[str, ...] = (),
        aspect: str = "",
        start: str = "",
        next_step: NextStep | None = None,
    ) -> RuleResult:
        """Make the rule's answer. `start` is where an ongoing breach began; it keeps the key while the breach grows."""
        if next_step is None:
            proposes = self.consequence is not Consequence.NONE
            steps = {
                Outcome.FAILED: NextStep.DECIDE if proposes else NextStep.NOTHING,
                Outcome.UNSURE: NextStep.LOOK,
            }
            next_step = steps.get(outcome, NextStep.NOTHING)
        return RuleResult(
            citation=self.citation,
            outcome=outcome,
            reason=reason,
            quantities=dict(quantities or {}),
            evidence=tuple(sorted({each for each in evidence if each})),
            dedup_key="|".join((self.citation.code, subject, aspect, start)),
            policy=self.policy.ref,
            subject=subject,
            aspect=aspect,
            sessions=sessions,
            next_step=next_step,
            consequence=self.consequence,
        )

    def not_in_force(self, day: date, subject: str) -> RuleResult:
        """The answer for a day on which the clause was not law."""
        until = self.citation.to_day.isoformat() if self.citation.to_day else say("未定")
        reason = say(
            "{label}在{day}不在有效期内（有效期{first}至{last}），不予判断。",
            label=self.citation.label, day=day.isoformat(), first=self.citation.from_day.isoformat(), last=until,
        )  # fmt: skip
        return self.answer(Outcome.NOT_APPLICABLE, reason, subject)


ClassJudge = Callable[[ClassFacts, Rule], tuple[RuleResult, ...]]
AgencyJudge = Callable[[AgencyFacts, Rule], tuple[RuleResult, ...]]


def bind_rule(policy: Policy, code: str) -> Rule:
    """One rule of a policy, for calling its function directly.

    Raises:
        KeyError: the policy has no such rule.
    """
    entry = policy.rule(code)
    return Rule(entry.citation, policy, entry.consequence)


def class_day(facts: ClassFacts) -> date:
    """The day whose law governs a class as a whole: its first session's, else the day of judging."""
    if facts.sessions:
        return facts.sessions[0].session.day
    if facts.training.sessions:
        return min(session.day for session in facts.training.sessions)
    return facts.as_of


def open_sessions(facts: ClassFacts, rule: Rule) -> list[SessionFacts]:
    """The sessions that may be judged: closed, and under this law."""
    return [each for each in facts.sessions if each.closed and rule.in_force_on(each.session.day)]


def settled_sessions(facts: ClassFacts, rule: Rule, aspect: str = "") -> frozenset[str]:
    """Ids of the sessions that decided violations of this rule (and aspect) cover already."""
    key = f"{rule.citation.code}|{aspect}" if aspect else rule.citation.code
    return facts.settled.get(key, frozenset())


def show_number(value: Decimal | float | int) -> str:
    """A number as people write it: at most two decimals, none that say nothing."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text or "0"


def show_percent(part: int | float, whole: int | float) -> str:
    """A share in percent, cut (not rounded) to two decimals, so that 79.999 % never reads like 80 %."""
    return show_number(Decimal(int(Decimal(str(part)) * 10000 / Decimal(str(whole)))) / 100)
