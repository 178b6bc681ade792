"""Saving who belongs to a class: students and their pictures, sign-ins, leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.plan import ClassFile, SignIn, Student, TrainingClass
from verifier.records.errors import PlanError
from verifier.records.rows import KindCount, Sealed, insert_missing, rows_of, sync_rows, vault_of
from verifier.records.tables.base import make_id
from verifier.records.tables.enrolment import EnrolmentPhotoRow, EnrolmentRow
from verifier.records.tables.leave import LeaveRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.sign_in import SignInRow
from verifier.records.tables.student import StudentRow
from verifier.records.tables.teacher import TeacherPhotoRow, TeacherRow
from verifier.records.timetable import place_values


def save_students(tx: Tx, class_id: UUID, training: TrainingClass) -> KindCount:
    """Bring the roster in line. A student who is no longer on it is marked."""
    existing = rows_of(tx, EnrolmentRow, class_id)
    before = {row.student_id for row in existing}
    wanted: dict[UUID, dict[str, Any]] = {}
    for position, student in enumerate(training.students):
        wanted[make_id("enrolment", training.number, student.student_no)] = {
            "class_id": class_id,
            "student_no": student.student_no,
            "student_id": _save_person(tx, training.number, student),
            "name": student.name,
            "phone_sealed": Sealed(student.phone.strip()),
            "position": position,
        }
    count = sync_rows(tx, EnrolmentRow, existing, wanted)
    _forget_unused_persons(tx, before)
    return count


def _save_person(tx: Tx, class_number: str, student: Student) -> UUID:
    vault = vault_of(tx)
    # The last character may be an X, which people write small as well.
    id_number = student.id_number.strip().upper()
    lookups = vault.lookups(id_number) if id_number else ()
    # A person who is on record under a former key's digest is that person still, and keeps their id when the digest is renewed.
    known = tx.scalar(select(StudentRow.id).where(StudentRow.id_number_lookup.in_(lookups))) if lookups else None
    if known is not None:
        return known
    lookup = lookups[0] if lookups else None
    row_id = make_id("student", lookup) if lookup else make_id("student", class_number, student.student_no)
    sealed = vault.seal_text(id_number, "student", "id_number_sealed", row_id)
    insert_missing(tx, StudentRow, [{"id": row_id, "id_number_lookup": lookup, "id_number_sealed": sealed}])
    return row_id


def _forget_unused_persons(tx: Tx, candidates: set[UUID]) -> None:
    # Someone known by a roster line only, whose ID number came later, is now known by that; so is a mistyped ID number.
    for person in tx.scalars(select(StudentRow).where(StudentRow.id.in_(candidates))):
        if tx.scalar(select(func.count()).where(EnrolmentRow.student_id == person.id)) == 0:
            tx.delete(person)
    tx.flush()


def _enrolments(tx: Tx, class_id: UUID) -> dict[str, UUID]:
    rows = tx.execute(select(EnrolmentRow.student_no, EnrolmentRow.id).where(EnrolmentRow.class_id == class_id))
    return {row.student_no: row.id for row in rows}


def save_enrolment_photos(tx: Tx, class_id: UUID, class_file: ClassFile) -> KindCount:
    """Bring the pictures of the students in line."""
    enrolments = _enrolments(tx, class_id)
    wanted: dict[UUID, dict[str, Any]] = {}
    for student_no, digests in class_file.enrolment_photos.items():
        for position, sha256 in enumerate(digests):
            enrolment_id = _find(enrolments, student_no, "an enrolment photo", "student")
            row_id = make_id("enrolment_photo", class_file.training.number, student_no, sha256)
            wanted.setdefault(row_id, {"enrolment_id": enrolment_id, "sha256": sha256, "position": position})
    existing = tx.scalars(select(EnrolmentPhotoRow).where(EnrolmentPhotoRow.enrolment_id.in_(enrolments.values())))
    return sync_rows(tx, EnrolmentPhotoRow, existing, wanted)


def save_teacher_photos(tx: Tx, class_id: UUID, class_file: ClassFile) -> KindCount:
    """Bring the pictures of the teachers in line."""
    teachers = {row.number: row.id for row in rows_of(tx, TeacherRow, class_id)}
    wanted: dict[UUID, dict[str, Any]] = {}
    for number, digests in class_file.teacher_photos.items():
        for position, sha256 in enumerate(digests):
            teacher_id = _find(teachers, number, "a picture", "teacher")
            row_id = make_id("teacher_photo", class_file.training.number, number, sha256)
            wanted.setdefault(row_id, {"teacher_id": teacher_id, "sha256": sha256, "position": position})
    existing = tx.scalars(select(TeacherPhotoRow).where(TeacherPhotoRow.teacher_id.in_(teachers.values())))
    return sync_rows(tx, TeacherPhotoRow, existing, wanted)


def save_sign_ins(tx: Tx, class_id: UUID, class_file: ClassFile) -> KindCount:
    """Add sign-ins; none is ever removed."""
    enrolments = _enrolments(tx, class_id)
    wanted: dict[UUID, dict[str, Any]] = {}
    for sign_in in class_file.sign_ins:
        enrolment_id = _find(enrolments, sign_in.student_no, "a sign-in", "student")
        wanted[_sign_in_id(class_file.training.number, sign_in)] = {
            "class_id": class_id,
            "enrolment_id": enrolment_id,
            "signed_at": sign_in.signed_at,
            "source": sign_in.source,
            "device": sign_in.device,
            **place_values(sign_in.longitude, sign_in.latitude, sign_in.frame),
        }
    return sync_rows(tx, SignInRow, rows_of(tx, SignInRow, class_id), wanted)


def _sign_in_id(number: str, sign_in: SignIn) -> UUID:
    # By the instant: the same sign-in written with another offset is the same.
    instant = repr(sign_in.signed_at.timestamp())
    return make_id("sign_in", number, sign_in.student_no, instant, sign_in.source, sign_in.device)


def save_leaves(tx: Tx, class_id: UUID, class_file: ClassFile) -> KindCount:
    """Bring the approved absences in line."""
    enrolments = _enrolments(tx, class_id)
    sessions = {row.code: row.id for row in rows_of(tx, SessionRow, class_id)}
    wanted = {
        make_id("leave", class_file.training.number, leave.student_no, leave.session_id): {
            "enrolment_id": _find(enrolments, leave.student_no, "a leave", "student"),
            "session_id": _find(sessions, leave.session_id, "a leave", "session"),
            "reason": leave.reason,
            "approved_by": leave.approved_by,
        }
        for leave in class_file.leaves
    }
    existing = tx.scalars(select(LeaveRow).where(LeaveRow.enrolment_id.in_(enrolments.values())))
    return sync_rows(tx, LeaveRow, existing, wanted)


def _find(known: Mapping[str, UUID], name: str, what: str, kind: str) -> UUID:
    if name not in known:
        raise PlanError(f"{what} names {kind} {name}, whom or which the class does not have")
    return known[name]
