"""A student's attended standard hours, and what they mean for the examination (C1: under 80 % is not eligible)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from verifier.regulation.facts import Presence


class Eligibility(StrEnum):
    """Whether a student may sit the final examination."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    DEPENDS = "depends"  # on sessions that could not be judged, or are still to come


@dataclass(frozen=True, slots=True)
class AttendedHours:
    """Standard hours of one student. `remaining` are of sessions not closed yet.

    Approved leave is no absence in a session's rate, but nobody was trained in it either: its hours are not attended.
    """

    student_no: str
    planned: float
    attended: float = 0.0
    unsure: float = 0.0
    leave: float = 0.0
    absent: float = 0.0
    remaining: float = 0.0

    def judge(self, minimum: float) -> Eligibility:
        """Whether the attended share reaches `minimum` (0 to 1, from the policy), however the open hours turn out."""
        if self.planned <= 0:
            return Eligibility.DEPENDS
        wanted = minimum * self.planned
        if self.attended >= wanted:
            return Eligibility.ELIGIBLE
        return (
            Eligibility.DEPENDS if self.attended + self.unsure + self.remaining >= wanted else Eligibility.NOT_ELIGIBLE
        )

    def exam_eligible(self, minimum: float) -> bool | None:
        """For the JSON contract: None while it depends, or while sessions remain."""
        verdict = self.judge(minimum)
        if self.remaining > 0 or verdict is Eligibility.DEPENDS:
            return None
        return verdict is Eligibility.ELIGIBLE


def count_hours(
    student_no: str, planned: float, closed: Iterable[tuple[float, Presence]], remaining: float
) -> AttendedHours:
    """Sum up a student's sessions.

    Args:
        planned: The class's planned standard hours.
        closed: Standard hours and presence of every closed session.
        remaining: Standard hours of sessions still to be closed.
    """
    sums = dict.fromkeys(Presence, 0.0)
    for hours, presence in closed:
        sums[presence] += hours
    return AttendedHours(
        student_no=student_no,
        planned=planned,
        attended=sums[Presence.PRESENT],
        unsure=sums[Presence.UNSURE] + sums[Presence.NOT_RUN],
        leave=sums[Presence.LEAVE],
        absent=sums[Presence.ABSENT],
        remaining=remaining,
    )
