"""Find all faces of one picture, from 12 px to frame-filling, and turn the legible ones into vectors.

Looks at:         the upright picture, through tiles on several scales; where something tiny may be, enlarged.
Cannot tell when: a face is too small, blurred, turned away, covered or cut off; it is then kept with the reason.
Can be fooled by: faces on posters and screens, which are faces too; who is meant to be there is judged elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, FaceObservation
from verifier.vision.align import align_face, measure_outside
from verifier.vision.candidates import Candidates, join_candidates, merge_candidates
from verifier.vision.face_net import FAINT_SCORE, FaceNet
from verifier.vision.readability import (
    READABILITY_2026,
    Legibility,
    ReadabilityLimits,
    find_reason,
    is_nearly_readable,
    measure_eye_cover,
    measure_inter_eye,
    measure_pose,
    measure_sharpness,
)
from verifier.vision.tiles import TileGrid, ZoomGrid, find_in_tiles, zoom_on_hints

FACE_GRID = TileGrid("face-tiles-2026", tile_px=640, overlap_px=96, finest_scale=1.0, coarsest_px=320, smallest_px=24.0)
# A camera's megapixels are first looked at from half size on, and as they are only where the faintest hint lies: a full look at
# 12 of them takes five times as long as that. On groups_wider at half size all of the 106 faces of 10 to 48 px that are found at
# full size leave a hint of 0.05 (0.08 loses 2, 0.2 loses 5); 0.03 leaves a margin.
COARSE_GRID = replace(FACE_GRID, name="face-tiles-coarse-2026", finest_scale=0.5)
FAINT_ZOOM = ZoomGrid(
    "face-faint-2026", scale=1.0, tile_px=320, overlap_px=96, hint_score=FAINT_SCORE, hint_px=96.0, margin_px=40.0
)
# What measures less than this in the picture is better seen near by, and only there. Five groups in six places each of frames of
# 5 megapixels: 115 of 144 faces of 10 to 20 px, 159 of 186 of 20 to 40, 49 false; looked at whole 114, 157 and 40.
COARSE_SMALLEST_PX = 32.0
# Smaller pictures cost little: they are looked at whole, as are all where a pack's faintest hints are not measured.
COARSE_FROM_PX = 2560
# Double size where faint hints are: faces of 12 to 20 px become 24 to 40 px, which the detector knows. Recall in that class
# is 12 of 24 without, 21 of 24 with it; enlarging everything, also threefold, finds no more and takes ten times as many
# tiles (benchmarks/vision.py, groups_wider). Hints from 0.4 on find the same faces; 0.2 leaves a margin at little cost.
FACE_ZOOM = ZoomGrid("face-zoom-2026", scale=2.0, tile_px=320, overlap_px=64, hint_score=0.2, hint_px=24.0)
# Usual values for faces (OpenCV's FaceDetectorYN has 0.3, insightface 0.4). A face inside another is a part of it.
MAX_IOU = 0.4
MAX_INSIDE = 0.7


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
    found = detect_faces(picture_bgr, net)
    seen, crops = [], []
    for index in range(len(found)):
        crop = align_face(picture_bgr, found.landmarks[index])
        seen.append(_measure(found, index, crop, picture_bgr.shape[1], picture_bgr.shape[0]))
        if is_nearly_readable(seen[-1], limits):
            crops.append(crop)
    vectors = iter(net.embed(np.stack(crops))) if crops else iter(())
    return tuple(
        _observe(found, index, face, next(vectors) if is_nearly_readable(face, limits) else None, limits)
        for index, face in enumerate(seen)
    )


def detect_faces(picture_bgr: NDArray[np.uint8], net: FaceNet) -> Candidates:
    """All faces that score enough, each once, from top to bottom."""
    if max(picture_bgr.shape[:2]) >= COARSE_FROM_PX and net.tells_faint:
        coarse = find_in_tiles(picture_bgr, net.detect, COARSE_GRID)
        near = zoom_on_hints(picture_bgr, net.detect, coarse, FAINT_ZOOM)
        hints = join_candidates([coarse.take(coarse.sides_px >= COARSE_SMALLEST_PX), near])
    else:
        hints = find_in_tiles(picture_bgr, net.detect, FACE_GRID)
    found = join_candidates([hints, zoom_on_hints(picture_bgr, net.detect, hints, FACE_ZOOM)])
    found = merge_candidates(found.take(found.scores >= net.min_score), MAX_IOU, MAX_INSIDE)
    return found.take(np.lexsort((found.boxes[:, 0], found.boxes[:, 1])))


def _measure(found: Candidates, index: int, crop: NDArray[np.uint8], width_px: int, height_px: int) -> Legibility:
    landmarks = found.landmarks[index]
    yaw, pitch, roll = measure_pose(landmarks)
    brightness, contrast = measure_eye_cover(crop)
    return Legibility(
        inter_eye_px=measure_inter_eye(landmarks),
        sharpness=measure_sharpness(crop),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        score=float(found.scores[index]),
        outside=measure_outside(landmarks, width_px, height_px),
        eye_brightness=brightness,
        eye_contrast=contrast,
    )


def _observe(
    found: Candidates,
    index: int,
    seen: Legibility,
    embedding: NDArray[np.float32] | None,
    limits: ReadabilityLimits,
) -> FaceObservation:
    x1, y1, x2, y2 = (float(value) for value in found.boxes[index])
    return FaceObservation(
        box=Box(x1, y1, x2 - x1, y2 - y1),
        score=seen.score,
        landmarks_px=found.landmarks[index],
        embedding=embedding,
        inter_eye_px=seen.inter_eye_px,
        sharpness=seen.sharpness,
        yaw_deg=seen.yaw_deg,
        pitch_deg=seen.pitch_deg,
        roll_deg=seen.roll_deg,
        unreadable_because=find_reason(seen, limits),
    )
