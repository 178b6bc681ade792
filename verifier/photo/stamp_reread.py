"""A second look at lines that were read badly: the same line cut differently, or with its contrast raised.

White letters over a white wall lose strokes, and the bar beside a big clock is read as a "1". Another cut of the same
pixels settles it more often than a guess would; what no cut reads well stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, TextLine
from verifier.photo.stamp_contrast import erase_more, erase_print, isolate_strokes, lift_whites, raise_contrast
from verifier.photo.stamp_dates import find_date
from verifier.photo.stamp_geometry import split_rows
from verifier.photo.stamp_text import Reading, join_row, normalise, surround
from verifier.photo.stamp_vote import BROKEN_PLACE, elect_reading, read_fields
from verifier.vision.text import TextBox, TextNet, recognise_lines

# Lines below this are read again; nearly all lines of well-visible stamps are read with more (benchmarks/stamps.py).
DOUBTFUL_CONFIDENCE = 0.9
# Each second look costs up to five more readings of the line, about 80 ms: a picture's budget.
MAX_SECOND_LOOKS = 4
# In boxes of this height digits are 10 px high, and JPEG can make a surely read 5 of a 6: one reading is not enough.
SMALL_LINE_PX = 22.0
MAX_SMALL_LINES = 4
# Closer than this, words are read as one line; further apart (spaced labels) the grammar joins them.
MAX_UNITED_GAP_HEIGHTS = 0.8
# A first cut of the bar that stands beside a clock is a tenth of the clock's width.
TRIM_SHARES = (0.05, 0.1, 0.15)
WIDEN_HEIGHTS = (0.5, 0.9, 1.4)
# A Chinese letter's width in a box that has the finder's margins above and below it.
LETTER_HEIGHTS = 0.8
# Half as high again as the recogniser's input: enough for its strokes, and large clocks cost no more than small print.
ISOLATED_LINE_PX = 72.0
ENLARGED_LINE_PX = (72.0, 96.0)
# No hour has three digits: an edge of the scene beside the clock was read as one of them (213:55 for 13:55).
_LONG_HOUR = re.compile(r"(?<![0-9])[0-9]{3}\s*[:;]\s*[0-9]{2}")
_TIME_LIKE = re.compile(r"\d\s*[:;]\s*\d")
_COORDINATES_LIKE = re.compile(r"经\s*纬|Lat.*Lon|东\s*经.*北\s*纬|N\s*\d+\s*°.*E\s*\d")
_DECIMALS = re.compile(r"[0-9]+\.([0-9]{2,})(?!.*['\"])")
_SECONDS = re.compile(r"""['/][0-9]{1,2}((?:[.,][0-9]*)?)(?![0-9])""")
# What an app says of itself holds no field, however badly it is read.
APP_PHRASE = re.compile(r"已验证|真实性|真实时间")
_BROKEN_WEEKDAY = re.compile(r"(?:星期?|周|礼拜?)\s*$")


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
    small = [
        index
        for index, line in enumerate(lines)
        if index not in doubts and boxes[index].height_px <= SMALL_LINE_PX and count_fields(line)
    ]
    for index in small[:MAX_SMALL_LINES]:
        result[index] = _verify_small(picture_bgr, boxes[index], lines[index], net)
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
    if is_broken(line):
        return 2.0
    if BROKEN_PLACE.search(row.text):
        return 1.5
    weakest = min(line.per_character)
    place_like = len(re.findall(r"[\u4e00-\u9fff]", row.text)) >= 3 and not APP_PHRASE.search(row.text)
    tells = any(sign.isdigit() for sign in row.text) or place_like
    return 1.0 - weakest if tells and weakest < DOUBTFUL_CONFIDENCE else 0.0


def is_broken(line: TextLine) -> bool:
    """Whether the line begins to say a time, a weekday or a pair of coordinates and does not end it."""
    row = normalise(line)
    if _BROKEN_WEEKDAY.search(row.text):
        return True
    if _COORDINATES_LIKE.search(row.text) and any(sign.isdigit() for sign in row.text):
        # Stamps print both with the same number of decimals: where one has fewer, its end was not read.
        alike = [len(set(map(len, pattern.findall(row.text)))) <= 1 for pattern in (_DECIMALS, _SECONDS)]
        return count_fields(line) < 2 or not all(alike)
    return _TIME_LIKE.search(row.text) is not None and not count_fields(line)


def count_fields(line: TextLine) -> int:
    """How many whole fields (date, weekday, clock, longitude, latitude) the grammar finds in the line."""
    return count_row_fields(normalise(line))


def count_row_fields(row: Reading) -> int:
    """As `count_fields`, of a row."""
    return len(read_fields(row))


def _look_again(picture_bgr: NDArray[np.uint8], box: TextBox, first: TextLine, net: TextNet) -> TextLine:
    readings = [first, *recognise_lines(picture_bgr, [stretch_box(box, 0.0, 0.0, 0.12)], net)]
    readings += _read_contrasted(picture_bgr, box, net, (lift_whites,))
    if not (is_broken(first) or BROKEN_PLACE.search(first.text)) and agree(readings):
        return replace(elect_reading(readings), box=first.box)
    letter = box.height_px / max(1.0, box.width_px)
    cuts = []
    if _BROKEN_WEEKDAY.search(first.text) or BROKEN_PLACE.search(first.text):
        # 一 is so thin that the finder leaves it out: about one more letter's width at the right.
        lost = LETTER_HEIGHTS if normalise(first).text.rstrip().endswith("星") else 0.0
        cuts = [stretch_box(box, 0.0, (lost + share) * letter, 0.0) for share in WIDEN_HEIGHTS]
    elif is_broken(first):
        cuts = [stretch_box(box, 0.0, -share, 0.0) for share in TRIM_SHARES]
        if _LONG_HOUR.search(normalise(first).text):
            cuts += [stretch_box(box, -share, 0.0, 0.0) for share in TRIM_SHARES]
            cuts += [stretch_box(box, -share, -share, 0.0) for share in TRIM_SHARES]
        cuts += [stretch_box(box, 0.0, share * letter, 0.0) for share in WIDEN_HEIGHTS]
    readings += recognise_lines(picture_bgr, cuts, net)
    readings += _read_contrasted(picture_bgr, box, net, (raise_contrast, None, erase_print, erase_more))
    return _elect(picture_bgr, box, readings, net)


def agree(readings: Sequence[TextLine]) -> bool:
    """Whether readings say one thing, and one of them surely: more of them would tell nothing new."""
    texts = {line.text for line in readings}
    surest = max(min(line.per_character, default=0.0) for line in readings)
    return len(texts) == 1 and surest >= DOUBTFUL_CONFIDENCE


def _verify_small(picture_bgr: NDArray[np.uint8], box: TextBox, first: TextLine, net: TextNet) -> TextLine:
    readings = [first, *recognise_lines(picture_bgr, [stretch_box(box, 0.0, 0.0, 0.12)], net)]
    readings += _read_contrasted(picture_bgr, box, net, (None, lift_whites))
    return _elect(picture_bgr, box, readings, net)


def _elect(picture_bgr: NDArray[np.uint8], box: TextBox, readings: list[TextLine], net: TextNet) -> TextLine:
    """The most believable reading; where its values stay in doubt, after some more at other sizes."""
    elected = elect_reading(readings)
    said = read_fields(normalise(elected)).values()
    if said and min(sure for _, sure in said) < DOUBTFUL_CONFIDENCE:
        elected = elect_reading([*readings, *_read_enlarged(picture_bgr, box, net)])
    return replace(elected, box=readings[0].box)


def _read_enlarged(picture_bgr: NDArray[np.uint8], box: TextBox, net: TextNet) -> list[TextLine]:
    """Readings of one line at one and a half and at twice the recogniser's height, by two filters: each shows strokes that are
    a pixel wide in another place.
    """
    part, moved = _cut_around(picture_bgr, box)
    readings: list[TextLine] = []
    for wanted_px in ENLARGED_LINE_PX:
        scale = wanted_px / max(1.0, box.height_px)
        for method in (cv2.INTER_CUBIC, cv2.INTER_LANCZOS4):
            shown = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8)
            scaled = TextBox((moved.corners_px * np.float32(scale)).astype(np.float32), moved.score)
            readings += recognise_lines(shown, [scaled], net)
    return readings


