"""Suspicions that a person must look at, each with its evidence, its reasoning and the chance that it is wrong.

A case accuses a real person, so it is opened only where the evidence carries it; everything short of that is `unsure` presence.
No probability claims more than the calibration's data can show (`Calibration.shown_flag_rate`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import expit

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.attendance.enrolment import Roster
from verifier.attendance.fusion import FusedFaces, Sighting, UnknownPerson
from verifier.attendance.guests import (
    NOTHING_KNOWN,
    EarlierReports,
    GuestFace,
    doubt_stand_ins,
    doubt_substitute,
    weigh_guests,
)
from verifier.attendance.naming import Naming, weigh_naming
from verifier.attendance.search import MIN_CASE_PROBABILITY
from verifier.language import Sentence, say
from verifier.plan import Session

# Before looking at the faces, a signed-in student whom nobody sees and a stranger who sits there are as likely an innocent
# coincidence (the student hidden or changed, a guest in the room) as not. An inspector's records will tell better.
EVEN_ODDS = 0.5


class CaseKind(StrEnum):
    """Why a person must look. Stored, never renamed."""

    IMPERSONATION = "impersonation"  # signed in, never seen, and a stranger sits there
    OTHER_CLASS = "other_class_student"  # a face that is enrolled in another class
    TWO_PLACES = "two_places_at_once"  # one face in two classes at overlapping times
    TWO_NAMES = "one_face_two_names"  # one face enrolled or seen under two names
    TEACHER_SEAT = "teacher_replaced"  # somebody else, known or not, teaches (13(1)(5))
    SEAT_FILLER = "seat_filler"  # the same stranger in several classes
    NOT_SEEN = "signed_in_not_seen"  # signed in, and in none of several complete pictures; nobody in the place


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One suspicion. `probability` is that it is right; `wrong_probability` that it is not.

    `student_no` is None where the evidence points to one of several `candidates` and does not tell which.
    `sightings` are the faces it rests on, the clearest first.
    """

    kind: CaseKind
    session_id: str
    reason: Sentence
    probability: float
    student_no: str | None = None
    candidates: tuple[str, ...] = ()
    sightings: tuple[Sighting, ...] = ()

    @property
    def wrong_probability(self) -> float:
        """The chance that this case accuses wrongly, as far as the calibration's data can tell."""
        return 1 - self.probability


