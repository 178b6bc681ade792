"""Which lines of text belong together, and which of them stand where apps print their stamps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from verifier.observation import Box
from verifier.photo.stamp_text import Reading, join_row

T = TypeVar("T")

# Lines of one stamp: the next line begins within this many heights of the taller of the two.
MAX_LINE_GAP_HEIGHTS = 1.3
# Words on one row: spaced labels (时　间:) and wide gaps before a weekday.
MAX_WORD_GAP_HEIGHTS = 3.5
MIN_ROW_OVERLAP = 0.6
MAX_ROW_HEIGHT_RATIO = 1.5
# A stamp hugs an edge: its nearest edge is within this share of the picture's shorter side.
BORDER_SHARE = 0.12


def group_boxes(items: Sequence[T], box_of: Callable[[T], Box]) -> list[list[T]]:
    """Put items whose boxes stand next to each other, as the lines of one stamp do, into groups."""
    group = list(range(len(items)))

    def find(index: int) -> int:
        while group[index] != index:
            index = group[index]
        return index

    for first in range(len(items)):
        for second in range(first + 1, len(items)):
            if _are_neighbours(box_of(items[first]), box_of(items[second])):
                group[find(first)] = find(second)
    found: dict[int, list[T]] = {}
    for index, item in enumerate(items):
        found.setdefault(find(index), []).append(item)
    return list(found.values())


def _are_neighbours(first: Box, second: Box) -> bool:
    taller, lower = max(first.height, second.height), min(first.height, second.height)
    across = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    down = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    # A vertical line of text at the edge would count as very tall: its width is its letters' height.
    if first.height > 2 * first.width or second.height > 2 * second.width:
        return False
    if across > 0:
        return -down <= MAX_LINE_GAP_HEIGHTS * min(taller, 2 * lower)
    if down > 0.3 * lower:
        return -across <= MAX_WORD_GAP_HEIGHTS * lower
    return False


def split_rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Indices of the boxes that stand on one row, left to right; the rows in the order of their left ends."""
    rows: list[list[int]] = []
    for index in sorted(range(len(boxes)), key=lambda item: boxes[item].x):
        for row in rows:
            if _on_one_row(boxes[row[-1]], boxes[index]):
                row.append(index)
                break
        else:
            rows.append([index])
    return rows


def join_rows(readings: Sequence[Reading]) -> list[Reading]:
    """Join what stands on one row, left to right; the rows come from top to bottom."""
    rows = split_rows([reading.box for reading in readings])
    joined = [join_row([readings[index] for index in row]) for row in rows]
    return sorted(joined, key=lambda row: row.box.y + row.box.height / 2)


def _on_one_row(left: Box, right: Box) -> bool:
    overlap = min(left.y + left.height, right.y + right.height) - max(left.y, right.y)
    lower, taller = min(left.height, right.height), max(left.height, right.height)
    if overlap < MIN_ROW_OVERLAP * lower or taller > MAX_ROW_HEIGHT_RATIO * lower:
        return False
    gap = right.x - (left.x + left.width)
    return -0.5 * lower <= gap <= MAX_WORD_GAP_HEIGHTS * taller


def border_distance(box: Box, width: int, height: int) -> float:
    """Distance of a box to the picture's nearest edge, as a share of the shorter side."""
    nearest = min(box.x, box.y, width - box.x - box.width, height - box.y - box.height)
    return max(0.0, nearest) / max(1, min(width, height))


def pad_box(box: Box, heights_xy: tuple[float, float], text_px: float, width: int, height: int) -> Box:
    """The box widened by so many text heights on each side (x) and above and below (y), cut at the picture's edges."""
    across, down = heights_xy[0] * text_px, heights_xy[1] * text_px
    left, top = max(0.0, box.x - across), max(0.0, box.y - down)
    right = min(float(width), box.x + box.width + across)
    bottom = min(float(height), box.y + box.height + down)
    return Box(left, top, right - left, bottom - top)


def clip_box(box: Box, width: int, height: int) -> Box:
    """The part of a box that lies in the picture."""
    left, top = min(max(0.0, box.x), float(width)), min(max(0.0, box.y), float(height))
    right, bottom = min(box.x + box.width, float(width)), min(box.y + box.height, float(height))
    return Box(left, top, max(0.0, right - left), max(0.0, bottom - top))


def overlap_area(first: Box, second: Box) -> float:
    """Area in pixels that two boxes share."""
    across = min(first.x + first.width, second.x + second.width) - max(first.x, second.x)
    down = min(first.y + first.height, second.y + second.height) - max(first.y, second.y)
    return max(0.0, across) * max(0.0, down)
