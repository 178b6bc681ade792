"""What pages, reports and the JSON of the night show: current conclusions, as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import Session as Tx

from verifier.finding import Finding, Outcome
from verifier.language import Sentence
from verifier.observation import Box
from verifier.plan import Submission, View
from verifier.records.closing import FaceMatch, SessionNumbers, StudentPresence
from verifier.records.rows import find_class
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.face_observation import FaceObservationRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.teacher import TeacherRow
from verifier.records.tables.training_class import ClassRow

Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session of the timetable with its current conclusion; `outcome` is None while it was never closed."""

    class_number: str
    session_id: str
    day: date
    period: str
    starts_at: datetime
    ends_at: datetime
    hours: float
    outcome: Outcome | None
    numbers: SessionNumbers | None
    students: tuple[StudentPresence, ...]
    findings: tuple[Finding, ...]
    versions: Mapping[str, Any]
    policy_name: str
    policy_version: str


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """One photo with its current findings. `session_id` is where it was judged, which may differ from what was declared."""

    id: UUID
    class_number: str
    session_id: str | None
    submission: Submission
    findings: tuple[Finding, ...]
    faces: tuple[FaceMatch, ...]


@dataclass(frozen=True, slots=True)
class StudentHours:
    """Standard hours of one student over the closed sessions of a class: attended, in doubt, on leave, missed."""

    student_no: str
    name: str
    planned_hours: float
    attended: float
    unsure: float
    leave: float
    absent: float


def read_sessions(
    tx: Tx,
    class_number: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    *,
    with_details: bool = True,
    only: Sequence[str] | None = None,
) -> list[SessionRecord]:
    """The sessions of one class or all, of some days or all (both included), by time.

    Args:
        with_details: Without, students and findings are left empty, which spares reading a row for every student.
        only: Sessions of these ids, and no others.
    """
    query = in_days(_of_class(_sessions_with_runs(), class_number), first_day, last_day)
    if only is not None:
        query = query.where(SessionRow.code.in_(only))
    rows = tx.execute(query.order_by(SessionRow.starts_at, ClassRow.number, SessionRow.code)).all()
    runs = [run.id for _, _, run in rows if run is not None and with_details]
    presences = _read_presences(tx, runs)
    findings = _read_findings(tx, runs, of_photos=False)
    return [_session_record(session, training, run, presences, findings) for session, training, run in rows]


def find_open_sessions(tx: Tx, last_day: date, first_day: date | None = None) -> list[tuple[str, str]]:
    """(class number, session id) of sessions up to and with a day that were never closed, by time."""
    query = in_days(_sessions_with_runs(), first_day, last_day).where(RunRow.id.is_(None))
    rows = tx.execute(query.order_by(SessionRow.starts_at, ClassRow.number, SessionRow.code))
    return [(training.number, session.code) for session, training, _ in rows]


def read_photos(
    tx: Tx,
    class_number: str | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    photo_id: UUID | None = None,
    photo_ids: Sequence[UUID] | None = None,
) -> list[PhotoRecord]:
    """Judged photos with findings and faces, by class, session and file.

    A photo counts to the day of the session it was judged for; where it belongs to none, to the day of its receipt, and
    to every day where that is unknown.
    """
    query: Query = (
        select(SubmissionRow, EvidenceRow.size_bytes, RunRow, ClassRow, SessionRow)
        # By its first finding, of which a judged photo has exactly one in each run.
        .join(FindingRow, (FindingRow.submission_id == SubmissionRow.id) & (FindingRow.position == 0))
        .join(RunRow, RunRow.id == FindingRow.run_id)
        .join(EvidenceRow, EvidenceRow.sha256 == SubmissionRow.sha256)
        .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
        .outerjoin(SessionRow, SessionRow.id == RunRow.session_id)
        .where(RunRow.is_current)
    )
    if photo_id is not None:
        query = query.where(SubmissionRow.id == photo_id)
    if photo_ids is not None:
        query = query.where(SubmissionRow.id.in_(photo_ids))
    rows = [
        row
        for row in tx.execute(in_days(_of_class(query, class_number), first_day, last_day, or_none=True))
        if _is_within(_day_of(row[0], row[3], row[4]), first_day, last_day)
    ]
    runs = sorted({row[2].id for row in rows})
    # Few ids by name: a session's run has other photos too.
    few = [row[0].id for row in rows] if photo_ids is not None or photo_id is not None else None
    findings = _read_findings(tx, runs, of_photos=True, photo_ids=few)
    faces = _read_faces(tx, runs, few)
    found = [
        PhotoRecord(
            id=photo.id,
            class_number=training.number,
            session_id=session.code if session else None,
            submission=_submission(photo, size, ZoneInfo(training.timezone)),
            findings=tuple(findings[run.id, photo.id]),
            faces=tuple(faces[run.id, photo.id]),
        )
        for photo, size, run, training, session in rows
    ]
    return sorted(
        found, key=lambda each: (each.class_number, each.session_id or "", each.submission.file, str(each.id))
    )


