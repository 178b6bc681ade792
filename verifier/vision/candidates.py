"""Raw detections and how those of several tiles and scales become one list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Detections of one run. `boxes` is (n, 4) float32 x1, y1, x2, y2 in pixels of whatever was looked at.

    `scores` is (n,), 0 to 1; `landmarks` is (n, 5, 2), or (n, 0, 2) for a network that finds none.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Candidates:
        """Only the chosen ones, in that order."""
        return Candidates(self.boxes[chosen], self.scores[chosen], self.landmarks[chosen])

    def move(self, scale: float, x: float, y: float) -> Candidates:
        """From a tile's pixels to the picture's: times `scale`, then shifted by (x, y)."""
        shift = np.array([x, y], np.float32)
        return Candidates(
            self.boxes * np.float32(scale) + np.tile(shift, 2), self.scores, self.landmarks * scale + shift
        )

    @property
    def sides_px(self) -> NDArray[np.float32]:
        """(n,) geometric mean of width and height."""
        sizes = np.maximum(self.boxes[:, 2:] - self.boxes[:, :2], 0)
        return np.asarray(np.sqrt(sizes[:, 0] * sizes[:, 1]), np.float32)


def join_candidates(parts: list[Candidates], landmarks: int = 5) -> Candidates:
    """All parts after each other; `landmarks` per detection tells the shape where there are no parts."""
    if not parts:
        return Candidates(
            np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, landmarks, 2), np.float32)
        )
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.landmarks for part in parts]),
    )


def merge_candidates(found: Candidates, max_iou: float, max_inside: float) -> Candidates:
    """Keep the best of those that are one and the same thing.

    Two boxes are the same where they overlap by more than `max_iou` (intersection over union), or where the smaller
    one lies inside the larger one by more than `max_inside` of its own area: a fine level yields a part of a large
    face, and a coarse one a face with its hair, which plain IoU would keep twice.

    Returns: best score first; equal scores by place, so that the order never depends on the order of the tiles.
    """
    order = np.lexsort((found.boxes[:, 0], found.boxes[:, 1], -found.scores))
    found = found.take(order)
    areas = np.prod(np.maximum(found.boxes[:, 2:] - found.boxes[:, :2], 0), axis=1)
    alive = np.ones(len(found), bool)
    kept = []
    for index in range(len(found)):
        if not alive[index]:
            continue
        kept.append(index)
        corner = np.minimum(found.boxes[:, 2:], found.boxes[index, 2:])
        sides = np.maximum(corner - np.maximum(found.boxes[:, :2], found.boxes[index, :2]), 0)
        shared = sides[:, 0] * sides[:, 1]
        union = np.maximum(areas + areas[index] - shared, 1e-6)
        inside = shared / np.maximum(np.minimum(areas, areas[index]), 1e-6)
        alive &= (shared / union <= max_iou) & (inside <= max_inside)
    return found.take(np.array(kept, np.intp))
