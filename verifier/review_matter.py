"""Everything an inspector wants to see before deciding on one case or violation, as plain values for its page. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.answers import answer_for
from verifier.attendance.calibration import load_calibration
from verifier.attendance.meaning import explain_similarity
from verifier.language import Sentence, say
from verifier.looking import look_versions
from verifier.observation import FaceObservation
from verifier.records.appeals import AppealRecord, read_appeals_about
from verifier.records.claims import Claim, read_claims
from verifier.records.decisions import DecisionRecord, read_decisions
from verifier.records.errors import NotInRecordsError
from verifier.records.matters import CaseRecord, ViolationRecord, read_cases, read_violations
from verifier.records.notices import NoticeRecord, find_standing
from verifier.records.portraits import ACCEPTED, PortraitRecord, read_portraits
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentPhotoRow, EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.sign_in import SignInRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow
from verifier.records.tables.violation import ViolationRow
from verifier.records.violation_values import find_clause, read_matter_decisions
from verifier.regulation.decisions import conclude, needs_two_persons
from verifier.regulation.facts import CaseState
from verifier.regulation.policy import Policy
from verifier.regulation.result import Consequence
from verifier.review_sightings import Seen, find_face, find_same_pictures, find_strangers, find_student
from verifier.settings import Settings
from verifier.shown_looks import read_shown_looks


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in of the student around the session."""

    at: datetime
    source: str
    device: str


@dataclass(frozen=True, slots=True)
class MatterView:
    """One case or violation with its evidence. `sort` is ``case`` or ``violation``; `state` as `CaseState` names it.

    `score` is the cosine of the captured face to the enrolment picture, None where one of the two cannot be compared.
    `notice` is the one in force that warns about a violation; `warnable`: it is confirmed, leads to a warning, and none does yet.
    `answers` is what the agency said about it, or about the notices that warn about it.
    `answer` holds the photos, sessions and students of the days it is about, in the JSON contract's shape.
    """

    id: UUID
    sort: str
    kind: str
    class_number: str
    state: str
    record: CaseRecord | ViolationRecord
    quote: str
    two_persons: bool
    decisions: tuple[tuple[DecisionRecord, str], ...]
    claim: Claim | None
    answer: dict[str, Any]
    portraits: tuple[PortraitRecord, ...] = ()
    score: float | None = None
    score_told: tuple[Sentence, ...] = ()
    student_seen: tuple[Seen, ...] = ()
    strangers_alike: tuple[Seen, ...] = ()
    same_pictures: tuple[tuple[UUID, str, str], ...] = ()
    sign_ins: tuple[SignIn, ...] = ()
    against: tuple[Sentence, ...] = ()
    evidence: tuple[tuple[str, str], ...] = field(default=())
    notice: NoticeRecord | None = None
    warnable: bool = False
    answers: tuple[AppealRecord, ...] = ()


def view_matter(
    tx: Tx, settings: Settings, policy: Policy, matter_id: UUID, now: datetime, language: str | None = None
) -> MatterView:
    """One case or violation.

    Raises:
        NotInRecordsError: there is neither.
    """
    row = tx.get(CaseRow, matter_id) or tx.get(ViolationRow, matter_id)
    if row is None:
        raise NotInRecordsError(f"no case or violation {matter_id} is on record")
    number = tx.get_one(ClassRow, row.class_id).number
    decisions = _read_history(tx, matter_id)
    claim = read_claims(tx, now, [matter_id]).get(matter_id)
    if isinstance(row, ViolationRow):
        violation = next(each for each in read_violations(tx, number) if each.id == matter_id)
        clause, consequence = find_clause(policy, row.code, row.rule)
        two = needs_two_persons(consequence)
        answer = _answer(tx, settings, number, violation.session_ids, language)
        return MatterView(
            matter_id, "violation", row.code, number, _state(tx, row, two), violation, clause.quote, two, decisions, claim,
            answer, evidence=name_evidence(tx, violation.evidence, number), notice=(notice := find_standing(tx, matter_id)),
            warnable=row.state == "confirmed" and consequence is Consequence.WARNING and notice is None,
            answers=tuple(read_appeals_about(tx, matter_id)),
        )  # fmt: skip
    case = next(each for each in read_cases(tx, number) if each.id == matter_id)
    answer = _answer(tx, settings, number, (case.session_id,) if case.session_id else (), language)
    portraits = tuple(each for each in read_portraits(tx, number) if _is_of(tx, each, case.subject))
    score, eyes = _compare(tx, settings, case, portraits)
    calibration = load_calibration(settings.face_pack, settings.models_dir)
    _, contract = look_versions(settings)
    student_seen = tuple(find_student(tx, number, case.subject, case.session_id))
    return MatterView(
        matter_id, "case", case.kind, number, _state(tx, row, False), case, "", False, decisions, claim, answer,
        portraits=portraits, score=score,
        score_told=tuple(explain_similarity(calibration, score, eyes)) if score is not None else (),
        student_seen=student_seen,
        strangers_alike=tuple(find_strangers(tx, case, contract, calibration)) if case.photo_id else (),
        same_pictures=tuple(each for each in _same(tx, case) if each[0] != case.photo_id),
        sign_ins=_read_sign_ins(tx, case, number),
        against=tuple(_list_doubts(case, answer, portraits, student_seen)),
        answers=tuple(read_appeals_about(tx, matter_id)),
    )  # fmt: skip


