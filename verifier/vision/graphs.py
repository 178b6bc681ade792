"""Rewrite the block-quantised face networks so that onnxruntime runs them in batches, at any size, in fp32.

As published, the SFace file lists its weights as inputs too (onnxruntime then may not fold them), holds its weights as
8-bit blocks that are unpacked again on every run, accepts one face at a time, and spends half of its time in PRelu.
The YuNet file accepts 640 × 640 only. None of the rewrites changes what is computed; tests/verifier/vision shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# Goes into the cache key: raise it whenever a rewrite below changes its result.
PREPARATION_VERSION = "4"


class GraphError(ValueError):
    """A network is not built as its preparation expects."""


def prepare_sface(source: bytes) -> bytes:
    """Rewrite SFace: weights in fp32, no PRelu, any number of faces a run.

    Args:
        source: The ONNX file as OpenCV Zoo publishes it; input ``data`` (1, 3, 112, 112), output ``fc1`` (1, 128).
    Returns: An ONNX file with input (faces, 3, 112, 112) and output (faces, 128).
    Raises: GraphError: the file is built otherwise.
    """
    model = onnx.load_from_string(source)
    _drop_stale_inputs(model.graph)
    _fold_weights(model.graph)
    _drop_dropout(model.graph)
    _replace_prelu(model.graph)
    _name_axis(model.graph, 0, "faces")
    return _finish(model)


def prepare_yunet(source: bytes) -> bytes:
    """Rewrite YuNet: weights in fp32, any height and width that are multiples of 32.

    Args:
        source: The ONNX file as OpenCV Zoo publishes it; input ``input`` (1, 3, 640, 640) and twelve outputs.
    Returns: An ONNX file with input (1, 3, height, width); its outputs are per cell of strides 8, 16 and 32.
    Raises: GraphError: the file is built otherwise.
    """
    model = onnx.load_from_string(source)
    _drop_stale_inputs(model.graph)
    _fold_weights(model.graph)
    for axis, name in ((2, "height"), (3, "width")):
        _name_axis(model.graph, axis, name, outputs=False)
    for output in model.graph.output:
        # The number of cells follows the picture's size.
        stride = output.name.rpartition("_")[2]
        output.type.tensor_type.shape.dim[1].dim_param = f"cells_{stride}"
    return _finish(model)


PREPARATIONS: Mapping[str, Callable[[bytes], bytes]] = {"sface": prepare_sface, "yunet": prepare_yunet}


def dequantise_blocks(
    quantised: NDArray[np.int8], scales: NDArray[np.float32], zero_points: NDArray[np.int8], axis: int, block_size: int
) -> NDArray[np.float32]:
    """Unpack what ONNX's DequantizeLinear (opset 21) packs in blocks: (q − zero point) × scale.

    Args:
        quantised: The packed weights, any shape.
        scales, zero_points: The same shape, but for `axis`, which counts blocks; the last block may be shorter.
        axis: The axis that was cut into blocks.
        block_size: Values a block; 0 for one scale a channel or tensor.
    """
    if block_size:
        length = quantised.shape[axis]
        scales = np.repeat(scales, block_size, axis=axis).take(range(length), axis=axis)
        zero_points = np.repeat(zero_points, block_size, axis=axis).take(range(length), axis=axis)
    elif scales.ndim == 1 and scales.size > 1:
        shape = [1] * quantised.ndim
        shape[axis] = scales.size
        scales, zero_points = scales.reshape(shape), zero_points.reshape(shape)
    difference = quantised.astype(np.int32) - zero_points.astype(np.int32)
    return (difference.astype(np.float32) * scales).astype(np.float32)


def _finish(model: onnx.ModelProto) -> bytes:
    # Shapes noted inside the graph hold the old fixed sizes.
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def _constants(graph: onnx.GraphProto) -> dict[str, onnx.TensorProto]:
    return {tensor.name: tensor for tensor in graph.initializer}


def _drop_stale_inputs(graph: onnx.GraphProto) -> None:
    constants = _constants(graph)
    used = {name for node in graph.node for name in node.input}
    # Neither constants nor names of weights that were packed away are inputs, though the file lists both.
    kept = [value for value in graph.input if value.name in used and value.name not in constants]
    if len(kept) != 1:
        raise GraphError(f"expected one real input, found {[value.name for value in kept]}")
    del graph.input[:]
    graph.input.extend(kept)


def _fold_weights(graph: onnx.GraphProto) -> None:
    """Replace DequantizeLinear, and the Reshape behind it, by the weights that they yield."""
    constants = _constants(graph)
    kept = []
    for node in graph.node:
        if not all(name in constants for name in node.input) or node.op_type not in ("DequantizeLinear", "Reshape"):
            kept.append(node)
            continue
        values = [numpy_helper.to_array(constants[name]) for name in node.input]
        if node.op_type == "DequantizeLinear":
            settings = {item.name: helper.get_attribute_value(item) for item in node.attribute}
            axis, block_size = settings.get("axis", 1), settings.get("block_size", 0)
            folded = dequantise_blocks(values[0], values[1], values[2], axis, block_size)
        else:
            folded = values[0].reshape(values[1])
        constants[node.output[0]] = numpy_helper.from_array(np.ascontiguousarray(folded), node.output[0])
    _set_nodes(graph, kept, constants)


def _drop_dropout(graph: onnx.GraphProto) -> None:
    """Dropout does nothing outside training, but keeps onnxruntime from fusing what stands around it."""
    renamed: dict[str, str] = {}
    kept = []
    for node in graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = renamed.get(name, name)
        if node.op_type == "Dropout":
            renamed[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    _set_nodes(graph, kept, _constants(graph))


def _replace_prelu(graph: onnx.GraphProto) -> None:
    """PRelu(x) = slope × x + (1 − slope) × relu(x), each factor as a convolution of one pixel and one channel.

    onnxruntime keeps convolutions in blocks of channels, fuses relu and sums into them, and leaves that layout for every other
    kind of product: 8.4 ms a face with these, 13.1 ms with Relu, Sub, Mul and Add, 24.2 ms with PRelu (one core).
    """
    constants = _constants(graph)
    kept = []
    for node in graph.node:
        if node.op_type != "PRelu":
            kept.append(node)
            continue
        source, result = node.input[0], node.output[0]
        slope = numpy_helper.to_array(constants[node.input[1]]).reshape(-1, 1, 1, 1)
        bent, bend, straight = f"{result}_bent", f"{result}_bend", f"{result}_straight"
        for name, factors in ((f"{result}_above", 1 - slope), (f"{result}_slope", slope)):
            constants[name] = numpy_helper.from_array(np.ascontiguousarray(factors, np.float32), name)
        settings: dict[str, Any] = {"group": len(slope), "kernel_shape": [1, 1]}
        if (slope <= 1).all():
            # A factor that is not negative may stand inside relu, where onnxruntime fuses both.
            kept.append(helper.make_node("Conv", [source, f"{result}_above"], [bend], f"{result}_scale", **settings))
            kept.append(helper.make_node("Relu", [bend], [bent], f"{result}_relu"))
        else:
            kept.append(helper.make_node("Relu", [source], [bend], f"{result}_relu"))
            kept.append(helper.make_node("Conv", [bend, f"{result}_above"], [bent], f"{result}_scale", **settings))
        kept.append(helper.make_node("Conv", [source, f"{result}_slope"], [straight], f"{result}_line", **settings))
        kept.append(helper.make_node("Add", [straight, bent], [result], f"{result}_add"))
    _set_nodes(graph, kept, constants)


def _set_nodes(graph: onnx.GraphProto, nodes: list[onnx.NodeProto], constants: Mapping[str, onnx.TensorProto]) -> None:
    """Put new nodes in place, with only the constants that they still use."""
    used = {name for node in nodes for name in node.input}
    del graph.node[:]
    graph.node.extend(nodes)
    kept = [tensor for name, tensor in constants.items() if name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _name_axis(graph: onnx.GraphProto, axis: int, name: str, outputs: bool = True) -> None:
    for value in [*graph.input, *(graph.output if outputs else ())]:
        value.type.tensor_type.shape.dim[axis].dim_param = name
