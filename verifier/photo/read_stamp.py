"""Read watermark-camera stamps out of a picture.

Looks at:     lines of text: found on a reduced picture, found again and read at full resolution where a stamp may be.
Is a stamp:   text that hugs an edge and holds a clock, coordinates or a stamp app's own words; elsewhere in the frame
              only what carries date, clock and such words together. A poster or a blackboard with a date is not.
Cannot tell:  a line at the edge that cannot be read leaves a stamp without fields, so that nobody takes it for absent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, Stamp, TextLine
from verifier.photo.stamp_contrast import isolate_strokes, lift_whites, raise_contrast
from verifier.photo.stamp_edge import add_edge_code
from verifier.photo.stamp_geometry import (
    BORDER_SHARE,
    border_distance,
    clip_box,
    group_boxes,
    join_rows,
    overlap_area,
    pad_box,
)
from verifier.photo.stamp_grammar import Parsed, parse_stamp
from verifier.photo.stamp_grid import is_labelled, read_missing_rows, restore_starts
from verifier.photo.stamp_half import settle_halves
from verifier.photo.stamp_looks import combine_looks, is_open, is_settled
from verifier.photo.stamp_merge import Candidate, merge_candidates
from verifier.photo.stamp_page import read_on_page
from verifier.photo.stamp_reread import (
    MAX_SECOND_LOOKS,
    count_fields,
    is_broken,
    reread_doubtful,
    reread_rows,
    stretch_box,
    unite_words,
)
from verifier.photo.stamp_text import normalise, surround
from verifier.photo.stamp_vote import read_fields
from verifier.vision.text import TextBox, TextNet, find_text_boxes, recognise_lines

# Detection costs 0.13 s on one core at 736 px and grows with the area; a stamp's lines of 2.5 % of the width are 14 px
# high there, and the smallest ones are found in the second look.
OVERVIEW_SIDE_PX = 736
# Strokes of small print are a pixel wide there; they are isolated at one and a half times the size.
STROKES_SIDE_PX = 1104
# The recogniser works at 48 px; the detector is most exact around two thirds of it.
CLOSE_TEXT_PX = 30
CLOSE_SIDE_PX = 800
# Apps draw level text; handheld pictures of posters are rarely as level.
MAX_TILT_DEG = 3.0
# The first search misses small lines and thin letters; they stand above, below and beside what it found.
PAD_HEIGHTS_XY = (6.0, 2.0)
# A stamp has up to a dozen lines; a page of print would have hundreds. Once a whole stamp is read, only a dozen more lines
# are: enough for two badges, a camera's name, and another stamp's clock, date and place.
MAX_LINES = 20
MAX_LINES_AFTER_STAMP = 12
MAX_INNER_LINES = 6
MIN_LINE_CONFIDENCE = 0.5
END_MARGIN_HEIGHTS = 0.25
# The two searches draw a line's box with other margins; less than half in common means a piece of the line.
MIN_SHOWN_SHARE = 0.5
FIELDS = ("day", "clock", "weekday", "address", "longitude", "latitude", "code")

Shower = Callable[[NDArray[np.uint8], float], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class _Region:
    """A part of the picture looked at closely, the height of its text in pixels, and the lines first found in it."""

    box: Box
    text_px: float
    found: tuple[TextBox, ...]


def read_stamps(picture_bgr: NDArray[np.uint8], net: TextNet) -> tuple[Stamp, ...]:
    """Read every stamp in a picture.

    Args:
        picture_bgr: (H, W, 3) uint8, upright.
        net: As `open_text_net` returns it.
    Returns: The stamps, the fullest first; boxes in pixels of `picture_bgr`. Empty where nothing looks like a stamp.
    """
    stamps = settle_halves(picture_bgr, add_edge_code(picture_bgr, _take_looks(picture_bgr, net), net), net)
    return tuple(_clip_stamp(stamp, picture_bgr.shape[1], picture_bgr.shape[0]) for stamp in stamps)


def _clip_stamp(stamp: Stamp, width: int, height: int) -> Stamp:
    """The stamp with its boxes cut at the picture's edges, over which the margins of lines reach; its lines without odds."""
    fields = {
        name: replace(part, box=clip_box(part.box, width, height))
        for name in FIELDS
        if (part := getattr(stamp, name)) is not None
    }
    lines = tuple(
        TextLine(line.text, line.confidence, clip_box(line.box, width, height), line.per_character)
        for line in stamp.lines
    )
    box = None if stamp.box is None else clip_box(stamp.box, width, height)
    return replace(stamp, lines=lines, box=box, **fields)