def _answer(
    tx: Tx, settings: Settings, number: str, session_ids: Sequence[str], language: str | None
) -> dict[str, Any]:
    """Of the days of these sessions; of no day where it is about none."""
    of_class = select(ClassRow.id).where(ClassRow.number == number).scalar_subquery()
    days = tx.scalars(
        select(SessionRow.day).where(SessionRow.class_id == of_class, SessionRow.code.in_(session_ids))
    ).all()
    first, last = (min(days), max(days)) if days else (None, None)
    return answer_for(tx, settings, first, last, class_number=number, language=language)


def _read_history(tx: Tx, matter_id: UUID) -> tuple[tuple[DecisionRecord, str], ...]:
    return tuple((each, tx.get_one(UserRow, each.decided_by).name) for each in read_decisions(tx, matter_id))


def _state(tx: Tx, row: CaseRow | ViolationRow, two: bool) -> str:
    if row.state != "needs_check":
        return row.state
    state = conclude(read_matter_decisions(tx, row.id), two_persons=two)
    return "awaiting_second" if state is CaseState.AWAITING_SECOND else "needs_check"


def _is_of(tx: Tx, portrait: PortraitRecord, student_no: str | None) -> bool:
    row = tx.get(EnrolmentPhotoRow, portrait.id)  # None where the picture is a teacher's
    return row is not None and tx.get_one(EnrolmentRow, row.enrolment_id).student_no == student_no


def _compare(
    tx: Tx, settings: Settings, case: CaseRecord, portraits: Sequence[PortraitRecord]
) -> tuple[float | None, float]:
    """Cosine of the captured face and the mean of the accepted enrolment pictures, and the distance between its eyes in px."""
    accepted = [each.sha256 for each in portraits if each.verdict is not None and each.verdict.code == ACCEPTED]
    if not accepted or case.sha256 is None or len(case.box_xywh) != 4:
        return None, 0.0
    # Embeddings compare within one contract only: an older look of another face pack gives no number.
    _, contract = look_versions(settings)
    looks = {
        sha256: look
        for sha256, look in read_shown_looks(tx, settings, [case.sha256, *accepted]).items()
        if look.embedding_contract == contract
    }
    faces = looks[case.sha256].faces if case.sha256 in looks else None
    face = find_face(faces or (), case.box_xywh)
    vectors = [_largest(looks[each].faces or ()) for each in accepted if each in looks]
    known = [each.embedding for each in vectors if each is not None and each.embedding is not None]
    if face is None or face.embedding is None or not known:
        return None, 0.0
    return float(np.dot(np.mean(known, axis=0), face.embedding)), face.inter_eye_px


def _largest(faces: Sequence[FaceObservation]) -> FaceObservation | None:
    return max(faces, key=lambda face: face.inter_eye_px, default=None)


def _same(tx: Tx, case: CaseRecord) -> list[tuple[UUID, str, str]]:
    return find_same_pictures(tx, case.sha256) if case.sha256 is not None else []


def _read_sign_ins(tx: Tx, case: CaseRecord, number: str) -> tuple[SignIn, ...]:
    """The student's sign-ins on the session's day; of all days where the case is about none."""
    if case.subject is None:
        return ()
    of_class = select(ClassRow.id).where(ClassRow.number == number).scalar_subquery()
    session = tx.scalar(select(SessionRow).where(SessionRow.class_id == of_class, SessionRow.code == case.session_id))
    rows = tx.scalars(
        select(SignInRow)
        .join(EnrolmentRow, EnrolmentRow.id == SignInRow.enrolment_id)
        .where(SignInRow.class_id == of_class, EnrolmentRow.student_no == case.subject)
        .order_by(SignInRow.signed_at)
    )
    zone = tx.scalar(select(ClassRow.timezone).where(ClassRow.number == number))
    local = [SignIn(row.signed_at.astimezone(ZoneInfo(str(zone))), row.source, row.device) for row in rows]
    return tuple(each for each in local if session is None or each.at.date() == session.day)


def name_evidence(tx: Tx, digests: Sequence[str], number: str) -> tuple[tuple[str, str], ...]:
    """(photo id, file) of the evidence that is a photo of the class."""
    rows = tx.execute(
        select(SubmissionRow.id, SubmissionRow.file)
        .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
        .where(SubmissionRow.sha256.in_(digests), ClassRow.number == number)
        .order_by(SubmissionRow.file)
    )
    return tuple((str(photo_id), file) for photo_id, file in rows)


def _list_doubts(
    case: CaseRecord, answer: dict[str, Any], portraits: Sequence[PortraitRecord], student_seen: Sequence[Seen]
) -> list[Sentence]:
    """What speaks against the suspicion, as far as the records know it; a person may know more."""
    found = []
    if case.probability is not None:
        found.append(say("系统自己估计，这一怀疑有误的可能性约{wrong:.1%}。", wrong=1 - case.probability))
    photos = [each for each in answer["photos"] if each["session"] == case.session_id]
    unreadable = sum(1 for photo in photos for face in photo["faces"] if face["state"] == "unreadable")
    if unreadable:
        found.append(say("该课次的照片中有{count}张看不清的脸，本人可能在其中。", count=unreadable))
    refused = [each for each in portraits if each.verdict is not None and each.verdict.code != ACCEPTED]
    if refused:
        found.append(say("该学员有{count}张备案照片未被采用，比对可能不准。", count=len(refused)))
    if case.student_no is not None and not portraits:
        found.append(say("该学员没有备案照片，无法比对。"))
    elif len(portraits) == 1:
        found.append(say("该学员只有1张备案照片；发型、眼镜和年龄会使同一个人看起来不像。"))
    if student_seen:
        sessions = len({(each.class_number, each.session_id) for each in student_seen})
        found.append(say("该学员在另外{count}个课次由人脸确认到场。", count=sessions))
    if not case.supported:
        found.append(say("最近一次核验已不再支持这一怀疑。"))
    return found
