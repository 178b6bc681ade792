"""Measure how the frames of one visit differ from each other: exactly, in noise, and in what moves.

A sensor never gives the same picture twice, but an encoder hides that: on a still scene at 512 kbit/s up to four frames in a row
came out equal to the pixel, though the filmed room was noisy (x264, 25 frames a second). A picture that is coded by itself (a
JPEG, a key frame) hides nothing, so two equal ones of those mean a stored picture; for others the time over which they are equal
has to be long.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.video.frames import Frame
from verifier.video.stream_look import FrameMark, LiveReading, SmallPicture

SMALL_WH = (48, 27)
BLOCK_PX = 16
# Grey levels by which a block's mean must change before something moved. Between two codings of one still picture the 99.9th
# percentile of blocks changed by 4 (x264 at 512 kbit/s, its worst second); a sleeve on a desk changes one by 20 and more.
MOVED_LEVELS = 8.0
# Standard deviation of grey under which a picture shows nothing that could be told from another such picture.
FLAT_LEVELS = 2.0
_DIGITS = 16


def mark_frame(frame: Frame) -> FrameMark:
    """Digests of one frame, short enough to be kept with every sample. 64 bits: chance does not meet them twice."""
    picture = np.ascontiguousarray(frame.picture_bgr)
    shape = f"{picture.shape[1]}x{picture.shape[0]}\n".encode()
    digest = hashlib.blake2b(picture.data, digest_size=_DIGITS // 2, key=shape)
    reduced = cv2.resize(picture, SMALL_WH, interpolation=cv2.INTER_AREA)
    return FrameMark(
        received_at=frame.received_at,
        pixels=digest.hexdigest(),
        packet=(frame.packet_sha256 or "")[:_DIGITS],
        stream_seconds=frame.stream_seconds,
        key_frame=frame.key_frame or frame.jpeg is not None,
        flat=float(reduced.std()) < FLAT_LEVELS,
    )


def make_small(frame: Frame) -> SmallPicture:
    """The grey copy of one frame that is kept with the sample."""
    grey = cv2.cvtColor(frame.picture_bgr, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, SMALL_WH, interpolation=cv2.INTER_AREA)
    return SmallPicture(frame.received_at, base64.b64encode(np.ascontiguousarray(small).tobytes()).decode("ascii"))


def open_small(small: SmallPicture) -> NDArray[np.float32]:
    """The grey copy, (27, 48) float32."""
    values = np.frombuffer(base64.b64decode(small.pixels), dtype=np.uint8)
    return values.reshape(SMALL_WH[1], SMALL_WH[0]).astype(np.float32)


def elapsed_s(one: FrameMark, other: FrameMark) -> float:
    """Seconds between two frames: by our clock or by the stream's, whichever saw more of them go by.

    A camera sends what it has buffered at once, so our clock alone is too short; a frozen one may repeat a time stamp.
    """
    ours = abs((other.received_at - one.received_at).total_seconds())
    if one.stream_seconds is None or other.stream_seconds is None:
        return ours
    return max(ours, abs(other.stream_seconds - one.stream_seconds))


def read_liveness(frames: Sequence[Frame], marks: Sequence[FrameMark], compared: Sequence[int]) -> LiveReading:
    """Compare the frames of one visit.

    Args:
        frames: As grabbed.
        marks: One for each frame, as `mark_frame` makes them.
        compared: Places of the frames whose pixels are compared, in order; comparing all would cost seconds.
    """
    longest, to_end = _find_identical_run(marks)
    chosen = [cv2.cvtColor(frames[place].picture_bgr, cv2.COLOR_BGR2GRAY) for place in compared]
    noise, equal, moving = 0.0, 1.0, 0.0
    for one, other in pairwise(chosen):
        if one.shape != other.shape:
            continue  # the camera changed its resolution meanwhile; it certainly is not frozen
        pair = _compare(np.asarray(one, dtype=np.uint8), np.asarray(other, dtype=np.uint8))
        noise, equal, moving = max(noise, pair[0]), min(equal, pair[1]), max(moving, pair[2])
    advance = None
    if len(marks) > 1 and marks[0].stream_seconds is not None and marks[-1].stream_seconds is not None:
        advance = marks[-1].stream_seconds - marks[0].stream_seconds
    return LiveReading(
        frames=len(marks),
        distinct=len({mark.pixels for mark in marks}),
        span_s=round(elapsed_s(marks[0], marks[-1]), 3) if marks else 0.0,
        identical_s=round(longest, 3),
        identical_to_end=to_end,
        equal_keys_s=round(_find_equal_keys(marks), 3),
        stream_advance_s=None if advance is None else round(advance, 3),
        noise=round(noise, 3),
        equal_share=round(equal, 4),
        moving_share=round(moving, 5),
        coded_apart=bool(marks) and all(mark.key_frame for mark in marks),
    )


def _find_identical_run(marks: Sequence[FrameMark]) -> tuple[float, bool]:
    """The longest time without any change, and whether it lasted to the end."""
    longest, to_end, first = 0.0, False, 0
    for place in range(1, len(marks) + 1):
        if place < len(marks) and marks[place].pixels == marks[first].pixels:
            continue
        lasted = elapsed_s(marks[first], marks[place - 1])
        if lasted > 0 and lasted >= longest:
            longest, to_end = lasted, place == len(marks)
        first = place
    return longest, to_end


def _find_equal_keys(marks: Sequence[FrameMark]) -> float:
    seen: dict[str, FrameMark] = {}
    longest = 0.0
    for mark in marks:
        if mark.key_frame and not mark.flat:
            longest = max(longest, elapsed_s(seen.setdefault(mark.pixels, mark), mark))
    return longest


def _compare(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, float, float]:
    """Noise (grey levels), share of equal pixels, share of blocks in which something moved."""
    difference = one.astype(np.int16) - other.astype(np.int16)
    height, width = (side // BLOCK_PX * BLOCK_PX for side in difference.shape)
    if not height or not width:
        return 0.0, float(np.mean(difference == 0)), 0.0
    cut = difference[:height, :width].reshape(height // BLOCK_PX, BLOCK_PX, width // BLOCK_PX, BLOCK_PX)
    blocks = cut.swapaxes(1, 2).reshape(-1, BLOCK_PX * BLOCK_PX).astype(np.float32)
    means = blocks.mean(axis=1)
    # Light that changes everywhere at once is no movement: what differs from the whole picture's change is.
    moved = np.abs(means - np.median(means)) > MOVED_LEVELS
    still = blocks[~moved]
    noise = float(np.median(still.std(axis=1))) / np.sqrt(2.0) if len(still) else 0.0
    return float(noise), float(np.mean(difference == 0)), float(np.mean(moved))


def match_smalls(mine: Sequence[SmallPicture], theirs: Sequence[SmallPicture]) -> tuple[int, float, datetime | None]:
    """How many of my frames show, block for block, what one of the other sample's frames shows.

    Returns: the number of matching frames, the least difference among my own frames (mean grey levels, a measure of how much
        moves), and when the other sample's first matching frame came.
    """
    ours, others = [open_small(each) for each in mine], [open_small(each) for each in theirs]
    if len(ours) < 2 or not others:
        return 0, 0.0, None
    own = min(_worst_difference(one, other) for place, one in enumerate(ours) for other in ours[:place])
    matches = []
    for picture in ours:
        distances = [_worst_difference(picture, other) for other in others]
        best = int(np.argmin(distances))
        if distances[best] <= SAME_LEVELS:
            matches.append(best)
    in_order = sorted(set(matches))
    return len(in_order), own, theirs[in_order[0]].received_at if in_order else None


# Grey levels, 98th percentile over the small copy. The same frame coded twice (x264, 512 kbit/s and JPEG 70) differs by up to 3.
SAME_LEVELS = 4.0


def _worst_difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.percentile(np.abs((one - one.mean()) - (other - other.mean())), 98))
