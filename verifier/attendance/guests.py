"""A guest beside a hidden student looks like a stand-in: how likely is that, told from the class's own earlier reports?

Looks at:         how many strangers sit there, how many who signed in are in no photo, and the same of earlier sessions.
Cannot tell when: there are no earlier reports; then not knowing is stated as not knowing (one in four, for one and one).
Can be fooled by: a student who always takes the same hidden seat while others replace nobody before.

It is the whole class that may hide somebody, so the question is how often a report hides *anybody*: that one student of forty is
seldom hidden would say little, as each of the forty would have been named in the same way. docs/decisions/0007
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget


@dataclass(frozen=True, slots=True, eq=False)
class GuestFace:
    """Somebody unknown in one session. `vector` is a unit vector, as of `fusion.UnknownPerson`."""

    vector: NDArray[np.float32]
    inter_eye_px: float


@dataclass(frozen=True, slots=True)
class OpenReport:
    """A complete report in which somebody unknown sat while students who signed in were in no photo: stand-in, or guest?"""

    strangers: tuple[GuestFace, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EarlierReports:
    """What complete reports of a class tell about those who are there and hidden, and about guests.

    A session in which somebody unknown sat while somebody was missing tells neither, as that is what is asked: it is `open`, and
    speaks only where the same person sits there again (`naming`).

    Attributes:
        told: Sessions with a complete photo that tell how many of those who signed in are in none.
        hidden: How many those were, all such sessions together.
        guests: Unknown people who sat there though everybody who signed in was seen, once for each such session.
        taught: Sessions with a complete photo and nobody unknown, whose filed teacher can be recognised.
        teacher_missing: Those of them in which the teacher is in no photo, as who holds the camera is.
        seen, unseen: student_no → in how many complete reports the student was seen, or signed in and was in no photo.
        open: The sessions that tell neither.
    """

    told: int = 0
    hidden: int = 0
    guests: tuple[GuestFace, ...] = ()
    taught: int = 0
    teacher_missing: int = 0
    seen: Mapping[str, int] = field(default_factory=dict)
    unseen: Mapping[str, int] = field(default_factory=dict)
    open: tuple[OpenReport, ...] = ()

    def __add__(self, other: EarlierReports) -> EarlierReports:
        return EarlierReports(
            self.told + other.told,
            self.hidden + other.hidden,
            self.guests + other.guests,
            self.taught + other.taught,
            self.teacher_missing + other.teacher_missing,
            dict(Counter(self.seen) + Counter(other.seen)),
            dict(Counter(self.unseen) + Counter(other.unseen)),
            self.open + other.open,
        )


NOTHING_KNOWN = EarlierReports()


def tell_report(
    strangers: Sequence[GuestFace],
    unseen: Sequence[str],
    seen: Iterable[str] = (),
    teacher_seen: bool | None = None,
) -> EarlierReports:
    """What one complete report tells.

    Args:
        strangers: Unknown people beyond those who may be students or teachers without a picture.
        unseen: Students who signed in and are in no photo.
        seen: Students who are in one.
        teacher_seen: Whether the filed teacher is in a photo; None where nobody is filed or could be recognised.
    """
    told = EarlierReports(seen=dict.fromkeys(seen, 1), unseen=dict.fromkeys(unseen, 1))
    if strangers and unseen:
        return told + EarlierReports(open=(OpenReport(tuple(strangers), tuple(sorted(unseen))),))
    told += EarlierReports(told=1, hidden=len(unseen), guests=tuple(strangers))
    if strangers or teacher_seen is None:
        return told
    return told + EarlierReports(taught=1, teacher_missing=int(not teacher_seen))


def doubt_substitute(earlier: EarlierReports, calibration: Calibration) -> float | None:
    """The chance that a stranger beside an unseen teacher is a guest, the teacher being there and in no photo.

    Returns: None where the class's earlier reports do not show the teacher more often than not: who takes the photos is in none
        of them, so a guest beside such a teacher says nothing.
    """
    missing = (1 + earlier.teacher_missing) / (2 + earlier.taught)
    if missing >= 1 / 2:
        return None
    guest = (1 + count_people(earlier.guests, calibration)) * missing
    return guest / (1 + guest)


def weigh_guests(
    strangers: Sequence[GuestFace],
    earlier: EarlierReports,
    calibration: Calibration,
    *,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> list[float]:
    """The odds of each stranger to be a guest rather than a stand-in, before anybody's absence is looked at.

    Even, as nobody knows better. Whoever sat there before while nobody was missing is a guest the likelier the more often; for
    others count the different people who did.
    """
    others = 1.0 + count_people(earlier.guests, calibration, budget=budget)
    known = [count_visits(stranger, strangers, earlier, calibration, budget=budget) for stranger in strangers]
    return [1.0 + times if times else others for times in known]


def count_visits(
    stranger: GuestFace,
    strangers: Sequence[GuestFace],
    earlier: EarlierReports,
    calibration: Calibration,
    *,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> int:
    """How often this one of the report's strangers sat there while nobody was missing: a guest, then, and nobody's stand-in."""
    pairs = max(len(strangers) * len(earlier.guests), 1)
    return sum(is_alike(stranger, guest, calibration, pairs, budget) for guest in earlier.guests)


def count_people(
    faces: Sequence[GuestFace], calibration: Calibration, *, budget: ErrorBudget = ATTENDANCE_BUDGET_2023
) -> int:
    """How many different people these are: each is new who is like none before."""
    pairs, people = max(math.comb(len(faces), 2), 1), list[GuestFace]()
    for face in faces:
        if not any(is_alike(face, known, calibration, pairs, budget) for known in people):
            people.append(face)
    return len(people)


def is_alike(one: GuestFace, other: GuestFace, calibration: Calibration, pairs: int, budget: ErrorBudget) -> bool:
    """Whether two are one person, where so many pairs are compared."""
    size = min(one.inter_eye_px, other.inter_eye_px)
    return float(one.vector @ other.vector) >= calibration.match_similarity(size, pairs, budget)


def doubt_stand_ins(guest_odds: Sequence[float], unseen: int, earlier: EarlierReports = NOTHING_KNOWN) -> float:
    """The chance that a case about one of these is wrong: a named student was hidden, or, where more are unseen than strangers
    sit there, that the stranger was a guest.

    The number of hidden people of a report is geometric, as each further one is rarer, with a rate on which every value is as
    likely before looking (Laplace): the next report hides j + 1 instead of j with odds of (1 + hidden + j) to (3 + told + hidden
    + j).

    Args:
        guest_odds: One for each stranger, as `weigh_guests` gives them; at least one.
        unseen: Students who signed in and are in no photo, at least one.
    """
    # How likely so and so many of the strangers are stand-ins, before looking at who is missing.
    dealt = np.ones(1)
    for odds in guest_odds:
        dealt = np.convolve(dealt, [odds / (1 + odds), 1 / (1 + odds)])
    hiding = [1.0]
    for place in range(unseen):
        hiding.append(hiding[-1] * (1 + earlier.hidden + place) / (3 + earlier.told + earlier.hidden + place))
    share = min(len(guest_odds), unseen)
    total = wrong = 0.0
    for replaced in range(share + 1):
        weight = float(dealt[replaced]) * hiding[unseen - replaced]
        total += weight
        wrong += weight * (share - replaced) / share
    return wrong / total
