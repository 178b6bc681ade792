"""Where else a case's face was seen: the accused student on other days and in other classes, strangers who look alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.attendance.calibration import Calibration
from verifier.observation import Box, FaceObservation
from verifier.plan import Submission
from verifier.records.faces import UnknownRecord, read_unknown_faces
from verifier.records.matters import CaseRecord
from verifier.records.submissions import submission_id
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.face_observation import FaceObservationRow
from verifier.records.tables.picture import PictureMatchRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow

MAX_SIGHTINGS = 8  # a row of faces on a wide screen


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting; `similarity` is the cosine to what it is compared with."""

    photo_id: UUID
    box_xywh: tuple[float, ...]
    class_number: str
    session_id: str | None
    similarity: float | None


def find_student(tx: Tx, class_number: str, student_no: str | None, but_session: str | None) -> list[Seen]:
    """The student in other sessions and, as the same person, in other classes; the most alike first."""
    if student_no is None:
        return []
    of_class = select(ClassRow.id).where(ClassRow.number == class_number).scalar_subquery()
    person = select(EnrolmentRow.student_id).where(
        EnrolmentRow.class_id == of_class, EnrolmentRow.student_no == student_no
    )
    query: Any = (
        select(FaceObservationRow, ClassRow.number, SessionRow.code)
        .join(RunRow, RunRow.id == FaceObservationRow.run_id)
        .join(ClassRow, ClassRow.id == RunRow.class_id)
        .join(EnrolmentRow, EnrolmentRow.id == FaceObservationRow.enrolment_id)
        .outerjoin(SessionRow, SessionRow.id == RunRow.session_id)
        .where(RunRow.is_current, EnrolmentRow.student_id.in_(person), FaceObservationRow.submission_id.is_not(None))
        .order_by(FaceObservationRow.similarity.desc(), FaceObservationRow.id)
        .limit(MAX_SIGHTINGS * 4)
    )
    rows = tx.execute(query).all()
    found = [
        Seen(row.submission_id, (row.box_x, row.box_y, row.box_width, row.box_height), number, session, row.similarity)
        for row, number, session in rows
        if (number, session) != (class_number, but_session)
    ]
    return found[:MAX_SIGHTINGS]


def find_strangers(tx: Tx, case: CaseRecord, contract: str, calibration: Calibration) -> list[Seen]:
    """Strangers of other sessions who look like the one in the case's box, by the calibration's own limit, the most alike first."""
    known = read_unknown_faces(tx, contract)
    mine = [
        each
        for each in known
        if any(
            submission_id(each.class_number, photo) == case.photo_id and _is_same(box, case.box_xywh)
            for photo, box in _in_photos(each)
        )
    ]
    if not mine:
        return []
    one = mine[0]
    found = []
    for other in known:
        if (other.class_number, other.session_id) == (one.class_number, one.session_id):
            continue
        similarity = float(np.dot(one.embedding, other.embedding))
        # As strict as a search over all of them: the more there are to choose from, the more one of them looks alike by chance.
        limit = calibration.match_similarity(min(one.inter_eye_px, other.inter_eye_px), len(known))
        if similarity >= limit and (seen := _in_photos(other)):
            photo, box = seen[0]
            found.append(
                Seen(
                    submission_id(other.class_number, photo), tuple(box.xywh()), other.class_number, other.session_id,
                    similarity,
                )
            )  # fmt: skip
    return sorted(found, key=lambda each: -(each.similarity or 0))[:MAX_SIGHTINGS]


def _in_photos(record: UnknownRecord) -> list[tuple[Submission, Box]]:
    """Its sightings in photos; camera frames have no page to look at."""
    return [(source, box) for source, _, box in record.sightings if isinstance(source, Submission)]


def find_same_pictures(tx: Tx, sha256: str) -> list[tuple[UUID, str, str]]:
    """(photo, class, file) of other photos that are the same picture, or the same bytes, by the search for re-use."""
    first = select(PictureMatchRow.second_sha256).where(PictureMatchRow.first_sha256 == sha256)
    second = select(PictureMatchRow.first_sha256).where(PictureMatchRow.second_sha256 == sha256)
    others = {sha256, *tx.scalars(first), *tx.scalars(second)}
    rows = tx.execute(
        select(SubmissionRow.id, ClassRow.number, SubmissionRow.file)
        .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
        .where(SubmissionRow.sha256.in_(others), SubmissionRow.superseded_by.is_(None))
        .order_by(ClassRow.number, SubmissionRow.file)
    )
    return [(photo_id, number, file) for photo_id, number, file in rows]


def find_face(faces: Sequence[FaceObservation], box_xywh: Sequence[float]) -> FaceObservation | None:
    """The face of a look at that place."""
    return next((face for face in faces if _is_same(face.box, box_xywh)), None)


def _is_same(box: Box, xywh: Sequence[float]) -> bool:
    # Case boxes are kept as the look has them; another run may round.
    return len(xywh) == 4 and all(abs(one - other) <= 2 for one, other in zip(box.xywh(), xywh, strict=True))
