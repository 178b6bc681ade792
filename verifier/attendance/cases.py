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

from verifier.attendance.calibration import Calibration
from verifier.attendance.enrolment import Roster
from verifier.attendance.fusion import FusedFaces, Sighting, UnknownPerson
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
    TEACHER_SEAT = "teacher_replaced"  # another known teacher teaches (13(1)(5))
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
    hidden_rate: float = 0.0,
) -> list[Case]:
    """Strangers in the places of students who signed in and were never seen.

    Args:
        unseen: student_nos that signed in and are in no photo although every face could be read.
        innocent: So many of the unknown people have a good reason to be unknown: students and the teacher without an enrolment
            picture. Only strangers beyond them count.
        hidden_rate: How often somebody who is there is in no photo of this report, see `estimate_hidden_rate`.
    """
    strangers = find_strangers_beyond(fused.unknown, unseen, innocent)
    if not strangers or not unseen:
        return []
    if len(strangers) >= len(unseen):
        # Enough strangers for every empty seat. Which of them sits in whose makes no difference to the student's own case.
        order = sorted(unseen)
        return [
            _accuse(session_id, number, strangers, place, calibration, hidden_rate)
            for place, number in enumerate(order)
        ]
    return [_suspect(session_id, sorted(unseen), stranger, calibration, hidden_rate) for stranger in strangers]


def find_strangers_beyond(
    unknown: Sequence[UnknownPerson], unseen: Sequence[str], innocent: int
) -> list[UnknownPerson]:
    """The unknown people who are none of `unseen`, the clearest first, less those who may be somebody without a picture."""
    strangers = [person for person in unknown if person.state == "stranger" and not set(person.plausible) & set(unseen)]
    strangers.sort(key=lambda person: (-len(person.sightings), -person.inter_eye_px))
    # With n unknown people of whom m may be innocent nobody can tell which; n - m cases are sure, the clearest faces carry them.
    return strangers[: max(len(strangers) - innocent, 0)]


def estimate_hidden_rate(signed_in: int, unseen: int) -> float:
    """How often somebody who is there is in no photo of a report, told from those who signed in to the same session.

    One of the unseen is the student in question; of the others who signed in all count as there. Laplace's rule keeps the answer
    honest where few signed in: 1 in 7 where all five others of a class are seen, 1 in 41 where all 39 are.
    """
    return unseen / (signed_in + 1) if unseen else 0.0


def doubt(
    llrs: Sequence[float], calibration: Calibration, prior: float = EVEN_ODDS, *, hidden_rate: float = 0.0
) -> float:
    """The chance that the case is wrong; never below what the data can show.

    Either one of the unknown faces is the student after all, or the student is hidden and the stranger somebody's guest. A
    stranger being as likely a guest as a stand-in, and a replaced student never seen, the second has odds of `hidden_rate` to 1.
    """
    log_odds = math.log(prior / (1 - prior))
    nobody = math.prod(1 - float(expit(calibration.bound_llr(value) + log_odds)) for value in llrs)
    return max(1 - nobody / (1 + hidden_rate), calibration.shown_flag_rate)


def _accuse(
    session_id: str, number: str, strangers: Sequence[UnknownPerson], place: int, calibration: Calibration,
    hidden_rate: float,
) -> Case:  # fmt: skip
    stranger = strangers[place]
    llrs = [person.llr[number] for person in strangers if number in person.llr]
    wrong = doubt(llrs, calibration, hidden_rate=hidden_rate)
    first = stranger.sightings[0]
    reason = say(
        "{student}已签到，但照片中看得清的人脸都不是本人；{file}中有一名不在花名册上的人。判断有误的可能性约{wrong:.1%}，请现场核实。",
        student=number, file=first.name, wrong=wrong,
    )  # fmt: skip
    return Case(CaseKind.IMPERSONATION, session_id, reason, 1 - wrong, number, (number,), stranger.sightings)


def _suspect(
    session_id: str, unseen: Sequence[str], stranger: UnknownPerson, calibration: Calibration, hidden_rate: float
) -> Case:
    llrs = [stranger.llr[number] for number in unseen if number in stranger.llr]
    wrong = doubt(llrs, calibration, hidden_rate=hidden_rate)
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
            "{student}已签到，但{photos}张人脸全部看得清的照片里都没有本人，也没有多余的人；可能被遮挡，也可能代签，请核实签到。",
            student=number, photos=photos,
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
        cases.append(Case(CaseKind.TWO_NAMES, "", conflict.reason, right, None, conflict.numbers))
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
        reason = say("{file}中是教师{seen}，备案教师{wanted}未在任何照片中出现；更换教师须先报批（13(1)(5)），请核实。",
                     file=sightings[0].name, seen=number, wanted=wanted)  # fmt: skip
        cases.append(Case(CaseKind.TEACHER_SEAT, session.id, reason, right, None, (number,), tuple(sightings)))
    return cases
