"""Networks whose layers have different types, with QUANTIZE and DEQUANTIZE between them: int4, int8, float16, float32.

Where floats become integers, the last bit of a float can move an integer by a whole step; so floats too must be equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, INT32, UNFUSED, assert_same_bits
from tests.support.litert import Reference
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, per_channel, quantised, tensor
from tests.support.narrow_weights import rounded_to_float16, with_float16
from tests.support.oracle import Oracle
from tools.sni.compiler import compile_model
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.options import Options

ALL_FLAGS = [CHECKED, UNFUSED, ("-O3", "-march=x86-64-v3")]
WINDOW = {
    "padding": "SAME",
    "stride_h": 1,
    "stride_w": 1,
    "dilation_h_factor": 1,
    "dilation_w_factor": 1,
    "fused_activation_function": "RELU",
}
DEPTHWISE = {**WINDOW, "depth_multiplier": 1}


def weights(name: str, dtype: DType, shape: tuple[int, ...], axis: int | None = None) -> Tensor:
    rng = np.random.default_rng(len(shape) + sum(shape))
    if dtype is FLOAT:
        return constant(name, dtype, rng.normal(0, 0.3, shape))
    low, high = (-8, 8) if dtype is DType.INT4 else (-127, 128)
    scales = rng.uniform(0.5, 1.5, 1 if axis is None else shape[axis]) / high
    q = quantised(scales[0]) if axis is None else per_channel(scales, axis)
    return constant(name, dtype, rng.integers(low, high, shape), q)


def image(name: str, dtype: DType, channels: int, scale: float = 0.05, zero_point: int = 4) -> Tensor:
    return tensor(name, dtype, (1, 6, 5, channels), quantised(scale, zero_point) if dtype is INT8 else None)


def biases(count: int) -> Tensor:
    return constant("b", FLOAT, np.random.default_rng(count).normal(0, 1, count))


def mixed(int4_as: DType = DType.INT4) -> Graph:
    """float32, int8 and int4 convolutions, then a float layer whose weights ("w") are to become float16."""
    x, a = image("x", FLOAT, 3), image("a", FLOAT, 8)
    aq, b, c = image("aq", INT8, 8, 0.06, -128), image("b", INT8, 8, 0.5, -7), image("c", INT8, 11, 2.0, -100)
    real, d = image("real", FLOAT, 11), image("d", FLOAT, 11)
    dq, e = image("dq", INT8, 11, 1.5), tensor("e", INT8, (1, 6), quantised(90.0, 1))
    flat = tensor("flat", INT8, (1, 330), quantised(1.5, 4))
    y = tensor("y", FLOAT, (1, 6))
    four = weights("w4", DType.INT4, (11, 3, 3, 8), 0)
    last = weights("last", DType.INT4, (6, 330))
    eight = weights("w8", INT8, (1, 3, 3, 8), 3)
    ints = constant("i", INT32, np.arange(8) * 10 - 40, per_channel([0.06 * s for s in eight.quantisation.scales]))
    return chain(
        [
            ("CONV_2D", [x, weights("w32", FLOAT, (8, 3, 3, 3)), biases(8)], [a], WINDOW),
            ("QUANTIZE", [a], [aq], {}),
            ("DEPTHWISE_CONV_2D", [aq, eight, ints], [b], DEPTHWISE),
            ("CONV_2D", [b, replace(four, dtype=int4_as)], [c], WINDOW),
            ("DEQUANTIZE", [c], [real], {}),
            ("DEPTHWISE_CONV_2D", [real, weights("w", FLOAT, (1, 3, 3, 11)), biases(11)], [d], DEPTHWISE),
            ("QUANTIZE", [d], [dq], {}),
            ("RESHAPE", [dq], [flat], {"new_shape": (1, 330)}),
            ("FULLY_CONNECTED", [flat, replace(last, dtype=int4_as)], [e], {}),
            ("DEQUANTIZE", [e], [y], {}),
        ]
    )


@pytest.mark.parametrize("flags", ALL_FLAGS)
def test_int4_int8_float16_and_float32(flags: tuple[str, ...]) -> None:
    oracle = Oracle(write_tflite(rounded_to_float16(mixed())))
    assert_same_bits(with_float16(mixed()), oracle, flags=flags, runs=50)


def test_each_layer_keeps_its_weights_in_as_many_bits_as_they_have() -> None:
    narrow, wide = (json.loads(_files(graph)["m_report.json"]) for graph in (with_float16(mixed()), mixed(INT8)))
    saved = [a["constant_bytes"] - b["constant_bytes"] for a, b in zip(wide["layers"], narrow["layers"], strict=True)]
    # Rows of 3 x 3 x 8 weights are filled up to 80; then 3 x 3 x 11 floats, and 6 rows of 330.
    assert saved == [0, 0, 0, 11 * 80 // 2, 0, 99 * 2, 0, 0, 6 * 330 // 2, 0]
    assert wide["constant_bytes"] - narrow["constant_bytes"] == sum(saved)


def _files(graph: Graph) -> Mapping[str, str]:
    return compile_model(write_tflite(graph), "m.tflite", Options("m"))


def with_hybrid() -> Graph:
    """float32, dynamic-range int8 and int4, and int8 convolutions, with a float16 layer between."""
    x, a, b, c = image("x", FLOAT, 3), image("a", FLOAT, 8), image("b", FLOAT, 8), image("c", FLOAT, 10)
    d, e = image("d", FLOAT, 12), image("e", FLOAT, 12)
    eq, f, y = image("eq", INT8, 12, 0.3, -128), image("f", INT8, 5, 0.8, 20), image("y", FLOAT, 5)
    ints = weights("w8", INT8, (5, 2, 2, 12), 0)
    zeros = constant("z", INT32, np.zeros(5), per_channel([0.3 * s for s in ints.quantisation.scales]))
    return chain(
        [
            ("CONV_2D", [x, weights("w32", FLOAT, (8, 3, 3, 3)), biases(8)], [a], WINDOW),
            ("DEPTHWISE_CONV_2D", [a, weights("h1", INT8, (1, 3, 3, 8), 3), biases(8)], [b], DEPTHWISE),
            ("CONV_2D", [b, weights("h2", DType.INT4, (10, 1, 1, 8)), biases(10)], [c], WINDOW),
            ("CONV_2D", [c, weights("h3", INT8, (12, 3, 3, 10), 0), biases(12)], [d], WINDOW),
            ("DEPTHWISE_CONV_2D", [d, weights("w", FLOAT, (1, 3, 3, 12)), biases(12)], [e], DEPTHWISE),
            ("QUANTIZE", [e], [eq], {}),
            ("CONV_2D", [eq, ints, zeros], [f], WINDOW),
            ("DEQUANTIZE", [f], [y], {}),
        ]
    )


@pytest.mark.parametrize("flags", ALL_FLAGS)
def test_with_dynamic_range_layers(flags: tuple[str, ...]) -> None:
    graph = with_float16(with_hybrid())
    assert_same_bits(graph, Reference(write_tflite(graph)), flags=flags, runs=50)
