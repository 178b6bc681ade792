"""From looks to judgements: one class as a whole, without pixels and without a database.

The rooms conclude (`photo`, `attendance`, `regulation`); this module brings them together in the order of the law: each photo
against its session, each session's photos against roster and sign-ins, all sessions of the class against the regulation. It is
a pure function of its input, so the night may run it again at any time (docs/decisions/0002-look-once-judge-often.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from verifier.attendance.calibration import Calibration
from verifier.attendance.cases import Case, report_two_names
from verifier.attendance.days import fuse_days, propose_never_seen
from verifier.attendance.enrolment import (
    EnrolledPhoto,
    EnrolmentVerdict,
    Roster,
    build_roster,
    judge_enrolment_photo,
    judge_same_faces,
)
from verifier.attendance.guests import NOTHING_KNOWN, EarlierReports
from verifier.attendance.matching import FaceMatch, match_faces
from verifier.attendance.photo_checks import check_people, check_roster, check_teacher
from verifier.attendance.presence import PhotoEvidence, SessionConclusion, SessionEvidence, conclude_session
from verifier.attendance.session_checks import (
    OrderedSignIns,
    check_attendance,
    check_reports,
    check_signins,
    order_sign_ins,
    select_late_sign_ins,
    select_sign_ins,
)
from verifier.camera_evidence import as_photo_evidence
from verifier.camera_health import CameraFrame
from verifier.filing import session_from_name
from verifier.finding import Finding, Outcome, overall
from verifier.language import say
from verifier.observation import Look
from verifier.photo import check_photo
from verifier.photo.assign import Assignment, assign_session
from verifier.photo.beside import look_beside
from verifier.photo.context import Beside, CodeAnswer, CodeUse, OtherUse, PhotoContext
from verifier.photo.pair import check_pair
from verifier.photo.room_history import RoomHistory, RoomMemory, VenuePhoto
from verifier.photo.view import decide_view
from verifier.placing_uses import PlacedPhotos
from verifier.plan import ClassFile, Session, Submission, TrainingClass, View
from verifier.regulating import Regulated, complete_facts, judge_against
from verifier.regulation.facts import ClassFacts, RecordedSession, SessionFacts
from verifier.regulation.policy import Policy
from verifier.regulation.violation import Violation
from verifier.session_facts import gather_facts

ATTENDANCE_RULE = "attendance_below_80_percent"


@dataclass(frozen=True, slots=True, eq=False)
class ClassToJudge:
    """Everything a class is judged by.

    Attributes:
        class_file: Plan, submissions, sign-ins, leaves, enrolment pictures.
        looks: SHA-256 → look, of photos and of enrolment pictures. One that is missing was not looked at (yet).
        other_uses: Submission → where else the same picture was handed in; None where nobody searched, for all or for one.
        code_uses, code_answers: Submission → who else shows the codes of its stamps, and what their maker said of each; likewise.
        rooms: What is known of which photos show one room; None where earlier sessions are not searched.
        venue_photos: What other classes showed of the class's venues before it began, oldest first.
        embedding_contract: Of the face pack in use.
        recorded: What people recorded about the class; None where there are no records, as for a folder that is only checked.
        violations: The class's violations on record, with what people decided.
        frames: Session → the pictures of its cameras that count for attendance.
    """

    class_file: ClassFile
    looks: Mapping[str, Look]
    policy: Policy
    calibration: Calibration
    embedding_contract: str
    other_uses: Mapping[Submission, tuple[OtherUse, ...] | None] | None = None
    recorded: ClassFacts | None = None
    violations: tuple[Violation, ...] = ()
    beside: Mapping[Submission, Beside] = field(default_factory=dict)
    code_uses: Mapping[Submission, tuple[CodeUse, ...] | None] | None = None
    code_answers: Mapping[Submission, Mapping[str, CodeAnswer]] = field(default_factory=dict)
    rooms: RoomMemory | None = None
    venue_photos: tuple[VenuePhoto, ...] = ()
    frames: Mapping[str, tuple[CameraFrame, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class JudgedPhoto:
    """One photo with everything that was found about it, and what of the class's other photos it was held against."""

    submission: Submission
    assignment: Assignment
    look: Look
    matches: tuple[FaceMatch, ...]
    findings: tuple[Finding, ...]
    context: PhotoContext | None = None

    @property
    def outcome(self) -> Outcome:
        """The sum of its findings."""
        return overall(self.findings)


