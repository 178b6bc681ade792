"""Pictures for people: annotated copies made on demand, and the originals as handed in."""

from __future__ import annotations

from pathlib import PurePosixPath
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from verifier.language import say
from verifier.looking import open_evidence
from verifier.observation import Look
from verifier.photo.annotate import FaceLabel, annotate_photo, encode_jpeg
from verifier.photo.container import sniff_format
from verifier.photo.decode import decode_photo
from verifier.records.closing import FaceMatch
from verifier.records.database import Database
from verifier.records.filing import read_class_file
from verifier.records.reading import read_photo
from verifier.settings import Settings
from verifier.shown_looks import read_shown_looks

MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic"}


def annotated_photo(settings: Settings, database: Database, photo_id: str) -> bytes:
    """A JPEG copy with boxes, names and outcomes, made from the evidence and the current findings.

    `database` is the open one, as a report asks for many pictures.

    Raises:
        KeyError: no judged photo has that id, or its file cannot be opened as a picture.
        EvidenceError: the bytes are missing or damaged.
    """
    with database.reading() as tx:
        photo = read_photo(tx, as_id(photo_id))
        look = read_look(tx, settings, photo.submission.sha256)
        training = read_class_file(tx, photo.class_number).training
    name = f"{photo_id}: {photo.submission.file}"
    picture, look = open_picture(settings, name, photo.submission.sha256, look)
    names = {student.student_no: student.name for student in training.students}
    names |= {teacher.number: teacher.name for teacher in training.teachers}
    labels = [label_face(face, names) for face in photo.faces]
    return encode_jpeg(annotate_photo(picture, look, photo.findings, labels))


def original_photo(settings: Settings, database: Database, photo_id: str) -> tuple[bytes, str, str]:
    """The bytes as handed in, their media type by content, and the file's own name.

    Raises:
        KeyError: no judged photo has that id.
        EvidenceError: the bytes are missing or damaged.
    """
    with database.reading() as tx:
        photo = read_photo(tx, as_id(photo_id))
    data = open_evidence(settings).read(photo.submission.sha256)
    media_type = MEDIA_TYPES.get(sniff_format(data), "application/octet-stream")
    return data, media_type, PurePosixPath(photo.submission.file).name


def portrait_picture(settings: Settings, database: Database, sha256: str) -> bytes:
    """An enrolment picture as a JPEG, upright, without whatever else the file holds.

    Raises:
        KeyError: nobody has looked at it yet, or it cannot be opened as a picture.
        EvidenceError: the bytes are missing or damaged.
    """
    with database.reading() as tx:
        look = read_look(tx, settings, sha256)
    picture, _ = open_picture(settings, sha256, sha256, look)
    return encode_jpeg(picture)


def read_look(tx: Session, settings: Settings, sha256: str) -> Look | None:
    """What was seen in a piece of evidence, last of all with older versions; None where nobody has looked yet."""
    return read_shown_looks(tx, settings, [sha256]).get(sha256)


def open_picture(settings: Settings, name: str, sha256: str, look: Look | None) -> tuple[NDArray[np.uint8], Look]:
    """The upright pixels of evidence that was looked at, (h, w, 3) BGR, and its look.

    Args:
        name: By which errors name it.
    Raises:
        KeyError: nobody has looked at it, or it cannot be opened as a picture.
        EvidenceError: the bytes are missing or damaged.
    """
    if look is None or look.decoded.fault is not None or "picture" in look.not_read:
        # What the watched processes could not open is not opened here, where nothing watches.
        raise KeyError(f"{name} could not be opened as a picture")
    decoded, picture = decode_photo(open_evidence(settings).read(sha256))
    if picture is None:
        raise KeyError(f"{name} cannot be shown ({decoded.fault})")
    return picture, look


def as_id(text: str) -> UUID:
    """An id as a page or a program gives it.

    Raises:
        KeyError: it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise KeyError(text) from None


def label_face(face: FaceMatch, names: dict[str, str]) -> FaceLabel:
    """What stands at a face: number and name of the person, with the likeness."""
    number = face.student_no or face.teacher_number
    if number is None:
        words = {"stranger": say("不在花名册"), "unclear": say("不能认定")}
        return FaceLabel(face.box, face.state, str(words.get(face.state, "")))
    name = " ".join(part for part in (number, names.get(number, "")) if part)
    return FaceLabel(face.box, face.state, name if face.similarity is None else f"{name} {face.similarity:.2f}")