def read_photo(tx: Tx, photo_id: UUID) -> PhotoRecord:
    """One judged photo.

    Raises:
        KeyError: no photo of that id was judged.
    """
    found = read_photos(tx, photo_id=photo_id)
    if not found:
        raise KeyError(str(photo_id))
    return found[0]


def read_attended_hours(tx: Tx, class_number: str) -> list[StudentHours]:
    """Hours of every student on the roster, in its order; sessions never closed and dropped ones count for nothing.

    Raises:
        NotInRecordsError: there is no such class.
    """
    training = find_class(tx, class_number)
    rows = tx.execute(
        select(PresenceRow.enrolment_id, PresenceRow.presence, func.sum(SessionRow.hours))
        .join(SessionRow, SessionRow.id == PresenceRow.session_id)
        .where(SessionRow.class_id == training.id, SessionRow.dropped_at.is_(None), PresenceRow.is_current)
        .group_by(PresenceRow.enrolment_id, PresenceRow.presence)
    )
    hours: dict[tuple[UUID, str], float] = defaultdict(float)
    for enrolment_id, presence, session_hours in rows:
        hours[enrolment_id, presence] += session_hours
    roster = tx.scalars(
        select(EnrolmentRow)
        .where(EnrolmentRow.class_id == training.id, EnrolmentRow.dropped_at.is_(None))
        .order_by(EnrolmentRow.position)
    )
    return [
        StudentHours(
            student_no=line.student_no,
            name=line.name,
            planned_hours=training.planned_hours,
            attended=hours[line.id, "present"],
            unsure=hours[line.id, "unsure"],
            leave=hours[line.id, "leave"],
            absent=hours[line.id, "absent"],
        )
        for line in roster
    ]


def in_days(query: Query, first_day: date | None, last_day: date | None, *, or_none: bool = False) -> Query:
    """Only sessions from the first day to the last, both included; None leaves that side open.

    `or_none` keeps what belongs to no session, where the query joins sessions from outside.
    """
    no_session = SessionRow.id.is_(None) if or_none else false()
    if first_day is not None:
        query = query.where((SessionRow.day >= first_day) | no_session)
    if last_day is not None:
        query = query.where((SessionRow.day <= last_day) | no_session)
    return query


