"""Fit a calibration to labelled pictures: the same pictures at several sizes teach how evidence fades with distance.

A folder is laid out as for an evaluation (``enrol/ test/ strangers/``) and is one group of people, for example those of one
region; several folders are several groups, of which the one that is mistaken most sets the calibration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import Calibration
from verifier.attendance.fitting import BlurredRows, Comparisons, fit_calibration, measure_shared_correlation
from verifier.evaluation import EvaluationError, choose_labelled_face, list_pictures, read_picture
from verifier.language import say
from verifier.observation import FaceObservation
from verifier.vision.align import TEMPLATE_PX
from verifier.vision.face_net import FaceNet
from verifier.vision.faces import find_faces
from verifier.vision.nets import Nets

# Distances between the eyes that class photos show, from where faces become readable to where size stops to matter.
RENDERED_PX = (10.0, 14.0, 20.0, 28.0, 40.0)
# A phone's sensor noise and its JPEG quality, added after shrinking as a camera would.
NOISE_SD, JPEG_QUALITY = 3.0, 82
# How class photos blur faces: out of focus or smoothed by the phone, and moved during the exposure, in pixels of the aligned crop
# (35 between the eyes). As far as the typical face of that blur is still readable (`READABILITY_2026`: 0.31 at 2 px, 0.30 at 9).
SOFT_PX, SHAKEN_PX = (1.0, 1.5, 2.0), (5.0, 7.0, 9.0)
BLURRED_AT_PX = 28.0  # between the eyes, as in the middle rows
STRANGERS = "strangers"


Blur = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """One picture's face as it is, as a class photo would show it from further away, and blurred (kind, face)."""

    person: str
    path: str
    face: FaceObservation
    renditions: tuple[FaceObservation, ...]
    blurred: tuple[tuple[str, FaceObservation], ...] = ()


def calibrate_folders(
    folders: Sequence[Path],
    nets: Nets,
    *,
    name: str,
    data_name: str,
    fitted_on: date,
    progress: Callable[[str], None] | None = None,
    blurred: bool = False,
) -> Calibration:
    """Fit a calibration for the face pack of `nets`; each folder is one group, named by its last part.

    Args:
        blurred: Also fit what a blur costs. Not by default: on staged class photos it misses more people and finds fewer strangers
            than size alone (benchmarks/README.md).
    Raises:
        EvaluationError: a folder holds no labelled faces.
        ValueError: there are too few comparisons to fit anything.
    """
    groups, same_cosines, same_labels = [], [], []
    for folder in folders:
        pictures = read_labelled_pictures(folder, nets.faces, progress, blurred=blurred)
        groups.append(compare_pictures(folder.name, pictures))
        for cosine, label in _list_shared(pictures):
            same_cosines.append(cosine)
            same_labels.append(f"{folder.name}/{label}")
    return fit_calibration(
        groups,
        name=name,
        pack=nets.versions["faces"].partition("@")[0],
        data_name=data_name,
        fitted_on=fitted_on,
        shared_correlation=measure_shared_correlation(np.array(same_cosines), same_labels),
    )


def read_labelled_pictures(
    folder: Path, net: FaceNet, progress: Callable[[str], None] | None = None, *, blurred: bool = False
) -> list[LabelledPicture]:
    """All faces of a folder; each stranger is a person of their own. Pictures without a readable face are left out.

    Args:
        blurred: Also show them blurred; not strangers, as one picture cannot be compared with another of the same person.
    Raises:
        EvaluationError: not one face was found.
    """
    found = []
    for part in ("enrol", "test", STRANGERS):
        for path in list_pictures(folder / part):
            if progress is not None:
                progress(str(path))
            picture = read_picture(path)
            face = choose_labelled_face(find_faces(picture, net), picture.shape[1], picture.shape[0])
            # Portraits are cropped tightly; anything else that is hard to read would teach what readable faces are not.
            if face is None or face.embedding is None or face.unreadable_because not in ("", "cut_off"):
                continue
            person = str(path) if part == STRANGERS else path.parent.name
            renditions = tuple(
                shown for size in RENDERED_PX if (shown := _render(picture, face, size, net)) is not None
            )
            smeared = _render_blurred(picture, face, net) if blurred and part != STRANGERS else ()
            found.append(LabelledPicture(person, str(path), face, (face, *renditions), smeared))
    if not found:
        raise EvaluationError(say("{folder}的 enrol/、test/、strangers/ 里没有找到人脸。", folder=str(folder)))
    return found


