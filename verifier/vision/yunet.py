"""YuNet on onnxruntime: faces with five landmarks, at whatever size it is given."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from verifier.vision.candidates import Candidates, join_candidates

STRIDES = (8, 16, 32)
# The parts of an answer, each once a stride, in this order.
PARTS = ("cls", "obj", "bbox", "kps")


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open a network on the processor with a fixed number of threads, so that sums are always added in one order."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Yunet:
    """The detector of OpenCV Zoo, prepared by `graphs.prepare_yunet`.

    Input: BGR, 0 to 255, unscaled. Source: Wu et al. 2023, "YuNet: A Tiny Millisecond-level Face Detector".
    """

    def __init__(self, path: Path, threads: int, min_score: float) -> None:
        self._session = open_session(path, threads)
        self._names = [f"{part}_{stride}" for part in PARTS for stride in STRIDES]
        self._min_score = min_score

    def detect(self, picture_bgr: NDArray[np.uint8]) -> Candidates:
        """Find faces at the picture's own scale.

        Args: picture_bgr: (height, width, 3) uint8; padded here to multiples of 32 with black, as OpenCV does.
        Returns: every cell above the score, overlapping ones included.
        """
        height, width = picture_bgr.shape[:2]
        padded = cv2.copyMakeBorder(picture_bgr, 0, -height % 32, 0, -width % 32, cv2.BORDER_CONSTANT)
        blob = np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32)
        answers = dict(zip(self._names, self._session.run(self._names, {"input": blob}), strict=True))
        columns = blob.shape[3]
        return join_candidates(
            [self._decode([answers[f"{part}_{stride}"][0] for part in PARTS], stride, columns) for stride in STRIDES]
        )

    def _decode(self, answer: list[NDArray[np.float32]], stride: int, width: int) -> Candidates:
        """Turn the cells of one stride into boxes; a cell's numbers are in strides, relative to its top left corner."""
        classes, objects, boxes, points = answer
        scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
        chosen = np.flatnonzero(scores >= self._min_score)
        corner = np.stack([chosen % (width // stride), chosen // (width // stride)], axis=1).astype(np.float32)
        centre = (corner + boxes[chosen, :2]) * stride
        half = np.exp(boxes[chosen, 2:]) * (stride / 2)
        landmarks = (points[chosen].reshape(-1, 5, 2) + corner[:, None]) * stride
        return Candidates(np.hstack([centre - half, centre + half]), scores[chosen], landmarks)
