"""Faces that nobody could name, kept for a while; and what a search over all classes needs to know of the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session as Tx

from verifier.camera_health import CameraFrame
from verifier.matter_states import OPEN_STATES
from verifier.observation import Box
from verifier.plan import Submission, View
from verifier.records.cameras import read_frames_by_id
from verifier.records.closing import SessionClose
from verifier.records.errors import PlanError
from verifier.records.looks import read_embeddings
from verifier.records.names import Names
from verifier.records.rows import table_of, vault_of
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.base import make_id
from verifier.records.tables.camera import CameraRow, CameraSampleRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.face_observation import FaceObservationRow
from verifier.records.tables.look import LookRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.student import StudentRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.unknown_face import UnknownFaceRow


@dataclass(frozen=True, slots=True, eq=False)
class UnknownRecord:
    """One retained unknown person of one session. `embedding` is a (d,) float32 unit vector; times are UTC.

    `sightings` are (photo or camera picture, place of the face among its faces, its box), the clearest first.
    """

    id: UUID
    class_number: str
    agency: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    sightings: tuple[tuple[Submission | CameraFrame, int, Box], ...]
    inter_eye_px: float
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PresenceRecord:
    """One student whose face a current run found in one session; the most probable photo of it."""

    class_number: str
    student_no: str
    name: str
    person: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    file: str
    probability: float


def save_unknown_faces(tx: Tx, run: RunRow, former: RunRow | None, close: SessionClose, names: Names) -> None:
    """Keep a session's unknown people in place of those of its former run: no face is kept longer than it is needed.

    Raises:
        PlanError: they belong to no session.
    """
    if former is not None:
        tx.execute(delete(UnknownFaceRow).where(UnknownFaceRow.run_id == former.id))
    if close.unknown and run.session_id is None:
        raise PlanError("nobody is unknown outside of a session")
    rows = []
    for position, each in enumerate(close.unknown):
        row_id = make_id("unknown_face", str(run.id), position)
        content = np.ascontiguousarray(each.embedding).astype("<f4").tobytes()
        sightings = [
            {**_name_picture(names, picture), "index": index, "box_xywh": box.xywh()}
            for picture, index, box in each.sightings
        ]
        rows.append(
            {
                "id": row_id,
                "run_id": run.id,
                "session_id": run.session_id,
                "position": position,
                "sightings": sightings,
                "inter_eye_px": float(each.inter_eye_px),
                "embedding_contract": each.embedding_contract,
                "embedding_sealed": vault_of(tx).seal(content, "unknown_face", "embedding_sealed", row_id),
            }
        )
    if rows:
        tx.execute(insert(table_of(UnknownFaceRow)), rows)


def _name_picture(names: Names, picture: Submission | CameraFrame) -> dict[str, str]:
    if isinstance(picture, CameraFrame):
        return {"camera_sample_id": str(names.frame(picture))}
    return {"submission_id": str(names.photo(picture))}


def _id_of(sighting: Mapping[str, Any]) -> UUID:
    return UUID(sighting.get("submission_id") or sighting["camera_sample_id"])


def read_unknown_faces(tx: Tx, embedding_contract: str, since: datetime | None = None) -> list[UnknownRecord]:
    """The retained unknown people of one embedding contract, by time; those of other contracts are left out.

    Args:
        since: Only of sessions that began then or later.
    """
    query: Any = (
        select(UnknownFaceRow, SessionRow, ClassRow, AgencyRow)
        .join(SessionRow, SessionRow.id == UnknownFaceRow.session_id)
        .join(ClassRow, ClassRow.id == SessionRow.class_id)
        .join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        .where(UnknownFaceRow.embedding_contract == embedding_contract)
    )
    if since is not None:
        query = query.where(SessionRow.starts_at >= since)
    rows = tx.execute(query).all()
    pictures = _read_pictures(tx, {_id_of(each) for row, *_ in rows for each in row.sightings})
    found = [
        UnknownRecord(
            id=row.id,
            class_number=training.number,
            agency=agency.code or agency.name,
            session_id=session.code,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            sightings=tuple((pictures[_id_of(each)], each["index"], Box(*each["box_xywh"])) for each in row.sightings),
            inter_eye_px=row.inter_eye_px,
            embedding=_open(tx, row),
        )
        for row, session, training, agency in rows
    ]
    return sorted(found, key=lambda each: (each.starts_at, each.class_number, each.session_id, str(each.id)))


def _open(tx: Tx, row: UnknownFaceRow) -> NDArray[np.float32]:
    content = vault_of(tx).open(row.embedding_sealed, "unknown_face", "embedding_sealed", row.id)
    return np.frombuffer(content, dtype="<f4").astype(np.float32)


def _read_pictures(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Submission | CameraFrame]:
    """Photos and cameras' pictures by their ids."""
    found: dict[UUID, Submission | CameraFrame] = {}
    ordered = sorted(ids)
    for start in range(0, len(ordered), 500):
        rows = tx.scalars(select(SubmissionRow).where(SubmissionRow.id.in_(ordered[start : start + 500])))
        for row in rows:
            found[row.id] = Submission(
                file=row.file,
                sha256=row.sha256,
                size_bytes=0,
                received_at=row.received_at,
                session_id=row.declared_session or None,
                view=View(row.view) if row.view else None,
            )
        found |= {frame.sample_id: frame for frame in read_frames_by_id(tx, ordered[start : start + 500])}
    return found


