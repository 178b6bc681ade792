"""Over the days of a class, and beyond it: students whom no report ever shows, and strangers who come again.

A student missed once sat behind somebody; one in none of many complete reports is another matter. The same unknown face on
several days is one stranger, and in several classes a hired seat-filler.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.attendance.cases import EVEN_ODDS, Case, CaseKind
from verifier.attendance.fusion import UnknownPerson
from verifier.attendance.matching import FaceState
from verifier.attendance.presence import SessionConclusion
from verifier.language import say
from verifier.regulation.facts import FaceSeen, Presence

# Fewer sessions than a day and a half of teaching show a bad seat as well as anything else.
FEWEST_SESSIONS = 3


@dataclass(frozen=True, slots=True)
class StudentDays:
    """One student over the closed sessions of a class.

    `looked_for` are sessions in which the student was expected and a complete photo tells whether they were there;
    `signed_unseen` those of them in which the student signed in and was not seen.
    """

    student_no: str
    seen: tuple[str, ...]
    looked_for: tuple[str, ...]
    signed_unseen: tuple[str, ...]

    @property
    def never_seen(self) -> bool:
        """Whether the student is in none of enough complete reports; one sighting anywhere answers it."""
        return not self.seen and len(self.looked_for) >= FEWEST_SESSIONS


def fuse_days(conclusions: Sequence[SessionConclusion]) -> tuple[StudentDays, ...]:
    """Sum up the sessions of one class student by student, by student_no."""
    seen: dict[str, list[str]] = {}
    looked_for: dict[str, list[str]] = {}
    signed_unseen: dict[str, list[str]] = {}
    for conclusion in conclusions:
        for student in conclusion.students:
            places = [table.setdefault(student.student_no, []) for table in (seen, looked_for, signed_unseen)]
            if student.sightings:
                places[0].append(conclusion.session_id)
            told = bool(student.sightings) or student.face is FaceSeen.NOT_SEEN
            if conclusion.complete_photos and told and student.presence is not Presence.LEAVE:
                places[1].append(conclusion.session_id)
                if student.signed_in and student.face is FaceSeen.NOT_SEEN:
                    places[2].append(conclusion.session_id)
    return tuple(
        StudentDays(number, tuple(seen[number]), tuple(looked_for[number]), tuple(signed_unseen[number]))
        for number in sorted(seen)
    )


def propose_never_seen(days: Sequence[StudentDays]) -> list[Case]:
    """Signed in again and again, and in none of the complete reports.

    Each session halves the chance that the student was hidden every time; whoever always takes the same bad seat is the reason
    why this is a case for a person and no absence.
    """
    cases = []
    for student in days:
        times = len(student.signed_unseen)
        if not student.never_seen or times < FEWEST_SESSIONS:
            continue
        wrong = EVEN_ODDS**times
        reason = say(
            "{student}在{times}个课次签到，但所有人脸看得清的照片里从未出现。若每次被遮挡的可能各半，判断有误的可能性约{wrong:.1%}，请核实。",
            student=student.student_no, times=times, wrong=wrong,
        )  # fmt: skip
        last = student.signed_unseen[-1]
        cases.append(Case(CaseKind.NOT_SEEN, last, reason, 1 - wrong, student.student_no, (student.student_no,)))
    return cases


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """One unknown person in one session. `starts_at` and `ends_at` carry an offset and bound the session."""

    class_number: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    person: UnknownPerson


def link_strangers(
    seen: Sequence[Whereabouts], calibration: Calibration, *, budget: ErrorBudget = ATTENDANCE_BUDGET_2023
) -> list[list[Whereabouts]]:
    """Group strangers of many sessions into people; those in one session are different people.

    Two are one person where their cosine exceeds what the most alike of all compared pairs of different people would show at the
    budgeted rate; a chain of such pairs is one person.
    """
    strangers = [one for one in seen if one.person.state is FaceState.STRANGER]
    pairs = max(math.comb(len(strangers), 2), 1)
    groups: list[list[Whereabouts]] = []
    for one in strangers:
        alike = [group for group in groups if any(_is_same(one, other, pairs, calibration, budget) for other in group)]
        for group in alike:
            groups.remove(group)
        groups.append([*(member for group in alike for member in group), one])
    return groups


def find_seat_fillers(
    seen: Sequence[Whereabouts], calibration: Calibration, *, budget: ErrorBudget = ATTENDANCE_BUDGET_2023
) -> list[Case]:
    """The same stranger in several classes: one case with all sightings; at overlapping times, two places at once."""
    groups = link_strangers(seen, calibration, budget=budget)
    return [_describe_filler(group, calibration) for group in groups if len({one.class_number for one in group}) > 1]


def _is_same(one: Whereabouts, other: Whereabouts, pairs: int, calibration: Calibration, budget: ErrorBudget) -> bool:
    if (one.class_number, one.session_id) == (other.class_number, other.session_id):
        return False
    cosine = float(one.person.embedding @ other.person.embedding)
    size = min(one.person.inter_eye_px, other.person.inter_eye_px)
    return cosine >= calibration.match_similarity(size, pairs, budget)


def _describe_filler(group: Sequence[Whereabouts], calibration: Calibration) -> Case:
    overlapping = any(
        one.class_number != other.class_number and one.starts_at < other.ends_at and other.starts_at < one.ends_at
        for index, one in enumerate(group)
        for other in group[index + 1 :]
    )
    classes = "、".join(sorted({one.class_number for one in group}))
    right = 1 - calibration.shown_flag_rate
    sightings = tuple(sighting for one in group for sighting in one.person.sightings)
    if overlapping:
        # One person cannot be at two places, so one of the two likenesses is false, or one photo is of another time.
        reason = say("同一张陌生人脸在重叠的时间出现在班次{classes}的照片里（共{count}次）：照片时间或人脸必有一个不实，请核实。",
                     classes=classes, count=len(sightings))  # fmt: skip
        return Case(CaseKind.TWO_PLACES, group[0].session_id, reason, right, None, (), sightings)
    reason = say("同一名不在花名册上的人出现在班次{classes}的照片里（共{count}次），疑似职业替课人员，请核实。",
                 classes=classes, count=len(sightings))  # fmt: skip
    return Case(CaseKind.SEAT_FILLER, group[0].session_id, reason, right, None, (), sightings)
