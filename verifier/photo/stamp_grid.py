"""Rows that the finder has missed or torn, mended by the stamp's own grid.

A stamp's rows start at one left edge, and labelled ones stand one pitch apart. Where print of the scene runs through a row
the finder sees the print, and over a bright surface it loses a row's first letters; the grid still tells where the row must
be, and it is read there again.
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
from verifier.vision.text import TextBox, TextNet, recognise_lines

# Two to four letters and a colon; the commonest labels also where the scene has swallowed their colon.
_LABELLED = re.compile(
    r"^\W*(?:(?:[\u4e00-\u9fff]\s*){2,4}:|经\s*度|纬\s*度|地\s*[址点]|时\s*间|天\s*气|(?:拍\s*摄|施\s*工)\s*[时地]\s*[间点])"
)
# A coordinate whose point is lost: the other one tells where it belongs.
_LABELLED_NUMBER = re.compile(r"^\W*[经纬]\s*度\s*:\s*[0-9]{6,}$")
_COORDINATE = re.compile(r"^\W*[经纬]\s*度\s*:?\s*[0-9]{1,3}\.([0-9]*)\W*$")
# The finder's boxes are up to a third higher than the letters, so boxes of a list's rows may touch; they never stand as far
# apart as two and a half heights.
PITCH_HEIGHTS = (0.85, 2.6)
MAX_EDGE_HEIGHTS = 0.7
# "拍摄时间：2024-11-25 12:45:30" is 15 heights long.
ROW_HEIGHTS = 16.0
ROW_MARGIN_HEIGHTS = 0.15
MAX_MARGIN_PITCHES = 0.55
MAX_PREDICTED = 3
MIN_VALUE_LETTERS = 2
# A row loses a few letters at its start, not most of it; what is found there must be as well readable as any text.
MIN_LETTERS = 3
MAX_LOST_HEIGHTS = 5.0
MAX_SIZE_RATIO = 1.4
MIN_ADDED_CONFIDENCE = 0.6


def read_missing_rows(picture_bgr: NDArray[np.uint8], lines: Sequence[TextLine], net: TextNet) -> tuple[TextLine, ...]:
    """The lines, with those rows of a labelled list that the finder has missed or torn, where something is still wanted.

    Args:
        picture_bgr: (H, W, 3) uint8.
        lines: What was read in one region of it.
    """
    listed = _find_list(lines)
    torn = [line for line in listed if _is_torn(line) or _ends_early(line, listed)]
    if len(listed) < 2 or not (torn or _want_more(lines)):
        return tuple(lines)
    result = list(lines)
    height, width = picture_bgr.shape[:2]
    whole = [_reach_out(line.box, listed, width) for line in torn]
    for box in (whole + _predict([line.box for line in listed], height, width))[:MAX_PREDICTED]:
        line = elect_reading(read_in_contrasts(picture_bgr, _frame(box), net))
        covered = [other for other in result if _is_within(other, box)]
        fuller = count_fields(line) > max(map(count_fields, covered), default=0)
        pointless = not covered and _LABELLED_NUMBER.match(normalise(line).text) is not None
        if fuller or pointless or _completes_row(line, [other for other in covered if other in torn]):
            result = [other for other in result if other not in covered]
            result.append(line)
    return tuple(result)


def _want_more(lines: Sequence[TextLine]) -> bool:
    said = {name for line in lines for name in read_fields(normalise(line))}
    return not {"date", "clock"} <= said or len(said & {"longitude", "latitude"}) == 1


def _is_torn(line: TextLine) -> bool:
    """Whether a labelled row ends at its label, or its label announces what it does not say."""
    text = normalise(line).text
    match = _LABELLED.match(text)
    label, value = (match.group(), text[match.end() :]) if match is not None else (text, "")
    announced = re.search(r"时\s*间|[经纬]\s*度", label) is not None
    return len(value.strip()) < MIN_VALUE_LETTERS or (announced and not count_fields(line))


def _ends_early(line: TextLine, listed: Sequence[TextLine]) -> bool:
    """Whether a coordinate has fewer decimals than the list's other one: stamps print both alike, so its end was not seen."""
    counts = [len(match[1]) for one in listed if (match := _COORDINATE.match(normalise(one).text))]
    own = _COORDINATE.match(normalise(line).text)
    return own is not None and len(own[1]) < max(counts)


