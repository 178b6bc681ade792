"""How many people are in the picture, also those who turn their back?

Looks at:         people found by the people pack in overlapping tiles, and faces that belong to none of them.
Cannot tell when: people hide behind each other; the bounds widen with every doubtful box, but what is wholly hidden is
                  in no bound.
Can be fooled by: posters, mirrors, dolls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, FaceObservation, PeopleCount
from verifier.vision.candidates import Candidates, merge_candidates
from verifier.vision.tiles import TileGrid, find_in_tiles
from verifier.vision.yolox import INPUT_PX, PeopleNet


@dataclass(frozen=True, slots=True)
class PeopleLimits:
    """Scores from which a box counts surely (the lower bound) or probably (the count); all found ones are possible.

    `face_score` is the face detector's score from which a face without a person around it is a person more.
    """

    name: str
    sure_score: float
    count_score: float
    face_score: float
    max_iou: float
    max_inside: float


# Measured on groups_counted and the classroom with 14 annotated people: at 0.45 the count is exact on 9 of these 10
# pictures, at 0.35 a seated person is boxed twice in two of them. With 0.6 the lower bound never exceeds the truth there.
# `face_score` is the limit from which a face may be readable; below it are knots of hair and hands.
PEOPLE_2026 = PeopleLimits(
    "people-2026", sure_score=0.6, count_score=0.45, face_score=0.75, max_iou=0.5, max_inside=0.8
)
# People are several times as large as their faces: a level of at most 2048 px shows them well enough.
FINEST_SIDE_PX = 2048
PEOPLE_GRID = TileGrid(
    "people-tiles-2026", tile_px=INPUT_PX, overlap_px=160, finest_scale=1.0, coarsest_px=INPUT_PX, smallest_px=40.0
)


def count_people(
    picture_bgr: NDArray[np.uint8], net: PeopleNet, faces: Sequence[FaceObservation], limits: PeopleLimits = PEOPLE_2026
) -> PeopleCount:
    """Count the people of one picture.

    Args:
        picture_bgr: (height, width, 3) uint8, upright.
        net: The opened people pack.
        faces: The faces found in the same picture; one without a person around it is a person more.
    Returns: the count with its bounds; boxes of people and of lone faces, top to bottom.
    """
    scale = 1.0
    while max(picture_bgr.shape[:2]) * scale > FINEST_SIDE_PX:
        scale /= 2
    grid = replace(PEOPLE_GRID, finest_scale=scale)
    found = merge_candidates(find_in_tiles(picture_bgr, net.detect, grid), limits.max_iou, limits.max_inside)
    probable = [face for face in faces if face.score >= limits.face_score]
    readable = [face for face in faces if face.readable]
    counted = found.take(found.scores >= limits.count_score)
    sure = found.take(found.scores >= limits.sure_score)
    lone = find_lone_faces(probable, counted)
    boxes = [Box(float(x1), float(y1), float(x2 - x1), float(y2 - y1)) for x1, y1, x2, y2 in counted.boxes]
    boxes += [face.box for face in lone]
    count = len(boxes)
    return PeopleCount(
        count=count,
        low=min(count, len(sure) + len(find_lone_faces(readable, sure))),
        high=max(count, len(found) + len(find_lone_faces(faces, found))),
        method=net.version.partition("@")[0],
        boxes=tuple(sorted(boxes, key=lambda box: (box.y, box.x))),
    )


def count_faces_only(faces: Sequence[FaceObservation]) -> PeopleCount:
    """Count people where no people pack is installed: every face is one, and backs are not seen.

    Returns: `low` counts the readable faces only; `high` equals the count, though people seen from behind come on top.
    """
    readable = sum(face.readable for face in faces)
    boxes = tuple(sorted((face.box for face in faces), key=lambda box: (box.y, box.x)))
    return PeopleCount(count=len(boxes), low=readable, high=len(boxes), method="faces", boxes=boxes)


def find_lone_faces(faces: Sequence[FaceObservation], people: Candidates) -> list[FaceObservation]:
    """Faces that belong to none of the people. A person has one face: of two in one box, the second is lone."""
    free = np.ones(len(people), bool)
    lone = []
    x1, y1, x2, y2 = people.boxes.T
    for face in sorted(faces, key=lambda face: (-face.score, face.box.y, face.box.x)):
        x, y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
        around = free & (x1 <= x) & (x <= x2) & (y1 <= y) & (y <= y2)
        if not around.any():
            lone.append(face)
            continue
        # Among several people around a face it belongs to the one whose head would be there: top, in the middle.
        distance = np.abs(x - (x1 + x2) / 2) / np.maximum(x2 - x1, 1) + np.abs(face.box.y - y1) / np.maximum(y2 - y1, 1)
        free[int(np.where(around, distance, np.inf).argmin())] = False
    return lone
