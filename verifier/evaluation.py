"""Error rates on a labelled folder: ``enrol/<id>/*.jpg``, ``test/<id>/*.jpg``, ``strangers/*.jpg`` (``verifier evaluate``).

A bureau has few strangers' portraits, but plenty of photos of other classes: where there is ``crowds/*.jpg``, every face of
those pictures is a search of somebody who is on no roster, so that rates can be shown which need hundreds of such searches.

This is where pictures become labelled faces; what is measured on them, and how, is in `verifier.attendance.measuring`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget, load_calibration
from verifier.attendance.enrolment import EnrolledPhoto, judge_enrolment_photo
from verifier.attendance.measuring import Evaluation, LabelledFaces, evaluate_faces
from verifier.language import say
from verifier.observation import FaceObservation
from verifier.vision.faces import find_faces
from verifier.vision.nets import Nets

PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class EvaluationError(ValueError):
    """The folder does not hold what an evaluation needs; says what is missing and where."""


def evaluate_folder(
    folder: Path,
    nets: Nets,
    *,
    calibration: Calibration | None = None,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
    enrolment_pictures: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Measure the error rates on a labelled folder.

    Args:
        calibration: Default: the one shipped for the pack of `nets`.
        enrolment_pictures: Use only the first so many of each person; None for all.
        progress: Called with each picture's name.
    Raises:
        EvaluationError: the folder lacks ``enrol/`` or ``test/``, or holds no person with both.
        FileNotFoundError: no calibration is shipped for the pack, and none was given.
    """
    chosen = calibration or load_calibration(nets.versions["faces"].partition("@")[0])
    faces = read_labelled_faces(folder, nets, enrolment_pictures=enrolment_pictures, progress=progress)
    return evaluate_faces(faces, chosen, budget=budget, name=str(folder))


def read_labelled_faces(
    folder: Path,
    nets: Nets,
    *,
    enrolment_pictures: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> LabelledFaces:
    """Find and embed the labelled face of every picture of a folder.

    Raises:
        EvaluationError: as `evaluate_folder`.
    """
    for part in ("enrol", "test"):
        if not (folder / part).is_dir():
            raise EvaluationError(
                say("缺少文件夹{folder}：评测需要 enrol/<编号>/*.jpg 和 test/<编号>/*.jpg。", folder=str(folder / part))
            )
    refused: dict[str, str] = {}
    unreadable: list[str] = []

    def look(picture: Path) -> tuple[tuple[FaceObservation, ...], FaceObservation | None]:
        if progress is not None:
            progress(str(picture.relative_to(folder)))
        pixels = read_picture(picture)
        found = find_faces(pixels, nets.faces)
        return found, choose_labelled_face(found, pixels.shape[1], pixels.shape[0])

    enrolled: dict[str, tuple[EnrolledPhoto, ...]] = {}
    for person in _list_people(folder / "enrol"):
        photos = []
        for picture in list_pictures(person)[:enrolment_pictures]:
            found, face = look(picture)
            verdict = judge_enrolment_photo(found)
            if not verdict.accepted:
                refused[str(picture.relative_to(folder))] = verdict.code
            if face is not None and face.embedding is not None:
                photos.append(EnrolledPhoto(str(picture.relative_to(folder)), face))
        enrolled[person.name] = tuple(photos)

    def read_face(picture: Path) -> FaceObservation | None:
        face = look(picture)[1]
        if face is None or face.embedding is None:
            unreadable.append(str(picture.relative_to(folder)))
            return None
        return face

    tests = {
        person.name: tuple(read_face(picture) for picture in list_pictures(person))
        for person in _list_people(folder / "test")
        if enrolled.get(person.name)
    }
    if not tests:
        raise EvaluationError(say("{folder}中没有一个人在 enrol/ 和 test/ 里都有人脸。", folder=str(folder)))
    strangers = tuple(read_face(picture) for picture in list_pictures(folder / "strangers"))
    crowds = tuple(look(picture)[0] for picture in list_pictures(folder / "crowds"))
    return LabelledFaces(
        {person: photos for person, photos in enrolled.items() if photos},
        tests, strangers, refused, tuple(unreadable), nets.embedding_contract, crowds,
    )  # fmt: skip


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read one picture upright.

    Returns: (height, width, 3) uint8, BGR.
    Raises: EvaluationError: the file is no picture that OpenCV reads.
    """
    picture = cv2.imdecode(np.frombuffer(path.read_bytes() or b"\0", np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise EvaluationError(say("{file}无法作为图片读取。", file=str(path)))
    return np.asarray(picture, dtype=np.uint8)


def choose_labelled_face(faces: Sequence[FaceObservation], width_px: int, height_px: int) -> FaceObservation | None:
    """The face that a labelled picture is of: large and in the middle; None where no face was found.

    A bystander's larger face at the edge happens in press photos that were cut around somebody.
    """

    def prominence(face: FaceObservation) -> float:
        x, y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
        off_centre = float(np.hypot(x - width_px / 2, y - height_px / 2) / np.hypot(width_px / 2, height_px / 2))
        return face.inter_eye_px * (1 - off_centre)

    return max(faces, key=prominence, default=None)


def _list_people(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_dir())


def list_pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.rglob("*") if entry.suffix.lower() in PICTURES)
