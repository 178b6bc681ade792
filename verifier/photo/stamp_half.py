"""The part of the day (AM, 下午) that some apps write small beside a big clock, where the finder of lines saw only the clock.

Without it a clock is twelve hours wrong, and surely read. The finder takes small letters beside large digits for a part of
them, or for nothing; alone in a strip beside the clock it finds them, also upright ones (上 over 午).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, Stamp, TextLine
from verifier.photo.stamp_clocks import apply_half, find_lone_half, has_half
from verifier.photo.stamp_contrast import lift_whites, raise_contrast
from verifier.photo.stamp_geometry import clip_box, overlap_area
from verifier.photo.stamp_grammar import BIG_CLOCK_HEIGHTS
from verifier.photo.stamp_text import doubt_field, normalise, surround
from verifier.vision.text import TextBox, TextNet, find_text_boxes, recognise_lines

# Strips beside a clock, in heights of its box: so far they reach beyond its ends, and so far over its outer digits, as a box
# may hold the word whose letters were not read. In the apps' own drawings the word is 0.3 to 0.5 heights high and 0.8 wide.
BEYOND_HEIGHTS = 1.0
OVER_HEIGHTS = 1.1
# Letters a third as high as the strip are as high as the finder likes them.
STRIP_HEIGHT_PX = 160
STRIP_SIDE_PX = 384
# What a line of the stamp covers so far is that line, not the word.
MAX_KNOWN_SHARE = 0.5
# Letters of which a part of the day consists; where only some of them were read, there is one, and no one knows which.
_TORN_HALF = re.compile(r"[上下午晚凌晨早夜傍]|(?:^|[^A-Za-z])[AP]?\.?M\b|^\W*[AP]\W*$", re.I)

Shower = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def settle_halves(picture_bgr: NDArray[np.uint8], stamps: Sequence[Stamp], net: TextNet) -> tuple[Stamp, ...]:
    """The stamps, each big clock that may be one of twelve hours with the part of the day that stands beside it, if any.

    Args:
        picture_bgr: (H, W, 3) uint8.
        stamps: What was read in it.
    Returns: The same stamps; a clock beside which a part of the day stands that cannot be read is in doubt.
    """
    return tuple(_settle(picture_bgr, stamp, net) if _may_lack_half(stamp) else stamp for stamp in stamps)


def _may_lack_half(stamp: Stamp) -> bool:
    if stamp.clock is None or stamp.day is None or has_half(stamp.clock.text):
        return False
    big = stamp.clock.box.height > BIG_CLOCK_HEIGHTS * stamp.day.box.height
    return big and 1 <= stamp.clock.value.hour <= 12


def _settle(picture_bgr: NDArray[np.uint8], stamp: Stamp, net: TextNet) -> Stamp:
    clock = stamp.clock
    if clock is None:
        return stamp
    torn = False
    for show in (raise_contrast, lift_whites):
        for strip in _choose_strips(clock.box, picture_bgr.shape[1], picture_bgr.shape[0]):
            line = _read_strip(picture_bgr, strip, stamp, clock.box, net, show)
            half = find_lone_half(line.text) if line is not None else None
            if line is not None and half is not None:
                settled = apply_half(clock, half, min(normalise(line).sure, default=0.0))
                if settled is not None:
                    return replace(stamp, clock=settled, lines=(*stamp.lines, line))
            torn = torn or (line is not None and _TORN_HALF.search(line.text) is not None)
    return replace(stamp, clock=doubt_field(clock)) if torn else stamp


def _choose_strips(clock: Box, width: int, height: int) -> Iterator[Box]:
    """The strips to the right and to the left of a clock, cut at the picture's edges."""
    # The margins of a clock's box reach over the picture's edge, and then over the word beside it as well.
    clock = clip_box(clock, width, height)
    across = (BEYOND_HEIGHTS + OVER_HEIGHTS) * clock.height
    top, down = clock.y - 0.1 * clock.height, 1.2 * clock.height
    for left in (clock.x + clock.width - OVER_HEIGHTS * clock.height, clock.x - BEYOND_HEIGHTS * clock.height):
        strip = clip_box(Box(left, top, across, down), width, height)
        if min(strip.width, strip.height) >= 0.3 * clock.height:
            yield strip


def _read_strip(
    picture_bgr: NDArray[np.uint8], strip: Box, stamp: Stamp, clock: Box, net: TextNet, show: Shower
) -> TextLine | None:
    """The letters in a strip that belong to no line of the stamp, from top to bottom; None where there are none."""
    left, top = int(strip.x), int(strip.y)
    part = picture_bgr[top : int(strip.y + strip.height), left : int(strip.x + strip.width)]
    scale = STRIP_HEIGHT_PX / part.shape[0]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    close = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8)
    offset = np.array([left, top], dtype=np.float32)
    found = [
        TextBox((box.corners_px / np.float32(scale) + offset).astype(np.float32), box.score)
        for box in find_text_boxes(show(close), net, STRIP_SIDE_PX)
    ]
    known = [line.box for line in stamp.lines if overlap_area(line.box, clock) < MAX_KNOWN_SHARE * _area(clock)]
    new = sorted((box for box in found if not _is_known(box.box, known)), key=lambda box: box.box.y)
    lines = [line for line in recognise_lines(picture_bgr, new, net) if re.search(r"[^\W0-9]", line.text)]
    words = [line for line in lines if find_lone_half(line.text)] or lines
    if not words:
        return None
    sure = tuple(value for line in words for value in normalise(line).sure)
    text = "".join(normalise(line).text for line in words)
    return TextLine(text, min(sure, default=0.0), surround([line.box for line in words]), sure)


def _is_known(box: Box, known: Sequence[Box]) -> bool:
    return any(overlap_area(box, line) > MAX_KNOWN_SHARE * _area(box) for line in known)


def _area(box: Box) -> float:
    return box.width * box.height
