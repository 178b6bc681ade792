"""Classes as filed, with what was handed in for them: saved from plan values, read back as plan values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session as Tx

from verifier.plan import (
    Agency,
    Camera,
    ClassFile,
    CoordinateFrame,
    FilingChange,
    Leave,
    Period,
    ProjectType,
    Session,
    SessionKind,
    SessionMode,
    SignIn,
    Student,
    Submission,
    Teacher,
    TrainingClass,
    Venue,
    View,
)
from verifier.records.errors import ForeignClassError
from verifier.records.remote import read_remote_records, save_remote_records
from verifier.records.roster import (
    save_enrolment_photos,
    save_leaves,
    save_sign_ins,
    save_students,
    save_teacher_photos,
)
from verifier.records.rows import KindCount, find_class, lock_class, open_sealed
from verifier.records.submissions import save_evidence, save_submissions
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.camera import CameraRow
from verifier.records.tables.enrolment import EnrolmentPhotoRow, EnrolmentRow
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.filing_change import FilingChangeRow
from verifier.records.tables.leave import LeaveRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.sign_in import SignInRow
from verifier.records.tables.student import StudentRow
from verifier.records.tables.teacher import TeacherPhotoRow, TeacherRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.venue import VenueRow
from verifier.records.timetable import (
    save_agency,
    save_cameras,
    save_changes,
    save_class,
    save_sessions,
    save_teachers,
    save_venues,
)


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What one import did, kind by kind: ``class``, ``student``, ``session``, ``submission``, …"""

    kinds: Mapping[str, KindCount] = field(default_factory=dict)

    @property
    def total(self) -> KindCount:
        """All kinds together."""
        return sum(self.kinds.values(), KindCount())

    @property
    def changed_nothing(self) -> bool:
        """Whether the records already said all of it."""
        return (self.total.added, self.total.changed, self.total.dropped) == (0, 0, 0)


@dataclass(frozen=True, slots=True)
class ClassSummary:
    """One line of the list of classes."""

    number: str
    agency_code: str
    agency_name: str
    occupation: str
    level: str
    term: int
    first_day: date | None
    last_day: date | None
    sessions: int
    students: int
    submissions: int


def save_class_file(tx: Tx, class_file: ClassFile, received_at_default: datetime | None = None) -> ImportCounts:
    """Bring the records of one class in line with what was read. Twice is once.

    Lines that are gone (a student, a session, a leave) are marked, not deleted; submissions and sign-ins are only ever added.

    Args:
        received_at_default: When photos were received whose receipt nobody wrote down; kept from the first import on.
    Raises:
        PlanError: the values name a teacher, camera, student or session that the class does not have.
        ForeignClassError: the class is on record for another agency.
    """
    training = class_file.training
    lock_class(tx, training.number)
    refuse_foreign_class(tx, training.number, training.agency.code)
    _save_evidence(tx, class_file)
    kinds = {
        "agency": save_agency(tx, training.agency),
        "venue": save_venues(tx, training),
        "class": save_class(tx, training),
    }
    class_id = make_id("class", training.number)
    kinds["teacher"] = save_teachers(tx, class_id, training)
    kinds["camera"] = save_cameras(tx, class_id, training)
    kinds["session"] = save_sessions(tx, class_id, training)
    kinds["filing_change"] = save_changes(tx, class_id, training)
    kinds["student"] = save_students(tx, class_id, training)
    kinds["enrolment_photo"] = save_enrolment_photos(tx, class_id, class_file)
    kinds["teacher_photo"] = save_teacher_photos(tx, class_id, class_file)
    kinds["sign_in"] = save_sign_ins(tx, class_id, class_file)
    kinds["leave"] = save_leaves(tx, class_id, class_file)
    kinds["remote_record"] = save_remote_records(tx, class_id, class_file)
    kinds["submission"] = save_submissions(
        tx, training.number, class_file.submissions, received_at_default, whole_files=True
    )
    return ImportCounts(kinds)


def refuse_foreign_class(tx: Tx, number: str, agency_code: str) -> None:
    """A class number belongs to the agency that filed it first; nobody else may write to it.

    Raises:
        ForeignClassError: it is on record for another agency.
    """
    owner = tx.scalar(
        select(AgencyRow).join(ClassRow, ClassRow.agency_id == AgencyRow.id).where(ClassRow.number == number)
    )
    if owner is not None and owner.code != agency_code:
        raise ForeignClassError(number, owner.code, owner.name)


def _save_evidence(tx: Tx, class_file: ClassFile) -> None:
    sizes: dict[str, int | None] = {}
    for photos in (class_file.enrolment_photos, class_file.teacher_photos):
        sizes |= {sha256: None for digests in photos.values() for sha256 in digests}
    sizes |= {each.sha256: each.size_bytes for each in class_file.remote_records if each.sha256}
    save_evidence(tx, sizes | {each.sha256: each.size_bytes for each in class_file.submissions})


