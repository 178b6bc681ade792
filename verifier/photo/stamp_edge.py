"""The code that some apps write along the right edge, up or down: Timemark's 14 characters and "Timemark Verified".

The finder of lines loses letters that lie on their side over a busy scene; turned upright they are lines like others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, Field, Stamp, TextLine
from verifier.photo.stamp_contrast import isolate_strokes, raise_contrast
from verifier.photo.stamp_geometry import join_rows
from verifier.photo.stamp_reread import reread_doubtful, stretch_box, unite_words
from verifier.photo.stamp_text import normalise
from verifier.vision.text import TextBox, TextNet, find_text_boxes, recognise_lines

APP = "Timemark"
# The code's line lies within this share of the picture's width from the edge.
STRIP_SHARE = 0.09
# Its letters are about 2.6 % of the shorter side high: 20 px where the strip is that long.
STRIP_SIDE_PX = 960
MAX_EDGE_LINES = 3
# Words further apart than this are two lines; the code and its words stand two spaces apart.
END_MARGIN_SHARE = 0.3
_CODE = re.compile(r"(?<![A-Za-z0-9])(?P<c>[A-Z0-9]{14})(?=\s*T|\W|$)")
# Some of the app's words may stand on white, and be seen by nobody.
_WORDS = re.compile(r"Time\s*m|Verif|rified", re.I)
# All of them may: then a line of its own, of as many letters and digits as a code has, mixed as a code's and surely read.
_BARE_CODE = re.compile(r"\W*(?=(?:[A-Z]*[0-9]){2})(?=(?:[0-9]*[A-Z]){2})(?P<c>[A-Z0-9]{14})\W*")
BARE_CONFIDENCE = 0.9
_ENGLISH_MONTH = re.compile(r"[A-Za-z]{3}")


def add_edge_code(picture_bgr: NDArray[np.uint8], stamps: Sequence[Stamp], net: TextNet) -> tuple[Stamp, ...]:
    """The stamps, the first one with the code at the picture's right edge where it may have one and none was read.

    Args:
        picture_bgr: (H, W, 3) uint8.
        stamps: What was read in it, the fullest first.
    """
    if not stamps or stamps[0].code is not None or not _may_have_code(stamps[0]):
        return tuple(stamps)
    line = read_right_edge(picture_bgr, net)
    match = _CODE.search(line.text) if line is not None else None
    if line is None or match is None:
        return tuple(stamps)
    row = normalise(line)
    code = Field(match["c"], row.confidence(*match.span("c")), line.box, line.text)
    others = tuple(other for other in stamps[0].lines if not _WORDS.search(other.text))
    whole = replace(stamps[0], code=code, lines=(*others, line))
    if _WORDS.search(line.text):
        whole = replace(whole, app=APP, layout="timemark")
    return (whole, *stamps[1:])


def _may_have_code(stamp: Stamp) -> bool:
    if stamp.app is None and stamp.day is not None:
        return _ENGLISH_MONTH.search(stamp.day.text) is not None
    return stamp.app == APP


def read_right_edge(picture_bgr: NDArray[np.uint8], net: TextNet) -> TextLine | None:
    """The line written along the right edge, its box in pixels of the picture; None where there is no code.

    A code beside the app's words goes before one whose words were not seen, one that is written upwards before one written down.
    """
    found = [_read_strip(picture_bgr, net, upwards=True)]
    if found[0] is None or not _WORDS.search(found[0].text):
        found.append(_read_strip(picture_bgr, net, upwards=False))
    lines = [line for line in found if line is not None]
    return next((line for line in lines if _WORDS.search(line.text)), lines[0] if lines else None)


def _read_strip(picture_bgr: NDArray[np.uint8], net: TextNet, *, upwards: bool) -> TextLine | None:
    height, width = picture_bgr.shape[:2]
    across = max(8, round(STRIP_SHARE * width))
    strip = np.ascontiguousarray(np.rot90(picture_bgr[:, width - across :], -1 if upwards else 1))
    scale = STRIP_SIDE_PX / strip.shape[1]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    close = np.asarray(cv2.resize(strip, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8)
    bare: TextLine | None = None
    for shown in (raise_contrast(close), isolate_strokes(close, scale * min(height, width))):
        found = [
            TextBox((box.corners_px / np.float32(scale)).astype(np.float32), box.score)
            for box in find_text_boxes(shown, net, STRIP_SIDE_PX)
        ]
        boxes = [_widen(box) for box in sorted(unite_words(found), key=lambda box: -box.width_px)[:MAX_EDGE_LINES]]
        lines, _ = reread_doubtful(strip, boxes, recognise_lines(strip, boxes, net), net, MAX_EDGE_LINES)
        for row in join_rows([normalise(line) for line in lines if line.text.strip()]):
            worded = _WORDS.search(row.text) and _CODE.search(row.text)
            if worded or (_BARE_CODE.fullmatch(row.text) and min(row.sure) >= BARE_CONFIDENCE):
                line = TextLine(
                    row.text, min(row.sure), _turn_back(row.box, (width, height, across), upwards), row.sure
                )
                if worded:
                    return line
                bare = bare or line
    return bare


def _widen(box: TextBox) -> TextBox:
    share = END_MARGIN_SHARE * box.height_px / max(1.0, box.width_px)
    return stretch_box(box, share, share, 0.0)


def _turn_back(box: Box, sizes: tuple[int, int, int], upwards: bool) -> Box:
    """A box of the turned strip as the picture's, of which `sizes` tells the width, the height and how much is the strip."""
    width, height, across = sizes
    if upwards:
        return Box(width - across + box.y, height - box.x - box.width, box.height, box.width)
    return Box(width - box.y - box.height, box.x, box.height, box.width)
