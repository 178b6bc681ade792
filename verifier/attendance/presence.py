"""Who attended a session: faces, sign-ins and leave of one half-day slot, weighed student by student.

One photo must show the right face *and* the right time: yesterday's face and today's empty room would add up to an attendance.
Nobody is absent because a face could not be read, and nobody is accused because somebody sat in front of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.attendance.cases import (
    Case,
    CaseKind,
    as_guest,
    find_strangers_beyond,
    propose_impersonations,
    propose_not_seen,
    propose_teacher_replaced,
    propose_unknown_teacher,
)
from verifier.attendance.enrolment import Roster
from verifier.attendance.fusion import FusedFaces, PhotoFaces, Sighting, UnknownPerson, fuse_photos
from verifier.attendance.guests import NOTHING_KNOWN, EarlierReports, tell_report
from verifier.attendance.matching import FaceMatch, FaceState
from verifier.camera_health import CameraFrame
from verifier.finding import Finding, Outcome
from verifier.language import Sentence, say
from verifier.observation import Look
from verifier.plan import Leave, Session, SignIn, Submission, TrainingClass, View
from verifier.regulation.facts import FaceSeen, Presence

# A photo with one of these failed is of another time, another place, or not an original: it says nothing about this session.
DISCREDITING = (
    "photo.decodes", "photo.stamp_time", "photo.stamp_place", "photo.camera_time", "photo.camera_place",
    "photo.clock_agreement", "photo.reuse", "photo.edited",
    "stream.live", "stream.clock", "stream.room", "stream.recorded",
)  # fmt: skip
# A camera's frame was taken when we asked for it, by our own clock, once the picture is known to be live; a recording's when and
# where its container says, as a photo's.
TIME_PROVING = ("photo.stamp_time", "photo.camera_time", "stream.live", "stream.recorded")
# A photo whose view nobody declared speaks against the unseen only if it shows at least half of those who should be there:
# a photo from the back, with two people looking round, shows fewer.
FRONT_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class PhotoEvidence:
    """One photo handed in for the session: what was seen in it, whose faces they are, and what its checks found.

    `view` is where it was taken from, as declared or as seen; None where nobody knows. `frame` is set where nobody handed it in,
    as we took it from a camera ourselves, and `shown_as` is then what people call it.
    """

    submission: Submission
    look: Look
    matches: tuple[FaceMatch, ...] = ()
    findings: tuple[Finding, ...] = ()
    view: View | None = None
    frame: CameraFrame | None = None
    shown_as: Sentence | None = None

    @property
    def discredited_by(self) -> tuple[str, ...]:
        """The failed checks that keep the photo from counting for or against anybody."""
        failed = {finding.check for finding in self.findings if finding.outcome is Outcome.FAILED}
        return tuple(check for check in DISCREDITING if check in failed)

    @property
    def usable(self) -> bool:
        """Whether its faces count at all."""
        return self.look.faces is not None and not self.discredited_by

    @property
    def time_proven(self) -> bool:
        """Whether its stamp or its camera shows that it was taken in the session."""
        return any(finding.check in TIME_PROVING and finding.outcome is Outcome.PASSED for finding in self.findings)

    @property
    def all_read(self) -> bool:
        """Whether every person in it has a face that was read.

        A face that was read and is nobody's for certain does not make the photo incomplete: it speaks for those whom it may be
        (`UnknownPerson.plausible`), and for nobody else. On staged classes of 34 every fourth report had such a face in all of
        its photos, mostly of somebody who is plain in the other photo (benchmarks/faces.py, composites).
        """
        if not self.look.faces or any(match.state is FaceState.UNREADABLE for match in self.matches):
            return False
        return self.look.people is None or self.look.people.count <= len(self.look.faces)

    def as_faces(self) -> PhotoFaces:
        """Its faces, for fusion."""
        submission = self.submission
        return PhotoFaces(submission.file, submission.sha256, self.look.faces or (), self.matches, self.shown_as)


@dataclass(frozen=True, slots=True, eq=False)
class SessionEvidence:
    """Everything known about one session when it is closed.

    `sign_ins` are those of this session (`select_sign_ins`); None where the class delivers no sign-ins at all, so that their
    absence says nothing. `earlier` sums up what the class's earlier sessions tell (`SessionConclusion.tells`).
    """

    training: TrainingClass
    session: Session
    photos: tuple[PhotoEvidence, ...]
    sign_ins: tuple[SignIn, ...] | None
    leaves: tuple[Leave, ...]
    roster: Roster
    calibration: Calibration
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023
    earlier: EarlierReports = NOTHING_KNOWN

    @property
    def handed_in(self) -> tuple[PhotoEvidence, ...]:
        """The photos that the agency reported, without the cameras' pictures."""
        return tuple(photo for photo in self.photos if photo.frame is None)


