"""Does the camera still look at the same room from the same place?

Looks at:         local features of the frame against those of views that somebody confirmed, people left out.
Cannot tell when: the picture is too dark, too blurred or too crowded to have features of the room.
Can be fooled by: another room that was furnished to look the same, down to its posters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box
from verifier.photo.read_descriptors import Features, read_features
from verifier.video.read_liveness import SMALL_WH
from verifier.video.stream_look import ViewReading

# As the thumbnails that photos are compared by: features on it survive re-encoding (photo/read_fingerprint.py).
VIEW_SIDE_PX = 480
# Overlays change (the clock) or stay with the camera when it turns (its name): rows of text at the top and bottom edges.
OVERLAY_ROWS_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class MatchLimits:
    """How features of two pictures are matched. Lowe 2004 for the ratio; the rest as photo/reuse_match.py measured it."""

    name: str = "view-match-2026"
    ratio: float = 0.8
    reprojection_px: float = 4.0  # a wide lens bends what a similarity maps straight: 1 % of the width


VIEW_MATCH_2026 = MatchLimits()


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceView:
    """A view that a person confirmed: this is the room, seen by this camera, in the day or by infrared."""

    name: str
    grey: NDArray[np.uint8]
    features: Features


def make_reference(name: str, picture_bgr: NDArray[np.uint8], people: Sequence[Box] = ()) -> ReferenceView:
    """Prepare a confirmed picture. `people` are boxes in its pixels; what stands in them is not the room."""
    grey, scale = _normalise(picture_bgr)
    return ReferenceView(name, grey, read_features(grey, _mask(grey, people, scale)))


def read_views(
    picture_bgr: NDArray[np.uint8], references: Sequence[ReferenceView], people: Sequence[Box] = ()
) -> tuple[ViewReading, ...]:
    """Lay one frame against every confirmed view.

    Args:
        picture_bgr: (h, w, 3) uint8.
        people: Boxes of people in it, in pixels.
    Returns: one reading for each reference, in their order.
    """
    if not references:
        return ()
    grey, scale = _normalise(picture_bgr)
    features = read_features(grey, _mask(grey, people, scale))
    return tuple(_lay_on(grey, features, reference) for reference in references)


def _normalise(picture_bgr: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    grey = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY)
    scale = VIEW_SIDE_PX / max(grey.shape)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    size_wh = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    # Equalised locally, as infrared and lamps light the same room in other ways.
    even = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(cv2.resize(grey, size_wh, interpolation=method))
    return np.asarray(even, dtype=np.uint8), scale


def _mask(grey: NDArray[np.uint8], people: Sequence[Box], scale: float) -> list[Box]:
    height, width = grey.shape
    rows = height * OVERLAY_ROWS_SHARE
    edges = [Box(0, 0, width, rows), Box(0, height - rows, width, rows)]
    return edges + [Box(box.x * scale, box.y * scale, box.width * scale, box.height * scale) for box in people]


def _lay_on(grey: NDArray[np.uint8], features: Features, reference: ReferenceView) -> ViewReading:
    limits = VIEW_MATCH_2026
    counts = len(features.points), len(reference.features.points)
    alike = _correlate(grey, reference.grey)
    plain = ViewReading(reference.name, *counts, inliers=0, alike=alike)
    if min(counts) < 4:
        return plain
    cosines = features.descriptors @ reference.features.descriptors.T
    match = cosines.argmax(axis=1)
    two_best = 2 - 2 * np.partition(cosines, -2, axis=1)[:, -2:]
    mutual = cosines.argmax(axis=0)[match] == np.arange(len(match))
    chosen = mutual & (two_best[:, 1] < limits.ratio**2 * two_best[:, 0])
    if int(chosen.sum()) < 4:
        return plain
    cv2.setRNGSeed(20260101)  # RANSAC draws; the same two pictures must always give the same answer
    onto, follows = cv2.estimateAffinePartial2D(
        reference.features.points[match[chosen]], features.points[chosen],
        ransacReprojThreshold=limits.reprojection_px, maxIters=2000, confidence=0.999,
    )  # fmt: skip
    if onto is None:
        return plain
    height, width = reference.grey.shape
    middle = onto @ np.array([width / 2, height / 2, 1.0])
    shift = math.hypot(middle[0] - grey.shape[1] / 2, middle[1] - grey.shape[0] / 2) / max(grey.shape)
    return ViewReading(
        reference=reference.name,
        features=counts[0],
        reference_features=counts[1],
        inliers=int(follows.sum()),
        shift_share=round(float(shift), 4),
        turn_deg=round(math.degrees(math.atan2(onto[1, 0], onto[0, 0])), 2),
        scale=round(math.hypot(onto[0, 0], onto[1, 0]), 4),
        alike=alike,
    )


def _correlate(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    values = []
    for grey in (one, other):
        small = cv2.resize(grey, SMALL_WH, interpolation=cv2.INTER_AREA).astype(np.float32)
        values.append((small - small.mean()) / max(1.0, float(small.std())))
    return round(float(np.mean(values[0] * values[1])), 4)
