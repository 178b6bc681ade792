"""What one check concluded about one piece of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from verifier.language import Sentence

Measured = float | int | str | bool | None


class Outcome(StrEnum):
    """The five answers a check can give; only people turn one into a consequence."""

    PASSED = "passed"
    FAILED = "failed"
    UNSURE = "unsure"  # we looked and could not tell: an inspector decides
    NOT_APPLICABLE = "not_applicable"  # the plan or the law asks for nothing here
    NOT_RUN = "not_run"  # we could not look: our fault, never the student's


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw in one piece of evidence. Never edited; a re-run adds a new one.

    Attributes:
        check: The check's id, stored for years and so never reused: ``photo.stamp_time``.
        outcome: One of the five outcomes.
        reason: The sentence the inspector reads, with the seen and the wanted value.
        profile: Name of the limits it was judged by, e.g. ``stamp-time-2023``.
        measured: The numbers and words behind the reason; JSON-ready scalars, units in the keys.
    """

    check: str
    outcome: Outcome
    reason: Sentence
    profile: str
    measured: Mapping[str, Measured] = field(default_factory=dict)

    def __bool__(self) -> bool:
        raise TypeError("a Finding has five outcomes, not two: compare finding.outcome")


def overall(findings: Iterable[Finding]) -> Outcome:
    """Sum up the findings about one thing.

    A failure outweighs everything; then what we could not do, as it leaves a hole that nobody looked at; then doubt.
    Nothing checked is UNSURE, never PASSED.
    """
    outcomes = {finding.outcome for finding in findings}
    for outcome in (Outcome.FAILED, Outcome.NOT_RUN, Outcome.UNSURE, Outcome.PASSED):
        if outcome in outcomes:
            return outcome
    return Outcome.UNSURE