@dataclass(frozen=True, slots=True, eq=False)
class JudgedSession:
    """One session: its photos, its conclusion about every student, its findings; and what its cameras showed of people."""

    session: Session
    photos: tuple[JudgedPhoto, ...]
    conclusion: SessionConclusion
    findings: tuple[Finding, ...]
    facts: SessionFacts
    frames: tuple[PhotoEvidence, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The sum of the session's own findings."""
        return overall(self.findings)


@dataclass(frozen=True, slots=True, eq=False)
class Enrolment:
    """The roster's faces, and what was decided about each enrolment picture: (of a student, number, SHA-256) → verdict."""

    roster: Roster
    verdicts: Mapping[tuple[bool, str, str], EnrolmentVerdict]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedClass:
    """All of it. `unplaced` are photos that belong to no session that is closed."""

    training: TrainingClass
    enrolment: Enrolment
    sessions: tuple[JudgedSession, ...]
    unplaced: tuple[JudgedPhoto, ...]
    regulated: Regulated | None = None
    cases: tuple[Case, ...] = ()  # of the class as a whole, of no single session


@dataclass(slots=True)
class _Sorted:
    by_session: dict[str, list[tuple[Submission, Assignment]]] = field(default_factory=dict)
    unplaced: list[tuple[Submission, Assignment]] = field(default_factory=list)


def judge_class(given: ClassToJudge, closed: Sequence[Session], as_of: date) -> JudgedClass:
    """Judge the closed sessions of a class, and what the regulation says of them together.

    Args:
        closed: The sessions whose time for evidence is over, of this class; photos of other sessions wait.
        as_of: The day of judging, for the regulation's deadlines.
    """
    enrolment = enrol(given)
    order = sorted(closed, key=lambda session: (session.starts_at, session.id))
    placed = _sort_photos(given, {session.id for session in given.class_file.training.sessions})
    given = _place_uses(replace(given, beside=_look_beside(given, placed)), placed)
    history = RoomHistory(given.rooms, earlier=given.venue_photos) if given.rooms is not None else None
    ordered = order_sign_ins(given.class_file.sign_ins)
    sessions: list[JudgedSession] = []
    earlier = NOTHING_KNOWN
    for session in order:
        photos = placed.by_session.get(session.id, [])
        sessions.append(_judge_session(given, enrolment.roster, session, photos, history, ordered, earlier))
        earlier += sessions[-1].conclusion.tells
    unplaced = tuple(_judge_unplaced(given, enrolment.roster, *photo) for photo in placed.unplaced)
    recorded = replace(given.recorded or ClassFacts(given.class_file.training, as_of), as_of=as_of)
    facts = complete_facts(recorded, [each.facts for each in sessions])
    regulated = judge_against(facts, given.policy, given.violations)
    cases = (
        *report_two_names(enrolment.roster, given.calibration),
        *propose_never_seen(fuse_days([each.conclusion for each in sessions])),
    )
    return JudgedClass(given.class_file.training, enrolment, tuple(sessions), unplaced, regulated, cases)


def enrol(given: ClassToJudge) -> Enrolment:
    """Build the roster's faces from the enrolment pictures; each refused picture keeps its verdict."""
    verdicts: dict[tuple[bool, str, str], EnrolmentVerdict] = {}
    not_read: set[str] = set()

    def accept(
        people: Mapping[str, tuple[str, ...]], numbers: Sequence[str], *, of_students: bool
    ) -> dict[str, list[EnrolledPhoto]]:
        accepted: dict[str, list[EnrolledPhoto]] = {number: [] for number in numbers}
        for number in numbers:
            for sha256 in people.get(number, ()):
                look = given.looks.get(sha256)
                if look is not None and look.decoded.fault is not None:
                    unopened = say("登记照无法打开（{fault}），请重新上传。", fault=look.decoded.fault.value)
                    verdicts[of_students, number, sha256] = EnrolmentVerdict(False, "not_a_picture", unopened)
                    continue
                if look is None or look.faces is None or look.embedding_contract != given.embedding_contract:
                    not_read.add(number)
                    reason = say("系统未能读取这张登记照，将再次尝试，不是照片的问题。")
                    verdicts[of_students, number, sha256] = EnrolmentVerdict(False, "not_read", reason)
                    continue
                verdict = judge_enrolment_photo(look.faces, student_no=number)
                verdicts[of_students, number, sha256] = verdict
                if verdict.accepted and verdict.face_index is not None:
                    accepted[number].append(EnrolledPhoto(sha256, look.faces[verdict.face_index]))
        return accepted

    file = given.class_file
    students = accept(file.enrolment_photos, [each.student_no for each in file.training.students], of_students=True)
    teachers = accept(file.teacher_photos, [each.number for each in file.training.teachers], of_students=False)
    roster = build_roster(students, teachers, given.embedding_contract, given.calibration, not_read=sorted(not_read))
    for number, verdict in judge_same_faces(roster).items():
        verdicts.update({(True, number, sha256): verdict for sha256 in roster.students[number].photos})
    return Enrolment(roster, verdicts)


def _sort_photos(given: ClassToJudge, known: set[str]) -> _Sorted:
    training = given.class_file.training
    found = _Sorted()
    for submission in given.class_file.submissions:
        named = session_from_name(submission.file, training.sessions)
        assignment = assign_session(submission, given.looks.get(submission.sha256), training, named)
        if assignment.session is not None and assignment.session.id in known:
            found.by_session.setdefault(assignment.session.id, []).append((submission, assignment))
        else:
            found.unplaced.append((submission, assignment))
    return found


def _look_beside(given: ClassToJudge, placed: _Sorted) -> dict[Submission, Beside]:
    held = [(submission, given.looks.get(submission.sha256), session) for submission, session in _list_placed(placed)]
    return look_beside(held, given.class_file.training.timezone)


def _list_placed(placed: _Sorted) -> list[tuple[Submission, Session | None]]:
    photos = [*(photo for each in placed.by_session.values() for photo in each), *placed.unplaced]
    return [(submission, assigned.session) for submission, assigned in photos]


def _place_uses(given: ClassToJudge, placed: _Sorted) -> ClassToJudge:
    photos = PlacedPhotos(given.class_file.training.number, _list_placed(placed))
    return replace(given, other_uses=photos.place_all(given.other_uses), code_uses=photos.place_all(given.code_uses))


def judge_photo(
    given: ClassToJudge,
    roster: Roster | None,
    submission: Submission,
    assignment: Assignment,
    history: RoomHistory | None = None,
) -> JudgedPhoto:
    """Check one photo and match its faces.

    Raises:
        KeyError: nobody has looked at the photo.
    """
    look = given.looks[submission.sha256]
    context = _context(given, submission, assignment)
    if history is not None and assignment.session is not None:
        context = replace(context, room=history.compare(submission, look, assignment.session))
    matches: tuple[FaceMatch, ...] = ()
    if roster is not None and look.faces is not None:
        contract = look.embedding_contract or None
        matches = match_faces(look.faces, roster, given.calibration, embedding_contract=contract)
    return JudgedPhoto(submission, assignment, look, matches, check_photo(look, context), context)


def _judge_unplaced(given: ClassToJudge, roster: Roster, submission: Submission, assignment: Assignment) -> JudgedPhoto:
    photo = judge_photo(given, roster, submission, assignment)
    return replace(photo, findings=(*photo.findings, *check_who(photo, None, roster, None, None)))


def _context(given: ClassToJudge, submission: Submission, assignment: Assignment) -> PhotoContext:
    return PhotoContext(
        submission=submission,
        training=given.class_file.training,
        session=assignment.session,
        session_source=assignment.source,
        other_uses=None if given.other_uses is None else given.other_uses.get(submission, ()),
        timezone=given.class_file.training.timezone,
        beside=given.beside.get(submission),
        code_uses=None if given.code_uses is None else given.code_uses.get(submission, ()),
        code_answers=given.code_answers.get(submission),
    )


def _judge_session(
    given: ClassToJudge,
    roster: Roster,
    session: Session,
    photos: Sequence[tuple[Submission, Assignment]],
    history: RoomHistory | None,
    ordered_sign_ins: OrderedSignIns,
    earlier: EarlierReports,
) -> JudgedSession:
    file = given.class_file
    sign_ins = select_sign_ins(session, ordered_sign_ins) if file.sign_ins else None
    leaves = tuple(leave for leave in file.leaves if leave.session_id == session.id)
    judged = [judge_photo(given, roster, submission, assignment, history) for submission, assignment in photos]
    pair = check_pair([(photo.look, photo.context) for photo in judged if photo.context is not None])
    expected = len(file.training.students) - len({leave.student_no for leave in leaves})
    signed_in = None if sign_ins is None else len({sign_in.student_no for sign_in in sign_ins})
    judged = [
        replace(photo, findings=(*photo.findings, pair, *check_who(photo, session, roster, expected, signed_in)))
        for photo in judged
    ]
    if history is not None:
        history.confirm(session, [(photo.submission, photo.look, photo.findings) for photo in judged])
    reported = tuple(
        PhotoEvidence(photo.submission, photo.look, photo.matches, photo.findings, believe_view(photo))
        for photo in judged
    )
    frames = _match_frames(given, roster, session)
    evidence = SessionEvidence(
        training=file.training,
        session=session,
        photos=(*reported, *frames),
        sign_ins=sign_ins,
        leaves=leaves,
        roster=roster,
        calibration=given.calibration,
        earlier=earlier,
    )
    conclusion = conclude_session(evidence)
    findings = (
        check_reports(session, reported),
        check_signins(evidence, conclusion),
        _check_rate(given.policy, session.day, conclusion),
    )
    recorded = given.recorded.recorded_sessions.get(session.id) if given.recorded else None
    late = select_late_sign_ins(session, file.training.sessions, ordered_sign_ins)
    facts = gather_facts(session, evidence, conclusion, judged, recorded or RecordedSession(), late)
    return JudgedSession(session, tuple(judged), conclusion, findings, facts, frames)


def _match_frames(given: ClassToJudge, roster: Roster, session: Session) -> tuple[PhotoEvidence, ...]:
    """What the session's cameras showed of people: for attendance only, as no agency reported it."""
    return tuple(
        as_photo_evidence(frame, given.looks[frame.sha256], session, roster, given.calibration)
        for frame in given.frames.get(session.id, ())
        if frame.sha256 in given.looks
    )


def check_who(
    photo: JudgedPhoto, session: Session | None, roster: Roster | None, expected: int | None, signed_in: int | None
) -> tuple[Finding, ...]:
    """The three findings about people, for a photo that could be opened; the others keep the pipeline's reason."""
    ids = ("photo.people", "photo.teacher", "photo.roster")
    if photo.look.decoded.fault is not None or photo.look.faces is None:
        # Same outcome and reason as the pipeline's other checks of this photo.
        model = next(finding for finding in photo.findings if finding.check == "photo.quality")
        return tuple(replace(model, check=check) for check in ids)
    return (
        check_people(photo.look.people, expected=expected, signed_in=signed_in, view=believe_view(photo)),
        check_teacher(photo.matches, session, roster),
        check_roster(photo.matches, roster),
    )


def believe_view(photo: JudgedPhoto) -> View | None:
    """The photo's view: what it shows, else what was declared; None where the two contradict each other."""
    declared = photo.submission.view
    seen = decide_view(photo.look).view if photo.look.faces is not None else None
    if seen is None or declared is None:
        return seen or declared
    return seen if seen is declared else None


def _check_rate(policy: Policy, day: date, conclusion: SessionConclusion) -> Finding:
    # Another city may call it by another code, or have no such rule.
    clause = next((entry.citation for entry in policy.rules if entry.judge == ATTENDANCE_RULE), None)
    if clause is None:
        reason = say("法规{policy}没有到课率的规定，不判断到课率。", policy=str(policy.ref))
        return Finding("session.attendance", Outcome.NOT_APPLICABLE, reason, str(policy.ref))
    if not clause.in_force_on(day):
        reason = say("{label}在{day}不在有效期内，不判断到课率。", label=clause.label, day=day.isoformat())
        return Finding("session.attendance", Outcome.NOT_APPLICABLE, reason, str(policy.ref))
    try:
        minimum = float(policy.number("attendance_rate_min_percent", day)) / 100
    except KeyError:
        reason = say(
            "法规{policy}没有设定{day}的最低到课率，系统未能判断。", policy=str(policy.ref), day=day.isoformat()
        )
        return Finding("session.attendance", Outcome.NOT_RUN, reason, str(policy.ref))
    return check_attendance(conclusion, minimum=minimum, clause=clause.label)