def _take_looks(picture_bgr: NDArray[np.uint8], net: TextNet) -> tuple[Stamp, ...]:
    stamps, explained = _read_once(picture_bgr, picture_bgr, net, _show_contrast)
    if explained and is_settled(stamps):
        return stamps
    # Scenes hide letters: the strokes alone are found over a crowd or an edge, a raised contrast on a white wall.
    small = _reduce(picture_bgr, STROKES_SIDE_PX)
    strokes = isolate_strokes(small, min(small.shape[:2]))
    stamps = combine_looks(stamps, _read_once(picture_bgr, strokes, net, isolate_strokes)[0])
    if is_open(stamps):
        # A stamp is drawn in pure white: with all that is less spread to black, print and posters are gone.
        whites = lift_whites(picture_bgr)
        stamps = combine_looks(stamps, _read_once(whites, _reduce(whites, OVERVIEW_SIDE_PX), net, _show_as_is)[0])
    if any(stamp.day is not None and stamp.clock is not None for stamp in stamps):
        return stamps
    contrasted = raise_contrast(_reduce(picture_bgr, OVERVIEW_SIDE_PX))
    return combine_looks(stamps, _read_once(picture_bgr, contrasted, net, _show_contrast)[0])


def _reduce(picture_bgr: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    scale = min(1.0, side_px / max(picture_bgr.shape[:2]))
    return np.asarray(cv2.resize(picture_bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _show_as_is(part_bgr: NDArray[np.uint8], _side_px: float) -> NDArray[np.uint8]:
    return part_bgr


def _show_contrast(part_bgr: NDArray[np.uint8], _side_px: float) -> NDArray[np.uint8]:
    return raise_contrast(part_bgr)


def _read_once(
    picture_bgr: NDArray[np.uint8], overview_bgr: NDArray[np.uint8], net: TextNet, show: Shower
) -> tuple[tuple[Stamp, ...], bool]:
    """Search in `overview_bgr`, the same picture in any size and contrast, and read from `picture_bgr`.

    `show` brings out the letters of a part for the search within it, given the picture's shorter side at that scale.
    Returns: The stamps, and whether all dates and clocks that were read are theirs: one that is nobody's may be what is left
        of another stamp, which a fixed camera's whole overlay must not hide.
    """
    height, width = picture_bgr.shape[:2]
    ratio = np.array([width / overview_bgr.shape[1], height / overview_bgr.shape[0]], dtype=np.float32)
    searched = find_text_boxes(overview_bgr, net, OVERVIEW_SIDE_PX)
    found = [box for box in (TextBox(box.corners_px * ratio, box.score) for box in searched) if _is_level(box)]
    regions = _choose_regions(picture_bgr, found, net)
    lines: list[TextLine] = []
    budget, looks = MAX_LINES, MAX_SECOND_LOOKS
    for region in regions:
        if budget > 0:
            more, looks = _read_region(picture_bgr, region, net, (budget, looks), show)
            lines.extend(more)
            whole = {"date", "clock"} <= _read_cues(more)
            budget = min(budget - len(more), MAX_LINES_AFTER_STAMP if whole else budget)
    kept = [line for line in _drop_doubles(lines) if line.text.strip()]
    candidates = [_make_candidate(group, width, height) for group in group_boxes(kept, lambda line: line.box)]
    stamps = merge_candidates(candidates, width, height)
    left_over = [line for line in kept if not any(line in stamp.lines for stamp in stamps)]
    return stamps, not any(_tells_time(line) for line in left_over)


def _tells_time(line: TextLine) -> bool:
    return bool({"date", "clock"} & read_fields(normalise(line)).keys()) or is_broken(line)


def _read_cues(lines: Sequence[TextLine]) -> frozenset[str]:
    return parse_stamp(lines, join_rows([normalise(line) for line in lines])).cues


def _is_level(box: TextBox) -> bool:
    if box.width_px < 3 * box.height_px:
        return True  # the angle of a short line is not measured well
    return abs(box.tilt_deg) <= MAX_TILT_DEG


def _choose_regions(picture_bgr: NDArray[np.uint8], found: Sequence[TextBox], net: TextNet) -> list[_Region]:
    """Parts worth a close look, the edges first; inside the frame only where a quick reading shows date or clock."""
    height, width = picture_bgr.shape[:2]
    border: list[tuple[_Region, list[TextBox]]] = []
    inner: list[tuple[_Region, list[TextBox]]] = []
    for group in group_boxes(list(found), lambda box: box.box):
        around = surround([box.box for box in group])
        heights = [min(box.height_px, box.width_px) for box in group]
        region = _Region(
            pad_box(around, PAD_HEIGHTS_XY, float(np.median(heights)), width, height),
            float(np.percentile(heights, 25)),
            tuple(group),
        )
        at_border = border_distance(around, width, height) <= BORDER_SHARE
        (border if at_border else inner).append((region, group))
    border.sort(key=lambda item: (-_stamp_prior(item[0].box, width, height), -len(item[1])))
    chosen = [region for region, _ in border]
    budget = MAX_INNER_LINES
    for region, group in sorted(inner, key=lambda item: -len(item[1])):
        if budget <= 0 or len(group) < 2:
            continue
        tried = sorted(group, key=lambda box: -box.width_px)[: min(3, budget)]
        budget -= len(tried)
        lines = recognise_lines(picture_bgr, tried, net)
        rows = [normalise(line) for line in lines]
        if parse_stamp(lines, rows).cues & {"date", "clock", "coordinates", "app"}:
            chosen.append(region)
    return _unite(chosen)


def _stamp_prior(box: Box, width: int, height: int) -> float:
    """How usual a place is for a stamp: the lower corners, then the upper ones, then the rest."""
    low = box.y + box.height > 0.6 * height
    side = min(box.x, width - box.x - box.width) < BORDER_SHARE * width
    return 2.0 * low + 1.0 * side


def _unite(regions: Sequence[_Region]) -> list[_Region]:
    """Unite regions that overlap much, so that no line is read twice; the order stays."""
    united: list[_Region] = []
    for region in regions:
        for index, other in enumerate(united):
            shared = overlap_area(region.box, other.box)
            smaller = min(region.box.width * region.box.height, other.box.width * other.box.height)
            like = 0.5 <= region.text_px / max(1.0, other.text_px) <= 2.0
            if shared > 0.5 * smaller or (shared > 0 and like):
                united[index] = _Region(
                    surround([region.box, other.box]),
                    min(region.text_px, other.text_px),
                    (*other.found, *region.found),
                )
                break
        else:
            united.append(region)
    return united


def _read_region(
    picture_bgr: NDArray[np.uint8], region: _Region, net: TextNet, limits: tuple[int, int], show: Shower
) -> tuple[list[TextLine], int]:
    """Find a region's lines at a size that suits the detector, and read them from the full picture.

    Args:
        limits: How many lines may be read, and how many may be read again.
    Returns: The lines, and how many second looks are left.
    """
    budget, looks = limits
    left, top = int(region.box.x), int(region.box.y)
    right, bottom = int(np.ceil(region.box.x + region.box.width)), int(np.ceil(region.box.y + region.box.height))
    part = picture_bgr[top:bottom, left:right]
    scale = min(2.0, CLOSE_TEXT_PX / max(1.0, region.text_px), CLOSE_SIDE_PX / max(part.shape[:2]))
    size_wh = (max(32, round(part.shape[1] * scale)), max(32, round(part.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    close = np.asarray(cv2.resize(part, size_wh, interpolation=method), dtype=np.uint8)
    ratio = np.array([part.shape[1] / size_wh[0], part.shape[0] / size_wh[1]], dtype=np.float32)
    offset = np.array([left, top], dtype=np.float32)
    boxes = [
        TextBox(box.corners_px * ratio + offset, box.score)
        for box in find_text_boxes(show(close, scale * min(picture_bgr.shape[:2])), net, CLOSE_SIDE_PX)
        if _is_level(box)
    ]
    # The raised contrast of a lawn or a crowd drowns a line that the first search saw.
    boxes = _keep_found(boxes, region.found)
    # Where there is more print than the budget, the lines nearest to a side edge are the stamp's.
    width = picture_bgr.shape[1]
    boxes = sorted(unite_words(boxes), key=lambda box: min(box.box.x, width - box.box.x - box.box.width))[:budget]
    # The finder cuts thin last letters short (1, 一), so each line is read with a little more at both ends.
    boxes = [_widen(box) for box in boxes]
    lines = recognise_lines(picture_bgr, boxes, net)
    again, looks = reread_doubtful(picture_bgr, boxes, lines, net, looks)
    whole = reread_rows(picture_bgr, boxes, again, net)
    whole = restore_starts(picture_bgr, read_missing_rows(picture_bgr, whole, net), net)
    return list(read_on_page(picture_bgr, whole, net)), looks


def _keep_found(close: Sequence[TextBox], found: Sequence[TextBox]) -> list[TextBox]:
    """The boxes of the close search, and those of the first one of which the close one shows too little."""
    boxes = list(close)
    for first in found:
        size = first.box.width * first.box.height
        pieces = [box for box in boxes if overlap_area(box.box, first.box) > 0.3 * min(size, _area(box.box))]
        if sum(overlap_area(box.box, first.box) for box in pieces) < MIN_SHOWN_SHARE * size:
            boxes = [box for box in boxes if box not in pieces or _area(box.box) > size]
            boxes.append(first)
    return boxes


def _area(box: Box) -> float:
    return box.width * box.height


def _widen(box: TextBox) -> TextBox:
    share = END_MARGIN_HEIGHTS * box.height_px / max(1.0, box.width_px)
    return stretch_box(box, share, share, 0.0) if box.width_px > box.height_px else box


def _drop_doubles(lines: Sequence[TextLine]) -> list[TextLine]:
    """Where regions overlap a line is read twice, once perhaps cut off at a region's edge: the fuller reading stays.

    The stamp's rows may also stand across longer lines of the scene's print, and are the fuller ones then. The margins of a
    large clock reach over a short weekday beside it: lines that say different fields are no doubles.
    """
    kept: list[TextLine] = []
    fields: list[frozenset[str]] = []
    for line in sorted(lines, key=lambda item: (-_count_stamp_parts(item), -item.confidence * len(item.text))):
        area, said = _area(line.box), frozenset(read_fields(normalise(line)))
        if all(
            overlap_area(line.box, other.box) < 0.5 * min(area, _area(other.box)) or (said and told and not said & told)
            for other, told in zip(kept, fields, strict=True)
        ):
            kept.append(line)
            fields.append(said)
    return kept


def _count_stamp_parts(line: TextLine) -> int:
    return count_fields(line) + is_labelled(line)


def _make_candidate(group: Sequence[TextLine], width: int, height: int) -> Candidate:
    ordered = sorted(group, key=lambda line: (line.box.y, line.box.x))
    sure = [line for line in ordered if line.confidence >= MIN_LINE_CONFIDENCE]
    rows = join_rows([normalise(line) for line in sure])
    parsed: Parsed = parse_stamp(sure, rows)
    parsed = replace(parsed, stamp=replace(parsed.stamp, lines=tuple(ordered)))
    around = surround([line.box for line in ordered])
    return Candidate(parsed, around, border_distance(around, width, height) <= BORDER_SHARE, tuple(sure))