@dataclass(frozen=True, slots=True, eq=False)
class StudentPresence:
    """Whether one student attended, and because of what. `evidence` names photos by digest."""

    student_no: str
    presence: Presence
    because: tuple[Sentence, ...]
    face: FaceSeen = FaceSeen.CANNOT_TELL
    signed_in: bool = False
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SessionConclusion:
    """What a session's evidence adds up to. `unknown` are people nobody was matched to, for searches beyond the class.

    `complete_photos` are the files of photos that speak against those who are not in them and like no unclear face. `tells` is
    what the session says about hidden students and guests, and `rests_on` what the earlier ones said, where it was asked for.
    """

    session_id: str
    students: tuple[StudentPresence, ...]
    unknown: tuple[UnknownPerson, ...] = ()
    teachers: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    complete_photos: tuple[str, ...] = ()
    tells: EarlierReports = NOTHING_KNOWN
    rests_on: EarlierReports | None = None

    def count(self, presence: Presence) -> int:
        """How many students stand so."""
        return sum(student.presence is presence for student in self.students)

    @property
    def expected(self) -> int:
        """Everybody on the roster but those on approved leave."""
        return len(self.students) - self.count(Presence.LEAVE)

    @property
    def present(self) -> int:
        """Those who certainly were there."""
        return self.count(Presence.PRESENT)

    @property
    def rate(self) -> float | None:
        """Present ÷ expected, which is also the lower bound; None where nobody was expected."""
        return self.present / self.expected if self.expected else None

    @property
    def rate_low(self) -> float | None:
        """The rate if nobody who could not be judged was there."""
        return self.rate

    @property
    def rate_high(self) -> float | None:
        """The rate if everybody who could not be judged was there."""
        return (self.present + self.count(Presence.UNSURE)) / self.expected if self.expected else None


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """The session's evidence once it is read together."""

    timed: FusedFaces  # of usable photos whose time is proven
    untimed: FusedFaces  # of all usable photos
    complete: tuple[PhotoEvidence, ...]
    signed: Mapping[str, datetime]  # student → when they first signed in
    leaves: frozenset[str]
    sign_ins_known: bool
    reported: int  # photos handed in
    none_usable: bool  # not one of those counts
    accused: dict[str, Case] = field(default_factory=dict)
    candidates: dict[str, Case] = field(default_factory=dict)  # of cases that name nobody


def conclude_session(evidence: SessionEvidence) -> SessionConclusion:
    """Decide for every student of the class whether they attended, and open the cases that the evidence carries."""
    usable = [photo for photo in evidence.photos if photo.usable]
    timed = [photo for photo in usable if photo.time_proven]
    leaves = frozenset(leave.student_no for leave in evidence.leaves if leave.session_id == evidence.session.id)
    expected = len({student.student_no for student in evidence.training.students} - leaves)
    weighed = _Weighed(
        timed=_fuse(timed, evidence),
        untimed=_fuse(usable, evidence),
        # A camera's picture is of a moment that nobody chose: who is not in it may be outside for a minute. It speaks for people.
        complete=tuple(photo for photo in timed if photo.frame is None and _speaks_against_unseen(photo, expected)),
        signed=_list_first_sign_ins(evidence.sign_ins or ()),
        leaves=leaves,
        sign_ins_known=evidence.sign_ins is not None,
        reported=len(evidence.handed_in),
        none_usable=all(photo.frame is not None for photo in usable),
    )
    cases, tells, asked = _open_cases(evidence, weighed)
    for case in cases:
        if case.kind is CaseKind.IMPERSONATION:
            named = weighed.accused if case.student_no else weighed.candidates
            named.update(dict.fromkeys(case.candidates, case))
    students = tuple(_judge_student(student.student_no, evidence, weighed) for student in evidence.training.students)
    return SessionConclusion(
        session_id=evidence.session.id,
        students=students,
        unknown=weighed.timed.unknown,
        teachers=tuple(weighed.timed.teachers),
        cases=tuple(cases),
        complete_photos=tuple(photo.submission.file for photo in weighed.complete),
        tells=tells,
        rests_on=evidence.earlier if asked else None,
    )


