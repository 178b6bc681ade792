"""May a case name the student? Only where naming in classes like this one stays within the declared budget of false flags.

Looks at:         the class's own earlier complete reports: how often they hide somebody, how often a new guest sits there, and
                  whether the same stranger sat there each time the same student was in no photo.
Why it matters:   a guest beside one hidden student shows exactly the faces of a stand-in; the named one would be absent by it.
Cannot tell when: there are too few earlier reports; then the case stays without a name, for a person on site.
Can be fooled by: a guest who himself hides the student, as a visitor in front of the camera does: both are taken as independent.

The doubt that a case states (`guests.doubt_stand_ins`) tells how likely *this* case is wrong; the budget is about how many honest
students are named at all, in a thousand student-sessions. docs/decisions/0007
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.attendance.calibration import Calibration, ErrorBudget
from verifier.attendance.guests import EarlierReports, GuestFace, count_people, count_visits, is_alike

_NEGLIGIBLE = 1e-9  # share of the sum at which further terms change nothing


@dataclass(frozen=True, slots=True)
class Naming:
    """Whether one student may be named.

    Attributes:
        rate: Honest students that naming so would name, by student-session; the budget's unit.
        allowed: Whether that is within the budget, and enough of the strangers are no known guests.
        known_guests: So many of the strangers sat there before while nobody was missing.
        times: In so many earlier sessions the same stranger sat there while this student was in no photo.
        again: The chance that an honest student is hidden in this session and those, having been so in the first of them.
        place: Which stranger that is.
    """

    rate: float
    allowed: bool
    known_guests: int = 0
    times: int = 0
    again: float = 1.0
    place: int = 0


def expect_false_names(earlier: EarlierReports, calibration: Calibration, budget: ErrorBudget) -> float:
    """How many honest students the next report of this class would name, if every report with as many new guests as hidden
    students named them.

    Both numbers are geometric with rates on which every value is as likely before looking (as in `doubt_stand_ins`): with h
    hidden in n reports, j are hidden in the next with odds of (h + j) to (n + 2 + h + j) against j - 1, and at least j new guests
    come with (g + j) / (n + 1 + g + j) times the chance of j - 1. Without any hidden or guest in n reports this is about
    1 / (n + 2)².
    """
    guests = count_people(earlier.guests, calibration, budget=budget)
    hides, comes = (1 + earlier.told) / (2 + earlier.told + earlier.hidden), 1.0
    total, hidden = 0.0, 0
    while True:
        hidden += 1
        hides *= (earlier.hidden + hidden) / (2 + earlier.told + earlier.hidden + hidden)
        comes *= (guests + hidden) / (1 + earlier.told + guests + hidden)
        term = hidden * hides * comes
        total += term
        if term <= _NEGLIGIBLE * total:
            return total


def weigh_naming(
    number: str,
    strangers: Sequence[GuestFace],
    unseen: int,
    expected: int,
    earlier: EarlierReports,
    calibration: Calibration,
    budget: ErrorBudget,
) -> Naming:
    """Decide whether a student who signed in and is in no photo may be named.

    Args:
        strangers: Those who sit there; at least one.
        unseen: How many students signed in and are in no photo.
        expected: How many signed in at all, as many student-sessions as the report has.
    """
    known = [count_visits(each, strangers, earlier, calibration, budget=budget) > 0 for each in strangers]
    pairs = max(len(strangers) * sum(len(report.strangers) for report in earlier.open), 1)
    again = [
        (0, 1.0) if guest else _weigh_again(number, each, pairs, earlier, calibration, budget)
        for each, guest in zip(strangers, known, strict=True)
    ]
    place = min(range(len(again)), key=lambda at: again[at][1])
    times, repeated = again[place]
    rate = expect_false_names(earlier, calibration, budget) * repeated / max(expected, 1)
    allowed = rate <= budget.false_flag_rate and len(strangers) - sum(known) >= unseen
    return Naming(rate, allowed, sum(known), times, repeated, place)


def _weigh_again(
    number: str, stranger: GuestFace, pairs: int, earlier: EarlierReports, calibration: Calibration, budget: ErrorBudget
) -> tuple[int, float]:
    """In how many open reports the same stranger sat there while the student was missing, and how likely that is honestly.

    That the student was missing in the first of them is in `expect_false_names`; how often one who was hidden once is hidden again
    is told by the student's own reports (Laplace), as some seats are bad. Who sat there while the student was seen, or did not even
    sign in, is nobody's stand-in. Two strangers are taken for one at the budgeted rate, so the chance is never below it.
    """
    times = 0
    for report in earlier.open:
        if any(is_alike(stranger, other, calibration, pairs, budget) for other in report.strangers):
            if number not in report.unseen:
                return 0, 1.0
            times += 1
    alone, seen = earlier.unseen.get(number, 0) - times, earlier.seen.get(number, 0)
    chance = 1.0
    for more in range(times):
        chance *= (2 + alone + more) / (3 + alone + seen + more)
    return times, max(chance, budget.false_match_rate)