def list_numbers(tx: Tx, agency_code: str | None = None) -> list[str]:
    """The numbers of all classes on record, or of an agency's."""
    query = select(ClassRow.number).order_by(ClassRow.number)
    if agency_code is not None:
        query = query.join(AgencyRow, AgencyRow.id == ClassRow.agency_id).where(AgencyRow.code == agency_code)
    return list(tx.scalars(query))


def list_classes(tx: Tx, number: str | None = None) -> list[ClassSummary]:
    """All classes on record by number, or the one; each is counted."""

    def count(model: Any, *conditions: Any) -> Any:
        return select(func.count()).where(model.class_id == ClassRow.id, *conditions).scalar_subquery()

    def session_day(pick: Any) -> Any:
        return (
            select(pick(SessionRow.day))
            .where(SessionRow.class_id == ClassRow.id, SessionRow.dropped_at.is_(None))
            .scalar_subquery()
        )

    wanted = [] if number is None else [ClassRow.number == number]
    rows = tx.execute(
        select(
            ClassRow,
            AgencyRow,
            session_day(func.min),
            session_day(func.max),
            count(SessionRow, SessionRow.dropped_at.is_(None)),
            count(EnrolmentRow, EnrolmentRow.dropped_at.is_(None)),
            count(SubmissionRow, SubmissionRow.superseded_by.is_(None)),
        )
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(*wanted)
        .order_by(ClassRow.number)
    )
    return [
        ClassSummary(row.number, agency.code, agency.name, row.occupation, row.level, row.term, *others)
        for row, agency, *others in rows
    ]


def read_class_file(tx: Tx, number: str) -> ClassFile:
    """The class with everything handed in for it, as the last filing has it; times in the class's own zone.

    Timetable and roster stand in the order they were filed in, photos by file name, sign-ins by time.

    Raises:
        NotInRecordsError: there is no such class.
    """
    row = find_class(tx, number)
    zone = ZoneInfo(row.timezone)
    enrolments = _standing(tx, EnrolmentRow, row.id)
    students = {enrolment.id: enrolment.student_no for enrolment in enrolments}
    teachers = {teacher.id: teacher.number for teacher in _standing(tx, TeacherRow, row.id)}
    return ClassFile(
        training=_read_training(tx, row, zone, enrolments),
        submissions=tuple(_read_submissions(tx, row.id, zone)),
        sign_ins=tuple(_read_sign_ins(tx, row.id, zone, students)),
        leaves=tuple(_read_leaves(tx, students)),
        enrolment_photos=_read_pictures(tx, EnrolmentPhotoRow, EnrolmentPhotoRow.enrolment_id, students),
        teacher_photos=_read_pictures(tx, TeacherPhotoRow, TeacherPhotoRow.teacher_id, teachers),
        remote_records=read_remote_records(tx, row.id),
    )


def read_training(tx: Tx, number: str, *, with_roster: bool = True) -> TrainingClass:
    """The class as filed, without anything that was handed in for it.

    Args:
        with_roster: Without, `students` is empty, and no number of theirs is opened.
    Raises:
        NotInRecordsError: there is no such class.
    """
    row = find_class(tx, number)
    enrolments = _standing(tx, EnrolmentRow, row.id) if with_roster else ()
    return _read_training(tx, row, ZoneInfo(row.timezone), enrolments)


def _standing(tx: Tx, model: Any, class_id: UUID) -> Sequence[Any]:
    """The rows of a class that the last filing holds, in its order."""
    return tx.scalars(_standing_of(model), {"class_id": class_id}).all()


@cache
def _standing_of(model: Any) -> Select[Any]:
    return (
        select(model)
        .where(model.class_id == bindparam("class_id"), model.dropped_at.is_(None))
        .order_by(model.position)
    )


def _read_training(tx: Tx, row: ClassRow, zone: ZoneInfo, enrolments: Sequence[EnrolmentRow]) -> TrainingClass:
    agency = tx.get_one(AgencyRow, row.agency_id)
    teachers, cameras = _standing(tx, TeacherRow, row.id), _standing(tx, CameraRow, row.id)
    sessions = _standing(tx, SessionRow, row.id)
    # In one question each, and held while they are used: asked for one by one they would be as many questions.
    wanted = {each.student_id for each in enrolments}
    people = tx.scalars(select(StudentRow).where(StudentRow.id.in_(wanted))).all() if wanted else ()
    venues = {each: _read_venue(tx, each) for each in {row.venue_id, *(one.venue_id for one in sessions)}}
    by_id = {each.id: each for each in people}
    return TrainingClass(
        number=row.number,
        agency=Agency(name=agency.name, code=agency.code),
        venue=venues[row.venue_id],
        project_type=ProjectType(row.project_type),
        occupation=row.occupation,
        level=row.level,
        term=row.term,
        planned_hours=row.planned_hours,
        timezone=row.timezone,
        filed_on=row.filed_on,
        approved_on=row.approved_on,
        supervisor=row.supervisor,
        teachers=tuple(Teacher(each.number, each.name) for each in teachers),
        sessions=tuple(_read_session(tx, each, zone, venues[each.venue_id]) for each in sessions),
        students=tuple(_read_student(tx, each, by_id[each.student_id]) for each in enrolments),
        cameras=tuple(Camera(each.code, each.url) for each in cameras if not each.is_recording),
        changes=tuple(_read_change(each) for each in _standing(tx, FilingChangeRow, row.id)),
        shared_devices=tuple(row.shared_devices),
    )


