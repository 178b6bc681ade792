"""The chain of reasons of a sanction: from what is proposed through warnings and violations down to each photo's hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from verifier.language import Sentence, say
from verifier.regulation.citation import Citation
from verifier.regulation.facts import WarningIssued
from verifier.regulation.result import PolicyRef, RuleResult
from verifier.regulation.violation import Violation


class BrokenChainError(LookupError):
    """A sanction rests on something that is not on record; the message names it."""


@dataclass(frozen=True, slots=True)
class Link:
    """One reason. `kind` is ``sanction``, ``notice``, ``violation`` or ``evidence``; `name` its number, key or digest."""

    kind: str
    name: str
    sentence: Sentence | None = None
    citation: Citation | None = None
    policy: PolicyRef | None = None
    because: tuple[Link, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Link]]:
        """This link and all below it, depth first."""
        yield depth, self
        for each in self.because:
            yield from each.walk(depth + 1)

    def list_evidence(self) -> tuple[str, ...]:
        """Every piece of evidence that the sanction rests on, once, in the order met."""
        return tuple(dict.fromkeys(link.name for _, link in self.walk() if link.kind == "evidence"))


def build_chain(sanction: RuleResult, warnings: Iterable[WarningIssued], violations: Iterable[Violation]) -> Link:
    """Follow a proposed sanction down to its evidence.

    Args:
        sanction: A result of 13(2)(3), 13(3)(1) or any other rule; the notices it counts are among its evidence.
        warnings: Issued notices, at least those counted.
        violations: Violations, at least those the notices name.
    Raises:
        BrokenChainError: a notice names a violation that was not given.
    """
    notices = {each.notice: each for each in warnings}
    known = {each.key: each for each in violations}
    because = tuple(
        _link_notice(notices[item], known) if item in notices else Link("evidence", item) for item in sanction.evidence
    )
    return Link("sanction", sanction.dedup_key, sanction.reason, sanction.citation, sanction.policy, because)


def _link_notice(warning: WarningIssued, known: dict[str, Violation]) -> Link:
    because = []
    for key in warning.violations:
        if key not in known:
            raise BrokenChainError(f"notice {warning.notice} rests on violation {key}, which is not on record")
        result = known[key].result
        evidence = tuple(Link("evidence", item) for item in result.evidence)
        because.append(Link("violation", key, result.reason, result.citation, result.policy, evidence))
    because += [Link("evidence", item) for item in warning.evidence]
    sentence = say(
        "{day}向班次{number}下发整改通知书{notice}。",
        day=warning.issued_on.isoformat(), number=warning.class_number, notice=warning.notice,
    )  # fmt: skip
    return Link("notice", warning.notice, sentence, because=tuple(because))
