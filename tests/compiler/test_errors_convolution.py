"""What the compiler says of convolutions, poolings and matrix products that it cannot compile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.convolutions import INT16S, Convolution, conv, depthwise, transposed
from tests.support.model_writer import write_tflite
from tests.support.models import constant, per_channel, quantised, single, tensor
from tools.sni.compiler import compile_model
from tools.sni.errors import CompileError
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.options import Options

INT8, INT16, FLOAT = DType.INT8, DType.INT16, DType.FLOAT32
CONV = conv((1, 5, 5, 4), (3, 3), 6)
DEPTHWISE = depthwise((1, 5, 5, 4), (3, 3), 2)
TRANSPOSED = transposed((1, 4, 4, 3), (3, 3), 5, (8, 8), stride=(2, 2))


def problems(graph: Graph) -> list[str]:
    with pytest.raises(CompileError) as caught:
        compile_model(write_tflite(graph), "m.tflite", Options("m"))
    return [str(problem) for problem in caught.value.problems]


def changed(layer: Convolution, name: str, **changes: object) -> Graph:
    """The layer's network with another x, w, b or y."""
    graph = layer.graph()
    key = next(key for key, value in graph.tensors.items() if value.name == name)
    graph.tensors[key] = replace(graph.tensors[key], **changes)
    return graph


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (changed(CONV, "y", dtype=FLOAT), "int16 with int8 weights and int32 or int64 bias; it has int8, int8, int32"),
        (changed(CONV, "b", dtype=DType.INT64, data=np.ones(6, np.int64)), "it has int8, int8, int64, int8"),
        (changed(CONV, "b", shape=(5,), data=np.ones(5, np.int32)), "needs one bias for each of 6 outputs; it has 5"),
        (changed(CONV, "w", shape=(54, 4), data=np.ones((54, 4), np.int8)), "needs weights of four dimensions"),
        (changed(CONV, "w", quantisation=None), 'tensor "w" int8[6, 3, 3, 4] has no scale'),
        (changed(CONV, "w", quantisation=quantised(0.1, 3)), "needs weights with zero point 0"),
        (changed(CONV, "w", quantisation=per_channel([0.1] * 4, 3)), "needs one scale for each of 6 outputs"),
        (changed(CONV, "x", quantisation=quantised(0.1, 300)), "has zero point 300; its type holds -128 to 127"),
        (changed(CONV, "y", shape=(1, 5, 4, 6)), "makes [1, 5, 5, 6]; its output is"),
        (changed(CONV, "x", shape=(5, 5, 4)), "needs an input of shape [batches, rows, columns, channels]; it is"),
        (conv((1, 2, 5, 4), (3, 3), 6, padding="VALID").graph(), "has a window of 3 x 3 that does not fit into"),
        (replace(CONV, activation="TANH").graph(), "has the fused activation TANH; accepted: NONE, RELU"),
        (replace(CONV, extra={"stride_h": 0}).graph(), "with strides 0 and 1, dilations 1 and 1; all must be positive"),
        (changed(CONV, "x", shape=(1, 5, 5, 6)), "splits 6 channels into groups of 4"),
        (changed(replace(CONV, types=INT16S), "x", quantisation=quantised(0.1, 1)), "needs int16 with zero point 0"),
        (changed(replace(CONV, types=INT16S), "b", data=np.full(6, -(2**50))), "needs a bias below 2^46"),
        (changed(DEPTHWISE, "w", shape=(2, 3, 3, 8), data=np.ones((2, 3, 3, 8))), "[1, rows, columns, outputs]"),
        (replace(DEPTHWISE, extra={"depth_multiplier": 3}).graph(), "makes 3 outputs of each of 4 channels"),
        (
            replace(DEPTHWISE, types=(INT16, DType.INT32)).graph(),
            "int16 with int8 weights and int64 bias; it has int16",
        ),
        (changed(TRANSPOSED, "shape", data=np.array([1, 8, 9, 5], np.int32)), "([1, 8, 9, 5]) for"),
        (changed(TRANSPOSED, "x", shape=(1, 4, 4, 2)), "needs an input of shape [batches, rows, columns, 3]"),
        (replace(TRANSPOSED, padding="VALID", made=(2, 8)).graph(), "has a window of 3 x 3 that does not fit into its"),
        (
            replace(TRANSPOSED, extra={"stride_w": 0}).graph(),
            "strides [2, 0]; accepted: SAME or VALID, and positive",
        ),
    ],
)
def test_convolutions(graph: Graph, why: str) -> None:
    found = problems(graph)
    assert any(why in text for text in found), found
    assert all(text.startswith(f"m.tflite: operator 0 {graph.ops[0].kind} (makes tensor ") for text in found)