def _read_venue(tx: Tx, venue_id: UUID) -> Venue:
    row = tx.get_one(VenueRow, venue_id)
    return Venue(
        name=row.name,
        address=row.address,
        longitude=row.filed_longitude,
        latitude=row.filed_latitude,
        frame=CoordinateFrame(row.frame),
        radius_m=row.radius_m,
        polygon=tuple((float(longitude), float(latitude)) for longitude, latitude in row.polygon or ()),
    )


def _read_session(tx: Tx, row: SessionRow, zone: ZoneInfo, venue: Venue) -> Session:
    teacher = tx.get_one(TeacherRow, row.teacher_id) if row.teacher_id else None
    camera = tx.get_one(CameraRow, row.camera_id) if row.camera_id else None
    return Session(
        id=row.code,
        day=row.day,
        period=Period(row.period),
        starts_at=row.starts_at.astimezone(zone),
        ends_at=row.ends_at.astimezone(zone),
        hours=row.hours,
        venue=venue,
        teacher_number=teacher.number if teacher else None,
        kind=SessionKind(row.kind),
        mode=SessionMode(row.mode),
        camera_id=camera.code if camera else None,
    )


def _read_student(tx: Tx, row: EnrolmentRow, person: StudentRow) -> Student:
    return Student(
        student_no=row.student_no,
        name=row.name,
        id_number=open_sealed(tx, person, "id_number_sealed"),
        phone=open_sealed(tx, row, "phone_sealed"),
    )


def _read_change(row: FilingChangeRow) -> FilingChange:
    return FilingChange(
        filed_on=row.filed_on,
        what=row.what,
        takes_effect_on=row.takes_effect_on,
        approved_on=row.approved_on,
        session_ids=tuple(row.session_codes),
        detail=row.detail,
    )


def _read_submissions(tx: Tx, class_id: UUID, zone: ZoneInfo) -> list[Submission]:
    rows = tx.execute(
        select(SubmissionRow, EvidenceRow.size_bytes)
        .join(EvidenceRow, EvidenceRow.sha256 == SubmissionRow.sha256)
        .where(SubmissionRow.class_id == class_id, SubmissionRow.superseded_by.is_(None))
    ).all()
    # Sorted here: databases differ in how they order Chinese names.
    return [
        Submission(
            file=row.file,
            sha256=row.sha256,
            size_bytes=size or 0,
            received_at=row.received_at.astimezone(zone) if row.received_at else None,
            session_id=row.declared_session or None,
            view=View(row.view) if row.view else None,
        )
        for row, size in sorted(rows, key=lambda found: (found[0].file, found[0].sha256, found[0].declared_session))
    ]


def _read_sign_ins(tx: Tx, class_id: UUID, zone: ZoneInfo, students: Mapping[UUID, str]) -> list[SignIn]:
    # Columns, not rows as objects: a class has thousands.
    query = select(
        SignInRow.enrolment_id, SignInRow.signed_at, SignInRow.source, SignInRow.device, SignInRow.filed_longitude,
        SignInRow.filed_latitude, SignInRow.frame,
    )  # fmt: skip
    found = [
        SignIn(
            student_no=students[row.enrolment_id],
            signed_at=row.signed_at.astimezone(zone),
            source=row.source,
            device=row.device,
            longitude=row.filed_longitude,
            latitude=row.filed_latitude,
            frame=CoordinateFrame(row.frame),
        )
        for row in tx.execute(query.where(SignInRow.class_id == class_id))
        if row.enrolment_id in students
    ]
    return sorted(found, key=lambda each: (each.signed_at, each.student_no, each.source, each.device))


def _read_leaves(tx: Tx, students: Mapping[UUID, str]) -> list[Leave]:
    rows = tx.execute(
        select(LeaveRow, SessionRow.code)
        .join(SessionRow, SessionRow.id == LeaveRow.session_id)
        .where(LeaveRow.enrolment_id.in_(students), LeaveRow.dropped_at.is_(None), SessionRow.dropped_at.is_(None))
    )
    found = [Leave(students[row.enrolment_id], code, row.reason, row.approved_by) for row, code in rows]
    return sorted(found, key=lambda each: (each.session_id, each.student_no))


def _read_pictures(tx: Tx, model: Any, owner: Any, names: Mapping[UUID, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    rows = tx.execute(
        select(owner, model.sha256).where(owner.in_(names), model.dropped_at.is_(None)).order_by(model.position)
    )
    for owner_id, sha256 in rows:
        found[names[owner_id]].append(sha256)
    return {name: tuple(found[name]) for name in names.values() if name in found}
