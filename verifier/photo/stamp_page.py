"""Rows of a stamp that stand on a printed white page, where its white letters show by their shadow alone.

The finder of lines sees the page's black print and not the pale rows across it. Print is black, thin and enclosed by the
white of the paper, a shadow is grey, and a letter of the stamp interrupts the print it crosses; so the print is filled from
what surrounds it, and what is left on the page are the stamp's rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, TextLine
from verifier.photo.stamp_contrast import fill_page_print, find_page_print, lift_whites
from verifier.photo.stamp_geometry import overlap_area, pad_box
from verifier.photo.stamp_grid import is_labelled
from verifier.photo.stamp_reread import APP_PHRASE, agree, count_fields, is_broken, stretch_box, unite_words
from verifier.photo.stamp_text import normalise, surround
from verifier.photo.stamp_vote import read_fields, vote_signs
from verifier.vision.text import TextBox, TextNet, find_text_boxes, recognise_lines

# A stamp of some rows has at most as many more above and below them: the place, coordinates, the app's own line.
REACH_HEIGHTS_XY = (9.0, 7.0)
# The detector works best on letters of this height; no part is enlarged more than twice.
CLOSE_TEXT_PX = 30
CLOSE_SIDE_PX = 800
# Print covers some percent of a page; less than this is a line or two of it, or no page.
MIN_PRINT_SHARE = 0.004
MIN_PAPER_SHARE = 0.15
PAPER_FROM = 235
# The rows of a stamp start at one edge, and a clock's box is drawn as wide around it as half its letters.
MAX_EDGE_HEIGHTS = 1.6
MAX_ROWS = 4
END_MARGIN_HEIGHTS = 0.25
# What is read anew must be as well readable as any row that the grid restores.
MIN_ADDED_CONFIDENCE = 0.6
SURE_CONFIDENCE = 0.9
# Strokes of print are thinner than about half a line of the stamp is high, its margins included.
PRINT_STROKE_HEIGHTS = 0.6
# What counts as black: print pales at its rims, more so after a reduction, and a shadow darkens where letters crowd.
BLACK_BELOW = (140, 170, 120)
# Heights of a line at which its print is erased: the recogniser's own and half as much again; small rows are enlarged.
ROW_PX = (48.0, 72.0)
MAX_SCALE = 3.0
# A row's end is lost where print is thickest: so many heights more are read, without the print just above and below.
WIDEN_HEIGHTS = (2.0, 4.0)
TRIM_SHARE = 0.1
# The page's own print that is left runs into no row of three Chinese letters.
_CHINESE = re.compile(r"(?:[\u4e00-\u9fff].*){3}")


def read_on_page(picture_bgr: NDArray[np.uint8], lines: Sequence[TextLine], net: TextNet) -> tuple[TextLine, ...]:
    """The lines, with those rows of the stamp that stand across a page's print.

    Args:
        picture_bgr: (H, W, 3) uint8.
        lines: What was read in one region of it.
    Returns: The lines as they are where none of them is a stamp's, or where there is no printed page around it. A line that
        says less than what is read on its place once the print is gone gives way.
    """
    rows = [line for line in lines if count_fields(line) or is_labelled(line)]
    if not rows:
        return tuple(lines)
    result = list(lines)
    for box in _find_rows(picture_bgr, rows, net):
        covered = [line for line in result if _covers(line, box.box)]
        if any(_is_settled(line) for line in covered):
            continue
        line = _read_row(picture_bgr, box, net)
        fuller = count_fields(line) > 0 and all(_say(line) > _say(other) for other in covered)
        if fuller or _is_clearer(line, covered):
            result = [other for other in result if other not in covered] + [line]
    return tuple(result)


def _find_rows(picture_bgr: NDArray[np.uint8], rows: Sequence[TextLine], net: TextNet) -> list[TextBox]:
    """Rows at the stamp's left edge on the page around it, its print erased; none where there is no printed page."""
    height, width = picture_bgr.shape[:2]
    around = surround([row.box for row in rows])
    letter = float(np.median([row.box.height for row in rows]))
    reach = pad_box(around, REACH_HEIGHTS_XY, letter, width, height)
    left, top = int(reach.x), int(reach.y)
    part = picture_bgr[top : int(np.ceil(reach.y + reach.height)), left : int(np.ceil(reach.x + reach.width))]
    scale = min(2.0, CLOSE_TEXT_PX / max(1.0, letter), CLOSE_SIDE_PX / max(part.shape[:2]))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    close = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8)
    if (close.min(axis=2) >= PAPER_FROM).mean() < MIN_PAPER_SHARE:
        return []
    stroke_px = PRINT_STROKE_HEIGHTS * letter * scale
    black = find_page_print(close, stroke_px, BLACK_BELOW[0])
    if black.mean() < MIN_PRINT_SHARE:
        return []
    found = find_text_boxes(lift_whites(fill_page_print(close, black)), net, CLOSE_SIDE_PX)
    offset = np.array([left, top], dtype=np.float32)
    boxes = [
        _widen(TextBox((box.corners_px / np.float32(scale) + offset).astype(np.float32), box.score))
        for box in unite_words(found)
    ]
    flush = [box for box in boxes if abs(box.box.x - around.x) <= MAX_EDGE_HEIGHTS * letter]
    return sorted(flush, key=lambda box: box.box.y)[:MAX_ROWS]


