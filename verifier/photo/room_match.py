"""Do two photos show one room? Their features, laid on each other by a plane: a wall, a ceiling, a floor seen from two places.

Rooms are not flat and classrooms are bare: two standpoints far apart leave too little in common, and then nothing is said. So a
match is telling, and its absence is not. What a step aside leaves is compared first; where that is too little, the features of
the picture's planes as they look from further aside, at ten times the cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.photo.read_descriptors import Features

TRIES = 2000  # finds a plane that a fifth of the matches follow in 95 of 100 cases (0.2^4 × 2000 = 3.2)


@dataclass(frozen=True, slots=True)
class RoomMatchLimits:
    """From when on two photos show one room; measured by benchmarks/room.py.

    Attributes:
        ratio: Lowe 2004: a feature's best match must be this much closer than its second best.
        reprojection_px: On the thumbnail of 480 px: what furniture before a wall adds to re-encoding.
        least_inliers: No two of 2,048 pairs of different rooms have more than 6 (benchmarks/room.py).
        least_features: With fewer outside people and stamps a match is out of reach.
        near_px: Tilted views find one place several times: what lies this near is one, in matching and in counting.
        least_tilted: Places in common among tilted features; no two different rooms have more than 7 (the same benchmark).
    """

    name: str = "room-match-2023"
    ratio: float = 0.8
    reprojection_px: float = 4.0
    least_inliers: int = 10
    least_features: int = 30
    near_px: float = 8.0
    least_tilted: int = 12


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
    plane, follows = _find_plane(other.points[match[chosen]], one.points[chosen], limits)
    return 0 if plane is None else int(follows.sum())


def count_common_places(one: Features, other: Features, limits: RoomMatchLimits = ROOM_MATCH_2023) -> int:
    """How many places of two rooms, found by tilted features, follow one plane's perspective. The order may matter slightly."""
    if min(len(one.points), len(other.points)) < 4:
        return 0
    cosines = one.descriptors @ other.descriptors.T
    match = cosines.argmax(axis=1)
    mutual = np.flatnonzero(cosines.argmax(axis=0)[match] == np.arange(len(match)))
    here, there = one.points[mutual], other.points[match[mutual]]
    # The second best must be of another place: the same one is there in several views.
    apart = np.abs(other.points[None] - there[:, None]).max(axis=2) > limits.near_px
    best, second = cosines[mutual, match[mutual]], np.where(apart, cosines[mutual], -1.0).max(axis=1, initial=-1.0)
    chosen = 2 - 2 * best < limits.ratio**2 * (2 - 2 * second)
    pairs = np.hstack([here[chosen], there[chosen]])
    _, first = np.unique(np.round(pairs / (0.75 * limits.near_px)), axis=0, return_index=True)
    pairs = pairs[first]
    if len(pairs) < 4:
        return 0
    plane, follows = _find_plane(pairs[:, 2:], pairs[:, :2], limits)
    if plane is None:
        return 0
    places = np.round(pairs[follows.ravel().astype(bool)] / limits.near_px)
    return min(len(np.unique(places[:, :2], axis=0)), len(np.unique(places[:, 2:], axis=0)))


def _find_plane(
    source: NDArray[np.float32], target: NDArray[np.float32], limits: RoomMatchLimits
) -> tuple[NDArray[np.float64] | None, NDArray[np.uint8]]:
    cv2.setRNGSeed(20230612)  # RANSAC draws; the same two photos must always give the same answer
    plane, follows = cv2.findHomography(source, target, cv2.RANSAC, limits.reprojection_px, maxIters=TRIES)
    return None if plane is None else np.asarray(plane, np.float64), np.asarray(follows, np.uint8)