def _fuse(photos: Sequence[PhotoEvidence], evidence: SessionEvidence) -> FusedFaces:
    distinct = {photo.submission.sha256: photo.as_faces() for photo in photos}
    return fuse_photos(tuple(distinct.values()), evidence.roster, evidence.calibration, budget=evidence.budget)


def _speaks_against_unseen(photo: PhotoEvidence, expected: int) -> bool:
    if not photo.all_read or photo.view is View.BACK:
        return False
    return photo.view is View.FRONT or len(photo.look.faces or ()) >= FRONT_SHARE * expected


def _unseen_signed_in(evidence: SessionEvidence, weighed: _Weighed) -> list[str]:
    """Signed in, enrolled, not on leave, and like no face of any usable photo."""
    doubtful = {number for person in weighed.untimed.unknown for number in person.plausible}
    return [
        student.student_no
        for student in evidence.training.students
        if student.student_no in weighed.signed
        and student.student_no in evidence.roster.students
        and student.student_no not in weighed.leaves | weighed.untimed.seen.keys() | doubtful
    ]


def _count_innocent(evidence: SessionEvidence, weighed: _Weighed) -> int:
    """How many unknown people may be students or the filed teacher, of whom no enrolment picture tells how they look."""
    students = sum(number not in weighed.leaves for number in evidence.roster.without_photo)
    teacher = evidence.session.teacher_number
    return students + int(teacher is not None and teacher not in evidence.roster.teachers)


def _open_cases(evidence: SessionEvidence, weighed: _Weighed) -> tuple[list[Case], EarlierReports, bool]:
    """The session's cases, what it tells later ones, and whether earlier ones were asked about a stranger."""
    cases = propose_teacher_replaced(evidence.session, weighed.timed.teachers)
    unseen = _unseen_signed_in(evidence, weighed)
    if not weighed.complete or not weighed.signed:
        return cases, NOTHING_KNOWN, False
    innocent = _count_innocent(evidence, weighed)
    timed = _leave_out_passers_by(weighed.timed, evidence)
    strangers = find_strangers_beyond(timed.unknown, unseen, innocent)
    teacher_seen = _is_teacher_seen(evidence, weighed)
    seen = weighed.timed.seen.keys() & evidence.roster.students.keys()
    tells = tell_report([as_guest(each) for each in strangers], unseen, seen, teacher_seen)
    asked = bool(strangers) and (bool(unseen) or teacher_seen is False)
    if len(strangers) > len(unseen) and teacher_seen is False and not weighed.untimed.teachers:
        cases += propose_unknown_teacher(
            evidence.session, strangers[len(unseen)], evidence.earlier, evidence.calibration
        )
    if not unseen:
        return cases, tells, asked
    opened = propose_impersonations(
        evidence.session.id, unseen, timed, evidence.calibration, innocent=innocent,
        expected=len(weighed.signed.keys() - weighed.leaves), earlier=evidence.earlier, budget=evidence.budget,
    )  # fmt: skip
    if opened:
        return cases + opened, tells, asked
    # Without anybody in the place a hidden student explains it as well, unless heads were counted or several photos agree.
    counted = any(photo.look.people is not None and photo.look.people.method != "faces" for photo in weighed.complete)
    pictures = {photo.submission.sha256 for photo in weighed.complete}
    if (counted or len(pictures) >= 2) and not find_strangers_beyond(timed.unknown, unseen, 0):
        cases += propose_not_seen(evidence.session.id, unseen, len(pictures))
    return cases, tells, asked


def _is_teacher_seen(evidence: SessionEvidence, weighed: _Weighed) -> bool | None:
    """Whether the filed teacher is in any photo; None where nobody could tell."""
    teacher = evidence.session.teacher_number
    return None if teacher not in evidence.roster.teachers else teacher in weighed.untimed.teachers


def _leave_out_passers_by(fused: FusedFaces, evidence: SessionEvidence) -> FusedFaces:
    """Without unknown people whom only a camera saw: whoever looks in at the door sits in nobody's place."""
    reported = {photo.submission.sha256 for photo in evidence.handed_in}
    sitting = [each for each in fused.unknown if any(sighting.sha256 in reported for sighting in each.sightings)]
    return replace(fused, unknown=tuple(sitting))


