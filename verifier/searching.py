"""The questions people ask about faces: who is this, where else was this student seen, who are the strangers.

Read only: nothing that is asked changes a record, and a photo that is searched for is not kept.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session as Tx

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration
from verifier.attendance.search import FaceIndex, Hit, KnownFace, MemoryIndex, SearchAnswer, judge_hits, link_faces
from verifier.city import TableIndex, name_stranger, read_enrolled
from verifier.evidence import LocalStore
from verifier.intake import store_files
from verifier.looking import look_at_all
from verifier.nightly import Tools
from verifier.observation import FaceObservation
from verifier.photo.look_json import look_from_json
from verifier.records.database import Database, open_database
from verifier.records.errors import NotInRecordsError
from verifier.records.face_index import VectorTable
from verifier.records.faces import UnknownRecord, read_unknown_faces
from verifier.settings import Settings


def search_photo(photo: Path, settings: Settings, tools: Tools) -> dict[str, Any]:
    """Who are the people in a picture, among all enrolled and all retained unknown people? The answer is JSON-ready.

    Raises:
        OSError: the picture cannot be read.
    """
    data = photo.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    with tempfile.TemporaryDirectory(prefix="verifier-search-") as folder:
        store_files({sha256: photo}, LocalStore(Path(folder)))
        looking = settings.model_copy(update={"evidence_url": folder, "workers": 1})
        (done,) = look_at_all([sha256], looking, tools.versions)
    look = look_from_json(done.look_json, done.embeddings)
    answer: dict[str, Any] = {
        "file": str(photo),
        "sha256": sha256,
        "not_read": dict(look.not_read),
        "faces": search_faces(look.faces or (), settings, tools),
    }
    budget = asdict(ATTENDANCE_BUDGET_2023)
    return {
        **answer,
        "budget": budget,
        "calibration": tools.calibration.name,
        "embedding_contract": tools.embedding_contract,
    }


def search_faces(faces: Sequence[FaceObservation], settings: Settings, tools: Tools) -> list[dict[str, Any]]:
    """The same for faces that were already looked at; an unreadable one is searched for nowhere."""
    readable = [face for face in faces if face.readable and face.embedding is not None]
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("search"))
    try:
        with database.reading() as tx:
            people = _link(read_unknown_faces(tx, tools.embedding_contract), tools.calibration)
            # All sightings of one stranger are one candidate; as two they would compete for the same face.
            unknown = MemoryIndex(
                [
                    KnownFace(name_stranger(each), name_stranger(group[0]), each.embedding, each.inter_eye_px)
                    for group in people
                    for each in group
                ],
                tools.embedding_contract,
            )
            records = {name_stranger(each): each for group in people for each in group}
            enrolled, candidates = _index_of_enrolled(tx, settings, database, tools, readable)
        described = []
        complete = enrolled.complete  # counts the table's rows: asked once for all faces
        vectors = np.stack([face.embedding for face in readable if face.embedding is not None]) if readable else None
        near = iter(enrolled.find_nearest(vectors, tools.embedding_contract) if vectors is not None else [])
        alike = iter(unknown.find_nearest(vectors, tools.embedding_contract) if vectors is not None else [])
        for face in faces:
            if not face.readable or face.embedding is None:
                described.append({**_describe_face(face), "state": "unreadable"})
                continue
            known = _judge(next(near), face, candidates, len(readable), tools.calibration, complete)
            seen = _judge(next(alike), face, len(people), len(readable), tools.calibration)
            described.append(
                {
                    **_describe_face(face),
                    "state": known.state.value,
                    "enrolled": _describe_answer(known),
                    "seen_before": _describe_answer(seen)
                    | {
                        "sightings": [
                            _describe_sighting(records[each.hit.key], settings) for each in seen.likenesses[:5]
                        ]
                    },
                }
            )
        return described
    finally:
        database.close()


def _index_of_enrolled(
    tx: Tx, settings: Settings, database: Database, tools: Tools, faces: Sequence[FaceObservation]
) -> tuple[FaceIndex, int]:
    """The index, and how many people are in it."""
    vector = next((face.embedding for face in faces), None)
    if settings.face_index == "pgvector" and vector is not None:
        table = VectorTable(database, "enrolled", tools.embedding_contract, len(vector))
        table.create()
        return TableIndex(table), table.count_persons()
    people, _ = read_enrolled(tx, tools)
    index = MemoryIndex([each.as_known() for each in people], tools.embedding_contract)
    return index, len({each.person for each in people})


def _judge(
    hits: list[Hit],
    face: FaceObservation,
    candidates: int,
    searches: int,
    calibration: Calibration,
    complete: bool = True,
) -> SearchAnswer:
    return judge_hits(hits, face.inter_eye_px, candidates, calibration, searches=searches, complete=complete)


def _describe_face(face: FaceObservation) -> dict[str, Any]:
    return {
        "box_xywh": face.box.xywh(),
        "score": round(face.score, 4),
        "inter_eye_px": round(face.inter_eye_px, 1),
        "unreadable_because": face.unreadable_because or None,
    }


def _describe_answer(answer: SearchAnswer) -> dict[str, Any]:
    return {
        "state": answer.state.value,
        "compared": answer.candidates,
        "limit": round(answer.limit, 4) if answer.likenesses else None,
        "probability": round(answer.probability, 6),
        "likenesses": [
            {
                "who": each.hit.key,
                "similarity": round(each.hit.similarity, 4),
                "probability": round(each.probability, 6),
            }
            for each in answer.likenesses[:5]
        ],
    }


def _describe_sighting(record: UnknownRecord, settings: Settings) -> dict[str, Any]:
    photo, _, box = record.sightings[0]
    return {
        "class": record.class_number,
        "session": record.session_id,
        "starts_at": record.starts_at.astimezone(settings.zone).isoformat(),
        "file": photo.file,
        "sha256": photo.sha256,
        "box_xywh": box.xywh(),
        "photos": len(record.sightings),
    }


def find_sightings(class_number: str, student_no: str, settings: Settings, tools: Tools) -> dict[str, Any]:
    """Where else was this student seen as a stranger? Retained unknown faces of all classes, the oldest first.

    Raises:
        NotInRecordsError: nobody of that number is enrolled with a usable picture.
    """
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("search"))
    try:
        with database.reading() as tx:
            people, _ = read_enrolled(tx, tools)
            records = read_unknown_faces(tx, tools.embedding_contract)
    finally:
        database.close()
    who = next((each for each in people if each.key == f"{class_number}/{student_no}"), None)
    if who is None:
        raise NotInRecordsError(f"class {class_number} has no student {student_no} with a usable enrolment picture")
    found = []
    index = MemoryIndex([each.as_known() for each in people], tools.embedding_contract)
    candidates = len({each.person for each in people})
    for record in records:
        (hits,) = index.find_nearest(record.embedding[None], tools.embedding_contract)
        answer = judge_hits(hits, record.inter_eye_px, candidates, tools.calibration, searches=len(records))
        mine = next((each for each in answer.likenesses if each.hit.person == who.person), None)
        if mine is None or mine.hit.similarity < tools.calibration.stranger_similarity(record.inter_eye_px):
            continue
        state = answer.state.value if answer.likenesses[0] is mine else "cannot_tell"
        found.append(
            {
                **_describe_sighting(record, settings),
                "state": "cannot_tell" if state == "nobody" else state,
                "similarity": round(mine.hit.similarity, 4),
                "probability": round(mine.probability, 6),
            }
        )
    return {"class": class_number, "student_no": student_no, "compared": len(records), "sightings": found}


def list_strangers(settings: Settings, tools: Tools, since: date | None = None) -> dict[str, Any]:
    """The retained unknown people, each once with all sightings, those seen most often first.

    Args:
        since: Only sessions of this day and later, in the settings' zone.
    """
    start = None if since is None else datetime.combine(since, time(), settings.zone).astimezone(UTC)
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("search"))
    try:
        with database.reading() as tx:
            records = read_unknown_faces(tx, tools.embedding_contract, start)
    finally:
        database.close()
    people = _link(records, tools.calibration)
    people.sort(key=lambda group: (-len(group), group[0].starts_at, group[0].class_number, str(group[0].id)))
    return {
        "since": since.isoformat() if since else None,
        "retained_days": settings.unknown_faces_days,
        "strangers": [
            {
                "sessions": len(group),
                "classes": sorted({each.class_number for each in group}),
                "agencies": sorted({each.agency for each in group}),
                "sightings": [_describe_sighting(each, settings) for each in group],
            }
            for group in people
        ],
    }


def _link(records: Sequence[UnknownRecord], calibration: Calibration) -> list[list[UnknownRecord]]:
    """The unknown people behind the sightings, each with all of them, the oldest first."""
    if not records:
        return []
    groups = link_faces(
        np.stack([each.embedding for each in records]),
        [each.inter_eye_px for each in records],
        [f"{each.class_number}/{each.session_id}" for each in records],
        calibration,
    )
    return [[records[row] for row in group] for group in groups]