def image(name: str, dtype: DType = INT8, shape: tuple[int, ...] = (1, 4, 4, 3), scale: float = 0.1) -> Tensor:
    return tensor(name, dtype, shape, None if dtype is FLOAT else quantised(scale))


POOL = {"filter_height": 2, "filter_width": 2, "stride_h": 1, "stride_w": 1, "padding": "SAME"}


@pytest.mark.parametrize(
    ("kind", "x", "y", "attributes", "why"),
    [
        ("MAX_POOL_2D", image("x", DType.INT32), image("y", DType.INT32), {}, "takes and makes one of float32, int8"),
        ("L2_POOL_2D", image("x"), image("y"), {}, "takes and makes one of float32; it has int8, int8"),
        ("MAX_POOL_2D", image("x"), image("y", scale=0.2), {}, "needs the same scale and zero point on both sides"),
        ("MAX_POOL_2D", image("x"), image("y", scale=0.10001), {}, "needs the same scale and zero point on both sides"),
        ("MAX_POOL_2D", image("x"), image("y", shape=(1, 4, 3, 3)), {}, "makes [1, 4, 4, 3]; its output is"),
        ("MAX_POOL_2D", image("x"), image("y"), {"fused_activation_function": "TANH"}, "has the fused activation TANH"),
        (
            "AVERAGE_POOL_2D",
            image("x", INT16),
            image("y", INT16),
            {"filter_height": 256, "filter_width": 256},
            "has a window of 256 x 256; sums of so many int16 do not fit 32 bits",
        ),
    ],
)
def test_poolings(kind: str, x: Tensor, y: Tensor, attributes: dict[str, object], why: str) -> None:
    found = problems(single(kind, [x], [y], **{**POOL, **attributes}))
    assert any(why in text for text in found), found


@pytest.mark.parametrize(
    ("x", "y", "z", "why"),
    [
        (image("x", FLOAT, (2, 3)), image("y", INT8, (3, 4)), image("z", FLOAT, (2, 4)), "it has float32, int8"),
        (image("x", FLOAT, (3,)), image("y", FLOAT, (3, 4)), image("z", FLOAT, (4,)), "of two dimensions or more"),
        (
            image("x", FLOAT, (2, 3)),
            image("y", FLOAT, (4, 3)),
            image("z", FLOAT, (2, 3)),
            "columns of 4; these must be",
        ),
        (image("x", FLOAT, (2, 2, 3)), image("y", FLOAT, (3, 3, 4)), image("z", FLOAT, (2, 2, 4)), "cannot broadcast"),
        (image("x", FLOAT, (2, 3)), image("y", FLOAT, (3, 4)), image("z", FLOAT, (2, 5)), "makes [2, 4]; its output"),
        (
            tensor("x", INT16, (2, 3), quantised(0.1, 1)),
            image("y", INT16, (3, 4)),
            image("z", INT16, (2, 4)),
            "needs int16 with zero point 0",
        ),
    ],
)
def test_batch_matmul(x: Tensor, y: Tensor, z: Tensor, why: str) -> None:
    found = problems(single("BATCH_MATMUL", [x, y], [z], adj_x=False, adj_y=False))
    assert any(why in text for text in found), found


def test_fully_connected_needs_a_constant_64_bit_bias() -> None:
    x, y = tensor("x", INT16, (1, 4), quantised(0.1)), tensor("y", INT16, (1, 2), quantised(0.1))
    w, b = constant("w", INT8, np.ones((2, 4)), quantised(0.1)), tensor("b", DType.INT64, (2,), quantised(0.01))
    found = problems(single("FULLY_CONNECTED", [x, w, b], [y]))
    assert found[0].endswith(
        "needs a constant int64 bias, which can be proved to leave room in 64-bit sums; it is computed"
    )
