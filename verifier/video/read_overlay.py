"""Read the clock that a camera writes into its own picture, as the stamp of a photo is read.

Looks at:         the first frame as a whole; the others only where the clock stood.
Cannot tell when: the text is too small: of 608 px wide frames with the clock as it comes from the factory one of two was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, Stamp
from verifier.photo.read_stamp import read_stamps
from verifier.video.frames import Frame
from verifier.video.stream_look import OverlayClock
from verifier.vision.text import TextNet

# Around the clock, in heights of its text: the next reading needs a margin as the first one had.
MARGIN_HEIGHTS = 3.0


def find_clock(stamps: Sequence[Stamp]) -> Stamp | None:
    """The first stamp with a whole date and a clock."""
    return next((stamp for stamp in stamps if stamp.taken_at_local is not None), None)


def describe_clock(stamp: Stamp, received_at: datetime, stream_seconds: float | None) -> OverlayClock | None:
    """A stamp as a clock; None where it has no whole date and time."""
    local = stamp.taken_at_local
    if local is None or stamp.day is None or stamp.clock is None:
        return None
    return OverlayClock(
        received_at=received_at,
        shown_at_local=local,
        has_seconds=stamp.clock_has_seconds,
        confidence=round(min(stamp.day.confidence, stamp.clock.confidence), 4),
        weekday=stamp.weekday.value if stamp.weekday else None,
        text=" ".join(line.text for line in stamp.lines)[:200],
        stream_seconds=stream_seconds,
    )


def read_clock_again(first: Stamp, frame: Frame, net: TextNet) -> OverlayClock | None:
    """The same clock in another frame; None where it cannot be read there.

    Args:
        first: The stamp as `read_stamps` found it in a frame of the same size.
    """
    parts = [part.box for part in (first.day, first.clock) if part is not None]
    if not parts:
        return None
    cut, left, top = _cut_around(frame.picture_bgr, parts)
    stamp = find_clock(read_stamps(cut, net))
    if stamp is None:
        return None
    found = describe_clock(stamp, frame.received_at, frame.stream_seconds)
    # Only the place of the cut differs; nobody asks for it, but a stray reading elsewhere would be another clock.
    return found if found is not None and _is_near(stamp, parts, left, top) else None


def _cut_around(picture_bgr: NDArray[np.uint8], boxes: Sequence[Box]) -> tuple[NDArray[np.uint8], int, int]:
    height, width = picture_bgr.shape[:2]
    margin = MARGIN_HEIGHTS * max(box.height for box in boxes)
    left, top = (max(0, int(min(getattr(box, axis) for box in boxes) - margin)) for axis in ("x", "y"))
    right = min(width, int(max(box.x + box.width for box in boxes) + margin) + 1)
    bottom = min(height, int(max(box.y + box.height for box in boxes) + margin) + 1)
    return np.ascontiguousarray(picture_bgr[top:bottom, left:right]), left, top


def _is_near(stamp: Stamp, parts: Sequence[Box], left: int, top: int) -> bool:
    clock = stamp.clock
    if clock is None:
        return False
    box = replace(clock.box, x=clock.box.x + left, y=clock.box.y + top)
    return any(abs(box.y - part.y) <= MARGIN_HEIGHTS * part.height for part in parts)
