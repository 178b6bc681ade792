"""A second look at lines that were read badly: the same line cut differently, or with its contrast raised.

White letters over a white wall lose strokes, and the bar beside a big clock is read as a "1". Another cut of the same
pixels settles it more often than a guess would; what no cut reads well stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import TextLine
from verifier.photo.stamp_contrast import isolate_strokes, raise_contrast
from verifier.photo.stamp_coordinates import find_coordinates, restore_points, separate_merged
from verifier.photo.stamp_dates import find_clock, find_date, find_weekday
from verifier.photo.stamp_geometry import split_rows
from verifier.photo.stamp_text import Reading, join_row, normalise, surround
from verifier.vision.text import TextBox, TextNet, recognise_lines

# Lines below this are read again; nearly all lines of well-visible stamps are read with more (benchmarks/stamps.py).
DOUBTFUL_CONFIDENCE = 0.9
# Each second look costs up to five more readings of the line, about 80 ms: a picture's budget.
MAX_SECOND_LOOKS = 4
# A first cut of the bar that stands beside a clock is a tenth of the clock's width.
TRIM_SHARES = (0.05, 0.1, 0.15)
WIDEN_HEIGHTS = (0.5, 0.9, 1.4)
# Half as high again as the recogniser's input: enough for its strokes, and large clocks cost no more than small print.
ISOLATED_LINE_PX = 72.0
_TIME_LIKE = re.compile(r"\d\s*[:;]\s*\d")
_COORDINATES_LIKE = re.compile(r"经\s*纬|Lat.*Lon|东\s*经.*北\s*纬|N\s*\d+\s*°.*E\s*\d")
_BROKEN_WEEKDAY = re.compile(r"(?:星期|周|礼拜)\s*$")
# A road's number is followed by 号, which the finder may leave out over a crowd; what is not there is not read either.
_BROKEN_PLACE = re.compile(r"[路街道巷]\s*[0-9]+\s*$")


def reread_doubtful(
    picture_bgr: NDArray[np.uint8], boxes: Sequence[TextBox], lines: Sequence[TextLine], net: TextNet, budget: int
) -> tuple[tuple[TextLine, ...], int]:
    """Read doubtful lines again and keep the best reading of each.

    Args:
        picture_bgr: (H, W, 3) uint8.
        boxes: Where the lines stand, in the lines' order.
        lines: The first readings.
        budget: How many lines may be read again.
    Returns: The lines, and how much of the budget is left.
    """
    result = list(lines)
    doubts = sorted(
        (index for index, line in enumerate(lines) if _urgency(line) > 0), key=lambda i: -_urgency(lines[i])
    )
    for index in doubts[:budget]:
        result[index] = _look_again(picture_bgr, boxes[index], lines[index], net)
    return tuple(result), budget - len(doubts[:budget])


def reread_rows(
    picture_bgr: NDArray[np.uint8], boxes: Sequence[TextBox], lines: Sequence[TextLine], net: TextNet
) -> tuple[TextLine, ...]:
    """Read a dated row that was found in pieces once more as a whole, as a piece between them may have been missed.

    Args:
        picture_bgr: (H, W, 3) uint8.
        boxes: Where the lines stand, in the lines' order.
        lines: The readings of the pieces.
    Returns: The lines; the pieces of a row whose whole says more fields are replaced by the whole.
    """
    result = list(lines)
    for row in split_rows([line.box for line in lines]):
        pieces = [lines[index] for index in row]
        joined = join_row([normalise(piece) for piece in pieces])
        if len(row) < 2 or find_date(joined) is None:
            continue
        whole = recognise_lines(picture_bgr, [box_around([boxes[index] for index in row])], net)[0]
        if count_fields(whole) > count_row_fields(joined):
            result = [line for line in result if line not in pieces] + [whole]
    return tuple(result)


def box_around(boxes: Sequence[TextBox]) -> TextBox:
    """One upright box around several."""
    around = surround([box.box for box in boxes])
    right, bottom = around.x + around.width, around.y + around.height
    corners = [[around.x, around.y], [right, around.y], [right, bottom], [around.x, bottom]]
    return TextBox(np.array(corners, dtype=np.float32), min(box.score for box in boxes))


def _urgency(line: TextLine) -> float:
    """How much a second look promises: most for a broken time, some for any doubtful line that tells something."""
    if len(line.text) < 2 or not line.per_character:
        return 0.0
    row = normalise(line)
    if _is_broken(line):
        return 2.0
    if _BROKEN_PLACE.search(row.text):
        return 1.5
    weakest = min(line.per_character)
    tells = any(sign.isdigit() for sign in row.text) or len(re.findall(r"[\u4e00-\u9fff]", row.text)) >= 3
    return 1.0 - weakest if tells and weakest < DOUBTFUL_CONFIDENCE else 0.0


def _is_broken(line: TextLine) -> bool:
    """Whether the line begins to say a time, a weekday or a pair of coordinates and does not end it."""
    row = normalise(line)
    if _BROKEN_WEEKDAY.search(row.text):
        return True
    if _COORDINATES_LIKE.search(row.text) and any(sign.isdigit() for sign in row.text):
        return count_fields(line) < 2
    return _TIME_LIKE.search(row.text) is not None and not count_fields(line)


def count_fields(line: TextLine) -> int:
    """How many whole fields (date, weekday, clock, longitude, latitude) the grammar finds in the line."""
    return count_row_fields(normalise(line))


def count_row_fields(row: Reading) -> int:
    count = 0
    day = find_date(row)
    if day is not None:
        count += 1
        row = row.without(day.start, day.end)
    weekday = find_weekday(row)
    if weekday is not None:
        count += 1
        row = row.without(weekday[1], weekday[2])
    count += find_clock(row) is not None
    coordinates = find_coordinates([separate_merged(restore_points(row))])
    if coordinates is not None:
        count += (coordinates.longitude is not None) + (coordinates.latitude is not None)
    return count


def _look_again(picture_bgr: NDArray[np.uint8], box: TextBox, first: TextLine, net: TextNet) -> TextLine:
    readings = [first]
    cuts = [stretch_box(box, 0.0, 0.0, 0.12)]
    letter = box.height_px / max(1.0, box.width_px)
    if _BROKEN_WEEKDAY.search(first.text) or _BROKEN_PLACE.search(first.text):
        # 一 is so thin that the finder leaves it out: about one more letter's width at the right.
        cuts += [stretch_box(box, 0.0, share * letter, 0.0) for share in WIDEN_HEIGHTS]
    elif _is_broken(first):
        cuts += [stretch_box(box, 0.0, -share, 0.0) for share in TRIM_SHARES]
        cuts += [stretch_box(box, 0.0, share * letter, 0.0) for share in WIDEN_HEIGHTS]
    readings += recognise_lines(picture_bgr, cuts, net)
    readings += _read_contrasted(picture_bgr, box, net)
    best = max(readings, key=lambda line: (count_fields(line), _completes(line, first), _weakest(line)))
    return replace(best, box=first.box)


def _read_contrasted(picture_bgr: NDArray[np.uint8], box: TextBox, net: TextNet) -> list[TextLine]:
    """Read one line with its contrast raised within its own surroundings, and with its strokes alone."""
    height, width = picture_bgr.shape[:2]
    margin = box.height_px
    left, top = (max(0, int(value - margin)) for value in box.corners_px.min(axis=0))
    right, bottom = (int(value + margin) for value in box.corners_px.max(axis=0))
    part = picture_bgr[top : min(height, bottom), left : min(width, right)]
    scale = min(1.0, ISOLATED_LINE_PX / max(1.0, min(box.height_px, box.width_px)))
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    moved = TextBox((box.corners_px - np.array([left, top], dtype=np.float32)) * np.float32(scale), box.score)
    shown = (raise_contrast(part), isolate_strokes(part, scale * min(height, width)))
    return [recognise_lines(one, [moved], net)[0] for one in shown]


def _completes(line: TextLine, first: TextLine) -> bool:
    return bool(_BROKEN_PLACE.search(first.text)) and re.fullmatch(re.escape(first.text) + "号", line.text) is not None


def _weakest(line: TextLine) -> float:
    return min(line.per_character, default=0.0)


def stretch_box(box: TextBox, left: float, right: float, down: float) -> TextBox:
    """The box moved out (or in, where negative): shares of its width at the left and right, of its height up and down."""
    corners = box.corners_px
    across, along = corners[1] - corners[0], corners[3] - corners[0]
    moves = np.stack(
        [
            -left * across - down * along,
            right * across - down * along,
            right * across + down * along,
            -left * across + down * along,
        ]
    )
    return TextBox((corners + moves).astype(np.float32), box.score)