def _cut_around(picture_bgr: NDArray[np.uint8], box: TextBox) -> tuple[NDArray[np.uint8], TextBox]:
    """A line with its height above and below it and at its ends, and its box there."""
    height, width = picture_bgr.shape[:2]
    margin = box.height_px
    left, top = (max(0, int(value - margin)) for value in box.corners_px.min(axis=0))
    right, bottom = (int(value + margin) for value in box.corners_px.max(axis=0))
    part = picture_bgr[top : min(height, bottom), left : min(width, right)]
    return part, TextBox((box.corners_px - np.array([left, top], dtype=np.float32)), box.score)


def read_in_contrasts(picture_bgr: NDArray[np.uint8], box: TextBox, net: TextNet) -> list[TextLine]:
    """Readings of one line as it is, with its whites spread, with dark print erased, and with its strokes alone."""
    plain = recognise_lines(picture_bgr, [box], net)[0]
    others = _read_contrasted(picture_bgr, box, net, (lift_whites, erase_print, erase_more, None))
    return [plain, *(replace(line, box=plain.box) for line in others)]


def _read_contrasted(
    picture_bgr: NDArray[np.uint8], box: TextBox, net: TextNet, shows: Sequence[Callable[..., NDArray[np.uint8]] | None]
) -> list[TextLine]:
    """Read one line within its own surroundings, its height above and below it, as each of `shows` shows it.

    None stands for its strokes alone. What a contrast leaves as it is has been read already and is not read again.
    """
    part, moved = _cut_around(picture_bgr, box)
    letter_px = max(1.0, min(box.height_px, box.width_px))
    scale = min(ISOLATED_LINE_PX / letter_px, 1.0 if letter_px > SMALL_LINE_PX else 2.0)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8)
    moved = TextBox(moved.corners_px * np.float32(scale), box.score)
    shown = [
        isolate_strokes(part, scale * min(picture_bgr.shape[:2])) if show is None else show(part) for show in shows
    ]
    return [recognise_lines(one, [moved], net)[0] for one in shown if one is not part]


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


def unite_words(boxes: Sequence[TextBox]) -> list[TextBox]:
    """One box for words that stand close together on one row: read as a whole, no thin letter between them is lost."""
    united: list[TextBox] = []
    for box in sorted(boxes, key=lambda item: item.box.x):
        for index, other in enumerate(united):
            if _are_one_line(other.box, box.box):
                united[index] = box_around([other, box])
                break
        else:
            united.append(box)
    return united


def _are_one_line(left: Box, right: Box) -> bool:
    if left.height > left.width or right.height > 1.5 * right.width:
        return False
    lower, taller = min(left.height, right.height), max(left.height, right.height)
    shared = min(left.y + left.height, right.y + right.height) - max(left.y, right.y)
    gap = right.x - (left.x + left.width)
    return shared > 0.7 * taller and -lower <= gap <= MAX_UNITED_GAP_HEIGHTS * lower
