"""Measure what a screen or a print leaves in a photo taken of it: a fine pattern that is the same over much of the picture.

A screen's pixels (a print's dots) against the camera's make moiré: narrow peaks in the spectrum that hardly any scene has. Only a
few crops are read, at their own resolution, as shrinking the picture would wash the pattern out.
Source: Garcia & de Queiroz 2015, "Face-Spoofing 2D-Detection Based on Moiré-Pattern Analysis". Chroma, the crops' shared frequency,
half the resolution and lower frequencies were measured too and found no more screens at the same rate of wrong remarks
(benchmarks/README.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from verifier.observation import RecaptureTraces

CROP_PX = 384
CROPS_ACROSS, CROPS_DOWN = 3, 2
# Spatial frequencies in periods a pixel. Below are the scene's own forms, blinds and fences among them, above is what JPEG
# leaves of noise.
LOWEST, HIGHEST = 0.1, 0.45
# A pattern is told from noise of this many grey levels, that a weaker one would not be seen in: plain and black areas have nothing
# else than JPEG's rounding, which has peaks too.
NOISE_LEVELS = 4.0
# A peak is narrow in every direction, an edge's streak only across: compared with the lines through it, at these distances in bins.
DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (2, -1), (1, -2))
DISTANCES = (3, 5, 7, 9)
REACH = max(DISTANCES)
# JPEG blocks are periodic too: their harmonics stand at multiples of 1/8. A picture saved before it was resized has them elsewhere,
# yet on the axes.
GRID_PERIOD = 8
GRID_MARGIN = 2.2 / CROP_PX
AXIS_MARGIN = 3.2 / CROP_PX
# Columns left of the vertical axis, which the lines through peaks beside it reach into.
LEFT_COLUMNS = 16


def read_recapture(picture_bgr: NDArray[np.uint8]) -> RecaptureTraces:
    """Measure the traces of a screen or print.

    Args:
        picture_bgr: (H, W, 3) uint8, upright or not.
    Returns: `luma_peak`: how far the strongest peak of a crop's log power spectrum stands above the strongest line through it,
        in nepers; of the crop that has the second strongest, as a screen's pattern is all over it and a patterned thing's is not.
    """
    return measure_crops(_cut_crops(picture_bgr))


def measure_crops(crops: Sequence[NDArray[np.uint8]]) -> RecaptureTraces:
    """The same of crops that were cut already, each (CROP_PX, CROP_PX, 3) uint8 BGR; at least one."""
    window = np.outer(np.hanning(CROP_PX), np.hanning(CROP_PX)).astype(np.float32)
    peaks = []
    for crop in crops:
        grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
        peaks.append(_find_peak(_measure_power(grey, window)))
    peaks.sort(reverse=True)
    return RecaptureTraces(luma_peak=peaks[min(1, len(peaks) - 1)])


def _cut_crops(picture_bgr: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Crops in even distances; a smaller picture is continued by its mirror image."""
    height, width = picture_bgr.shape[:2]
    if min(height, width) < CROP_PX:
        down, across = max(0, CROP_PX - height), max(0, CROP_PX - width)
        # REFLECT_101 needs more pixels than it adds, REFLECT only one.
        picture_bgr = np.asarray(
            cv2.copyMakeBorder(picture_bgr, 0, down, 0, across, cv2.BORDER_REFLECT), dtype=np.uint8
        )
        height, width = picture_bgr.shape[:2]
    tops = np.unique(np.linspace(0, height - CROP_PX, CROPS_DOWN + 2)[1:-1].round().astype(int))
    lefts = np.unique(np.linspace(0, width - CROP_PX, CROPS_ACROSS + 2)[1:-1].round().astype(int))
    return [picture_bgr[top : top + CROP_PX, left : left + CROP_PX] for top in tops for left in lefts]


def _measure_power(plane: NDArray[np.float32], window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log power spectrum, (CROP_PX, LEFT_COLUMNS + CROP_PX // 2); zero frequency at row CROP_PX // 2, column LEFT_COLUMNS."""
    spectrum = scipy.fft.rfft2((plane - plane.mean()) * window)
    floor = float((window**2).sum()) * NOISE_LEVELS**2
    right = np.fft.fftshift(np.log(np.abs(spectrum) ** 2 + floor), axes=0).astype(np.float32)
    # A real signal's spectrum is point symmetric.
    left = np.roll(right[::-1], 1, axis=0)[:, LEFT_COLUMNS:0:-1]
    return np.ascontiguousarray(np.hstack([left, right[:, : CROP_PX // 2]]))


def _make_mask() -> NDArray[np.bool_]:
    """Where a peak may be a screen's: between the limits, off the axes and off the lines of the JPEG grid."""
    down: NDArray[np.floating[Any]] = np.arange(-CROP_PX // 2, CROP_PX // 2)[:, None] / CROP_PX
    across: NDArray[np.floating[Any]] = np.arange(-LEFT_COLUMNS, CROP_PX // 2)[None, :] / CROP_PX
    radius = np.hypot(down, across)
    mask = np.asarray((radius > LOWEST) & (radius < HIGHEST) & (across >= 0))
    for axis in (down, across):
        harmonic = np.round(axis * GRID_PERIOD)
        offset = np.abs(axis * GRID_PERIOD - harmonic) / GRID_PERIOD
        mask &= offset >= np.where(harmonic == 0, AXIS_MARGIN, GRID_MARGIN)
    return mask


def _list_lines() -> list[list[tuple[int, int]]]:
    """For each direction the steps (across, down) to both sides of a peak, in bins."""
    lines = []
    for across, down in DIRECTIONS:
        longer = max(abs(across), abs(down))
        steps = [(round(way * across / longer), round(way * down / longer)) for way in DISTANCES]
        lines.append([*steps, *((-x, -y) for x, y in steps)])
    return lines


_MASK = _make_mask()
_LINES = _list_lines()


def _find_peak(power: NDArray[np.float32]) -> float:
    """How far the strongest peak stands above the strongest of the lines through it, in nepers."""
    smooth = np.asarray(cv2.GaussianBlur(power, (0, 0), 0.8), dtype=np.float32)
    height, width = smooth.shape
    wide = cv2.copyMakeBorder(smooth, REACH, REACH, REACH, REACH, cv2.BORDER_REFLECT)
    strongest = np.full_like(smooth, -np.inf)
    for line in _LINES:
        along = np.zeros_like(smooth)
        for across, down in line:
            along += wide[REACH + down : REACH + down + height, REACH + across : REACH + across + width]
        np.maximum(strongest, along / len(line), out=strongest)
    return float((smooth - strongest)[_MASK].max())
