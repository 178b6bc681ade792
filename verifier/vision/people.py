"""How many people are in the picture, also those who turn their back?

Looks at:         people found by the people pack in overlapping tiles, and faces that belong to none of them.
Cannot tell when: people hide behind each other; the bounds widen with every doubtful box, but what is wholly hidden is
                  in no bound.
Can be fooled by: posters, mirrors, dolls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, FaceObservation, PeopleCount
from verifier.vision.candidates import Candidates, merge_candidates
from verifier.vision.tiles import TileGrid, find_in_tiles
from verifier.vision.yolox import INPUT_PX, PeopleNet


@dataclass(frozen=True, slots=True)
class PeopleLimits:
    """Scores from which a box counts: surely (the lower bound), probably (the count), possibly (the upper bound)."""

    name: str
    sure_score: float
    count_score: float
    possible_score: float
    max_iou: float
    max_inside: float


PEOPLE_2026 = PeopleLimits(
    "people-2026", sure_score=0.6, count_score=0.35, possible_score=0.2, max_iou=0.5, max_inside=0.8
)
# Half size at most: people are several times as large as their faces.
PEOPLE_GRID = TileGrid("people-tiles-2026", tile_px=INPUT_PX, overlap_px=160, max_scale=0.5, coarsest_px=INPUT_PX)


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
    found = merge_candidates(find_in_tiles(picture_bgr, net.detect, PEOPLE_GRID), limits.max_iou, limits.max_inside)
    counted = found.take(found.scores >= limits.count_score)
    lone = [face for face in faces if not _belongs(face.box, counted)]
    sure_people = found.take(found.scores >= limits.sure_score)
    sure_faces = [face for face in faces if face.readable and not _belongs(face.box, sure_people)]
    possible = int((found.scores >= limits.possible_score).sum())
    possible_faces = sum(not _belongs(face.box, found) for face in faces)
    boxes = [Box(float(x1), float(y1), float(x2 - x1), float(y2 - y1)) for x1, y1, x2, y2 in counted.boxes]
    boxes += [face.box for face in lone]
    count = len(boxes)
    return PeopleCount(
        count=count,
        low=min(count, len(sure_people) + len(sure_faces)),
        high=max(count, possible + possible_faces),
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


def _belongs(face: Box, people: Candidates) -> bool:
    """Whether a face's centre lies inside one of the people."""
    x, y = face.x + face.width / 2, face.y + face.height / 2
    x1, y1, x2, y2 = people.boxes.T
    return bool(((x1 <= x) & (x <= x2) & (y1 <= y) & (y <= y2)).any())
