"""The default pack's recogniser on OpenVINO (the extra ``openvino``): the same file and vectors, for processors that it suits.

On an AMD EPYC with AVX-512 both runtimes take 8.4 ms a face (benchmarks/README.md). The detector stays on onnxruntime, which
takes 6.8 ms a tile there, against 9.8 ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.vision.face_net import BATCH_FACES, OpencvZooFaceNet, scale_to_unit


class OpenvinoFaceNet(OpencvZooFaceNet):
    """YuNet on onnxruntime, SFace on OpenVINO.

    Vectors differ from onnxruntime's by rounding only (cosine at least 0.999, which a test asks for), so the embedding contract is
    the same; `version` names the engine, since the same input and versions must give the same findings.
    """

    def __init__(self, files: Mapping[str, Path], version: str, embedding_contract: str, threads: int = 1) -> None:
        super().__init__(files, version, embedding_contract, threads)
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            # Processors with bf16 would use it by themselves, and round vectors more than the contract allows.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        # By name, as it is an extra that need not be there.
        core = import_module("openvino").Core()
        self._compiled: Any = core.compile_model(str(files["embed"]), "CPU", settings)

    def embed(self, crops_bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `FaceNet.embed`."""
        parts = []
        for start in range(0, len(crops_bgr), BATCH_FACES):
            batch = crops_bgr[start : start + BATCH_FACES, :, :, ::-1].transpose(0, 3, 1, 2)
            # The answer is OpenVINO's own memory, which the next run overwrites.
            parts.append(np.array(self._compiled([np.ascontiguousarray(batch, dtype=np.float32)])[0], np.float32))
        return scale_to_unit(parts, 128)
