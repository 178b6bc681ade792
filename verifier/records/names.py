"""From the names that a filing uses to the ids of rows."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.camera_health import CameraFrame
from verifier.plan import Submission
from verifier.records.errors import PlanError
from verifier.records.rows import rows_of
from verifier.records.submissions import submission_id
from verifier.records.tables.camera import CameraRow, CameraSampleRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.teacher import TeacherRow


class Names:
    """Ids of a class's sessions, students, teachers and photos by the names they were filed under."""

    def __init__(self, tx: Tx, class_number: str, class_id: UUID) -> None:
        self.class_number = class_number
        self._tx, self._class_id = tx, class_id
        self._sessions = {row.code: row.id for row in rows_of(tx, SessionRow, class_id)}
        self._students = {row.student_no: row.id for row in rows_of(tx, EnrolmentRow, class_id)}
        self._teachers = {row.number: row.id for row in rows_of(tx, TeacherRow, class_id)}
        self._photos = set(tx.scalars(select(SubmissionRow.id).where(SubmissionRow.class_id == class_id)))

    def session(self, code: str) -> UUID:
        """The id of a session.

        Raises:
            PlanError: the class has none such, as with the other names.
        """
        return self._find(self._sessions, code, "session")

    def student(self, student_no: str | None) -> UUID | None:
        """The id of a roster line; None for None."""
        return self._find(self._students, student_no, "student") if student_no is not None else None

    def teacher(self, number: str | None) -> UUID | None:
        """The id of a teacher; None for None."""
        return self._find(self._teachers, number, "teacher") if number is not None else None

    def photo(self, submission: Submission) -> UUID:
        """The id of a photo that was handed in."""
        found = submission_id(self.class_number, submission)
        if found not in self._photos:
            raise PlanError(f"photo {submission.file} is not on record for class {self.class_number}")
        return found

    def frame(self, frame: CameraFrame) -> UUID:
        """The id of the look at a camera that a picture is of."""
        found = self._tx.scalar(
            select(CameraSampleRow.id)
            .join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
            .where(CameraSampleRow.id == frame.sample_id, CameraRow.class_id == self._class_id)
        )
        if found is None:
            raise PlanError(f"picture {frame.file} is not on record for class {self.class_number}")
        return found

    def _find(self, known: Mapping[str, UUID], name: str, kind: str) -> UUID:
        if name not in known:
            raise PlanError(f"class {self.class_number} has no {kind} {name}")
        return known[name]
