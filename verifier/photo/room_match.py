"""Do two photos show one room? Their features, laid on each other by a plane: a wall, a ceiling, a floor seen from two places.

Rooms are not flat and classrooms are bare: two standpoints far apart leave too little in common, and then nothing is said. So a
match is telling, and its absence is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from verifier.photo.read_descriptors import Features


@dataclass(frozen=True, slots=True)
class RoomMatchLimits:
    """From when on two photos show one room; measured by benchmarks/room.py.

    Attributes:
        ratio: Lowe 2004: a feature's best match must be this much closer than its second best.
        reprojection_px: On the thumbnail of 480 px: what furniture before a wall adds to re-encoding.
        least_inliers: No two of 2,048 pairs of different rooms have more than 6 (benchmarks/room.py).
        least_features: With fewer outside people and stamps a match is out of reach.
    """

    name: str = "room-match-2023"
    ratio: float = 0.8
    reprojection_px: float = 4.0
    least_inliers: int = 10
    least_features: int = 30


ROOM_MATCH_2023 = RoomMatchLimits()


def count_common_features(one: Features, other: Features, limits: RoomMatchLimits = ROOM_MATCH_2023) -> int:
    """How many features of two rooms follow one plane's perspective; 0 where too few are there. The order may matter slightly."""
    if min(len(one.points), len(other.points)) < 4:
        return 0
    cosines = one.descriptors @ other.descriptors.T
    two_best = 2 - 2 * np.partition(cosines, -2, axis=1)[:, -2:]
    match = cosines.argmax(axis=1)
    mutual = cosines.argmax(axis=0)[match] == np.arange(len(match))
    chosen = mutual & (two_best[:, 1] < limits.ratio**2 * two_best[:, 0])
    if chosen.sum() < 4:
        return 0
    cv2.setRNGSeed(20230612)  # RANSAC draws; the same two photos must always give the same answer
    plane, follows = cv2.findHomography(
        other.points[match[chosen]], one.points[chosen], cv2.RANSAC, limits.reprojection_px, maxIters=2000
    )
    return 0 if plane is None else int(follows.sum())