def _completes_row(line: TextLine, torn: Sequence[TextLine]) -> bool:
    """Whether a reading goes on surely where a torn row ends."""
    return any(
        line.text.startswith(other.text.rstrip())
        and len(line.text) > len(other.text) + 1 and min(line.per_character, default=0.0) >= MIN_ADDED_CONFIDENCE
        for other in torn
    )  # fmt: skip


def _reach_out(box: Box, listed: Sequence[TextLine], width: int) -> Box:
    """A torn row's box, as far to the right as a row of its list may go."""
    letter = float(np.median([line.box.height for line in listed]))
    right = min(float(width), box.x + ROW_HEIGHTS * letter)
    return Box(box.x, box.y, max(box.width, right - box.x), box.height)


def restore_starts(picture_bgr: NDArray[np.uint8], lines: Sequence[TextLine], net: TextNet) -> tuple[TextLine, ...]:
    """The lines; one that starts later than the row above or below it is read from that row's left edge on.

    The fuller reading is taken only where it ends as the first one does, so nothing read is given up.
    """
    result = list(lines)
    for index, line in enumerate(lines):
        start = _find_start(line, lines)
        if start is None:
            continue
        box = Box(start, line.box.y, line.box.x + line.box.width - start, line.box.height)
        if any(other is not line and overlap_area(other.box, box) > 0.1 * _area(other.box) for other in lines):
            continue
        fuller = recognise_lines(picture_bgr, [_frame(box)], net)[0]
        if len(fuller.text) > len(line.text) and fuller.text.endswith(line.text) and _is_readable(fuller, line):
            result[index] = fuller
    return tuple(result)


def _find_start(line: TextLine, lines: Sequence[TextLine]) -> float | None:
    """Left edge of a row beside which this line starts some letters later; None where it starts as its neighbours do."""
    height = line.box.height
    if len(line.text) < MIN_LETTERS or line.box.width < 2 * height:
        return None
    starts = []
    for other in lines:
        alike = 1 / MAX_SIZE_RATIO <= other.box.height / max(1.0, height) <= MAX_SIZE_RATIO
        down = abs(other.box.y - line.box.y)
        if other is not line and alike and PITCH_HEIGHTS[0] * height <= down <= PITCH_HEIGHTS[1] * height:
            starts.append(other.box.x)
    late = [start for start in starts if MAX_EDGE_HEIGHTS * height < line.box.x - start <= MAX_LOST_HEIGHTS * height]
    flush = any(abs(line.box.x - start) <= MAX_EDGE_HEIGHTS * height for start in starts)
    return min(late) if late and not flush else None


def _is_readable(fuller: TextLine, line: TextLine) -> bool:
    added = fuller.per_character[: len(fuller.text) - len(line.text)]
    return min(added, default=0.0) >= MIN_ADDED_CONFIDENCE


def is_labelled(line: TextLine) -> bool:
    """Whether a line begins as the rows of a list do: with a label."""
    return _LABELLED.match(normalise(line).text) is not None


def _find_list(lines: Sequence[TextLine]) -> list[TextLine]:
    """The labelled rows that start at one left edge, from top to bottom."""
    labelled = [line for line in lines if is_labelled(line)]
    if not labelled:
        return []
    left, height = np.median([line.box.x for line in labelled]), np.median([line.box.height for line in labelled])
    aligned = [line for line in labelled if abs(line.box.x - left) <= MAX_EDGE_HEIGHTS * height]
    return sorted(aligned, key=lambda line: line.box.y)


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
    margin = min((0.5 + ROW_MARGIN_HEIGHTS) * letter, MAX_MARGIN_PITCHES * pitch)
    right = min(float(width), left + ROW_HEIGHTS * letter)
    return [
        Box(left, place - margin, right - left, 2 * margin)
        for place in free
        if place - margin >= 0 and place + margin <= height
    ]


def _frame(box: Box) -> TextBox:
    right, bottom = box.x + box.width, box.y + box.height
    return TextBox(np.array([[box.x, box.y], [right, box.y], [right, bottom], [box.x, bottom]], dtype=np.float32), 1.0)


def _area(box: Box) -> float:
    return box.width * box.height


def _is_within(line: TextLine, box: Box) -> bool:
    return overlap_area(line.box, box) > 0.5 * _area(line.box)
