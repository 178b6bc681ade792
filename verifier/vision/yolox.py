"""YOLOX on onnxruntime: whole people and the upper halves of seated ones, from any side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from verifier.vision.candidates import Candidates
from verifier.vision.yunet import open_session

PERSON = 0  # COCO's first class
STRIDES = (8, 16, 32)
INPUT_PX = 416
PAD_GREY = 114  # what YOLOX was trained with around pictures
# Kept for the upper bound of a count; YOLOX's own demo shows boxes from 0.3 on.
MIN_SCORE = 0.2


class PeopleNet:
    """The opened people pack. Source: Ge et al. 2021, "YOLOX: Exceeding YOLO Series in 2021"."""

    tile_px = INPUT_PX

    def __init__(self, path: Path, version: str, threads: int = 1) -> None:
        self.version = version
        self._session = open_session(path, threads)
        self._cells, self._strides = _make_cells()

    def detect(self, tile_bgr: NDArray[np.uint8]) -> Candidates:
        """Find people in a tile of at most 416 px a side, at its own scale.

        Returns: every cell above `MIN_SCORE`, overlapping ones included, without landmarks; score = objectness × class.
        """
        height, width = tile_bgr.shape[:2]
        padded = np.full((INPUT_PX, INPUT_PX, 3), PAD_GREY, np.uint8)
        padded[:height, :width] = tile_bgr
        blob = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32)
        answer = self._session.run(None, {"images": blob})[0][0]
        scores = answer[:, 4] * answer[:, 5 + PERSON]
        chosen = np.flatnonzero(scores >= MIN_SCORE)
        strides = self._strides[chosen, None]
        centre = (answer[chosen, :2] + self._cells[chosen]) * strides
        half = np.exp(answer[chosen, 2:4]) * strides / 2
        boxes = np.hstack([centre - half, centre + half])
        # Padding holds nobody: boxes may lean into it, but not stand in it.
        boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
        return Candidates(boxes, scores[chosen], np.zeros((len(chosen), 0, 2), np.float32))


def _make_cells() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each line of the network's answer: its cell (column, row), (3549, 2), and its stride, (3549,)."""
    cells, strides = [], []
    for stride in STRIDES:
        side = INPUT_PX // stride
        rows, columns = np.mgrid[:side, :side]
        cells.append(np.stack([columns.ravel(), rows.ravel()], axis=1))
        strides.append(np.full(side * side, stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
