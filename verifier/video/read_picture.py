"""Measure light, detail and colours of one frame, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.photo.read_quality import MIN_TILE_CONTRAST, NORMAL_SIDE_PX, TILES_ACROSS
from verifier.video.stream_look import PictureReading

# A step of grey between neighbouring pixels at 640 px that stands out of noise of 3 grey levels, smoothed by one pixel.
EDGE_LEVELS = 12.0
MAIN_COLOURS = 8
# Below 1.5 px lies the noise, above 6 px the shapes of things.
BANDS_PX = (1.5, 3.0, 6.0)
FAINT_LEVELS = 0.25
COLOUR_SIDE_PX = 80


def read_picture(picture_bgr: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]] = ()) -> PictureReading:
    """Measure one frame.

    Args:
        picture_bgr: (h, w, 3) uint8.
        others: Frames of the same visit. Sharpness is measured on the mean of all, as the noise of a single one passes for
            detail when there is little other.
    """
    height, width = picture_bgr.shape[:2]
    scale = min(1.0, NORMAL_SIDE_PX / max(height, width))
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    normal = np.asarray(cv2.resize(picture_bgr, size_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    grey = np.asarray(cv2.cvtColor(normal, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return PictureReading(
        width_px=width,
        height_px=height,
        brightness=round(float(grey.mean()), 2),
        contrast=round(float(grey.std()), 2),
        brightest=round(float(np.percentile(grey, 99)), 1),
        bright_share=round(float((grey > 250).mean()), 4),
        sharpness=round(_measure_sharpness(_average(grey, others)), 4),
        plain_share=round(_measure_plain(grey), 4),
        edge_share=round(_measure_edges(grey), 4),
        saturation=round(float(_spread_of_channels(_reduce(normal)).mean()), 2),
        main_colours_share=round(_measure_main_colours(normal), 4),
        drawn_share=round(_measure_drawn(picture_bgr), 4),
    )


def _average(grey: NDArray[np.uint8], others: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    pictures = [grey.astype(np.float32)]
    for other in others:
        small = cv2.resize(other, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_AREA)
        pictures.append(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32))
    return np.asarray(np.mean(pictures, axis=0), dtype=np.float32)


def _measure_sharpness(grey: NDArray[np.float32]) -> float:
    """How much detail of 2 to 4 px there is, for each grey level of detail of 4 to 8 px. Light and noise change it little."""
    fine, middle, coarse = (cv2.GaussianBlur(grey, (0, 0), px) for px in BANDS_PX)
    return float(np.abs(fine - middle).mean() / max(FAINT_LEVELS, float(np.abs(middle - coarse).mean())))


def _reduce(picture_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """So small that the colours of noise have cancelled each other."""
    high = max(1, round(COLOUR_SIDE_PX * picture_bgr.shape[0] / picture_bgr.shape[1]))
    return np.asarray(cv2.resize(picture_bgr, (COLOUR_SIDE_PX, high), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _measure_plain(grey: NDArray[np.uint8]) -> float:
    """Share of tiles in which nothing stands out of its surroundings, a slow shade aside."""
    detail = grey.astype(np.float32) - cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 8.0)
    side = max(8, max(grey.shape) // TILES_ACROSS)
    plain = [
        float(detail[top : top + side, left : left + side].std()) < MIN_TILE_CONTRAST / 2
        for top in range(0, grey.shape[0], side)
        for left in range(0, grey.shape[1], side)
    ]
    return float(np.mean(plain))


def _measure_edges(grey: NDArray[np.uint8]) -> float:
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0).astype(np.float32)
    across, down = np.diff(smooth, axis=1)[:-1], np.diff(smooth, axis=0)[:, :-1]
    return float(np.mean(np.hypot(across, down) > EDGE_LEVELS)) if across.size else 0.0


def _spread_of_channels(picture_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How far a pixel is from grey, 0 to 255. Not HSV's saturation, which is noise in the dark."""
    return np.asarray(picture_bgr.max(axis=2) - picture_bgr.min(axis=2), dtype=np.uint8)


def _measure_main_colours(picture_bgr: NDArray[np.uint8]) -> float:
    coarse = (picture_bgr >> 4).astype(np.int32)
    counted = np.bincount((coarse[..., 0] << 8 | coarse[..., 1] << 4 | coarse[..., 2]).ravel(), minlength=4096)
    return float(np.sort(counted)[-MAIN_COLOURS:].sum() / max(1, counted.sum()))


def _measure_drawn(picture_bgr: NDArray[np.uint8]) -> float:
    """Share of pixels that equal their eight neighbours: surfaces that were drawn, or that an encoder gave up on."""
    grey = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY)
    kernel = np.ones((3, 3), np.uint8)
    return float(np.mean(cv2.dilate(grey, kernel) == cv2.erode(grey, kernel)))