def read_persons(tx: Tx, class_number: str) -> dict[str, tuple[str, bool]]:
    """student_no → (person, whether an ID number was filed). One ID number is one person in all classes."""
    rows = tx.execute(
        select(EnrolmentRow.student_no, StudentRow.id, StudentRow.id_number_lookup)
        .join(StudentRow, StudentRow.id == EnrolmentRow.student_id)
        .where(EnrolmentRow.class_id == make_id("class", class_number), EnrolmentRow.dropped_at.is_(None))
    )
    return {number: (str(person), lookup is not None) for number, person, lookup in rows}


def read_presences_by_face(tx: Tx, persons: Collection[str]) -> list[PresenceRecord]:
    """Where faces make these persons present, by the current runs: one a student and session, by the most probable face."""
    query: Any = (
        select(FaceObservationRow, EnrolmentRow, SessionRow, ClassRow.number, SubmissionRow.file, CameraRow.code)
        .join(RunRow, RunRow.id == FaceObservationRow.run_id)
        .join(EnrolmentRow, EnrolmentRow.id == FaceObservationRow.enrolment_id)
        .join(SessionRow, SessionRow.id == RunRow.session_id)
        .join(ClassRow, ClassRow.id == RunRow.class_id)
        .outerjoin(SubmissionRow, SubmissionRow.id == FaceObservationRow.submission_id)
        .outerjoin(CameraSampleRow, CameraSampleRow.id == FaceObservationRow.camera_sample_id)
        .outerjoin(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
        # Present, as the run concluded: seen in a photo of the right time.
        .join(PresenceRow, (PresenceRow.run_id == RunRow.id) & (PresenceRow.enrolment_id == EnrolmentRow.id))
        .where(RunRow.is_current, PresenceRow.presence == "present")
    )
    ids = sorted(UUID(person) for person in persons)
    best: dict[tuple[str, str, str], PresenceRecord] = {}
    for start in range(0, len(ids), 500):
        _keep_best(tx, query.where(EnrolmentRow.student_id.in_(ids[start : start + 500])), best)
    return [best[key] for key in sorted(best)]


def _keep_best(tx: Tx, query: Any, best: dict[tuple[str, str, str], PresenceRecord]) -> None:
    for face, enrolment, session, number, file, camera in tx.execute(query):
        record = PresenceRecord(
            class_number=number,
            student_no=enrolment.student_no,
            name=enrolment.name,
            person=str(enrolment.student_id),
            session_id=session.code,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            file=file or f"camera/{camera}",
            probability=face.match_probability or 0.0,
        )
        key = (number, session.code, enrolment.student_no)
        other = best.get(key)
        if other is None or (-record.probability, record.file) < (-other.probability, other.file):
            best[key] = record


def list_city_classes(tx: Tx) -> set[str]:
    """Numbers of the classes that a search over the city has hung something on."""
    rows = tx.scalars(
        select(ClassRow.number).join(RunRow, RunRow.class_id == ClassRow.id).where(RunRow.is_city, RunRow.is_current)
    )
    return set(rows)


def read_open_matters(tx: Tx, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of (class number, dedup key) that nobody has decided on yet."""
    found = set()
    for number, key in sorted(keys):
        row = tx.get(CaseRow, make_id("case", number, key))
        if row is not None and row.state in OPEN_STATES:
            found.add((number, key))
    return found


def purge_unknown_faces(tx: Tx, before: datetime, keep: Collection[UUID] = ()) -> int:
    """Erase the faces of unknown people that came in before a moment: their rows, and their embeddings in the looks.

    Their time begins when the photo came in, so that what is handed in late can still be compared. The photos,
    boxes and findings stay. Faces of roster students and teachers keep their embeddings.

    Args:
        keep: Unknown people whom an open case still rests on.
    Returns: how many unknown people were erased.
    """
    query: Any = (
        select(UnknownFaceRow, SessionRow.ends_at)
        .join(SessionRow, SessionRow.id == UnknownFaceRow.session_id)
        .where(SessionRow.ends_at < before)
    )
    waiting = set(tx.scalars(select(EvidenceRow.sha256).where(EvidenceRow.recorded_at >= before)))
    over = []
    for row, _ in tx.execute(query).all():
        pictures = _read_pictures(tx, {_id_of(each) for each in row.sightings})
        if row.id not in set(keep) and not waiting & {picture.sha256 for picture in pictures.values()}:
            over.append(row)
    held = waiting | _pictures_of(tx, keep)
    _erase_from_looks(tx, before, held)
    _erase_from_camera_looks(tx, before, held)
    for row in over:
        tx.delete(row)
    tx.flush()
    return len(over)


def _pictures_of(tx: Tx, ids: Collection[UUID]) -> set[str]:
    rows = [row for row in (tx.get(UnknownFaceRow, each) for each in sorted(ids)) if row is not None]
    pictures = _read_pictures(tx, {_id_of(each) for row in rows for each in row.sightings})
    return {picture.sha256 for picture in pictures.values()}


def _erase_from_looks(tx: Tx, before: datetime, held: Collection[str]) -> None:
    """Take the embeddings of faces that are nobody's out of the looks of photos whose sessions are all over."""
    query: Any = (
        select(SubmissionRow.sha256, FaceObservationRow, SessionRow.ends_at)
        .join(SubmissionRow, SubmissionRow.id == FaceObservationRow.submission_id)
        .join(RunRow, RunRow.id == FaceObservationRow.run_id)
        .join(SessionRow, SessionRow.id == RunRow.session_id)
        .where(RunRow.is_current)
    )
    nobody: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    waiting = set(held)
    for sha256, face, ends_at in tx.execute(query.where(SessionRow.ends_at < before)):
        if face.state not in ("matched", "teacher"):
            nobody[sha256].add(_place(face.box_x, face.box_y, face.box_width, face.box_height))
        if ends_at >= before:
            waiting.add(sha256)
    if not nobody:
        return
    used_later = select(SubmissionRow.sha256).join(SessionRow, SessionRow.id == SubmissionRow.session_id)
    waiting |= set(tx.scalars(used_later.where(SessionRow.ends_at >= before)))
    for sha256 in sorted(nobody.keys() - waiting):
        for look in tx.scalars(select(LookRow).where(LookRow.sha256 == sha256, LookRow.embedding_count > 0)):
            _erase_faces(tx, look, nobody[sha256])


def _erase_from_camera_looks(tx: Tx, before: datetime, held: Collection[str]) -> None:
    """The same for what cameras showed, also in pictures that no attendance rests on: whoever is not known is nobody's."""
    query: Any = (
        select(CameraSampleRow.sha256, FaceObservationRow)
        .outerjoin(
            FaceObservationRow,
            (FaceObservationRow.camera_sample_id == CameraSampleRow.id)
            & FaceObservationRow.run_id.in_(select(RunRow.id).where(RunRow.is_current)),
        )
        .where(CameraSampleRow.sha256.is_not(None), CameraSampleRow.taken_at < before)
    )
    known: dict[str, set[tuple[int, ...]]] = {}
    for sha256, face in tx.execute(query):
        places = known.setdefault(sha256, set())
        if face is not None and face.state in ("matched", "teacher"):
            places.add(_place(face.box_x, face.box_y, face.box_width, face.box_height))
    # A picture that was handed in as a photo too is the photos' matter.
    handed_in = set(tx.scalars(select(SubmissionRow.sha256).where(SubmissionRow.sha256.in_(known))))
    for sha256 in sorted(known.keys() - set(held) - handed_in):
        for look in tx.scalars(select(LookRow).where(LookRow.sha256 == sha256, LookRow.embedding_count > 0)):
            boxes = [face["box"] for face in look.body.get("faces") or ()]
            places = {_place(box["x"], box["y"], box["width"], box["height"]) for box in boxes}
            _erase_faces(tx, look, places - known[sha256])


def _erase_faces(tx: Tx, look: LookRow, places: Collection[tuple[int, ...]]) -> None:
    """Drop the embeddings of the faces at these places; of a look by another version, all that stand elsewhere too."""
    body: Mapping[str, Any] = look.body
    faces: Sequence[Mapping[str, Any]] = body.get("faces") or ()
    vectors = read_embeddings(tx, look)
    kept: list[NDArray[np.float32]] = []
    changed: list[dict[str, Any]] = []
    for face in faces:
        box, row = face["box"], face["embedding"]
        gone = row is None or _place(box["x"], box["y"], box["width"], box["height"]) in places
        changed.append({**face, "embedding": None if gone else len(kept)})
        if not gone:
            kept.append(vectors[row])
    if len(kept) == look.embedding_count:
        return
    left = np.stack(kept).astype("<f4") if kept else np.zeros((0, 0), "<f4")
    look.body = {**body, "faces": changed}
    look.embeddings_sealed = vault_of(tx).seal(left.tobytes(), "look", "embeddings_sealed", look.id) if kept else None
    look.embedding_count, look.embedding_length = left.shape
    tx.flush()


def _place(x: float, y: float, width: float, height: float) -> tuple[int, ...]:
    # Whole pixels: one database may keep fewer digits than the look's JSON.
    return tuple(round(value) for value in (x, y, width, height))
