"""Find and read lines of text: PP-OCR models out of rapidocr's wheel, offline.

rapidocr supplies the models, the box geometry of differentiable binarisation and the CTC alphabet. The two sessions are
our own, so that the number of threads and the memory they keep are ours to decide, and nothing is ever downloaded.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from verifier.observation import Box, TextLine

DETECTION_FILE = "PP-OCRv6_det_small.onnx"
RECOGNITION_FILE = "PP-OCRv6_rec_small.onnx"
LINE_HEIGHT_PX = 48  # the recogniser's fixed input height
STRIDE_PX = 32  # the detector's sides are multiples of this
# Widths are padded up to a multiple of this, so that lines of like width share a batch.
WIDTH_STEP_PX = 64
# On one core a batch of six is no faster than six single lines (measured: 18 ms against 15 ms a line of 320 px); small
# batches save call overhead without padding much.
BATCH_LINES = 4
MAX_LINE_WIDTH_PX = 1600


@dataclass(frozen=True, slots=True)
class Rapidocr:
    """What we use of rapidocr: how it finds boxes in the detector's map, and how it reads the recogniser's alphabet."""

    find: Any
    decode: Any


@cache
def import_rapidocr() -> Rapidocr:
    """Import it when it is first needed: half a second that processes which look at nothing (pages, beat) need not spend."""
    # It logs through a handler of its own on stderr; its chatter is not ours to show.
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    from rapidocr.ch_ppocr_det.utils import DBPostProcess
    from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    return Rapidocr(DBPostProcess, CTCLabelDecode)


class TextModelError(RuntimeError):
    """The text models are missing from the installed rapidocr wheel, or are not what they should be."""


@dataclass(frozen=True, slots=True, eq=False)
class TextBox:
    """One found line: `corners_px` is (4, 2) float32, clockwise from the top left of the text; `score` 0 to 1."""

    corners_px: NDArray[np.float32]
    score: float

    @property
    def box(self) -> Box:
        """The upright rectangle around the corners."""
        # Asked for hundreds of times a picture, so without numpy, which takes ten times as long for four points.
        across, down = zip(*self.corners_px.tolist(), strict=True)
        left, top = min(across), min(down)
        return Box(left, top, max(across) - left, max(down) - top)

    @property
    def height_px(self) -> float:
        """Length of the left side: the text's own height, also where the line is tilted."""
        return float(np.linalg.norm(self.corners_px[3] - self.corners_px[0]))

    @property
    def width_px(self) -> float:
        """Length of the upper side: the text's own width, also where the line is tilted."""
        return float(np.linalg.norm(self.corners_px[1] - self.corners_px[0]))

    @property
    def tilt_deg(self) -> float:
        """Angle of the upper side against the horizontal, in degrees; 0 for text drawn by an app."""
        delta = self.corners_px[1] - self.corners_px[0]
        return float(np.degrees(np.arctan2(delta[1], delta[0])))


