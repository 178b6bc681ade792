"""Writing down what the close of one session concluded, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session as Tx

from verifier.finding import Finding
from verifier.records.closing import FaceMatch, SessionClose
from verifier.records.errors import PlanError
from verifier.records.faces import save_unknown_faces
from verifier.records.names import Names
from verifier.records.outbox import VERIFICATION_FINISHED, announce
from verifier.records.portraits import save_portrait_verdicts
from verifier.records.proposals import save_proposals
from verifier.records.rows import find_class, lock_class, table_of
from verifier.records.tables.base import make_id
from verifier.records.tables.face_observation import FaceObservationRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.run import RunRow

log = structlog.get_logger()


def save_session_close(tx: Tx, close: SessionClose) -> bool:
    """Write one close. Tells whether anything was written: the input key of the current run writes nothing.

    Another input key adds a run, with findings and presences of its own; those of earlier runs stay. A proposed case or
    violation that no current run supports any more lapses, one that a person has decided on keeps its state.

    Raises:
        NotInRecordsError: the class is not on record.
        PlanError: the session, a student, a teacher or a photo is not on record for the class.
    """
    lock_class(tx, close.class_number)
    class_id = find_class(tx, close.class_number).id
    names = Names(tx, close.class_number, class_id)
    session_id = names.session(close.session_id) if close.session_id is not None else None
    former = find_current_run(tx, class_id, session_id, of_city=close.of_city)
    if former is not None and former.input_key == close.input_key:
        return False
    run = _add_run(tx, close, class_id, session_id, former)
    _save_findings(tx, run, close, names)
    _save_faces(tx, run, close, names)
    _save_presences(tx, run, close, names)
    save_unknown_faces(tx, run, former, close, names)
    save_proposals(tx, run, former, close, names)
    save_portrait_verdicts(tx, close, names)
    # Before the commit: a line whose run is not on record tells of a transaction that was taken back.
    log.info(
        "run_written", run=str(run.id), class_number=close.class_number, session=close.session_id, ordinal=run.ordinal
    )
    if not close.of_city:
        told = {"session": close.session_id, "run": str(run.id), "outcome": close.outcome.value}
        # What is judged over the class as a whole speaks of what is open against its agency.
        announce(tx, VERIFICATION_FINISHED, class_id, run.id, told, office_only=close.session_id is None)
    return True


def read_input_key(tx: Tx, class_number: str, session_id: str | None) -> str | None:
    """The input key of the current close; None where the session was never closed."""
    query = select(RunRow.input_key).where(
        RunRow.class_id == make_id("class", class_number),
        RunRow.session_id == make_id("session", class_number, session_id)
        if session_id
        else RunRow.session_id.is_(None),
        RunRow.is_current,
        RunRow.is_city.is_(False),
    )
    return tx.scalar(query)


def find_current_run(tx: Tx, class_id: UUID, session_id: UUID | None, *, of_city: bool = False) -> RunRow | None:
    """The run that counts for a session, for what belongs to no session of the class, or for what the city hangs on it."""
    which = RunRow.session_id == session_id if session_id else RunRow.session_id.is_(None)
    return tx.scalar(
        select(RunRow).where(RunRow.class_id == class_id, which, RunRow.is_current, RunRow.is_city.is_(of_city))
    )


def _add_run(tx: Tx, close: SessionClose, class_id: UUID, session_id: UUID | None, former: RunRow | None) -> RunRow:
    ordinal = former.ordinal + 1 if former is not None else 1
    if former is not None:
        former.is_current = False
        tx.execute(update(PresenceRow).where(PresenceRow.run_id == former.id).values(is_current=False))
        # Before the new run comes in: only one may be current at any moment.
        tx.flush()
    numbers = close.numbers
    run = RunRow(
        id=make_id("run", close.class_number, close.session_id, ordinal, *(["city"] if close.of_city else [])),
        class_id=class_id,
        session_id=session_id,
        ordinal=ordinal,
        is_current=True,
        is_city=close.of_city,
        input_key=close.input_key,
        versions=dict(close.versions),
        policy_name=close.policy_name,
        policy_version=close.policy_version,
        outcome=close.outcome.value,
        expected=numbers.expected if numbers else None,
        present=numbers.present if numbers else None,
        unsure=numbers.unsure if numbers else None,
        on_leave=numbers.leave if numbers else None,
        rate=numbers.rate if numbers else None,
    )
    tx.add(run)
    tx.flush()
    return run


def _save_findings(tx: Tx, run: RunRow, close: SessionClose, names: Names) -> None:
    rows = [_finding_values(run, None, place, finding) for place, finding in enumerate(close.findings)]
    for photo in close.photos:
        photo_id = names.photo(photo.submission)
        rows += [_finding_values(run, photo_id, place, finding) for place, finding in enumerate(photo.findings)]
    _insert(tx, FindingRow, rows)


def _finding_values(run: RunRow, photo_id: UUID | None, position: int, finding: Finding) -> dict[str, Any]:
    return {
        "id": make_id("finding", str(run.id), str(photo_id), finding.check),
        "run_id": run.id,
        "submission_id": photo_id,
        "camera_sample_id": None,
        "check_id": finding.check,
        "position": position,
        "outcome": finding.outcome.value,
        "reason": finding.reason.to_json(),
        "profile": finding.profile,
        "measured": dict(finding.measured),
    }


def _save_faces(tx: Tx, run: RunRow, close: SessionClose, names: Names) -> None:
    rows = []
    for photo in close.photos:
        rows += _face_values(run, photo.faces, names, photo_id=names.photo(photo.submission))
    for seen in close.frames:
        rows += _face_values(run, seen.faces, names, sample_id=names.frame(seen.frame))
    _insert(tx, FaceObservationRow, rows)


def _face_values(
    run: RunRow, faces: Sequence[FaceMatch], names: Names, photo_id: UUID | None = None, sample_id: UUID | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "id": make_id("face", str(run.id), str(photo_id or sample_id), position),
            "run_id": run.id,
            "submission_id": photo_id,
            "camera_sample_id": sample_id,
            "position": position,
            "box_x": float(face.box.x),
            "box_y": float(face.box.y),
            "box_width": float(face.box.width),
            "box_height": float(face.box.height),
            "score": float(face.score),
            "state": str(face.state),
            "enrolment_id": names.student(face.student_no),
            "teacher_id": names.teacher(face.teacher_number),
            "similarity": None if face.similarity is None else float(face.similarity),
            "match_probability": None if face.match_probability is None else float(face.match_probability),
            "unreadable_because": face.unreadable_because,
        }
        for position, face in enumerate(faces)
    ]


def _save_presences(tx: Tx, run: RunRow, close: SessionClose, names: Names) -> None:
    if close.presences and run.session_id is None:
        raise PlanError("nobody is present or absent outside of a session")
    rows = [
        {
            "id": make_id("presence", str(run.id), each.student_no),
            "run_id": run.id,
            "session_id": run.session_id,
            "enrolment_id": names.student(each.student_no),
            "is_current": True,
            "presence": str(each.presence),
            "because": [sentence.to_json() for sentence in each.because],
        }
        for each in close.presences
    ]
    _insert(tx, PresenceRow, rows)


def _insert(tx: Tx, model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        tx.execute(insert(table_of(model)), rows)