def _read_row(picture_bgr: NDArray[np.uint8], box: TextBox, net: TextNet) -> TextLine:
    """One row, read with more and with less of the print erased; as far to the right as its announcement promises."""
    readings = _read_erased(picture_bgr, box, net)
    line = vote_signs(readings)
    if is_broken(line):
        letter = box.height_px / max(1.0, box.width_px)
        for share in WIDEN_HEIGHTS:
            readings += _read_erased(picture_bgr, stretch_box(box, 0.0, share * letter, -TRIM_SHARE), net)
        line = vote_signs(readings)
    return replace(line, box=box.box)


def _read_erased(picture_bgr: NDArray[np.uint8], box: TextBox, net: TextNet) -> list[TextLine]:
    """Readings of one row at several sizes, with more and with less of the page's print erased."""
    height, width = picture_bgr.shape[:2]
    line_px = max(1.0, box.height_px)
    left, top = (max(0, int(value - line_px)) for value in box.corners_px.min(axis=0))
    right, bottom = (int(value + line_px) for value in box.corners_px.max(axis=0))
    cut = picture_bgr[top : min(height, bottom), left : min(width, right)]
    readings: list[TextLine] = []
    for below in BLACK_BELOW:
        for wanted_px in ROW_PX:
            scale = min(wanted_px / line_px, MAX_SCALE)
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            part = np.asarray(cv2.resize(cut, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8)
            moved = TextBox((box.corners_px - np.array([left, top], dtype=np.float32)) * np.float32(scale), box.score)
            filled = fill_page_print(part, find_page_print(part, PRINT_STROKE_HEIGHTS * line_px * scale, below))
            readings += [recognise_lines(shown, [moved], net)[0] for shown in (filled, lift_whites(filled))]
        # What the app says of itself holds no field, and is not worth the time.
        if agree(readings) or APP_PHRASE.search(readings[0].text):
            break
    return readings


def _is_settled(line: TextLine) -> bool:
    """Whether a line needs no other reading: its fields or its Chinese letters are sure, or it is the app's own phrase."""
    sure = min(line.per_character, default=0.0) >= SURE_CONFIDENCE
    foreign = re.search(r"[A-Za-z]{3}", line.text) is not None
    if count_fields(line):
        return sure
    return APP_PHRASE.search(line.text) is not None or (sure and not foreign and _CHINESE.search(line.text) is not None)


def _say(line: TextLine) -> tuple[int, bool, float]:
    """How much of its fields a line says: their number, whether they are whole, and how surely the least sure is read."""
    fields = read_fields(normalise(line)).values()
    return len(fields), not is_broken(line), min((sure for _, sure in fields), default=0.0)


def _is_clearer(line: TextLine, covered: Sequence[TextLine]) -> bool:
    """Whether a row without fields, such as a place, is readable and says more than what was read on its place."""
    weakest = min(line.per_character, default=0.0)
    if weakest < MIN_ADDED_CONFIDENCE or not _CHINESE.search(line.text):
        return False
    return all(
        not count_fields(other) and (not _CHINESE.search(other.text) or min(other.per_character, default=0.0) < weakest)
        for other in covered
    )


def _widen(box: TextBox) -> TextBox:
    share = END_MARGIN_HEIGHTS * box.height_px / max(1.0, box.width_px)
    return stretch_box(box, share, share, 0.0)


def _covers(line: TextLine, box: Box) -> bool:
    area = line.box.width * line.box.height
    return overlap_area(line.box, box) > 0.5 * min(area, box.width * box.height)
