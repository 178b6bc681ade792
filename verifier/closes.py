"""What a judgement becomes in the records: values of one room as values of the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.attendance.cases import Case, CaseKind
from verifier.attendance.fusion import UnknownPerson
from verifier.attendance.matching import FaceMatch
from verifier.attendance.presence import PhotoEvidence
from verifier.camera_health import CameraFrame
from verifier.finding import Outcome, overall
from verifier.judging import JudgedClass, JudgedPhoto, JudgedSession
from verifier.observation import FaceObservation, Look
from verifier.plan import Submission
from verifier.records.closing import (
    CaseProposal,
    FrameJudgement,
    PhotoJudgement,
    PortraitVerdict,
    SessionClose,
    SessionNumbers,
    StudentPresence,
    UnknownFace,
)
from verifier.records.closing import FaceMatch as FaceRecord
from verifier.records.portraits import ACCEPTED
from verifier.regulating import list_proposals, list_rule_findings
from verifier.regulation.facts import Presence
from verifier.regulation.result import PolicyRef
from verifier.regulation.violation import ChangeKind


def close_of_session(
    class_number: str, judged: JudgedSession, input_key: str, versions: Mapping[str, Any], policy: PolicyRef
) -> SessionClose:
    """Everything one closed session concludes."""
    conclusion = judged.conclusion
    return SessionClose(
        class_number=class_number,
        session_id=judged.session.id,
        input_key=input_key,
        versions=versions,
        policy_name=policy.name,
        policy_version=policy.version,
        outcome=judged.outcome,
        photos=tuple(photo_record(photo) for photo in judged.photos),
        frames=tuple(_frame_record(frame) for frame in judged.frames),
        findings=judged.findings,
        presences=tuple(
            StudentPresence(student.student_no, _stored(student.presence), student.because)
            for student in conclusion.students
        ),
        numbers=SessionNumbers(
            expected=conclusion.expected,
            present=conclusion.present,
            unsure=conclusion.count(Presence.UNSURE) + conclusion.count(Presence.NOT_RUN),
            leave=conclusion.count(Presence.LEAVE),
            rate=conclusion.rate,
        ),
        cases=tuple(_case_record(case, judged) for case in conclusion.cases),
        unknown=tuple(_unknown_record(each, judged) for each in conclusion.unknown if each.state == "stranger"),
    )


def close_of_class(judged: JudgedClass, input_key: str, versions: Mapping[str, Any], policy: PolicyRef) -> SessionClose:
    """What belongs to no single session: photos that found none, and what the regulation says of the class as a whole."""
    photos = tuple(photo_record(photo) for photo in judged.unplaced)
    findings = [finding for photo in judged.unplaced for finding in photo.findings]
    return SessionClose(
        class_number=judged.training.number,
        session_id=None,
        input_key=input_key,
        versions=versions,
        policy_name=policy.name,
        policy_version=policy.version,
        outcome=overall(findings) if findings else Outcome.NOT_APPLICABLE,
        photos=photos,
        findings=list_rule_findings(judged.regulated.results) if judged.regulated else (),
        violations=list_proposals(judged.regulated) if judged.regulated else (),
        cases=tuple(_class_case_record(case) for case in judged.cases),
        portraits=tuple(
            PortraitVerdict(of_student, number, sha256, verdict.code or ACCEPTED, verdict.reason)
            for (of_student, number, sha256), verdict in sorted(judged.enrolment.verdicts.items())
        ),
        lapses={
            each.violation.key: each.reason
            for each in (judged.regulated.changes if judged.regulated else ())
            if each.kind is ChangeKind.LAPSES
        },
    )


def photo_record(photo: JudgedPhoto) -> PhotoJudgement:
    """One photo's findings and faces. Without a roster its faces are as readable as they are, and nobody's."""
    return PhotoJudgement(photo.submission, photo.findings, _face_records(photo.look, photo.matches))


def _frame_record(seen: PhotoEvidence) -> FrameJudgement:
    assert seen.frame is not None, "a session's frames come from cameras"
    return FrameJudgement(seen.frame, _face_records(seen.look, seen.matches))


def _face_records(look: Look, found: tuple[FaceMatch, ...]) -> tuple[FaceRecord, ...]:
    faces = look.faces or ()
    matches: tuple[FaceMatch | None, ...] = found or (None,) * len(faces)
    return tuple(face_record(face, match) for face, match in zip(faces, matches, strict=True))


def face_record(face: FaceObservation, match: FaceMatch | None) -> FaceRecord:
    """One face with what it was taken for."""
    if match is None:
        state = "unclear" if face.readable else "unreadable"
        return FaceRecord(face.box, face.score, state, unreadable_because=face.unreadable_because)
    return FaceRecord(
        box=face.box,
        score=face.score,
        state=match.state.value,
        student_no=match.student_no,
        teacher_number=match.teacher_number,
        similarity=match.similarity,
        match_probability=match.match_probability,
        unreadable_because=face.unreadable_because,
    )


def _stored(presence: Presence) -> str:
    # What we could not look at is unsure towards everybody outside; the finding says that it was our own gap.
    return Presence.UNSURE.value if presence is Presence.NOT_RUN else presence.value


def _case_record(case: Case, judged: JudgedSession) -> CaseProposal:
    sighting = case.sightings[0] if case.sightings else None
    submission = next(
        (
            photo.submission
            for photo in judged.photos
            if sighting is not None and photo.submission.file == sighting.file
        ),
        None,
    )
    who = case.student_no or "+".join(case.candidates)
    return CaseProposal(
        kind=case.kind.value,
        dedup_key=f"{case.kind.value}|{case.session_id}|{who}",
        reason=case.reason,
        student_no=case.student_no,
        submission=submission,
        # Without a photo that it lies in, as a camera's picture is no photo, a box points nowhere.
        box=sighting.box if sighting and submission else None,
        probability=case.probability,
        candidates=case.candidates if case.kind is CaseKind.IMPERSONATION and case.student_no is None else (),
    )


def _class_case_record(case: Case) -> CaseProposal:
    # Without the session: it is the last one so far, and the case stays the same while it moves on.
    who = case.student_no or "+".join(case.candidates)
    return CaseProposal(
        case.kind.value, f"{case.kind.value}|{who}", case.reason, case.student_no, probability=case.probability
    )


def _unknown_record(person: UnknownPerson, judged: JudgedSession) -> UnknownFace:
    where: dict[tuple[str, str], Submission | CameraFrame] = {
        (photo.submission.file, photo.submission.sha256): photo.submission for photo in judged.photos
    }
    where |= {(frame.file, frame.sha256): frame for frame in (each.frame for each in judged.frames) if frame}
    looks = {each.submission.sha256: each.look for each in judged.photos}
    looks |= {each.submission.sha256: each.look for each in judged.frames}
    return UnknownFace(
        sightings=tuple((where[each.file, each.sha256], each.index, each.box) for each in person.sightings),
        inter_eye_px=person.inter_eye_px,
        embedding=person.embedding,
        embedding_contract=looks[person.sightings[0].sha256].embedding_contract,
    )
