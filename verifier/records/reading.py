"""What pages, reports and the JSON of the night show: current conclusions, as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, bindparam, false, func, select
from sqlalchemy.orm import Session as Tx

from verifier.finding import Finding, Outcome
from verifier.language import Sentence
from verifier.observation import Box
from verifier.plan import Submission, View
from verifier.records.closing import FaceMatch, SessionNumbers, StudentPresence
from verifier.records.rows import ask, find_class
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
    asked = {"number": class_number, "first_day": first_day, "last_day": last_day, "only": only}
    values = {name: value for name, value in asked.items() if value is not None}
    rows = ask(tx, _session_records(frozenset(values)), **values).all()
    runs = [row.run_id for row in rows if row.run_id is not None and with_details]
    presences = _read_presences(tx, runs)
    findings = _read_findings(tx, runs, of_photos=False)
    return [_session_record(row, presences, findings) for row in rows]


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
    hours: dict[tuple[UUID, str], float] = defaultdict(float)
    for enrolment_id, presence, session_hours in ask(tx, _hours_of_class(), class_id=training.id):
        hours[enrolment_id, presence] += session_hours
    roster = ask(tx, _roster_of_class(), class_id=training.id)
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


@cache
def _hours_of_class() -> Query:
    return (
        select(PresenceRow.enrolment_id, PresenceRow.presence, func.sum(SessionRow.hours))
        .join(SessionRow, SessionRow.id == PresenceRow.session_id)
        .where(SessionRow.class_id == bindparam("class_id"), SessionRow.dropped_at.is_(None), PresenceRow.is_current)
        .group_by(PresenceRow.enrolment_id, PresenceRow.presence)
    )


@cache
def _roster_of_class() -> Query:
    return (
        select(EnrolmentRow.id, EnrolmentRow.student_no, EnrolmentRow.name)
        .where(EnrolmentRow.class_id == bindparam("class_id"), EnrolmentRow.dropped_at.is_(None))
        .order_by(EnrolmentRow.position)
    )


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


@cache
def _session_records(asked: frozenset[str]) -> Query:
    """Of columns, as all queries that are built once; for the values that are asked for, by name."""
    query: Query = (
        select(
            ClassRow.number, ClassRow.timezone, SessionRow.code, SessionRow.day, SessionRow.period, SessionRow.starts_at,
            SessionRow.ends_at, SessionRow.hours, RunRow.id.label("run_id"), RunRow.outcome, RunRow.expected,
            RunRow.present, RunRow.unsure, RunRow.on_leave, RunRow.rate, RunRow.versions, RunRow.policy_name,
            RunRow.policy_version,
        )
        .select_from(SessionRow)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .outerjoin(RunRow, (RunRow.session_id == SessionRow.id) & RunRow.is_current)
        .where(SessionRow.dropped_at.is_(None))
        .order_by(SessionRow.starts_at, ClassRow.number, SessionRow.code)
    )  # fmt: skip
    if "number" in asked:
        query = query.where(ClassRow.number == bindparam("number"))
    if "first_day" in asked:
        query = query.where(SessionRow.day >= bindparam("first_day"))
    if "last_day" in asked:
        query = query.where(SessionRow.day <= bindparam("last_day"))
    if "only" in asked:
        query = query.where(SessionRow.code.in_(bindparam("only", expanding=True)))
    return query


def _of_class(query: Query, class_number: str | None) -> Query:
    return query if class_number is None else query.where(ClassRow.number == class_number)


def _session_record(
    row: Row[*tuple[Any, ...]],
    presences: Mapping[UUID, list[StudentPresence]],
    findings: Mapping[tuple[UUID, UUID | None], list[Finding]],
) -> SessionRecord:
    zone, closed = ZoneInfo(row.timezone), row.run_id is not None
    return SessionRecord(
        class_number=row.number,
        session_id=row.code,
        day=row.day,
        period=row.period,
        starts_at=row.starts_at.astimezone(zone),
        ends_at=row.ends_at.astimezone(zone),
        hours=row.hours,
        outcome=Outcome(row.outcome) if closed else None,
        numbers=_numbers(row) if closed else None,
        students=tuple(presences[row.run_id]) if closed else (),
        findings=tuple(findings[row.run_id, None]) if closed else (),
        versions=row.versions if closed else {},
        policy_name=row.policy_name if closed else "",
        policy_version=row.policy_version if closed else "",
    )


def _numbers(row: Row[*tuple[Any, ...]]) -> SessionNumbers | None:
    if row.expected is None or row.present is None or row.unsure is None or row.on_leave is None:
        return None
    return SessionNumbers(row.expected, row.present, row.unsure, row.on_leave, row.rate)


def _read_presences(tx: Tx, runs: Sequence[UUID]) -> Mapping[UUID, list[StudentPresence]]:
    found: dict[UUID, list[StudentPresence]] = defaultdict(list)
    for part in in_parts(runs):
        for run_id, student_no, presence, because in ask(tx, _presences_of_runs(), runs=part):
            reasons = tuple(Sentence.from_json(each) for each in because)
            found[run_id].append(StudentPresence(student_no, presence, reasons))
    return found


@cache
def _presences_of_runs() -> Query:
    # Columns, not rows as objects, here and below: a class has thousands.
    return (
        select(PresenceRow.run_id, EnrolmentRow.student_no, PresenceRow.presence, PresenceRow.because)
        .join(EnrolmentRow, EnrolmentRow.id == PresenceRow.enrolment_id)
        .where(PresenceRow.run_id.in_(bindparam("runs", expanding=True)))
        .order_by(EnrolmentRow.position)
    )


def _read_findings(
    tx: Tx, runs: Sequence[UUID], *, of_photos: bool, photo_ids: Sequence[UUID] | None = None
) -> Mapping[tuple[UUID, UUID | None], list[Finding]]:
    found: dict[tuple[UUID, UUID | None], list[Finding]] = defaultdict(list)
    query = _findings_of_runs(of_photos=of_photos, named=photo_ids is not None)
    named = {"photos": photo_ids} if photo_ids is not None else {}
    for part in in_parts(runs):
        rows = ask(tx, query, runs=part, **named)
        for run_id, photo_id, check, outcome, reason, profile, measured in rows:
            finding = Finding(check, Outcome(outcome), Sentence.from_json(reason), profile, measured)
            found[run_id, photo_id].append(finding)
    return found


@cache
def _findings_of_runs(*, of_photos: bool, named: bool) -> Query:
    query: Query = (
        select(
            FindingRow.run_id, FindingRow.submission_id, FindingRow.check_id, FindingRow.outcome, FindingRow.reason,
            FindingRow.profile, FindingRow.measured,
        )
        .where(FindingRow.run_id.in_(bindparam("runs", expanding=True)))
        .where(FindingRow.submission_id.is_not(None) if of_photos else FindingRow.submission_id.is_(None))
        .order_by(FindingRow.position)
    )  # fmt: skip
    return query.where(FindingRow.submission_id.in_(bindparam("photos", expanding=True))) if named else query


def _read_faces(
    tx: Tx, runs: Sequence[UUID], photo_ids: Sequence[UUID] | None = None
) -> Mapping[tuple[UUID, UUID | None], list[FaceMatch]]:
    found: dict[tuple[UUID, UUID | None], list[FaceMatch]] = defaultdict(list)
    query, named = _faces_of_runs(named=photo_ids is not None), {"photos": photo_ids} if photo_ids is not None else {}
    for part in in_parts(runs):
        for run_id, photo_id, x, y, width, height, *face in ask(tx, query, runs=part, **named):
            found[run_id, photo_id].append(FaceMatch(Box(x, y, width, height), *face))
    return found


@cache
def _faces_of_runs(*, named: bool) -> Query:
    row = FaceObservationRow
    query: Query = (
        select(
            row.run_id, row.submission_id, row.box_x, row.box_y, row.box_width, row.box_height, row.score, row.state,
            EnrolmentRow.student_no, TeacherRow.number, row.similarity, row.match_probability, row.unreadable_because,
        )
        .outerjoin(EnrolmentRow, EnrolmentRow.id == row.enrolment_id)
        .outerjoin(TeacherRow, TeacherRow.id == row.teacher_id)
        .where(row.run_id.in_(bindparam("runs", expanding=True)))
        .order_by(row.position)
    )  # fmt: skip
    return query.where(row.submission_id.in_(bindparam("photos", expanding=True))) if named else query


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
