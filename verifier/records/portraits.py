"""The pictures that students and teachers are known by, and what became of each: enrolled, or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence
from verifier.records.closing import PortraitVerdict, SessionClose
from verifier.records.errors import NotInRecordsError
from verifier.records.names import Names
from verifier.records.rows import find_class
from verifier.records.tables.enrolment import EnrolmentPhotoRow, EnrolmentRow
from verifier.records.tables.teacher import TeacherPhotoRow, TeacherRow
from verifier.records.tables.training_class import ClassRow

ACCEPTED = "accepted"
# Whose face it is stands in the reason, and only there: the column holds the kind of verdict.
SAME_FACE = "same_face_as"


@dataclass(frozen=True, slots=True)
class PortraitRecord:
    """One picture as filed, of the student or teacher of that number. `verdict` is None until the class was judged."""

    id: UUID
    class_number: str
    name: str
    sha256: str
    verdict: PortraitVerdict | None
    number: str = ""
    of_student: bool = True


def save_portrait_verdicts(tx: Tx, close: SessionClose, names: Names) -> None:
    """Note on each picture what became of it; the latest close of the class counts."""
    for each in close.portraits:
        values = {"verdict": each.code.partition(":")[0], "verdict_reason": each.reason.to_json()}
        model: type[EnrolmentPhotoRow | TeacherPhotoRow] = EnrolmentPhotoRow if each.of_student else TeacherPhotoRow
        owner = (
            EnrolmentPhotoRow.enrolment_id == names.student(each.number)
            if each.of_student
            else TeacherPhotoRow.teacher_id == names.teacher(each.number)
        )
        tx.execute(update(model).where(owner, model.sha256 == each.sha256).values(**values))


def read_portraits(tx: Tx, class_number: str) -> list[PortraitRecord]:
    """The standing pictures of a class: students by the roster's order, then teachers.

    Raises:
        NotInRecordsError: there is no such class.
    """
    class_id = find_class(tx, class_number).id
    students = tx.execute(
        select(EnrolmentPhotoRow, EnrolmentRow)
        .join(EnrolmentRow, EnrolmentRow.id == EnrolmentPhotoRow.enrolment_id)
        .where(EnrolmentRow.class_id == class_id, EnrolmentRow.dropped_at.is_(None))
        .where(EnrolmentPhotoRow.dropped_at.is_(None))
        .order_by(EnrolmentRow.position, EnrolmentPhotoRow.position)
    )
    teachers = tx.execute(
        select(TeacherPhotoRow, TeacherRow)
        .join(TeacherRow, TeacherRow.id == TeacherPhotoRow.teacher_id)
        .where(TeacherRow.class_id == class_id, TeacherRow.dropped_at.is_(None))
        .where(TeacherPhotoRow.dropped_at.is_(None))
        .order_by(TeacherRow.position, TeacherPhotoRow.position)
    )
    found = [_describe(class_number, photo, who.student_no, who.name, of_student=True) for photo, who in students]
    return found + [_describe(class_number, photo, who.number, who.name, of_student=False) for photo, who in teachers]


def find_portrait(tx: Tx, portrait_id: UUID) -> PortraitRecord:
    """One standing picture.

    Raises:
        NotInRecordsError: there is none.
    """
    student, teacher = tx.get(EnrolmentPhotoRow, portrait_id), tx.get(TeacherPhotoRow, portrait_id)
    row: Any = student or teacher
    if row is None or row.dropped_at is not None:
        raise NotInRecordsError(f"no enrolment picture {portrait_id} is on record")
    who: Any = tx.get_one(EnrolmentRow, row.enrolment_id) if student else tx.get_one(TeacherRow, row.teacher_id)
    number = tx.get_one(ClassRow, who.class_id).number
    of_student = student is not None
    return _describe(number, row, who.student_no if of_student else who.number, who.name, of_student=of_student)


def _describe(class_number: str, row: Any, number: str, name: str, *, of_student: bool) -> PortraitRecord:
    verdict = None
    if row.verdict is not None:
        reason = Sentence.from_json(row.verdict_reason)
        code = f"{SAME_FACE}:{reason.values['number']}" if row.verdict == SAME_FACE else row.verdict
        verdict = PortraitVerdict(of_student, number, row.sha256, code, reason)
    return PortraitRecord(row.id, class_number, name, row.sha256, verdict, number, of_student)
