"""What one session's evidence becomes for the regulation: facts with their evidence, hard ones apart from doubts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from verifier.attendance.cases import CaseKind
from verifier.attendance.presence import SessionConclusion, SessionEvidence
from verifier.attendance.session_checks import judge_report
from verifier.coordinates import convert_to_wgs84, measure_distance_m
from verifier.finding import Outcome
from verifier.language import Sentence, join, say
from verifier.plan import Session, SignIn
from verifier.regulation.facts import (
    CameraSpan,
    CameraState,
    ObservedTeaching,
    PhotoReport,
    RecordedSession,
    ReportState,
    Seen,
    SessionFacts,
    SignInFact,
    StudentFact,
)

if TYPE_CHECKING:
    from verifier.judging import JudgedPhoto

PLACE_CHECKS = ("photo.stamp_place", "photo.camera_place")
# One picture of another teacher may be a visit, or the filed one behind the camera; the report's two pictures show who teaches.
PICTURES_OF_REPLACEMENT = 2
_NOTHING = RecordedSession()


def gather_facts(
    session: Session,
    evidence: SessionEvidence,
    conclusion: SessionConclusion,
    photos: Sequence[JudgedPhoto],
    recorded: RecordedSession = _NOTHING,
    late_sign_ins: Sequence[SignIn] = (),
) -> SessionFacts:
    """Everything the rules may know of one closed session.

    Args:
        late_sign_ins: Made after the time for signing in; see `select_late_sign_ins`.
        recorded: What cameras, agencies and inspectors left about it, beside photos and sign-ins.
    """
    digests = tuple(sorted({f"sha256:{photo.submission.sha256}" for photo in photos}))
    replaced = {
        case.student_no: _name({sighting.sha256 for sighting in case.sightings})
        for case in conclusion.cases
        if case.kind is CaseKind.IMPERSONATION and case.student_no
    }
    students = tuple(
        StudentFact(
            student.student_no,
            student.presence,
            student.face,
            tuple(sorted({f"sha256:{sighting.sha256}" for sighting in student.sightings})),
            replaced.get(student.student_no, ()),
        )
        for student in conclusion.students
    )
    return SessionFacts(
        session=session,
        students=students,
        reports=(PhotoReport(_report_state(evidence), digests),),
        camera=recorded.camera,
        sign_ins=(
            *(_sign_in_fact(sign_in, session) for sign_in in evidence.sign_ins or ()),
            *(_sign_in_fact(sign_in, session, late=True) for sign_in in late_sign_ins),
        ),
        teacher=weigh_with_visit(see_teacher(session, evidence, photos), recorded.teacher),
        place=weigh_with_visit(see_place(photos), recorded.place),
        timetable=recorded.timetable or Seen(Outcome.UNSURE),
        observed=recorded.observed or observe_by_camera(session, recorded.camera),
        recording=recorded.recording,
        online=recorded.online,
    )


def _report_state(evidence: SessionEvidence) -> ReportState:
    if any(photo.look.not_read.get("picture") for photo in evidence.handed_in):
        return ReportState.NOT_RUN
    return judge_report(evidence.handed_in)


def _sign_in_fact(sign_in: SignIn, session: Session, *, late: bool = False) -> SignInFact:
    venue, distance = session.venue, None
    if None not in (sign_in.longitude, sign_in.latitude, venue.longitude, venue.latitude):
        here = convert_to_wgs84(float(sign_in.longitude or 0), float(sign_in.latitude or 0), sign_in.frame)
        there = convert_to_wgs84(float(venue.longitude or 0), float(venue.latitude or 0), venue.frame)
        distance = measure_distance_m(here, there)
    return SignInFact(
        student_no=sign_in.student_no,
        signed_at=sign_in.signed_at,
        source=sign_in.source,
        device=sign_in.device,
        longitude=sign_in.longitude,
        latitude=sign_in.latitude,
        distance_m=distance,
        evidence=f"signin:{sign_in.student_no}@{sign_in.signed_at.isoformat()}",
        late=late,
    )


def see_teacher(session: Session, evidence: SessionEvidence, photos: Sequence[JudgedPhoto]) -> Seen:
    """Whether the filed teacher taught, as `photo.teacher` found in the photos that show their own time, or a camera showed.

    FAILED only where another filed teacher stands in both pictures of a report, in one of which every face was read, and the
    filed one, who can be recognised, in none. Fewer pictures are a lead: the filed teacher may hold the camera.
    """
    wanted = session.teacher_number
    if wanted is None:
        return Seen(Outcome.NOT_APPLICABLE)
    counted = {photo.submission.sha256 for photo in evidence.photos if photo.usable and photo.time_proven}
    complete = {photo.submission.sha256 for photo in evidence.photos if photo.all_read}
    there = {
        photo.submission.sha256
        for photo in evidence.photos
        if photo.frame is not None
        and photo.submission.sha256 in counted
        and any(match.teacher_number == wanted for match in photo.matches)
    }
    others: dict[str, set[str]] = {}
    for photo in photos:
        if photo.submission.sha256 not in counted:
            continue
        for finding in photo.findings:
            if finding.check != "photo.teacher":
                continue
            seen = {name for name in str(finding.measured.get("seen") or "").split("、") if name}
            if finding.outcome is Outcome.PASSED:
                there.add(photo.submission.sha256)
            for name in seen - {wanted}:
                others.setdefault(name, set()).add(photo.submission.sha256)
    if there:
        return Seen(Outcome.PASSED, _name(there))
    if not others:
        return Seen(Outcome.NOT_RUN if _was_not_looked_at(evidence) else Outcome.UNSURE)
    number, pictures = max(others.items(), key=lambda item: (len(item[1]), item[0]))
    hard = len(pictures) >= PICTURES_OF_REPLACEMENT and pictures & complete and wanted in evidence.roster.teachers
    detail = say(
        "{count}张照片中授课的是教师{seen}，备案教师{wanted}未在任何照片中认出。",
        count=len(pictures), seen=number, wanted=wanted,
    )  # fmt: skip
    return Seen(Outcome.FAILED if hard else Outcome.UNSURE, _name(pictures), detail)


def _was_not_looked_at(evidence: SessionEvidence) -> bool:
    return bool(evidence.handed_in) and all(photo.look.faces is None for photo in evidence.handed_in)


def see_place(photos: Sequence[JudgedPhoto]) -> Seen:
    """Where the session was held, as its photos show: one photo at the venue outweighs others elsewhere to a doubt."""
    found: dict[Outcome, dict[str, Sentence]] = {Outcome.PASSED: {}, Outcome.FAILED: {}}
    for photo in photos:
        for finding in photo.findings:
            if finding.check in PLACE_CHECKS and finding.outcome in found:
                found[finding.outcome].setdefault(photo.submission.sha256, finding.reason)
    passed, failed = found[Outcome.PASSED], found[Outcome.FAILED]
    detail: Sentence | str = join(list({str(each): each for each in failed.values()}.values())) if failed else ""
    if failed and passed:
        return Seen(Outcome.UNSURE, _name({*passed, *failed}), detail)
    if failed:
        return Seen(Outcome.FAILED, _name(failed), detail)
    return Seen(Outcome.PASSED, _name(passed)) if passed else Seen(Outcome.UNSURE)


def weigh_with_visit(seen: Seen, visit: Seen | None) -> Seen:
    """What the photos show beside what people found: people's word counts, and where photos contradict it, it is open."""
    if visit is None:
        return seen
    if {seen.outcome, visit.outcome} == {Outcome.PASSED, Outcome.FAILED}:
        evidence = tuple(sorted({*seen.evidence, *visit.evidence}))
        return Seen(Outcome.UNSURE, evidence, visit.detail or seen.detail)
    return visit


def observe_by_camera(session: Session, camera: Sequence[CameraSpan] | None) -> ObservedTeaching | None:
    """When teaching began and ended, where a camera showed the room all the time; None where it has any gap or doubt."""
    inside = sorted(
        (span for span in camera or () if span.ends_at > session.starts_at and span.starts_at < session.ends_at),
        key=lambda span: span.starts_at,
    )
    at = session.starts_at
    for span in inside:
        if span.starts_at > at or span.state not in (CameraState.TEACHING, CameraState.ROOM_EMPTY):
            return None
        at = max(at, span.ends_at)
    taught = [span for span in inside if span.state is CameraState.TEACHING]
    if at < session.ends_at or not taught:
        return None  # an empty room all along is hours cut, which the spans themselves say
    return ObservedTeaching(
        max(taught[0].starts_at, session.starts_at),
        min(max(span.ends_at for span in taught), session.ends_at),
        "camera",
        tuple(sorted({item for span in inside for item in span.evidence})),
    )


def _name(digests: set[str] | dict[str, Sentence]) -> tuple[str, ...]:
    return tuple(sorted(f"sha256:{digest}" for digest in digests))
