"""Rows that the finder has missed, predicted from the stamp's own grid.

Labelled rows start at one left edge and stand one pitch apart. Where print of the scene runs through a row, the finder sees
the print; the grid still tells where the row must be, and the row is read there in several contrasts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, TextLine
from verifier.photo.stamp_geometry import overlap_area
from verifier.photo.stamp_reread import count_fields, read_in_contrasts
from verifier.photo.stamp_text import normalise
from verifier.photo.stamp_vote import elect_reading, read_fields
from verifier.vision.text import TextBox, TextNet

_LABELLED = re.compile(r"^\W*(?:[\u4e00-\u9fff]\s*){2,4}:")
# Rows of a list stand at least their own height apart, and never as far as two and a half.
PITCH_HEIGHTS = (1.1, 2.6)
MAX_EDGE_HEIGHTS = 0.7
# "拍摄时间：2024-11-25 12:45:30" is 15 heights long.
ROW_HEIGHTS = 16.0
ROW_MARGIN_HEIGHTS = 0.15
MAX_PREDICTED = 3


def read_missing_rows(picture_bgr: NDArray[np.uint8], lines: Sequence[TextLine], net: TextNet) -> tuple[TextLine, ...]:
    """The lines, with those rows of a labelled list that the finder has missed, where date or clock is still wanted.

    Args:
        picture_bgr: (H, W, 3) uint8.
        lines: What was read in one region of it.
    """
    said = {name for line in lines for name in read_fields(normalise(line))}
    rows = _find_list(lines)
    if {"date", "clock"} <= said or len(rows) < 2:
        return tuple(lines)
    result = list(lines)
    for box in _predict(rows, picture_bgr.shape[0], picture_bgr.shape[1])[:MAX_PREDICTED]:
        corners = [
            [box.x, box.y], [box.x + box.width, box.y], [box.x + box.width, box.y + box.height], [box.x, box.y + box.height],
        ]  # fmt: skip
        strip = TextBox(np.array(corners, dtype=np.float32), 1.0)
        line = elect_reading(read_in_contrasts(picture_bgr, strip, net))
        if count_fields(line):
            result = [other for other in result if not _is_within(other, box)]
            result.append(line)
    return tuple(result)


def is_labelled(line: TextLine) -> bool:
    """Whether a line begins as the rows of a list do: two to four Chinese letters and a colon."""
    return _LABELLED.match(normalise(line).text) is not None


def _find_list(lines: Sequence[TextLine]) -> list[Box]:
    """Boxes of the labelled rows that start at one left edge, from top to bottom."""
    labelled = [line.box for line in lines if is_labelled(line)]
    if not labelled:
        return []
    left, height = np.median([box.x for box in labelled]), np.median([box.height for box in labelled])
    aligned = [box for box in labelled if abs(box.x - left) <= MAX_EDGE_HEIGHTS * height]
    return sorted(aligned, key=lambda box: box.y)


def _predict(rows: Sequence[Box], height: int, width: int) -> list[Box]:
    """Where the list's grid has a place between, below or above its rows; the places below come first."""
    letter = float(np.median([box.height for box in rows]))
    left = float(np.median([box.x for box in rows]))
    centres = [box.y + box.height / 2 for box in rows]
    gaps = [gap for gap in np.diff(centres) if PITCH_HEIGHTS[0] * letter <= gap <= PITCH_HEIGHTS[1] * letter]
    if not gaps:
        return []
    pitch = float(np.median(gaps))
    last = round((centres[-1] - centres[0]) / pitch)
    places = [centres[0] + index * pitch for index in (*range(1, last), last + 1, -1, last + 2)]
    free = [place for place in places if all(abs(place - centre) > pitch / 2 for centre in centres)]
    margin = (0.5 + ROW_MARGIN_HEIGHTS) * letter
    right = min(float(width), left + ROW_HEIGHTS * letter)
    return [
        Box(left, place - margin, right - left, 2 * margin)
        for place in free
        if place - margin >= 0 and place + margin <= height
    ]


def _is_within(line: TextLine, box: Box) -> bool:
    return overlap_area(line.box, box) > 0.5 * line.box.width * line.box.height
