"""Over the days of a class: students whom no report ever shows.

A student missed once sat behind somebody; one in none of many complete reports is another matter. Strangers who come again, here
or in another class, are `verifier.attendance.beyond`'s subject.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from verifier.attendance.cases import EVEN_ODDS, Case, CaseKind
from verifier.attendance.presence import SessionConclusion
from verifier.language import say
from verifier.regulation.facts import FaceSeen, Presence

# The most doubt that a case over the days may have. With even odds of being hidden each time it takes five sessions (3.1 %): a
# student in one of two bad seats is hidden in three of three once in eight times, in a class of forty nearly every term.
MOST_DOUBT = 0.05
FEWEST_SESSIONS = math.ceil(math.log(MOST_DOUBT) / math.log(EVEN_ODDS))


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
