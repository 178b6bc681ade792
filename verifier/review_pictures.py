"""Pictures for people who review: a face cut out, an enrolment picture, a photo without marks, a heat map; JPEG."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.annotated import as_id, open_picture, read_look
from verifier.observation import Box, Look
from verifier.photo.annotate import MAX_SIDE_PX, encode_jpeg, lay_heat
from verifier.records.database import Database
from verifier.records.reading import read_photo
from verifier.records.tables.enrolment import EnrolmentPhotoRow
from verifier.records.tables.teacher import TeacherPhotoRow
from verifier.settings import Settings

FACE_SIDE_PX = 480  # both faces of a pair in the same number of pixels, so that neither looks better for its size
FACE_MARGIN = 0.6  # of the face on each side: hair, ears and neck help to recognise somebody


def show_photo(settings: Settings, database: Database, photo_id: str) -> bytes:
    """A photo as it was handed in, no larger than MAX_SIDE_PX, without marks.

    Raises:
        KeyError: no judged photo has that id, or it cannot be opened as a picture.
        EvidenceError: the bytes are missing or damaged.
    """
    picture, _ = _open_photo(settings, database, photo_id)
    return encode_jpeg(_shrink(picture, MAX_SIDE_PX))


def show_heat(settings: Settings, database: Database, photo_id: str) -> bytes:
    """A photo under the heat map of its compression; arguments and errors as `show_photo`, and KeyError without a heat map."""
    picture, look = _open_photo(settings, database, photo_id)
    if look.compression is None or look.compression.heat is None:
        raise KeyError(f"{photo_id} has no heat map")
    return encode_jpeg(lay_heat(_shrink(picture, MAX_SIDE_PX), look.compression.heat))


def show_face(settings: Settings, database: Database, photo_id: str, box_xywh: Sequence[float]) -> bytes:
    """A face of a photo with its surroundings, as a square of FACE_SIDE_PX; errors as `show_photo`.

    Args:
        box_xywh: In pixels of the upright picture.
    """
    picture, _ = _open_photo(settings, database, photo_id)
    return encode_jpeg(cut_square(picture, Box(*box_xywh)))


def show_portrait(settings: Settings, database: Database, portrait_id: str) -> bytes:
    """An enrolment picture, cut to its largest face where one was found, as a square of FACE_SIDE_PX.

    Raises:
        KeyError: there is no such picture, nobody could look at it yet, or it cannot be opened.
    """
    with database.reading() as tx:
        row = tx.get(EnrolmentPhotoRow, as_id(portrait_id)) or tx.get(TeacherPhotoRow, as_id(portrait_id))
        if row is None:
            raise KeyError(portrait_id)
        sha256, look = row.sha256, read_look(tx, settings, row.sha256)
    picture, look = open_picture(settings, portrait_id, sha256, look)
    faces = sorted(look.faces or (), key=lambda face: face.box.width * face.box.height)
    height, width = picture.shape[:2]
    return encode_jpeg(cut_square(picture, faces[-1].box if faces else Box(0, 0, width, height), whole=not faces))


def cut_square(picture_bgr: NDArray[np.uint8], box: Box, *, whole: bool = False) -> NDArray[np.uint8]:
    """A square around a box, (FACE_SIDE_PX, FACE_SIDE_PX, 3); what lies outside of the picture is grey.

    Args:
        whole: No margin.
    """
    side = max(box.width, box.height, 1.0) * (1.0 if whole else 1 + 2 * FACE_MARGIN)
    scale = FACE_SIDE_PX / side
    left, top = box.x + box.width / 2 - side / 2, box.y + box.height / 2 - side / 2
    onto = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], dtype=np.float32)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cut = cv2.warpAffine(
        picture_bgr, onto, (FACE_SIDE_PX, FACE_SIDE_PX), flags=method, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(229, 231, 235),
    )  # fmt: skip
    return np.asarray(cut, dtype=np.uint8)


def _shrink(picture_bgr: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    height, width = picture_bgr.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture_bgr, size_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _open_photo(settings: Settings, database: Database, photo_id: str) -> tuple[NDArray[np.uint8], Look]:
    with database.reading() as tx:
        sha256 = read_photo(tx, as_id(photo_id)).submission.sha256
        look = read_look(tx, settings, sha256)
    return open_picture(settings, photo_id, sha256, look)