def propose_impersonations(
    session_id: str,
    unseen: Sequence[str],
    fused: FusedFaces,
    calibration: Calibration,
    *,
    innocent: int = 0,
    expected: int | None = None,
    earlier: EarlierReports = NOTHING_KNOWN,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> list[Case]:
    """Strangers in the places of students who signed in and were never seen; none that is more probably wrong than right.

    A case has the student's name only where the budget of false flags carries it (`naming`); otherwise it lists the candidates.

    Args:
        unseen: student_nos that signed in and are in no photo although every face could be read.
        innocent: So many of the unknown people have a good reason to be unknown: students and the teacher without an enrolment
            picture. Only strangers beyond them count.
        expected: How many signed in; those of `unseen` where None.
        earlier: What the class's earlier reports tell about hidden students and guests.
    """
    strangers = find_strangers_beyond(fused.unknown, unseen, innocent)
    if not strangers or not unseen:
        return []
    faces = [as_guest(stranger) for stranger in strangers]
    odds = weigh_guests(faces, earlier, calibration, budget=budget)
    if len(strangers) >= len(unseen):
        # Enough strangers for every empty seat. Which of them sits in whose makes no difference to the student's own case.
        found = []
        for place, number in enumerate(sorted(unseen)):
            naming = weigh_naming(number, faces, len(unseen), expected or len(unseen), earlier, calibration, budget)
            own = [each * (naming.again if at == naming.place else 1.0) for at, each in enumerate(odds)]
            guest = doubt_stand_ins(own, len(unseen), earlier)
            sitting = strangers[naming.place if naming.times else place]
            wrong = _doubt_about([number], strangers, calibration, guest)
            alike = next((person for person in strangers if number not in person.unlike), None)
            if alike is not None:
                found.append(_leave_alike(session_id, number, alike, wrong))
            elif naming.allowed:
                found.append(_accuse(session_id, number, sitting, naming, wrong))
            else:
                found.append(_leave_open(session_id, number, sitting, naming, wrong, earlier, budget))
    else:
        guest = doubt_stand_ins(odds, len(unseen), earlier)
        found = [_suspect(session_id, sorted(unseen), stranger, calibration, guest) for stranger in strangers]
    return [case for case in found if case.probability >= MIN_CASE_PROBABILITY]


def find_strangers_beyond(
    unknown: Sequence[UnknownPerson], unseen: Sequence[str], innocent: int
) -> list[UnknownPerson]:
    """The unknown people who are none of `unseen`, the clearest first, less those who may be somebody without a picture."""
    strangers = [person for person in unknown if person.state == "stranger" and not set(person.plausible) & set(unseen)]
    strangers.sort(key=lambda person: (-len(person.sightings), -person.inter_eye_px))
    # With n unknown people of whom m may be innocent nobody can tell which; n - m cases are sure, the clearest faces carry them.
    return strangers[: max(len(strangers) - innocent, 0)]


def as_guest(stranger: UnknownPerson) -> GuestFace:
    """What later sessions remember of somebody unknown."""
    return GuestFace(stranger.embedding, stranger.inter_eye_px)


def doubt(llrs: Sequence[float], calibration: Calibration, prior: float = EVEN_ODDS, *, guest: float = 0.0) -> float:
    """The chance that the case is wrong; never below what the data can show.

    Either one of the unknown faces is the student after all, or the student is hidden and the stranger somebody's guest.

    Args:
        guest: The chance of the second, see `doubt_stand_ins`.
    """
    log_odds = math.log(prior / (1 - prior))
    nobody = math.prod(1 - float(expit(calibration.bound_llr(value) + log_odds)) for value in llrs)
    return max(1 - nobody * (1 - guest), calibration.shown_flag_rate)


def _doubt_about(
    numbers: Sequence[str], strangers: Sequence[UnknownPerson], calibration: Calibration, guest: float
) -> float:
    llrs = [person.llr[number] for person in strangers for number in numbers if number in person.llr]
    return doubt(llrs, calibration, guest=guest)


def _accuse(session_id: str, number: str, stranger: UnknownPerson, naming: Naming, wrong: float) -> Case:
    name = stranger.sightings[0].name
    if naming.times:
        reason = say(
            "{student}已签到，但照片中看得清的人脸都不是本人；{file}中有一名不在花名册上的人，此前{times}个课次本人同样未见时也是此人在座。判断有误的可能性约{wrong:.1%}，请现场核实。",
            student=number, file=name, times=naming.times, wrong=wrong,
        )  # fmt: skip
    else:
        reason = say(
            "{student}已签到，但照片中看得清的人脸都不是本人；{file}中有一名不在花名册上的人。判断有误的可能性约{wrong:.1%}，请现场核实。",
            student=number, file=name, wrong=wrong,
        )  # fmt: skip
    return Case(CaseKind.IMPERSONATION, session_id, reason, 1 - wrong, number, (number,), stranger.sightings)


def _leave_open(
    session_id: str, number: str, stranger: UnknownPerson, naming: Naming, wrong: float, earlier: EarlierReports,
    budget: ErrorBudget,
) -> Case:  # fmt: skip
    """The same suspicion without a name: a guest beside a hidden student shows the same."""
    name = stranger.sightings[0].name
    if naming.known_guests:
        reason = say(
            "{file}中有一名不在花名册上的人，而{student}已签到却不在照片中：可能有人顶替，也可能是来客而本人被遮挡。此前无人缺席时也有同样的来客在座，不能点名认定。判断有误的可能性约{wrong:.1%}，请现场核实。",
            file=name, student=number, wrong=wrong,
        )  # fmt: skip
    else:
        reason = say(
            "{file}中有一名不在花名册上的人，而{student}已签到却不在照片中：可能有人顶替，也可能是来客而本人被遮挡，照片分不清。按本班此前{told}次完整的照片反馈，这样点名每千人次约误指{rate:.2f}人，多于限定的{limit:.2f}人，因此不点名认定。判断有误的可能性约{wrong:.1%}，请现场核实。",
            file=name, student=number, told=earlier.told, rate=1000 * naming.rate,
            limit=1000 * budget.false_flag_rate, wrong=wrong,
        )  # fmt: skip
    return Case(CaseKind.IMPERSONATION, session_id, reason, 1 - wrong, None, (number,), stranger.sightings)


def _leave_alike(session_id: str, number: str, stranger: UnknownPerson, wrong: float) -> Case:
    """Without a name, as the stranger may be the student after all: few people look so unlike their own picture, but some do."""
    reason = say(
        "{file}中有一名与登记照都不像的人，而{student}已签到却不在照片中：可能有人顶替，但也不能完全排除此人就是本人（如发型、眼镜与登记照不同），因此不点名认定。判断有误的可能性约{wrong:.1%}，请现场核实。",
        file=stranger.sightings[0].name, student=number, wrong=wrong,
    )  # fmt: skip
    return Case(CaseKind.IMPERSONATION, session_id, reason, 1 - wrong, None, (number,), stranger.sightings)


def _suspect(
    session_id: str, unseen: Sequence[str], stranger: UnknownPerson, calibration: Calibration, guest: float
) -> Case:
    wrong = _doubt_about(unseen, [stranger], calibration, guest)
    reason = say(
        "{file}中有一名不在花名册上的人，而{count}名已签到学员（{students}）未在照片中出现；无法判断顶替的是哪一位。判断有误的可能性约{wrong:.1%}，请现场核实。",
        file=stranger.sightings[0].name, count=len(unseen), students="、".join(unseen), wrong=wrong,
    )  # fmt: skip
    return Case(CaseKind.IMPERSONATION, session_id, reason, 1 - wrong, None, tuple(unseen), stranger.sightings)


def propose_not_seen(session_id: str, unseen: Sequence[str], photos: int) -> list[Case]:
    """Signed in, and in none of several complete pictures: the sign-in must be looked into, nobody sits in the place.

    Hidden students exist, so the chance given is the even odds of not knowing better, not the faces' certainty.
    """
    found = []
    for number in sorted(unseen):
        reason = say(
            "{student}已签到，但{photos}张人脸全部看得清的照片里都没有本人，也没有多余的人；可能被遮挡，也可能代签，请核实签到。判断有误的可能性约{wrong:.1%}。",
            student=number, photos=photos, wrong=1 - EVEN_ODDS,
        )  # fmt: skip
        found.append(Case(CaseKind.NOT_SEEN, session_id, reason, EVEN_ODDS, number, (number,)))
    return found


def report_two_names(roster: Roster, calibration: Calibration) -> list[Case]:
    """One face enrolled under two names of a class, once for the whole class: the cases name no session."""
    cases = []
    for conflict in roster.conflicts:
        if conflict.kind != "same_face":
            continue
        sizes = [roster.students[number].inter_eye_px for number in conflict.numbers]
        pairs = math.comb(len(roster.students), 2)
        right = float(
            expit(calibration.bound_llr(calibration.llr(conflict.similarity, min(sizes))) - math.log(max(pairs, 1)))
        )
        right = min(right, 1 - calibration.shown_flag_rate)
        reason = say("{conflict}判断有误的可能性约{wrong:.1%}。", conflict=conflict.reason, wrong=1 - right)
        cases.append(Case(CaseKind.TWO_NAMES, "", reason, right, None, conflict.numbers))
    return cases


def propose_teacher_replaced(session: Session, teachers: Mapping[str, Sequence[Sighting]]) -> list[Case]:
    """Another known teacher teaches, and the filed one is in no photo (13(1)(5)).

    Args:
        session: With the teacher as filed and changed: an approved change is no replacement.
        teachers: Known teachers seen in photos of the right time, with their sightings.
    """
    wanted = session.teacher_number
    if wanted is None or wanted in teachers or not teachers:
        return []
    cases = []
    for number, sightings in sorted(teachers.items()):
        likeness = max((sighting.probability or 0.0 for sighting in sightings), default=0.0)
        # The filed one may stand behind the camera, which nobody can tell from the photo.
        right = likeness * EVEN_ODDS
        reason = say(
            "{file}中是教师{seen}，备案教师{wanted}未在任何照片中出现；更换教师须先报批（13(1)(5)）。判断有误的可能性约{wrong:.1%}，请核实。",
            file=sightings[0].name, seen=number, wanted=wanted, wrong=1 - right,
        )  # fmt: skip
        cases.append(Case(CaseKind.TEACHER_SEAT, session.id, reason, right, None, (number,), tuple(sightings)))
    return cases


def propose_unknown_teacher(
    session: Session, stranger: UnknownPerson, earlier: EarlierReports, calibration: Calibration
) -> list[Case]:
    """Somebody on no list is in the photos, the filed teacher, whom earlier reports show, is in none (13(1)(5)).

    Args:
        session: Whose filed teacher has a usable picture and is in no photo.
        stranger: Somebody unknown who sits in no unseen student's place.
    """
    wrong = doubt_substitute(earlier, calibration)
    if wrong is None or wrong > 1 - MIN_CASE_PROBABILITY or session.teacher_number is None:
        return []
    reason = say(
        "备案教师{wanted}未在任何照片中出现（此前{taught}次完整的照片反馈中有{seen}次看得到），{file}中却有一名不在名单上的人；更换教师须先报批（13(1)(5)）。判断有误的可能性约{wrong:.1%}，请核实。",
        wanted=session.teacher_number, taught=earlier.taught, seen=earlier.taught - earlier.teacher_missing,
        file=stranger.sightings[0].name, wrong=wrong,
    )  # fmt: skip
    return [Case(CaseKind.TEACHER_SEAT, session.id, reason, 1 - wrong, None, (), stranger.sightings)]
