"""Are stand-ins named, and how many honest students are named wrongly? Many classes of drawn faces, report by report.

Called by ``python -m benchmarks.faces naming``. The faces are vectors, everything after them is the product: `match_faces`,
`conclude_session`, with what the class's earlier reports tell. Whoever is hidden is drawn anew in each report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from benchmarks.composites import format_rate
from tests.builders.plan import a_session, a_sign_in, a_training_class
from tests.verifier.attendance.people import DIMENSIONS, a_calibration, a_crowd, a_face, a_photo, a_roster
from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, find_interval
from verifier.attendance.enrolment import Roster
from verifier.attendance.guests import NOTHING_KNOWN, EarlierReports
from verifier.attendance.presence import SessionConclusion, SessionEvidence, conclude_session
from verifier.observation import FaceObservation

STUDENTS = 20
REPORTS = 40
NEW_GUESTS, REGULAR_GUESTS = "new", "regular"
# Earlier reports of the class, from and to; the first report has none.
BANDS = ((0, 0), (1, 2), (3, 5), (6, 9), (10, 19), (20, REPORTS))


@dataclass(frozen=True, slots=True)
class Kind:
    """Classes of one kind. `hides` and `guest` are the chances of one more in a report; None: another one in each class.

    `stand_in` is the share of reports in which somebody is replaced: the same student by the same stranger, or each time others.
    """

    name: str
    hides: float | None
    guest: float | None
    stand_in: float = 0.0
    same: bool = False


KINDS = (
    Kind("nobody false, any rates of hiding and of guests", None, None),
    Kind("nobody false, hides 0.2, guests 0.1", 0.2, 0.1),
    Kind("hides 0.02, guests 0.01, other stand-ins in a tenth of the reports", 0.02, 0.01, 0.1),
    Kind("hides 0.05, guests 0.05, other stand-ins in a tenth", 0.05, 0.05, 0.1),
    Kind("hides 0.2, guests 0.1, other stand-ins in a tenth", 0.2, 0.1, 0.1),
    Kind("hides 0.05, guests 0.05, one stand-in for one student in a quarter", 0.05, 0.05, 0.25, True),
    Kind("hides 0.2, guests 0.1, one stand-in for one student in a quarter", 0.2, 0.1, 0.25, True),
)


@dataclass(slots=True)
class Counts:
    """Of the reports of one band."""

    replaced: Counter[str] = field(default_factory=Counter)
    honest: int = 0
    named_wrongly: int = 0

    def add(self, conclusion: SessionConclusion, replaced: frozenset[str]) -> None:
        """Count one report."""
        cases = [case for case in conclusion.cases if case.kind == "impersonation"]
        named = {case.student_no for case in cases if case.student_no}
        listed = {number for case in cases if not case.student_no for number in case.candidates}
        for number in replaced:
            self.replaced["named" if number in named else "listed" if number in listed else "neither"] += 1
        self.honest += STUDENTS - len(replaced)
        self.named_wrongly += len(named - replaced)


def measure_naming(classes: int) -> None:
    """Print, for each kind of class and number of earlier reports, who was named."""
    limit = 1000 * ATTENDANCE_BUDGET_2023.false_flag_rate
    print(f"{classes} classes of {STUDENTS} students a kind, {REPORTS} reports each; budget {limit:g} in 1,000")
    for place, kind in enumerate(KINDS):
        bands = {band: Counts() for band in BANDS}
        for number in range(classes):
            for report, (conclusion, replaced) in enumerate(play_class(kind, 1_000_000 * place + number)):
                next(bands[low, high] for low, high in BANDS if low <= report <= high).add(conclusion, replaced)
        print(f"{kind.name}:")
        for (low, high), counts in bands.items():
            if kind.stand_in:
                told = ", ".join(f"{what} {counts.replaced[what]}" for what in ("named", "listed", "neither"))
                print(f"  after {low} to {high} reports: stand-ins {told}; honest named {counts.named_wrongly}")
        wrong, honest = sum(each.named_wrongly for each in bands.values()), sum(each.honest for each in bands.values())
        low_rate, high_rate = find_interval(wrong, honest)
        told = f"{1000 * wrong / honest:.3f} [{1000 * low_rate:.3f}, {1000 * high_rate:.3f}]"
        print(f"  honest students named: {wrong} of {honest}: {told} in 1,000 student-sessions")
        dealt = sum((each.replaced for each in bands.values()), Counter[str]())
        if dealt:
            print(f"  stand-ins named: {format_rate(dealt['named'], dealt.total())}")


def play_class(kind: Kind, seed: int) -> Iterator[tuple[SessionConclusion, frozenset[str]]]:
    """The reports of one class in order: what was concluded, and who was really replaced."""
    random = np.random.default_rng(seed)
    hides = float(random.random()) if kind.hides is None else kind.hides
    guest = float(random.random()) if kind.guest is None else kind.guest
    # In every second class the guest is always the same, as an assistant is.
    regular = _draw_stranger(random) if random.random() < 1 / 2 else None
    stand_in, victim, earlier = _draw_stranger(random), int(random.integers(STUDENTS)), NOTHING_KNOWN
    for _ in range(REPORTS):
        order = [int(each) for each in random.permutation(STUDENTS)]
        if kind.same:
            order.sort(key=lambda each: each != victim)
        replaced = int(random.random() < kind.stand_in)
        hidden = min(int(random.geometric(1 - hides)) - 1, STUDENTS - 1)
        guests = min(int(random.geometric(1 - guest)) - 1, 1 if regular is not None else STUDENTS)
        others = [stand_in if kind.same else _draw_stranger(random) for _ in range(replaced)]
        others += [_draw_stranger(random) if regular is None else regular for _ in range(guests)]
        conclusion = _conclude(order[replaced + hidden :], others, earlier)
        earlier += conclusion.tells
        yield conclusion, frozenset(_number(each) for each in order[:replaced])


@cache
def _make_roster() -> Roster:
    return a_roster(STUDENTS)


def _number(student: int) -> str:
    return f"S{student + 1:02d}"


def _draw_stranger(random: np.random.Generator) -> FaceObservation:
    """A face like nobody of the class, nor like what `a_crowd` fills its faces with."""
    vector = np.zeros(DIMENSIONS, np.float32)
    free = slice(100 + STUDENTS, DIMENSIONS)
    vector[free] = random.normal(size=DIMENSIONS - 100 - STUDENTS)
    return a_face(vector / np.linalg.norm(vector), at=90)


def _conclude(seen: list[int], others: list[FaceObservation], earlier: EarlierReports) -> SessionConclusion:
    roster, session = _make_roster(), a_session(teacher_number=None)
    numbers = [_number(each) for each in range(STUDENTS)]
    faces = [*a_crowd(*(each + 1 for each in seen)), *others]
    signed = tuple(a_sign_in(number, day=session.day) for number in numbers)
    evidence = SessionEvidence(
        a_training_class(students=STUDENTS), session, (a_photo(faces, roster),), signed, (), roster, a_calibration(),
        earlier=earlier,
    )  # fmt: skip
    return conclude_session(evidence)
