"""What every face pack offers, and the two kinds there are: OpenCV Zoo's and insightface's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.vision.align import CROP_PX
from verifier.vision.candidates import Candidates
from verifier.vision.yunet import Yunet, open_session

# Faces a run. More do not pay: on one core SFace takes 13.4 ms a face alone, 14.5 ms in fours, 19 ms in eights, as the
# layers no longer fit the processor's cache (measured with benchmarks/vision.py); memory stays flat this way.
BATCH_FACES = 4
# Both detectors were trained at about this size.
TILE_PX = 640
# sqrt(class × object). Measured on groups_wider (benchmarks/vision.py): 0.5 doubles the false boxes for 2 of 170 faces
# more; 0.7 loses a quarter of the faces below 20 px. Doubtful ones are `low_score`, so never held against anyone.
YUNET_MIN_SCORE = 0.6
# What a detector still reports, as a hint of where to look closer; measured for YuNet, see `faces`.
FAINT_SCORE = 0.03
HINT_SCORE = 0.2
# insightface's own default for SCRFD.
SCRFD_MIN_SCORE = 0.5


class ModelError(RuntimeError):
    """A network answered with something other than its contract says."""


class FaceNet(Protocol):
    """One face pack, opened. `embedding_contract` says which embeddings may be compared."""

    version: str
    embedding_contract: str
    min_score: float  # from here on a detection is a face; below it, a hint
    tells_faint: bool  # whether hints go down to FAINT_SCORE

    def detect(self, tile_bgr: NDArray[np.uint8]) -> Candidates:
        """Faces and hints of a tile at its own scale; at most `TILE_PX` a side."""

    def embed(self, crops_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(n, 112, 112, 3) uint8 BGR aligned crops → (n, size) float32, each of length 1."""


class OpencvZooFaceNet:
    """YuNet and SFace, prepared by `graphs`."""

    min_score = YUNET_MIN_SCORE
    tells_faint = True

    def __init__(self, files: Mapping[str, Path], version: str, embedding_contract: str, threads: int = 1) -> None:
        self.version = version
        self.embedding_contract = embedding_contract
        self._detector = Yunet(files["detect"], threads, FAINT_SCORE)
        self._recogniser = open_session(files["embed"], threads)

    def detect(self, tile_bgr: NDArray[np.uint8]) -> Candidates:
        """See `FaceNet.detect`."""
        return self._detector.detect(tile_bgr)

    def embed(self, crops_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `FaceNet.embed`. The graph itself subtracts 127.5 and scales."""
        parts = []
        for start in range(0, len(crops_bgr), BATCH_FACES):
            batch = crops_bgr[start : start + BATCH_FACES, :, :, ::-1].transpose(0, 3, 1, 2)
            blob = np.ascontiguousarray(batch, dtype=np.float32)
            parts.append(self._recogniser.run(None, {"data": blob})[0])
        return scale_to_unit(parts, 128)


class InsightfaceFaceNet:
    """SCRFD and ArcFace through insightface's own classes, on sessions of ours with a fixed number of threads."""

    min_score = SCRFD_MIN_SCORE
    tells_faint = False

    def __init__(self, files: Mapping[str, Path], version: str, embedding_contract: str, threads: int = 1) -> None:
        # Imported here: insightface costs 1.1 s and 80 MB, which the default pack need not pay.
        from insightface.model_zoo.arcface_onnx import ArcFaceONNX
        from insightface.model_zoo.retinaface import RetinaFace

        self.version = version
        self.embedding_contract = embedding_contract
        self._detector: Any = RetinaFace(str(files["detect"]), session=open_session(files["detect"], threads))
        self._detector.prepare(0, input_size=(TILE_PX, TILE_PX), det_thresh=HINT_SCORE)
        self._recogniser: Any = ArcFaceONNX(str(files["embed"]), session=open_session(files["embed"], threads))

    def detect(self, tile_bgr: NDArray[np.uint8]) -> Candidates:
        """See `FaceNet.detect`. Padded first, as insightface would enlarge a smaller tile to its input size."""
        height, width = tile_bgr.shape[:2]
        padded = cv2.copyMakeBorder(tile_bgr, 0, TILE_PX - height, 0, TILE_PX - width, cv2.BORDER_CONSTANT)
        boxes, points = self._detector.detect(padded, input_size=(TILE_PX, TILE_PX))
        if points is None:
            raise ModelError(f"the detector of {self.version} finds no landmarks, so faces cannot be aligned")
        return Candidates(boxes[:, :4].astype(np.float32), boxes[:, 4].astype(np.float32), points.astype(np.float32))

    def embed(self, crops_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `FaceNet.embed`."""
        parts = [
            self._recogniser.get_feat(list(crops_bgr[start : start + BATCH_FACES]))
            for start in range(0, len(crops_bgr), BATCH_FACES)
        ]
        return scale_to_unit(parts, 512)


def scale_to_unit(parts: list[NDArray[np.float32]], size: int) -> NDArray[np.float32]:
    """Join batches of vectors and scale each to length 1. Raises: ModelError: wrong shape, or not a number."""
    vectors = np.concatenate(parts) if parts else np.zeros((0, size), np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != size:
        raise ModelError(f"the recogniser answered with shape {vectors.shape}, expected (faces, {size})")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise ModelError("the recogniser answered with a vector that has no direction")
    return np.asarray(vectors / lengths, np.float32)


__all__ = ["CROP_PX", "FaceNet", "InsightfaceFaceNet", "ModelError", "OpencvZooFaceNet", "scale_to_unit"]
