"""Can this face be read well enough to be used for or against a person?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.vision.align import TEMPLATE_PX


@dataclass(frozen=True, slots=True)
class ReadabilityLimits:
    """Below or beyond which a face is not readable. Changed limits are a new profile; the old one stays."""

    name: str
    min_inter_eye_px: float
    min_sharpness: float
    max_yaw_deg: float
    max_pitch_deg: float
    min_score: float
    max_outside: float
    min_eye_brightness: float
    max_eye_brightness: float
    min_eye_contrast: float
    # A face that misses one of the limits by this factor still gets an embedding: too poor to accuse, yet it may show
    # that a student was there. Below it a vector would be noise.
    nearly: float


# Measured with the default pack on 85 faces of 29 people (LFW and East-Asian development pictures), each compared with other
# pictures of the same person; "kept" is the share of pairs whose cosine stays above 0.42, at which 0.1 % of strangers do.
#   inter-eye px    undisturbed 96.6 %; 20: 95.5; 16: 95.5; 14: 95.5; 12: 92.6; 10: 88.1; 8: 69.9; 6: 33.5.
#                   20 and not 14, as truly small faces are also noisy and smoothed by the phone, which shrunken ones are not:
#                   in the classroom pictures faces of 16 to 20 px were smears that no other measure tells from sharp ones.
#   sharpness       (148 faces of the same 29) undisturbed median 0.65, kept 99.7 %; blur of 1.5 crop px (median 0.41): kept 98.2 %;
#                   2 (0.31): 95.9; 2.5 (0.25): 92.4; 3 (0.20): 82.0; 4 (0.13): 42.7. Smeared over 9 crop px (0.30): 85.6;
#                   13 (0.20): 51.2; 17 (0.15): 20.0. At 0.25 no undisturbed face is lost, nor any in a staged class photo.
#   yaw             mean cosine 0.67 up to 25°, 0.63 at 25 to 35°, 0.59 at 35 to 45°, 0.41 beyond.
#   pitch           95 % of these press faces lie within 11° of the middle; no steeper ones to measure, so taken with care.
#   score           the lowest of these faces has 0.89; of some 16 false boxes on groups_wider three score above 0.75.
#   eye brightness  brighter eye region over cheeks: lowest 0.47; under a black bar at most 0.21 (95 of 100). Highest of 202
#                   portraits 1.28; of 57 faces behind a white sheet 4 passed all other limits, at 1.7 to 4.2.
#   eye contrast    lowest 0.115; under a flat bar 0.05 or less (half of them). A bar over the eyes costs 0.4 of the cosine.
#                   A covered mouth costs 0.2 only, so dark masks pass; white ones outshine the eyes and are `occluded`.
READABILITY_2026 = ReadabilityLimits(
    "face-readability-2026",
    min_inter_eye_px=20.0,
    min_sharpness=0.25,
    max_yaw_deg=45.0,
    max_pitch_deg=30.0,
    min_score=0.75,
    max_outside=0.1,
    min_eye_brightness=0.35,
    max_eye_brightness=1.4,
    min_eye_contrast=0.07,
    nearly=0.5,
)


@dataclass(frozen=True, slots=True)
class Legibility:
    """What was measured of one face. Degrees as in `measure_pose`; `outside` as in `measure_outside`."""

    inter_eye_px: float
    sharpness: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    score: float
    outside: float
    eye_brightness: float
    eye_contrast: float


# The five points in three dimensions, in crop pixels: the template seen from the front, with depths towards the viewer.
# Depths as shares of the inter-eye distance (35.2 px): nose tip 0.5, mouth corners 0.1, eyes 0 (anthropometric means:
# 63 mm between the eyes, the nose tip about 30 mm before them).
_DEPTH_PX = np.array([0.0, 0.0, 17.6, 3.5, 3.5])
_MODEL = np.hstack([TEMPLATE_PX.astype(np.float64), _DEPTH_PX[:, None]])
_MODEL_CENTRED = _MODEL - _MODEL.mean(axis=0)
_LEAST_SQUARES = np.linalg.pinv(_MODEL_CENTRED)
# What the fit shows for people who look into the camera: the median of the 85 faces above. YuNet sets noses lower than the
# template has them.
_LEVEL_PITCH_DEG = 11.0


def measure_inter_eye(landmarks_px: NDArray[np.float32]) -> float:
    """Distance between the eyes in pixels, as if seen from the front.

    Turning the head brings the eyes together without taking detail away; the fit's scale does not shrink with it.
    """
    scale = float(np.linalg.norm(_fit_model(landmarks_px)[1]))
    plain = float(np.linalg.norm(landmarks_px[0] - landmarks_px[1]))
    return max(plain, scale * float(TEMPLATE_PX[1, 0] - TEMPLATE_PX[0, 0]))


def measure_pose(landmarks_px: NDArray[np.float32]) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees, from five points under weak perspective.

    Yaw is positive when the face looks to the picture's right, pitch when it looks down, roll when it is turned
    clockwise. Good to about ten degrees: enough to tell a profile from a face, not to measure one.
    """
    first, second = _fit_model(landmarks_px)
    across = first / max(float(np.linalg.norm(first)), 1e-9)
    down = second / max(float(np.linalg.norm(second)), 1e-9)
    towards = np.cross(across, down)
    # Rows of the rotation from head to picture; its third column is where the nose points (x right, y down, z to us).
    nose = np.array([across[2], down[2], towards[2]])
    nose = nose / max(float(np.linalg.norm(nose)), 1e-9)
    yaw = math.degrees(math.atan2(nose[0], nose[2]))
    pitch = math.degrees(math.asin(float(np.clip(nose[1], -1, 1)))) - _LEVEL_PITCH_DEG
    eyes = landmarks_px[1] - landmarks_px[0]
    roll = math.degrees(math.atan2(float(eyes[1]), float(eyes[0])))
    return yaw, pitch, roll