def compare_pictures(group: str, pictures: Sequence[LabelledPicture]) -> Comparisons:
    """Every picture of somebody against every rendition of every other picture."""
    rows = [
        (
            float(one.face.embedding @ shown.embedding),
            min(one.face.inter_eye_px, shown.inter_eye_px),
            one.person == other.person,
        )
        for one in pictures
        for other in pictures
        if other.path != one.path
        for shown in other.renditions
        if one.face.embedding is not None and shown.embedding is not None
    ]
    pairs = [one.person == other.person for one, other in combinations(pictures, 2)]
    taken = Counter(picture.person for picture in pictures)
    return Comparisons(
        group=group,
        similarity=np.array([row[0] for row in rows]),
        inter_eye_px=np.array([row[1] for row in rows]),
        same_person=np.array([row[2] for row in rows], dtype=bool),
        people=len(taken),
        pictures=len(pictures),
        genuine_pairs=sum(pairs),
        impostor_pairs=len(pairs) - sum(pairs),
        genuine_people=sum(count > 1 for count in taken.values()),
        blurred=_compare_blurred(pictures),
    )


def _compare_blurred(pictures: Sequence[LabelledPicture]) -> tuple[BlurredRows, ...]:
    """Every picture of somebody against every blurred rendition of another one of theirs, by the way of blurring."""
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for one in pictures:
        for other in pictures:
            if one.person != other.person or one.path == other.path or one.face.embedding is None:
                continue
            for kind, shown in other.blurred:
                if shown.embedding is not None:
                    size = min(one.face.inter_eye_px, shown.inter_eye_px)
                    cosine = float(one.face.embedding @ shown.embedding)
                    rows.setdefault(kind, []).append((cosine, size, shown.sharpness))
    return tuple(BlurredRows(kind, *np.array(found).T) for kind, found in sorted(rows.items()))


def _list_shared(pictures: Sequence[LabelledPicture]) -> list[tuple[float, str]]:
    """Cosines of two people with a label for "this picture against that person": what errors of several pictures share.

    Two people are taken rather than one, since their errors agree more (0.7 against 0.5 on the development faces): a face that
    happens to look like somebody else's picture does so in every photo.
    """
    return [
        (float(one.face.embedding @ other.face.embedding), f"{one.path}|{other.person}")
        for one in pictures
        for other in pictures
        if one.person != other.person and one.face.embedding is not None and other.face.embedding is not None
    ]


def _render_blurred(
    picture_bgr: NDArray[np.uint8], face: FaceObservation, net: FaceNet
) -> tuple[tuple[str, FaceObservation], ...]:
    """(kind, face) of every way of blurring in which the face is still found."""
    pixel = BLURRED_AT_PX / float(TEMPLATE_PX[1, 0] - TEMPLATE_PX[0, 0])

    def soften(amount: float) -> Blur:
        return lambda small: np.asarray(cv2.GaussianBlur(small, (0, 0), amount * pixel), dtype=np.uint8)

    def shake(amount: float) -> Blur:
        width = max(3, int(amount * pixel) | 1)
        kernel = np.full((1, width), 1 / width, np.float32)
        return lambda small: np.asarray(cv2.filter2D(small, -1, kernel), dtype=np.uint8)

    ways = [*(("soft", soften(amount)) for amount in SOFT_PX), *(("shaken", shake(amount)) for amount in SHAKEN_PX)]
    shown = [(kind, _render(picture_bgr, face, BLURRED_AT_PX, net, blur)) for kind, blur in ways]
    return tuple((kind, found) for kind, found in shown if found is not None)


def _render(
    picture_bgr: NDArray[np.uint8], face: FaceObservation, inter_eye_px: float, net: FaceNet, blur: Blur | None = None
) -> FaceObservation | None:
    """The face as a photo from further away shows it: shrunken, noisy, compressed, and found anew; None where it is lost."""
    scale = inter_eye_px / face.inter_eye_px
    if scale > 0.95:
        return None
    small = np.asarray(cv2.resize(picture_bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    if blur is not None:
        small = blur(small)
    # The same noise every time, so that the same pictures give the same calibration.
    noise = np.random.default_rng(0).normal(0, NOISE_SD, small.shape)
    noisy = np.clip(small + noise, 0, 255).astype(np.uint8)
    encoded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    shown = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), dtype=np.uint8)
    # Faces at a picture's edge are judged as cut off; a class photo goes on around them.
    margin = int(inter_eye_px * 3)
    shown = np.asarray(cv2.copyMakeBorder(shown, margin, margin, margin, margin, cv2.BORDER_REFLECT), dtype=np.uint8)
    where = face.landmarks_px.mean(axis=0) * scale + margin
    near = [
        one
        for one in find_faces(shown, net)
        if one.embedding is not None and float(np.linalg.norm(one.landmarks_px.mean(axis=0) - where)) < inter_eye_px / 2
    ]
    return max(near, key=lambda one: one.score, default=None)
