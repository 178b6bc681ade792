"""Pictures for people: annotated copies made on demand, and the originals as handed in."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from verifier.evidence.store import EvidenceStore
from verifier.language import say
from verifier.looking import look_versions, open_evidence, versions_key
from verifier.photo.annotate import FaceLabel, annotate_photo, encode_jpeg
from verifier.photo.container import sniff_format
from verifier.photo.decode import decode_photo
from verifier.photo.look_json import look_from_json
from verifier.records.closing import FaceMatch
from verifier.records.database import Database
from verifier.records.filing import read_class_file
from verifier.records.looks import read_looks
from verifier.records.reading import PhotoRecord, read_photo
from verifier.settings import Settings

MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic"}


def annotated_photo(settings: Settings, database: Database, photo_id: str) -> bytes:
    """A JPEG copy with boxes, names and outcomes, made from the evidence and the current findings.

    `database` is the open one, as a report asks for many pictures.

    Raises:
        KeyError: no judged photo has that id, or its file cannot be opened as a picture.
        EvidenceError: the bytes are missing or damaged.
    """
    photo, looks, names = _read(settings, database, photo_id)
    look = looks.get(photo.submission.sha256)
    if look is None or look.decoded.fault is not None or "picture" in look.not_read:
        # What the watched processes could not open is not opened here, where nothing watches.
        raise KeyError(f"{photo_id}: {photo.submission.file} could not be opened as a picture")
    decoded, picture = decode_photo(open_evidence(settings).read(photo.submission.sha256))
    if picture is None:
        raise KeyError(f"{photo_id}: {photo.submission.file} cannot be shown ({decoded.fault})")
    labels = [label_face(face, names) for face in photo.faces]
    return encode_jpeg(annotate_photo(picture, look, photo.findings, labels))


def original_photo(settings: Settings, database: Database, photo_id: str) -> tuple[bytes, str, str]:
    """The bytes as handed in, their media type by content, and the file's own name.

    Raises:
        KeyError: no judged photo has that id.
        EvidenceError: the bytes are missing or damaged.
    """
    photo, _, _ = _read(settings, database, photo_id)
    data = open_evidence(settings).read(photo.submission.sha256)
    media_type = MEDIA_TYPES.get(sniff_format(data), "application/octet-stream")
    return data, media_type, PurePosixPath(photo.submission.file).name


def portrait_picture(store: EvidenceStore, sha256: str) -> bytes:
    """An enrolment picture as a JPEG, upright, without whatever else the file holds.

    Raises:
        KeyError: the bytes cannot be shown as a picture.
        EvidenceError: they are missing or damaged.
    """
    decoded, picture = decode_photo(store.read(sha256))
    if picture is None:
        raise KeyError(f"{sha256} cannot be shown ({decoded.fault})")
    return encode_jpeg(picture)


def label_face(face: FaceMatch, names: dict[str, str]) -> FaceLabel:
    """What stands at a face: number and name of the person, with the likeness."""
    number = face.student_no or face.teacher_number
    if number is None:
        words = {"stranger": say("不在花名册"), "unclear": say("不能认定")}
        return FaceLabel(face.box, face.state, str(words.get(face.state, "")))
    name = " ".join(part for part in (number, names.get(number, "")) if part)
    return FaceLabel(face.box, face.state, name if face.similarity is None else f"{name} {face.similarity:.2f}")


def _read(settings: Settings, database: Database, photo_id: str) -> tuple[PhotoRecord, dict[str, Any], dict[str, str]]:
    try:
        wanted = UUID(photo_id)
    except ValueError:
        raise KeyError(photo_id) from None
    versions, _ = look_versions(settings)
    with database.reading() as tx:
        photo = read_photo(tx, wanted)
        looks = read_looks(tx, [photo.submission.sha256], versions_key(versions))
        training = read_class_file(tx, photo.class_number).training
    names = {student.student_no: student.name for student in training.students}
    names |= {teacher.number: teacher.name for teacher in training.teachers}
    return photo, {sha256: look_from_json(*stored) for sha256, stored in looks.items()}, names
