"""Find all faces of one picture, from 12 px to frame-filling, and turn the legible ones into vectors.

Looks at:         the upright picture, through tiles on scales from double size down.
Cannot tell when: a face is too small, blurred, turned away, covered or cut off; it is then kept with the reason.
Can be fooled by: faces on posters and screens, which are faces too; who is meant to be there is judged elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, FaceObservation
from verifier.vision.align import align_face, measure_outside
from verifier.vision.candidates import Candidates, merge_candidates
from verifier.vision.face_net import FaceNet
from verifier.vision.readability import (
    READABILITY_2026,
    ReadabilityLimits,
    find_reason,
    measure_inter_eye,
    measure_pose,
    measure_sharpness,
)
from verifier.vision.tiles import TileGrid, find_in_tiles

# Double size: faces of 12 to 20 px become 24 to 40 px, which the detector knows (benchmarks/vision.py: recall in that
# class 12 of 24 at single, 20 of 24 at double, 21 of 24 at triple size, which costs twice as much again).
FACE_GRID = TileGrid("face-tiles-2026", tile_px=640, overlap_px=96, max_scale=2.0, coarsest_px=320)
# Usual values for faces (OpenCV's FaceDetectorYN has 0.3, insightface 0.4). A face inside another is a part of it.
MAX_IOU = 0.4
MAX_INSIDE = 0.7


@dataclass(frozen=True, slots=True)
class _Measures:
    inter_eye_px: float
    sharpness: float
    pose_deg: tuple[float, float, float]
    reason: str
    embeddable: bool


def find_faces(
    picture_bgr: NDArray[np.uint8], net: FaceNet, limits: ReadabilityLimits = READABILITY_2026
) -> tuple[FaceObservation, ...]:
    """Find the faces of one picture.

    Args:
        picture_bgr: (height, width, 3) uint8, upright.
        net: An opened face pack.
        limits: What counts as readable.
    Returns: from top to bottom, then left to right; the same picture and pack give the same answer.
        Readable and nearly readable faces carry an embedding.
    Raises: ModelError: the pack's network answered with something else than its contract says.
    """
    found = find_in_tiles(picture_bgr, net.detect, FACE_GRID)
    found = merge_candidates(found, MAX_IOU, MAX_INSIDE)
    order = np.lexsort((found.boxes[:, 0], found.boxes[:, 1]))
    found = found.take(order)
    measures, crops = [], []
    for index in range(len(found)):
        crop = align_face(picture_bgr, found.landmarks[index])
        measured = _measure(found, index, crop, picture_bgr.shape[1], picture_bgr.shape[0], limits)
        measures.append(measured)
        if measured.embeddable:
            crops.append(crop)
    vectors = iter(net.embed(np.stack(crops))) if crops else iter(())
    return tuple(
        _observe(found, index, measured, next(vectors) if measured.embeddable else None)
        for index, measured in enumerate(measures)
    )


def _measure(
    found: Candidates, index: int, crop: NDArray[np.uint8], width_px: int, height_px: int, limits: ReadabilityLimits
) -> _Measures:
    landmarks = found.landmarks[index]
    inter_eye, sharpness, pose = measure_inter_eye(landmarks), measure_sharpness(crop), measure_pose(landmarks)
    outside, score = measure_outside(landmarks, width_px, height_px), float(found.scores[index])
    reason = find_reason(inter_eye, sharpness, pose[0], pose[1], score, outside, limits)
    return _Measures(inter_eye, sharpness, pose, reason, inter_eye >= limits.nearly * limits.min_inter_eye_px)


def _observe(
    found: Candidates, index: int, measured: _Measures, embedding: NDArray[np.float32] | None
) -> FaceObservation:
    x1, y1, x2, y2 = (float(value) for value in found.boxes[index])
    yaw, pitch, roll = measured.pose_deg
    return FaceObservation(
        box=Box(x1, y1, x2 - x1, y2 - y1),
        score=float(found.scores[index]),
        landmarks_px=found.landmarks[index],
        embedding=embedding,
        inter_eye_px=measured.inter_eye_px,
        sharpness=measured.sharpness,
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        unreadable_because=measured.reason,
    )
