"""Measure how clear a picture is, independently of its resolution.

Sharpness is measured on a copy of fixed size, tile by tile, so that the same picture at 1000 and at 4000 px has the
same sharpness, and a razor-sharp stamp in one corner does not hide that the room behind it is blurred.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import PictureQuality
from verifier.vision.shrink import shrink_by_area

NORMAL_SIDE_PX = 640  # below the smallest picture a watermark app saves (720 px), so that nothing is enlarged
TILES_ACROSS = 8
BLUR_PX = 9  # length of the averaging filter in Crété et al. (they use 9)
DARK_BELOW, BRIGHT_ABOVE = 20, 250
# A tile whose grey values hardly differ (standard deviation) has no edges: blank walls are not blurred.
MIN_TILE_CONTRAST = 6.0
DIRECTIONS = ((1, 0), (1, 1), (0, 1), (-1, 1))  # steps in pixels across and down


def read_quality(picture_bgr: NDArray[np.uint8]) -> PictureQuality:
    """Measure sizes, light and sharpness.

    Args:
        picture_bgr: (H, W, 3) uint8, upright.
    Returns: `sharpness` from 0 (no detail at all) to 1 (every edge one pixel wide at 640 px); `contrast` is the
        standard deviation of grey, 0 to 127.
    """
    height, width = picture_bgr.shape[:2]
    scale = NORMAL_SIDE_PX / max(height, width)
    if scale < 1.0:
        size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture_bgr = shrink_by_area(picture_bgr, size_wh)
    grey = np.asarray(cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return PictureQuality(
        width_px=width,
        height_px=height,
        mean_brightness=float(grey.mean()),
        dark_share=float((grey < DARK_BELOW).mean()),
        bright_share=float((grey > BRIGHT_ABOVE).mean()),
        sharpness=measure_sharpness(grey),
        contrast=float(grey.std()),
        direction_ratio=measure_direction_ratio(grey),
        blank_share=measure_blank_share(grey),
    )


def measure_sharpness(grey: NDArray[np.uint8]) -> float:
    """The median over the tiles that show anything of how much an averaging filter would still blur them.

    Args:
        grey: (h, w) uint8, already at its normal size.
    Returns: 0 to 1; 0 where no tile shows anything.
    Source: Crété-Roffet et al. 2007, "The Blur Effect: Perception and Estimation with a New No-Reference Perceptual
        Blur Metric", here as one minus their blur and per tile.
    """
    sharp = grey.astype(np.float32)
    side = max(8, max(grey.shape) // TILES_ACROSS)
    lost: list[NDArray[np.float32]] = []
    whole: list[NDArray[np.float32]] = []
    for size_wh, axis in (((1, BLUR_PX), 0), ((BLUR_PX, 1), 1)):
        blurred = cv2.blur(sharp, size_wh)
        edges = np.abs(np.diff(sharp, axis=axis, append=sharp.take([-1], axis=axis)))
        softer = np.abs(np.diff(blurred, axis=axis, append=blurred.take([-1], axis=axis)))
        lost.append(np.maximum(0.0, edges - softer))
        whole.append(edges)
    values = []
    for top in range(0, grey.shape[0], side):
        for left in range(0, grey.shape[1], side):
            tile = np.s_[top : top + side, left : left + side]
            if float(sharp[tile].std()) < MIN_TILE_CONTRAST:
                continue
            # The worse direction counts: a shaken picture is sharp along the movement.
            values.append(
                min(
                    float(part[tile].sum() / max(1e-6, all_[tile].sum()))
                    for part, all_ in zip(lost, whole, strict=True)
                )
            )
    return float(np.median(values)) if values else 0.0


def measure_direction_ratio(grey: NDArray[np.uint8]) -> float:
    """The sharpness of the softest of four directions over that of the sharpest.

    A shaken picture is blurred along the movement only. Each direction is measured against its own edges, so that a room full
    of vertical lines is no movement.

    Args:
        grey: (h, w) uint8, already at its normal size.
    Returns: 0 to 1; 1 where no tile shows anything.
    """
    sharp = grey.astype(np.float32)
    values = []
    for across, down in DIRECTIONS:
        softer = np.asarray(cv2.filter2D(sharp, -1, _make_line(across, down)), np.float32)
        edges, left = _difference(sharp, across, down), _difference(softer, across, down)
        lost = np.maximum(0.0, edges - left)
        tiles = [
            float(lost[tile].sum() / max(1e-6, edges[tile].sum()))
            for tile in _tiles(grey)
            if float(sharp[tile].std()) >= MIN_TILE_CONTRAST
        ]
        values.append(float(np.median(tiles)) if tiles else 1.0)
    return min(values) / max(max(values), 1e-6)


def measure_blank_share(grey: NDArray[np.uint8]) -> float:
    """The share of tiles that show nothing, 0 to 1: a finger before the lens, a sheet of paper, a wall."""
    return float(np.mean([float(grey[tile].std()) < MIN_TILE_CONTRAST for tile in _tiles(grey)]))


def _tiles(grey: NDArray[np.uint8]) -> list[tuple[slice, slice]]:
    side = max(8, max(grey.shape) // TILES_ACROSS)
    return [
        (slice(top, top + side), slice(left, left + side))
        for top in range(0, grey.shape[0], side)
        for left in range(0, grey.shape[1], side)
    ]


def _difference(values: NDArray[np.float32], across: int, down: int) -> NDArray[np.float32]:
    return np.asarray(np.abs(values - np.roll(values, (-down, -across), axis=(0, 1))), np.float32)


def _make_line(across: int, down: int) -> NDArray[np.float32]:
    """An averaging filter along one direction, about BLUR_PX long."""
    line, middle = np.zeros((BLUR_PX, BLUR_PX), np.float32), BLUR_PX // 2
    # A diagonal step is longer by half.
    reach = middle if 0 in (across, down) else round(middle / 2**0.5)
    for step in range(-reach, reach + 1):
        line[middle + step * down, middle + step * across] = 1.0 / (2 * reach + 1)
    return line
