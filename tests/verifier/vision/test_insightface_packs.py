"""The buffalo packs through insightface's own classes, with stand-in networks of the same shapes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from verifier.vision.face_net import InsightfaceFaceNet, ModelError
from verifier.vision.faces import find_faces

CONTRACT = "buffalo_s/test"


def constant(name: str, value: np.ndarray) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value, name))


def write_model(path: Path, nodes: list, inputs: list, outputs: list) -> Path:
    graph = helper.make_graph(nodes, "stand-in", inputs, outputs)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), path)
    return path


def write_detector(path: Path, landmarks: bool = True) -> Path:
    """SCRFD's nine answers for 640 × 640: two anchors a cell, strides 8, 16, 32. One face at cell (10, 10) of stride 16."""
    nodes, outputs = [], []
    for part, width in (("score", 1), ("bbox", 4), ("kps", 10)):
        if part == "kps" and not landmarks:
            continue
        for stride in (8, 16, 32):
            cells = (640 // stride) ** 2 * 2
            value = np.zeros((cells, width), np.float32)
            cell = (10 * (640 // stride) + 10) * 2
            if stride == 16:
                # Distances in strides from the cell's corner at (160, 160): a box of 96 × 96 px around it.
                points = np.array([[-1.1, -1], [1.1, -1], [0, 0.2], [-0.9, 1.4], [0.9, 1.4]]).ravel()
                value[cell] = {"score": [0.8], "bbox": [3, 3, 3, 3], "kps": points}[part]
            name = f"{part}_{stride}"
            # The answer depends on the input by nothing, so that the input is still there.
            nodes += [constant(f"{name}_fixed", value), helper.make_node("Add", [f"{name}_fixed", "none"], [name])]
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [cells, width]))
    zero = helper.make_node("Mul", ["mean", "zero"], ["none"])
    mean = helper.make_node("ReduceMean", ["input.1"], ["mean"], keepdims=0)
    inputs = [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, "?", "?"])]
    return write_model(path, [mean, constant("zero", np.float32(0).reshape(())), zero, *nodes], inputs, outputs)


def write_recogniser(path: Path, size: int = 512) -> Path:
    """112 × 112 × 3 → `size`: a fixed projection of the crop's eight by eight averages."""
    weights = np.random.default_rng(4).normal(size=(192, size)).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", ["input.1"], ["small"], kernel_shape=[14, 14], strides=[14, 14]),
        helper.make_node("Flatten", ["small"], ["flat"]),
        constant("weights", weights),
        helper.make_node("MatMul", ["flat", "weights"], ["516"]),
    ]
    inputs = [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["None", 3, 112, 112])]
    return write_model(path, nodes, inputs, [helper.make_tensor_value_info("516", TensorProto.FLOAT, ["None", size])])


def a_net(folder: Path, landmarks: bool = True, size: int = 512) -> InsightfaceFaceNet:
    files = {
        "detect": write_detector(folder / "det.onnx", landmarks),
        "embed": write_recogniser(folder / "rec.onnx", size),
    }
    return InsightfaceFaceNet(files, "buffalo_s@" + hashlib.sha256(b"").hexdigest()[:12], CONTRACT)


def a_picture() -> np.ndarray:
    return np.random.default_rng(9).integers(0, 256, (300, 320, 3), dtype=np.uint8)


def test_scrfd_answers_become_boxes_and_landmarks(tmp_path):
    found = a_net(tmp_path).detect(a_picture())
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes[0], [112, 112, 208, 208])
    np.testing.assert_allclose(found.landmarks[0, 0], [160 - 17.6, 144], atol=1e-3)


def test_vectors_have_length_one_and_batches_change_nothing(tmp_path):
    net = a_net(tmp_path)
    crops = np.random.default_rng(1).integers(0, 256, (7, 112, 112, 3), dtype=np.uint8)
    together = net.embed(crops)
    assert together.shape == (7, 512)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(together, np.concatenate([net.embed(crop[None]) for crop in crops]), atol=1e-5)


def test_the_whole_search_runs_on_such_a_pack(tmp_path):
    faces = find_faces(a_picture(), a_net(tmp_path))
    assert len(faces) == 1
    assert faces[0].embedding is not None
    assert faces[0].embedding.shape == (512,)


def test_no_faces_are_no_vectors(tmp_path):
    assert a_net(tmp_path).embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, 512)


def test_a_recogniser_of_another_size_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"\(1, 128\)"):
        a_net(tmp_path, size=128).embed(np.ones((1, 112, 112, 3), np.uint8))


def test_a_detector_without_landmarks_is_refused(tmp_path):
    with pytest.raises(ModelError, match="landmarks"):
        a_net(tmp_path, landmarks=False).detect(a_picture())