def _judge_student(number: str, evidence: SessionEvidence, weighed: _Weighed) -> StudentPresence:
    signed = number in weighed.signed
    sightings = weighed.timed.seen.get(number, ())
    untimed = weighed.untimed.seen.get(number, ())
    because = [_say_sighting(best)] if (best := _best(sightings or untimed)) else []
    because += _say_sign_in(number, evidence, weighed)

    def conclude(presence: Presence, face: FaceSeen, *more: Sentence) -> StudentPresence:
        return StudentPresence(number, presence, (*because, *more), face, signed, sightings or untimed)

    if number in weighed.leaves:
        face = FaceSeen.SEEN if sightings else FaceSeen.CANNOT_TELL
        more = [say("已批准请假。")]
        if sightings or signed:
            more.append(say("请假却有到课记录，两者矛盾，请核实。"))
        return conclude(Presence.LEAVE, face, *more)
    if sightings:
        return conclude(Presence.PRESENT, FaceSeen.SEEN)
    if untimed:
        return conclude(
            Presence.UNSURE, FaceSeen.CANNOT_TELL, say("照片的拍摄时间未能证实在本课次内，不能据此认定到课。")
        )
    if number in weighed.accused:
        return conclude(Presence.ABSENT, FaceSeen.NOT_SEEN, weighed.accused[number].reason)
    unclear = _why_unclear(number, evidence, weighed)
    if unclear is not None:
        return conclude(Presence.UNSURE, FaceSeen.CANNOT_TELL, unclear)
    if number in weighed.candidates:
        stranger = weighed.candidates[number].sightings[0].name
        either = say(
            "已签到，但人脸全部看得清的照片中没有找到本人，而{file}中有一名不在花名册上的人：可能有人顶替，也可能是来客而本人被遮挡，不能认定。",
            file=stranger,
        )  # fmt: skip
        return conclude(Presence.UNSURE, FaceSeen.NOT_SEEN, either)
    if signed:
        hidden = say("已签到，但人脸全部看得清的照片中没有找到本人；可能被遮挡，不能认定。")
        return conclude(Presence.UNSURE, FaceSeen.NOT_SEEN, hidden)
    return conclude(Presence.ABSENT, FaceSeen.NOT_SEEN, say("人脸全部看得清的照片中没有本人。"))


def _why_unclear(number: str, evidence: SessionEvidence, weighed: _Weighed) -> Sentence | None:
    """Why the photos do not tell whether this unseen student was there; None where they do."""
    if not weighed.reported and evidence.photos:
        frames = len(evidence.photos)
        return say("本课次没有收到照片，摄像头的{count}个画面中没有认出本人，不能认定。", count=frames)
    if not weighed.reported:
        return say("本课次没有收到照片。")
    if weighed.none_usable:
        return say("本课次的{count}张照片都不能作为依据。", count=weighed.reported)
    if number in evidence.roster.not_read:
        return say("系统未能读取本人的登记照，将再次尝试；尚不能在照片中辨认，不是本人的问题。")
    if number not in evidence.roster.students:
        if weighed.timed.unknown or not weighed.complete:
            return say("没有可用的登记照，无法在照片中辨认。")
        return None
    like = [person for person in weighed.untimed.unknown if number in person.plausible]
    if like:
        return say("{file}中有一张脸可能是本人，但不够清楚，不能认定。", file=like[0].sightings[0].name)
    if not weighed.complete:
        return say("照片中有看不清的人脸，或没有时间得到证实的正面照，不能认定。")
    return None


def _best(sightings: Sequence[Sighting]) -> Sighting | None:
    return max(sightings, key=lambda sighting: sighting.similarity or 0.0, default=None)


def _say_sighting(sighting: Sighting) -> Sentence:
    return say(
        "在{file}中认出本人（相似度{similarity:.2f}）。", file=sighting.name, similarity=sighting.similarity or 0.0
    )


def _list_first_sign_ins(sign_ins: Sequence[SignIn]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for sign_in in sign_ins:
        first[sign_in.student_no] = min(sign_in.signed_at, first.get(sign_in.student_no, sign_in.signed_at))
    return first


def _say_sign_in(number: str, evidence: SessionEvidence, weighed: _Weighed) -> list[Sentence]:
    if evidence.sign_ins is None:
        return []
    first = weighed.signed.get(number)
    if first is None:
        return [say("没有签到记录。")]
    # In the classroom's own time, whatever zone the sign-in was sent in.
    local = first.astimezone(evidence.session.starts_at.tzinfo)
    return [say("{time}签到。", time=f"{local:%Y-%m-%d %H:%M}")]
