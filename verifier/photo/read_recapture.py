"""Measure what a screen or a print leaves in a photo taken of it: periodic patterns, flat light, washed-out colours.

A screen's pixels against the camera's make moiré: narrow peaks in the spectrum that hardly any scene has. Only a few crops
are read, at their own resolution, as shrinking the picture would wash the pattern out.
Source: Garcia & de Queiroz 2015, "Face-Spoofing 2D-Detection Based on Moiré-Pattern Analysis"; Cao & Kot 2010,
"Identification of Recaptured Photographs on LCD Screens" (texture, loss of detail, colour).
"""

from __future__ import annotations

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
RING_PX = 13  # width of the neighbourhood that a peak is compared with
# JPEG blocks are periodic too: their harmonics stand at multiples of 1/8 and on the axes.
GRID_PERIOD = 8
GRID_MARGIN = 1.6 / CROP_PX
COLOUR_SIDE_PX = 256


def read_recapture(picture_bgr: NDArray[np.uint8]) -> RecaptureTraces:
    """Measure the traces of a screen or print.

    Args:
        picture_bgr: (H, W, 3) uint8, upright or not.
    Returns: `luma_peak` and `chroma_peak`: how far the spectrum's strongest peak stands out, in standard deviations of the
        log power over its neighbourhood, averaged over the crops: a screen's pattern is the same everywhere, a patterned
        thing's is not. `detail_slope` is the log power at fine over that at middle frequencies.
    """
    luma, chroma, slopes = [], [], []
    window = np.outer(np.hanning(CROP_PX), np.hanning(CROP_PX)).astype(np.float32)
    for crop in _cut_crops(picture_bgr):
        parts = cv2.cvtColor(crop, cv2.COLOR_BGR2YCrCb).astype(np.float32)
        power = _measure_power(parts[:, :, 0], window)
        slopes.append(float(power[_FINE].mean() - power[_MIDDLE].mean()))
        luma.append(_find_excess(power))
        # Cr alone: the two chroma planes show the same pattern, and each costs as much as luma.
        chroma.append(_find_excess(_measure_power(parts[:, :, 1], window)))
    step = max(1, min(picture_bgr.shape[:2]) // (2 * COLOUR_SIDE_PX))
    thinned = np.ascontiguousarray(picture_bgr[::step, ::step])
    small = cv2.resize(thinned, (COLOUR_SIDE_PX, COLOUR_SIDE_PX), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(np.asarray(small, dtype=np.uint8), cv2.COLOR_BGR2HSV).astype(np.float32)
    return RecaptureTraces(
        luma_peak=_measure_peak(luma),
        chroma_peak=_measure_peak(chroma),
        detail_slope=float(np.median(slopes)),
        saturation=float(hsv[:, :, 1].mean() / 255.0),
        darkest=float(np.percentile(hsv[:, :, 2], 2) / 255.0),
        brightest=float(np.percentile(hsv[:, :, 2], 98) / 255.0),
    )


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
    """Log power spectrum, (CROP_PX, CROP_PX // 2 + 1)."""
    spectrum = scipy.fft.rfft2((plane - plane.mean()) * window)
    # One squared grey level of rounding noise keeps flat crops from having peaks at all.
    floor = float((window**2).sum()) / 12.0
    return np.asarray(np.log(np.abs(spectrum) ** 2 + floor), dtype=np.float32)


def _frequencies() -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    return np.fft.fftfreq(CROP_PX)[:, None], np.fft.rfftfreq(CROP_PX)[None, :]


def _make_mask() -> NDArray[np.bool_]:
    """Where a peak may be a screen's: between the limits, off the axes and off the lines of the JPEG grid."""
    down, across = _frequencies()
    radius = np.hypot(down, across)
    mask = np.asarray((radius > LOWEST) & (radius < HIGHEST))
    for axis in (down, across):
        offset = np.abs(axis * GRID_PERIOD - np.round(axis * GRID_PERIOD)) / GRID_PERIOD
        mask &= offset > GRID_MARGIN
    return mask


_MASK = _make_mask()
_RADIUS = np.hypot(*_frequencies())
_FINE, _MIDDLE = (_RADIUS > 0.3) & (_RADIUS < 0.45), (_RADIUS > 0.08) & (_RADIUS < 0.15)


def _find_excess(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each frequency has more than its neighbourhood, in nepers."""
    smooth = cv2.GaussianBlur(power, (0, 0), 0.8)
    around = cv2.blur(power, (RING_PX, RING_PX), borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth - around, dtype=np.float32)


def _measure_peak(crops: list[NDArray[np.float32]]) -> float:
    shared = np.mean(crops, axis=0)[_MASK]
    spread = float(shared.std())
    # A crop without anything in it has no peaks either.
    return float(shared.max()) / spread if spread > 1e-6 else 0.0