def _sessions_with_runs() -> Query:
    return (
        select(SessionRow, ClassRow, RunRow)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .outerjoin(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .where(SessionRow.dropped_at.is_(None))
    )


def _of_class(query: Query, class_number: str | None) -> Query:
    return query if class_number is None else query.where(ClassRow.number == class_number)


def _session_record(
    session: SessionRow,
    training: ClassRow,
    run: RunRow | None,
    presences: Mapping[UUID, list[StudentPresence]],
    findings: Mapping[tuple[UUID, UUID | None], list[Finding]],
) -> SessionRecord:
    zone = ZoneInfo(training.timezone)
    return SessionRecord(
        class_number=training.number,
        session_id=session.code,
        day=session.day,
        period=session.period,
        starts_at=session.starts_at.astimezone(zone),
        ends_at=session.ends_at.astimezone(zone),
        hours=session.hours,
        outcome=Outcome(run.outcome) if run else None,
        numbers=_numbers(run) if run else None,
        students=tuple(presences[run.id]) if run else (),
        findings=tuple(findings[run.id, None]) if run else (),
        versions=run.versions if run else {},
        policy_name=run.policy_name if run else "",
        policy_version=run.policy_version if run else "",
    )


def _numbers(run: RunRow) -> SessionNumbers | None:
    if run.expected is None or run.present is None or run.unsure is None or run.on_leave is None:
        return None
    return SessionNumbers(run.expected, run.present, run.unsure, run.on_leave, run.rate)


def _read_presences(tx: Tx, runs: Sequence[UUID]) -> Mapping[UUID, list[StudentPresence]]:
    found: dict[UUID, list[StudentPresence]] = defaultdict(list)
    # Columns, not rows as objects, here and below: a class has thousands.
    query = select(PresenceRow.run_id, EnrolmentRow.student_no, PresenceRow.presence, PresenceRow.because).join(
        EnrolmentRow, EnrolmentRow.id == PresenceRow.enrolment_id
    )
    for part in in_parts(runs):
        rows = tx.execute(query.where(PresenceRow.run_id.in_(part)).order_by(EnrolmentRow.position))
        for run_id, student_no, presence, because in rows:
            reasons = tuple(Sentence.from_json(each) for each in because)
            found[run_id].append(StudentPresence(student_no, presence, reasons))
    return found


def _read_findings(
    tx: Tx, runs: Sequence[UUID], *, of_photos: bool, photo_ids: Sequence[UUID] | None = None
) -> Mapping[tuple[UUID, UUID | None], list[Finding]]:
    found: dict[tuple[UUID, UUID | None], list[Finding]] = defaultdict(list)
    which = FindingRow.submission_id.is_not(None) if of_photos else FindingRow.submission_id.is_(None)
    query = select(
        FindingRow.run_id, FindingRow.submission_id, FindingRow.check_id, FindingRow.outcome, FindingRow.reason,
        FindingRow.profile, FindingRow.measured,
    ).where(which).order_by(FindingRow.position)  # fmt: skip
    if photo_ids is not None:
        query = query.where(FindingRow.submission_id.in_(photo_ids))
    for part in in_parts(runs):
        rows = tx.execute(query.where(FindingRow.run_id.in_(part)))
        for run_id, photo_id, check, outcome, reason, profile, measured in rows:
            finding = Finding(check, Outcome(outcome), Sentence.from_json(reason), profile, measured)
            found[run_id, photo_id].append(finding)
    return found


def _read_faces(
    tx: Tx, runs: Sequence[UUID], photo_ids: Sequence[UUID] | None = None
) -> Mapping[tuple[UUID, UUID | None], list[FaceMatch]]:
    found: dict[tuple[UUID, UUID | None], list[FaceMatch]] = defaultdict(list)
    row = FaceObservationRow
    query = (
        select(
            row.run_id, row.submission_id, row.box_x, row.box_y, row.box_width, row.box_height, row.score, row.state,
            EnrolmentRow.student_no, TeacherRow.number, row.similarity, row.match_probability, row.unreadable_because,
        )
        .outerjoin(EnrolmentRow, EnrolmentRow.id == row.enrolment_id)
        .outerjoin(TeacherRow, TeacherRow.id == row.teacher_id)
        .order_by(row.position)
    )  # fmt: skip
    if photo_ids is not None:
        query = query.where(row.submission_id.in_(photo_ids))
    for part in in_parts(runs):
        for run_id, photo_id, x, y, width, height, *face in tx.execute(query.where(row.run_id.in_(part))):
            found[run_id, photo_id].append(FaceMatch(Box(x, y, width, height), *face))
    return found


def _submission(row: SubmissionRow, size: int | None, zone: ZoneInfo) -> Submission:
    return Submission(
        file=row.file,
        sha256=row.sha256,
        size_bytes=size or 0,
        received_at=row.received_at.astimezone(zone) if row.received_at else None,
        session_id=row.declared_session or None,
        view=View(row.view) if row.view else None,
    )


def _day_of(photo: SubmissionRow, training: ClassRow, session: SessionRow | None) -> date | None:
    if session is not None:
        return session.day
    return photo.received_at.astimezone(ZoneInfo(training.timezone)).date() if photo.received_at else None


def _is_within(day: date | None, first_day: date | None, last_day: date | None) -> bool:
    if day is None:
        return True
    return (first_day is None or first_day <= day) and (last_day is None or day <= last_day)


def in_parts(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    """Few enough ids at once for one statement."""
    listed = list(ids)
    return (listed[start : start + 500] for start in range(0, len(listed), 500))
