"""Bring a face into the frame that recognition networks were trained on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CROP_PX = 112
# Where the five points lie in the 112 × 112 crop: the ArcFace template (Deng et al. 2019), as in insightface's
# `face_align.arcface_dst`, which a test compares it with. Not imported from there: that
# costs 1.1 s and 80 MB a process.
TEMPLATE_PX = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)

_SAMPLED_PX = np.stack(np.meshgrid(np.arange(4, CROP_PX, 8), np.arange(4, CROP_PX, 8)), axis=-1).reshape(-1, 2)


def fit_similarity(landmarks_px: NDArray[np.float32]) -> NDArray[np.float64]:
    """The turn, scale and shift that bring five points closest to the template (Umeyama 1991).

    Args: landmarks_px: (5, 2): eyes, nose, mouth corners, the picture's left first.
    Returns: (2, 3), maps picture pixels to crop pixels; zeros but for the shift where all points coincide.
    """
    source = landmarks_px.astype(np.float64)
    target = TEMPLATE_PX.astype(np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    centred = source - source_mean
    variance = float((centred**2).sum())
    aim = target - target_mean
    # A rotation with a scale is (a, −b; b, a): least squares gives both at once, and never a mirror image.
    a = float((centred * aim).sum()) / variance if variance else 0.0
    b = float((centred[:, 0] * aim[:, 1] - centred[:, 1] * aim[:, 0]).sum()) / variance if variance else 0.0
    turn = np.array([[a, -b], [b, a]])
    return np.hstack([turn, (target_mean - turn @ source_mean)[:, None]])


def align_face(picture_bgr: NDArray[np.uint8], landmarks_px: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cut one face out, upright: (112, 112, 3) uint8 BGR; black where the picture ends."""
    matrix = fit_similarity(landmarks_px)
    size = (CROP_PX, CROP_PX)
    # A large face is first brought near its final size by areas: bilinear sampling alone would pick single pixels,
    # which turns texture into noise. Only its own surroundings are touched, so the picture's size does not matter.
    shrink = 1.0 / max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-6)
    if shrink < 2:
        return np.asarray(cv2.warpAffine(picture_bgr, matrix, size, borderValue=(0, 0, 0)), np.uint8)
    x0, y0, x1, y1 = _source_window(matrix, picture_bgr.shape[1], picture_bgr.shape[0])
    part = picture_bgr[y0:y1, x0:x1]
    if part.size == 0:
        return np.zeros((CROP_PX, CROP_PX, 3), np.uint8)
    width, height = max(1, round(part.shape[1] / shrink)), max(1, round(part.shape[0] / shrink))
    small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    # small pixel → picture pixel (pixel centres kept) → crop pixel
    step_x, step_y = part.shape[1] / width, part.shape[0] / height
    back = np.array([[step_x, 0, x0 + (step_x - 1) / 2], [0, step_y, y0 + (step_y - 1) / 2], [0, 0, 1]])
    return np.asarray(cv2.warpAffine(small, matrix @ back, size, borderValue=(0, 0, 0)), np.uint8)


def measure_outside(landmarks_px: NDArray[np.float32], width_px: int, height_px: int) -> float:
    """Share of the aligned crop that lies outside the picture, 0 to 1."""
    inverse = cv2.invertAffineTransform(fit_similarity(landmarks_px))
    places = _SAMPLED_PX @ inverse[:, :2].T + inverse[:, 2]
    inside = (places >= 0).all(axis=1) & (places[:, 0] < width_px) & (places[:, 1] < height_px)
    return float(1 - inside.mean())


def _source_window(matrix: NDArray[np.float64], width: int, height: int) -> tuple[int, int, int, int]:
    """The part of the picture that the crop shows, with a margin of two crop pixels."""
    inverse = cv2.invertAffineTransform(matrix)
    corners = np.array([[-2, -2], [CROP_PX + 2, -2], [-2, CROP_PX + 2], [CROP_PX + 2, CROP_PX + 2]], np.float64)
    places = corners @ inverse[:, :2].T + inverse[:, 2]
    low = np.maximum(np.floor(places.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(places.max(axis=0)), [width, height]).astype(int)
    return int(low[0]), int(low[1]), int(max(high[0], low[0])), int(max(high[1], low[1]))
