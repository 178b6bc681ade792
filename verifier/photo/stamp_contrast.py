"""Pictures in which letters stand out from the scene: raised local contrast, and thin bright strokes alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# Shares of the picture's shorter side. The boldest strokes of stamps are those of a big clock: a tenth of the side high,
# strokes of 0.8 % (draw_stamp.py draws the published samples); what is broader than 1.8 % is scene, not stroke.
STROKE_SHARE = 0.018
# Contrast is levelled over about two lines of text.
LEVEL_SHARE = 0.06
# Fainter differences than this many grey levels are JPEG noise and stay dark.
MIN_STROKE_CONTRAST = 40
# The shadow of white letters on white paper is a grey of 150 to 200 (an alpha of 0.6 blurred, draw_stamp.py); what prints
# black on the paper is below 140 also after a JPEG of quality 60.
WHITES_FROM = 170
PRINT_BELOW = 140
MIN_PRINT_SHARE, MAX_PRINT_SHARE = 0.01, 0.4


def raise_contrast(picture_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Raise local contrast of the lightness (CLAHE), so that white letters stand out from a white wall.

    Args:
        picture_bgr: (H, W, 3) uint8.
    Source: Zuiderveld 1994, contrast limited adaptive histogram equalisation; 8 by 8 tiles, clip limit 4.
    """
    lab = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2LAB)
    lab[:, :, 0] = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(np.ascontiguousarray(lab[:, :, 0]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR), dtype=np.uint8)


def isolate_strokes(picture_bgr: NDArray[np.uint8], side_px: float) -> NDArray[np.uint8]:
    """Keep thin white strokes and darken the scene: stamps are drawn in white, scenes seldom are as white and as thin.

    Args:
        picture_bgr: (H, W, 3) uint8, a picture or a part of one.
        side_px: Shorter side of the whole picture, at the scale of `picture_bgr`; strokes are measured against it.
    Returns: (H, W, 3) uint8, white strokes on black. Dark letters, as on a white panel, are lost.
    Source: white top-hat (Serra 1982) of the least of the three channels, levelled by its local maximum.
    """
    least = picture_bgr.min(axis=2)
    strokes = cv2.morphologyEx(least, cv2.MORPH_TOPHAT, _make_disc(STROKE_SHARE * side_px))
    reach = _make_odd(LEVEL_SHARE * side_px)
    level = cv2.dilate(strokes, np.ones((reach, reach), np.uint8))
    for _ in range(2):
        # Twice a mean over 1.64 reaches spreads as a Gaussian of 0.67 reaches does, at a cost that its width leaves alone.
        level = cv2.blur(level, (round(1.64 * reach), round(1.64 * reach)))
    levelled = strokes.astype(np.float32) * (255.0 / np.maximum(level, MIN_STROKE_CONTRAST))
    return np.asarray(cv2.merge([np.clip(levelled, 0, 255).astype(np.uint8)] * 3), dtype=np.uint8)


def lift_whites(picture_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Spread the whites and darken all the rest: white letters on white paper differ from it by their shadow alone.

    Args:
        picture_bgr: (H, W, 3) uint8.
    Returns: (H, W, 3) uint8, grey; the least channel from WHITES_FROM to 255 spread over 0 to 255.
    """
    blue, green, red = cv2.split(picture_bgr)
    least = cv2.min(cv2.min(blue, green), red)
    spread = np.clip((np.arange(256) - WHITES_FROM) * (255.0 / (255 - WHITES_FROM)), 0, 255).astype(np.uint8)
    return np.asarray(cv2.merge([cv2.LUT(least, spread)] * 3), dtype=np.uint8)


def erase_print(picture_bgr: NDArray[np.uint8], below: int = PRINT_BELOW) -> NDArray[np.uint8]:
    """Fill dark strokes from what surrounds them: the scene's print runs through white letters, whose shadow is paler.

    Args:
        picture_bgr: (H, W, 3) uint8, a line and its surroundings.
        below: What has a channel darker than this, 0 to 255, counts as print.
    Returns: (H, W, 3) uint8; the very picture where most of it is dark, and print could not be told from ground, and where
        there is no print.
    Source: Telea 2004, inpainting by fast marching.
    """
    dark = (picture_bgr.min(axis=2) < below).astype(np.uint8)
    if not MIN_PRINT_SHARE <= dark.mean() <= MAX_PRINT_SHARE:
        return picture_bgr
    return np.asarray(cv2.inpaint(picture_bgr, cv2.dilate(dark, np.ones((3, 3), np.uint8)), 3, cv2.INPAINT_TELEA))


def erase_more(picture_bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As `erase_print`, with the paler rims of the print."""
    return erase_print(picture_bgr, WHITES_FROM)


def find_page_print(picture_bgr: NDArray[np.uint8], stroke_px: float, below: int) -> NDArray[np.uint8]:
    """Where print stands on white paper: dark and so thin that the paper's white closes over it.

    Args:
        picture_bgr: (H, W, 3) uint8.
        stroke_px: The thickest stroke of the print.
        below: What has a channel darker than this, 0 to 255, is dark.
    Returns: (H, W) uint8, 1 where there is print. What is dark beside the page, a shoe or a desk, is none.
    Source: closing by a disc (Serra 1982).
    """
    least = picture_bgr.min(axis=2)
    closed = cv2.morphologyEx(least, cv2.MORPH_CLOSE, _make_disc(stroke_px))
    return np.asarray((least < below) & (closed >= WHITES_FROM), dtype=np.uint8)


def fill_page_print(picture_bgr: NDArray[np.uint8], black: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fill what `find_page_print` found, and its rims, from what surrounds it.

    Source: Telea 2004, inpainting by fast marching.
    """
    mask = cv2.dilate(black, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.inpaint(picture_bgr, mask, 3, cv2.INPAINT_TELEA), dtype=np.uint8)


def _make_disc(diameter_px: float) -> NDArray[np.uint8]:
    size = _make_odd(diameter_px)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), dtype=np.uint8)


def _make_odd(length_px: float) -> int:
    return max(3, round(length_px) | 1)