@dataclass(frozen=True, slots=True)
class ReadLine(TextLine):
    """A line with what else its digits may be: `digit_odds` has the probabilities of 0 to 9 for each character of `text`.

    The recogniser's second thoughts: where several cuts of a line disagree about a digit, the true one is often second in each.
    """

    digit_odds: tuple[tuple[float, ...], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class TextNet:
    """The two loaded networks. `version` names the wheel and the digests of both model files.

    `digit_symbols` tells where 0 to 9 stand in the alphabet.
    """

    detector: onnxruntime.InferenceSession
    recogniser: onnxruntime.InferenceSession
    alphabet: tuple[str, ...]
    digit_symbols: tuple[int, ...]
    version: str


def open_text_net(threads: int = 1) -> TextNet:
    """Load the text models that rapidocr ships.

    Args:
        threads: Threads within one call; 1 where a process pool already fills the cores.
    Raises:
        TextModelError: a model file is missing or has no alphabet.
    """
    folder = Path(str(resources.files("rapidocr"))) / "models"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Pictures come in all sizes: a plan of memory kept for each of them costs 110 MB. An arena that takes what is asked for,
    # without plans, makes detection a quarter faster than none does (85 against 112 ms at 736 px), at a lower peak (243
    # against 363 MB).
    options.enable_mem_pattern = False
    providers = [("CPUExecutionProvider", {"arena_extend_strategy": "kSameAsRequested"})]
    digests = {}
    sessions = {}
    for name in (DETECTION_FILE, RECOGNITION_FILE):
        file = folder / name
        if not file.is_file():
            raise TextModelError(f"{name} is not in the installed rapidocr wheel ({folder}): install rapidocr>=3.10,<4")
        data = file.read_bytes()
        digests[name] = hashlib.sha256(data).hexdigest()
        sessions[name] = onnxruntime.InferenceSession(data, options, providers=providers)
    listed = sessions[RECOGNITION_FILE].get_modelmeta().custom_metadata_map.get("character")
    if not listed:
        raise TextModelError(f"{RECOGNITION_FILE} carries no alphabet in its metadata")
    alphabet = tuple(import_rapidocr().decode(character=listed.splitlines()).character)
    return TextNet(
        detector=sessions[DETECTION_FILE],
        recogniser=sessions[RECOGNITION_FILE],
        alphabet=alphabet,
        digit_symbols=tuple(alphabet.index(digit) for digit in "0123456789"),
        version=(
            f"rapidocr-{version('rapidocr')}"
            f"@det:{digests[DETECTION_FILE][:12]}+rec:{digests[RECOGNITION_FILE][:12]}+look:1"
        ),
    )


def find_text_boxes(picture_bgr: NDArray[np.uint8], net: TextNet, max_side: int) -> tuple[TextBox, ...]:
    """Find lines of text.

    Args:
        picture_bgr: (H, W, 3) uint8.
        max_side: The longer side is reduced to this many pixels; smaller pictures are left as they are.
    Returns: Boxes in pixels of `picture_bgr`, in no particular order.
    Source: Liao et al. 2020, differentiable binarisation; thresholds as PP-OCR publishes them.
    """
    height, width = picture_bgr.shape[:2]
    if min(height, width) < 2:
        return ()
    scale = min(1.0, max_side / max(height, width))
    size_wh = (_round_to_stride(width * scale), _round_to_stride(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(picture_bgr, size_wh, interpolation=method)
    blob = (small.astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)[np.newaxis]
    predicted = net.detector.run(None, {net.detector.get_inputs()[0].name: np.ascontiguousarray(blob)})[0]
    find = import_rapidocr().find(thresh=0.3, box_thresh=0.5, max_candidates=1000, unclip_ratio=1.6, use_dilation=True)
    corners, scores = find(predicted, (height, width))
    return tuple(
        TextBox(np.asarray(box, dtype=np.float32), float(score)) for box, score in zip(corners, scores, strict=True)
    )


def recognise_lines(picture_bgr: NDArray[np.uint8], boxes: Sequence[TextBox], net: TextNet) -> tuple[ReadLine, ...]:
    """Read the lines inside boxes, at the picture's full resolution.

    Args:
        picture_bgr: (H, W, 3) uint8, the picture the boxes are in.
        boxes: As `find_text_boxes` returns them. Boxes standing upright (taller than 1.5 widths) are read both turned
            left and turned right, and the surer reading is kept.
    Returns: One line per box, in the boxes' order; an empty text where nothing was read.
    Source: PP-OCR's recogniser with CTC decoding.
    """
    crops: list[tuple[int, NDArray[np.uint8]]] = []
    for index, box in enumerate(boxes):
        crop = crop_line(picture_bgr, box)
        if crop.shape[0] >= 1.5 * crop.shape[1]:
            crops.append((index, np.rot90(crop, 1)))
            crops.append((index, np.rot90(crop, 3)))
        else:
            crops.append((index, crop))
    read = _recognise_crops([crop for _, crop in crops], net)
    best: dict[int, _Decoded] = {}
    for (index, _), reading in zip(crops, read, strict=True):
        if index not in best or _mean(reading.sure) > _mean(best[index].sure):
            best[index] = reading
    return tuple(
        ReadLine(best[index].text, _mean(best[index].sure), box.box, best[index].sure, best[index].digit_odds)
        for index, box in enumerate(boxes)
    )


def crop_line(picture_bgr: NDArray[np.uint8], box: TextBox) -> NDArray[np.uint8]:
    """Cut out one line, straightened where it is tilted; upright boxes are cut without resampling."""
    corners = box.corners_px
    if abs(box.tilt_deg) < 1.0 or box.height_px >= 1.5 * box.width_px:
        height, width = picture_bgr.shape[:2]
        left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, [width - 1, height - 1])
        right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), [left + 1, top + 1], [width, height])
        return picture_bgr[top:bottom, left:right]
    across, down = max(1, round(box.width_px)), max(1, round(box.height_px))
    target = np.array([[0, 0], [across, 0], [across, down], [0, down]], dtype=np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    cut = cv2.warpPerspective(picture_bgr, turn, (across, down), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _Decoded:
    text: str = ""
    sure: tuple[float, ...] = ()
    digit_odds: tuple[tuple[float, ...], ...] = ()


def _recognise_crops(crops: Sequence[NDArray[np.uint8]], net: TextNet) -> list[_Decoded]:
    """Text, and for each of its characters its probability and those of the digits, for each crop; in batches of like width."""
    prepared = [_fit_height(crop) for crop in crops]
    order = sorted(range(len(prepared)), key=lambda index: prepared[index].shape[2])
    read = [_Decoded()] * len(prepared)
    start = 0
    while start < len(order):
        width = _round_up_width(prepared[order[start]].shape[2])
        members = [
            index for index in order[start : start + BATCH_LINES] if _round_up_width(prepared[index].shape[2]) == width
        ]
        batch = np.zeros((len(members), 3, LINE_HEIGHT_PX, width), dtype=np.float32)
        for row, index in enumerate(members):
            batch[row, :, :, : prepared[index].shape[2]] = prepared[index]
        predicted = net.recogniser.run(None, {net.recogniser.get_inputs()[0].name: batch})[0]
        for row, index in enumerate(members):
            read[index] = _decode(predicted[row], net)
        start += len(members)
    return read


def _fit_height(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = crop.shape[:2]
    across = int(np.clip(np.ceil(width * LINE_HEIGHT_PX / max(1, height)), 8, MAX_LINE_WIDTH_PX))
    # A thin stroke must survive a strong reduction, so area is averaged there; plain bilinear would skip pixels.
    method = cv2.INTER_AREA if height > 2 * LINE_HEIGHT_PX else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(crop), (across, LINE_HEIGHT_PX), interpolation=method)
    return np.asarray((resized.astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1), dtype=np.float32)


def _decode(predicted: NDArray[Any], net: TextNet) -> _Decoded:
    """Greedy CTC: repeated symbols are one, symbol 0 is the blank."""
    symbols = predicted.argmax(axis=1)
    keep = symbols != 0
    keep[1:] &= symbols[1:] != symbols[:-1]
    at = np.flatnonzero(keep)
    probabilities = predicted[at, symbols[at]]
    digits = predicted[at][:, list(net.digit_symbols)].tolist()
    text: list[str] = []
    sure: list[float] = []
    odds: list[tuple[float, ...]] = []
    for symbol, probability, digit_odds in zip(symbols[at], probabilities, digits, strict=True):
        for character in net.alphabet[int(symbol)]:
            text.append(character)
            sure.append(round(float(probability), 4))
            odds.append(tuple(digit_odds))
    return _Decoded("".join(text), tuple(sure), tuple(odds))


def _mean(values: tuple[float, ...]) -> float:
    return float(np.mean(values)) if values else 0.0


def _round_to_stride(length: float) -> int:
    return max(STRIDE_PX, round(length / STRIDE_PX) * STRIDE_PX)


def _round_up_width(width: int) -> int:
    return -(-width // WIDTH_STEP_PX) * WIDTH_STEP_PX
