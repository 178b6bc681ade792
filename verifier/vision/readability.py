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
    # A face that misses one of the limits by this factor still gets an embedding: too poor to accuse, yet it may show
    # that a student was there. Below it a vector would be noise.
    nearly: float


READABILITY_2026 = ReadabilityLimits(
    "face-readability-2026",
    min_inter_eye_px=16.0,
    min_sharpness=0.1,
    max_yaw_deg=45.0,
    max_pitch_deg=35.0,
    min_score=0.75,
    max_outside=0.1,
    nearly=0.6,
)

# The five points in three dimensions, in crop pixels: the template seen from the front, with depths towards the viewer.
# Depths as shares of the inter-eye distance (35.2 px): nose tip 0.5, mouth corners 0.1, eyes 0 (anthropometric means:
# 63 mm between the eyes, the nose tip about 30 mm before them).
_DEPTH_PX = np.array([0.0, 0.0, 17.6, 3.5, 3.5])
_MODEL = np.hstack([TEMPLATE_PX.astype(np.float64), _DEPTH_PX[:, None]])
_MODEL_CENTRED = _MODEL - _MODEL.mean(axis=0)


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
    pitch = math.degrees(math.asin(float(np.clip(nose[1], -1, 1))))
    eyes = landmarks_px[1] - landmarks_px[0]
    roll = math.degrees(math.atan2(float(eyes[1]), float(eyes[0])))
    return yaw, pitch, roll


def measure_sharpness(crop_bgr: NDArray[np.uint8]) -> float:
    """How much fine detail an aligned face holds, relative to its contrast; light and dark faces measure the same.

    Standard deviation of what a blur of one pixel takes away, over that of the whole: about 0.03 for a smear, above 0.2
    for a crisp face. An enlarged small face measures low, as it should.
    """
    grey = cv2.cvtColor(crop_bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)[20:108, 16:96]
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 1.0)
    return float(detail.std() / max(float(grey.std()), 4.0))


def find_reason(
    inter_eye_px: float,
    sharpness: float,
    yaw_deg: float,
    pitch_deg: float,
    score: float,
    outside: float,
    limits: ReadabilityLimits,
) -> str:
    """Why a face is not readable: a stable code, the one that explains most first; empty for a readable face."""
    if outside > limits.max_outside:
        return "cut_off"
    if inter_eye_px < limits.min_inter_eye_px:
        return "too_small"
    if abs(yaw_deg) > limits.max_yaw_deg or abs(pitch_deg) > limits.max_pitch_deg:
        return "turned_away"
    if sharpness < limits.min_sharpness:
        return "blurred"
    if score < limits.min_score:
        return "low_score"
    return ""


def _fit_model(landmarks_px: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two rows that map the model to the picture, least squares: their length is the scale."""
    seen = landmarks_px.astype(np.float64)
    rows = np.linalg.lstsq(_MODEL_CENTRED, seen - seen.mean(axis=0), rcond=None)[0]
    return rows[:, 0], rows[:, 1]
