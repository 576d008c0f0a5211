"""AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D against TFLM: types, windows, strides, paddings, activations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, assert_conforms, assert_same_bits
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Graph

KINDS = [
    ("AVERAGE_POOL_2D", FLOAT),
    ("AVERAGE_POOL_2D", INT8),
    ("AVERAGE_POOL_2D", INT16),
    ("MAX_POOL_2D", FLOAT),
    ("MAX_POOL_2D", INT8),
    ("MAX_POOL_2D", INT16),
    ("L2_POOL_2D", FLOAT),
]
SHAPES = [
    ((1, 1, 1, 1), (1, 1), (1, 1), "SAME"),
    ((1, 6, 5, 7), (2, 2), (2, 2), "VALID"),
    ((1, 6, 5, 7), (2, 2), (2, 2), "SAME"),
    ((2, 7, 6, 3), (3, 3), (1, 1), "SAME"),
    ((1, 7, 6, 3), (3, 2), (2, 3), "VALID"),
    ((1, 25, 5, 64), (25, 5), (25, 5), "VALID"),
    ((1, 4, 4, 70), (3, 3), (2, 2), "SAME"),
    ((1, 3, 3, 67), (2, 2), (1, 1), "VALID"),
    ((1, 3, 2, 5), (7, 6), (1, 1), "SAME"),
    ((3, 1, 12, 4), (1, 5), (1, 2), "SAME"),
]
"""(image, window, stride, padding)."""


def layer(
    kind: str,
    dtype: DType,
    image: tuple[int, int, int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    padding: str,
    activation: str = "NONE",
    scale: float = 0.1,
    zero_point: int = -3,
) -> Graph:
    q = None if dtype is FLOAT else quantised(scale, zero_point if dtype is INT8 else 0)
    sizes = [
        -(-size // step) if padding == "SAME" else (size - taps) // step + 1
        for size, taps, step in zip(image[1:3], window, stride, strict=True)
    ]
    x, y = tensor("x", dtype, image, q), tensor("y", dtype, (image[0], *sizes, image[3]), q)
    attributes = {"padding": padding, "fused_activation_function": activation}
    attributes |= {"filter_height": window[0], "filter_width": window[1], "stride_h": stride[0], "stride_w": stride[1]}
    return single(kind, [x], [y], **attributes)


@pytest.mark.parametrize(("kind", "shape"), [*itertools.product(KINDS, SHAPES)])
def test_shapes(kind: tuple[str, DType], shape: tuple) -> None:
    assert_conforms(layer(*kind, *shape), runs=8)


@pytest.mark.parametrize(("kind", "activation"), [*itertools.product(KINDS, ("RELU", "RELU6", "RELU_N1_TO_1"))])
def test_activations(kind: tuple[str, DType], activation: str) -> None:
    assert_conforms(layer(*kind, (1, 5, 5, 6), (3, 3), (2, 2), "SAME", activation, scale=0.05))


@pytest.mark.parametrize("zero_point", [-128, 0, 127])
@pytest.mark.parametrize("kind", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_zero_points_at_both_ends(kind: str, zero_point: int) -> None:
    for activation in ("NONE", "RELU"):
        graph = layer(kind, INT8, (1, 5, 5, 6), (3, 3), (2, 2), "SAME", activation, zero_point=zero_point)
        assert_conforms(graph)


@pytest.mark.parametrize(("kind", "scale"), [*itertools.product(("AVERAGE_POOL_2D", "MAX_POOL_2D"), (1e-8, 1e6))])
def test_scales_far_from_the_activation(kind: str, scale: float) -> None:
    assert_conforms(layer(kind, INT8, (1, 4, 4, 3), (2, 2), (2, 2), "VALID", "RELU6", scale=scale))


@pytest.mark.parametrize("kind", [k for k in KINDS if k[1] is FLOAT])
def test_floats_are_equal_to_the_last_bit(kind: tuple[str, DType]) -> None:
    for shape in SHAPES[2:5]:
        assert_same_bits(layer(*kind, *shape))


@pytest.mark.parametrize("flags", [("-O3",), ("-O3", "-march=x86-64-v3")], ids=["baseline", "x86-64-v3"])
@pytest.mark.parametrize("kind", KINDS)
def test_vectorised(kind: tuple[str, DType], flags: tuple[str, ...]) -> None:
    assert_conforms(layer(*kind, (1, 9, 8, 64), (3, 3), (2, 2), "SAME"), flags=flags, runs=10)


def test_every_mean_of_a_window_of_four_rounds_as_in_tflm() -> None:
    """Halves, in both directions."""
    graph = layer("AVERAGE_POOL_2D", INT8, (1, 2, 2, 256), (2, 2), (1, 1), "VALID")
    native, oracle = Native(write_tflite(graph)), Oracle(write_tflite(graph))
    for shift in range(4):
        values = np.repeat(np.arange(-128, 128, dtype=np.int8), 4).reshape(256, 4)
        values[:, :shift] = np.minimum(values[:, :shift], 126) + 1
        image = np.ascontiguousarray(values.T.reshape(1, 2, 2, 256))
        np.testing.assert_array_equal(native.run(image)[0], oracle.run(image)[0])


@pytest.mark.parametrize("kind", [k for k, dtype in KINDS if dtype is FLOAT])
def test_infinities_and_nan_are_treated_as_in_tflm(kind: str) -> None:
    """Under RELU6: without an activation TFLM cuts infinities to the largest finite float, which we do not."""
    image = np.zeros((1, 2, 2, 6), np.float32)
    image[0, 0, 0] = [np.inf, -np.inf, np.nan, 1, np.nan, -np.inf]
    image[0, 1, 1] = [1, -np.inf, 2, np.nan, np.nan, np.inf]
    image[0, :, :, 1] = -np.inf
    assert_conforms(layer(kind, FLOAT, (1, 2, 2, 6), (2, 2), (1, 1), "VALID", "RELU6"), values=[[image]])
