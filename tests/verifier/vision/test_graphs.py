"""The rewritten networks compute what the published ones compute."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from tests.verifier.vision.pictures import cache_dir, read_six_people, shrink
from verifier.vision.graphs import GraphError, dequantise_blocks, prepare_sface, prepare_yunet
from verifier.vision.packs import find_pack, locate_files
from verifier.vision.prepare import prepare_pack


def published(role: str) -> bytes:
    return locate_files(find_pack("opencv-zoo"), cache_dir())[role].read_bytes()


def prepared(role: str) -> str:
    return str(prepare_pack(find_pack("opencv-zoo"), cache_dir())[role])


def run(model: bytes | str, **inputs: np.ndarray) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run(None, inputs)


def without_stale_inputs(model: bytes) -> bytes:
    """The published SFace with nothing changed but the list of inputs: else onnxruntime asks for weights."""
    loaded = onnx.load_from_string(model)
    kept = [value for value in loaded.graph.input if value.name == "data"]
    del loaded.graph.input[:]
    loaded.graph.input.extend(kept)
    return loaded.SerializeToString()


def test_prepared_sface_gives_the_vectors_of_the_published_one():
    faces = np.random.default_rng(7).integers(0, 256, (5, 3, 112, 112)).astype(np.float32)
    one_by_one = without_stale_inputs(published("embed"))
    wanted = np.concatenate([run(one_by_one, data=face[None])[0] for face in faces])
    seen = run(prepared("embed"), data=faces)[0]
    assert seen.shape == (5, 128)
    np.testing.assert_allclose(seen, wanted, atol=2e-5)


def test_prepared_yunet_gives_the_answers_of_the_published_one():
    """onnxruntime refuses the published file, so ONNX's own reference evaluator says what it means."""
    picture = shrink(read_six_people(), 0.5)[:416, :640]
    blob = np.zeros((1, 3, 640, 640), np.float32)
    blob[0, :, :416, :640] = picture.transpose(2, 0, 1)
    wanted = ReferenceEvaluator(onnx.load_from_string(published("detect"))).run(None, {"input": blob})
    seen = run(prepared("detect"), input=blob)
    assert len(seen) == 12
    for one, other in zip(seen, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=5e-5)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (352, 640), (640, 96)])
def test_prepared_yunet_takes_any_multiple_of_32(height, width):
    answers = run(prepared("detect"), input=np.zeros((1, 3, height, width), np.float32))
    assert answers[0].shape == (1, height // 8 * (width // 8), 1)


@pytest.mark.parametrize(
    ("steepest", "kinds"),
    [
        pytest.param(1.0, ["Conv", "Relu", "Conv", "Add"], id="slopes up to 1: the factor stands inside relu"),
        pytest.param(1.5, ["Relu", "Conv", "Conv", "Add"], id="a steeper one: a negative factor stays outside"),
    ],
)
def test_prelu_is_replaced_by_convolutions_of_one_pixel(steepest, kinds):
    rng = np.random.default_rng(1)
    slope = np.array([-0.8, 0.0, 0.3, steepest], np.float32).reshape(4, 1, 1)
    value = rng.normal(scale=50, size=(2, 4, 9, 9)).astype(np.float32)
    value[0, :, 0] = [0.0, -0.0, 1e-38, -1e-38, 1e5, -1e5, 1.0, -1.0, 0.5]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4, 9, 9]) for name in ("data", "fc1")]
    graph = helper.make_graph(
        [helper.make_node("PRelu", ["data", "slope"], ["fc1"])],
        "one layer",
        ends[:1],
        ends[1:],
        [numpy_helper.from_array(slope, "slope")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    rewritten = prepare_sface(model.SerializeToString())
    assert [node.op_type for node in onnx.load_from_string(rewritten).graph.node] == kinds
    wanted = run(model.SerializeToString(), data=value)[0]
    np.testing.assert_allclose(run(rewritten, data=value)[0], wanted, rtol=1e-6, atol=1e-6)


def test_blocks_are_unpacked_with_their_own_scale_also_the_short_last_one():
    quantised = np.array([[10, 20, 30, 40, 50]], np.int8)
    scales = np.array([[1.0, 10.0, 100.0]], np.float32)
    zero_points = np.array([[10, 0, 49]], np.int8)
    unpacked = dequantise_blocks(quantised, scales, zero_points, axis=1, block_size=2)
    np.testing.assert_array_equal(unpacked, [[0, 10, 300, 400, 100]])


def test_preparing_twice_gives_the_same_bytes():
    assert prepare_yunet(published("detect")) == prepare_yunet(published("detect"))


def test_a_network_with_two_inputs_is_refused():
    kinds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("a", "b", "c")]
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["c"])], "two", kinds[:2], kinds[2:])
    with pytest.raises(GraphError, match="one real input"):
        prepare_sface(helper.make_model(graph).SerializeToString())