def measure_sharpness(crop_bgr: NDArray[np.uint8]) -> float:
    """How much finer than coarse the detail of an aligned face is: 0 for a smear, 0.4 to 0.9 for a crisp face.

    The slopes of the brightness after a slight blur (1 px of the crop) less those after a strong one (3 px), both along the
    direction that has the least, over the strong one's slopes along the other direction. A shaken camera or a moving head takes
    detail, coarse detail too, from one direction only: the weakest is compared with what the strongest shows that there should
    be. A ratio depends neither on light nor on whose face it is. Enlarged small faces measure low, as they should.

    Measured on staged class photos with heads smeared by an eighth to a third of their width (benchmarks/faces.py, composites):
    told by this measure, the area under the curve between vectors that kept their person and those that lost it is 0.95; by the
    slopes of the weakest direction alone 0.93, and at limits that keep all of 202 portraits those let pass 57 % of the lost ones,
    this one 17 %. Blind to noise and to coarse JPEG.
    """
    grey = cv2.cvtColor(crop_bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
    fine, _ = _measure_slopes(grey, 1.0)
    coarse, strongest = _measure_slopes(grey, 3.0)
    # A flat crop has no slopes to compare: nothing can be read in it.
    return max(0.0, (fine - coarse) / strongest) if strongest > 1e-3 else 0.0


def measure_eye_cover(crop_bgr: NDArray[np.uint8]) -> tuple[float, float]:
    """Brightness and contrast of the eye regions relative to the cheeks; of the two eyes the better one.

    Dark glasses are dark, a sheet of paper outshines the cheeks, a bar or a hand in front is flat. All need the cheeks to be seen.
    """
    grey = cv2.cvtColor(crop_bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)
    eyes = (grey[44:60, 26:50], grey[44:60, 62:86])
    cheeks = max(float(np.median(grey[64:78, 30:82])), 8.0)  # in the dark a ratio would be of noise
    brightness = max(float(np.median(eye)) for eye in eyes) / cheeks
    return brightness, max(float(eye.std()) for eye in eyes) / cheeks


def find_reason(seen: Legibility, limits: ReadabilityLimits) -> str:
    """Why a face is not readable: a stable code, the one that explains most first; empty for a readable face."""
    reasons = {
        "cut_off": seen.outside > limits.max_outside,
        "too_small": seen.inter_eye_px < limits.min_inter_eye_px,
        "turned_away": abs(seen.yaw_deg) > limits.max_yaw_deg or abs(seen.pitch_deg) > limits.max_pitch_deg,
        "blurred": seen.sharpness < limits.min_sharpness,
        "occluded": not limits.min_eye_brightness <= seen.eye_brightness <= limits.max_eye_brightness
        or seen.eye_contrast < limits.min_eye_contrast,
        "low_score": seen.score < limits.min_score,
    }
    return next((code for code, holds in reasons.items() if holds), "")


def is_nearly_readable(seen: Legibility, limits: ReadabilityLimits) -> bool:
    """Whether a vector of this face still says something about who it is."""
    return (
        seen.inter_eye_px >= limits.nearly * limits.min_inter_eye_px
        and seen.sharpness >= limits.nearly * limits.min_sharpness
        and abs(seen.yaw_deg) <= limits.max_yaw_deg / limits.nearly
    )


def _fit_model(landmarks_px: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two rows that map the model to the picture, least squares: their length is the scale."""
    seen = landmarks_px.astype(np.float64)
    rows = _LEAST_SQUARES @ (seen - seen.mean(axis=0))
    return rows[:, 0], rows[:, 1]


def _measure_slopes(grey: NDArray[np.float32], blur_px: float) -> tuple[float, float]:
    """Root mean square of the slopes inside the face, after a blur, along the directions with the least and the most of them."""
    smooth = cv2.GaussianBlur(grey, (0, 0), blur_px)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)[20:108, 16:96] / 8
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)[20:108, 16:96] / 8
    xx, xy, yy = float((across**2).mean()), float((across * down).mean()), float((down**2).mean())
    middle, spread = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return math.sqrt(max(middle - spread, 0.0)), math.sqrt(middle + spread)
