"""How the factors of requantisation are formed: in double precision, from scales for which single precision would tell.

Scales drawn at random hardly ever tell the two apart, so here they are searched: until some sum that the layer can make
comes out as another integer by a factor that is formed in single precision.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.conformance.conformance import INT8, INT16, INT32, INT64, assert_conforms
from tests.support.models import constant, quantised, single, tensor
from tools.sni.ir import DType, Graph
from tools.sni.numerics.multiplier import Multiplier, multiply, quantise_multiplier, reduced

EVERY = np.arange(-128, 128)


def _wide(sums: np.ndarray, multiplier: Multiplier) -> np.ndarray:
    """Sums of 64 bits, by 15 bits of the multiplier."""
    right = 15 - multiplier.shift
    return (sums * reduced(multiplier) + (1 << (right - 1))) >> right


Scales = tuple[np.float32, ...]


def _telling(
    double: Callable[..., float],
    in_single: Callable[..., float],
    draw: Callable[[np.random.Generator], Scales],
    sums: np.ndarray,
    dtype: DType,
) -> tuple[float, ...]:
    """Scales, of which the last is the output's, with which some sum tells the two ways to form a factor apart."""
    low, high = dtype.bounds
    rescale = multiply if dtype is INT8 else _wide
    rng = np.random.default_rng(1)
    for _ in range(20000):
        scales = draw(rng)
        a, b = (quantise_multiplier(form(*scales)) for form in (double, in_single))
        if a == b or (dtype is not INT8 and reduced(a) == reduced(b)):
            continue
        made = [np.clip(rescale(sums, m), low, high) for m in (a, b)]
        if (made[0] != made[1]).any():
            return tuple(float(scale) for scale in scales)
    raise AssertionError("no scales tell single precision from double")


def _product(a: np.float32, b: np.float32, c: np.float32) -> float:
    return float(a) * float(b) / float(c)


def _product_in_single(a: np.float32, b: np.float32, c: np.float32) -> float:
    return float(np.float32(a * b)) / float(c)


def _ratio(a: np.float32, c: np.float32) -> float:
    return float(a) / float(c)


def _ratio_in_single(a: np.float32, c: np.float32) -> float:
    return float(np.float32(a / c))


def _near_a_half(rng: np.random.Generator) -> Scales:
    """A quotient next to one that brings 64 into the middle between two integers."""
    scale = np.float32(rng.uniform(0.5, 1.0))
    return np.float32(float(scale) * (2 * rng.integers(32, 64) + 1) / 128), scale


def _of_products(kind: str, dtype: DType) -> tuple[Graph, tuple[np.ndarray, ...]]:
    """A network that makes all products of one value and another, and the inputs that it takes for that."""
    step = 1 if dtype is INT8 else 250
    a, b = EVERY * step, EVERY[1:]
    if kind in ("MUL", "BATCH_MATMUL"):
        b = EVERY * step
    sums = np.outer(a, b).reshape(-1)

    def draw(rng: np.random.Generator) -> Scales:
        x, w, y = rng.uniform(0.5, 1.0, 3)
        return (
            np.float32(x),
            np.float32(w),
            np.float32(y * rng.uniform(0.3, 1.0) * np.abs(sums).max() / dtype.bounds[1]),
        )

    x_scale, w_scale, y_scale = _telling(_product, _product_in_single, draw, sums, dtype)
    x_q, w_q, y_q = quantised(x_scale), quantised(w_scale), quantised(y_scale)
    given = a.astype(dtype.numpy).reshape(256, 1)
    if kind in ("MUL", "BATCH_MATMUL"):
        inputs = [tensor("a", dtype, (256, 1), x_q), tensor("b", dtype, (1, 256), w_q)]
        attributes = {"adj_x": False, "adj_y": False} if kind == "BATCH_MATMUL" else {}
        return single(kind, inputs, [tensor("y", dtype, (256, 256), y_q)], **attributes), (
            given,
            b.astype(dtype.numpy).reshape(1, 256),
        )
    shapes = {"FULLY_CONNECTED": (255, 1), "DEPTHWISE_CONV_2D": (1, 1, 1, 255)}
    weights = constant("w", INT8, b.reshape(shapes.get(kind, (255, 1, 1, 1))), w_q)
    bias = constant("bias", INT32 if dtype is INT8 else INT64, np.zeros(255), quantised(x_scale * w_scale))
    image = (256, 1) if kind == "FULLY_CONNECTED" else (1, 16, 16, 1)
    given = given.reshape(image)
    x, y = tensor("x", dtype, image, x_q), tensor("y", dtype, (*image[:-1], 255), y_q)
    window = {"padding": "VALID", "stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    if kind == "FULLY_CONNECTED":
        return single(kind, [x, weights, bias], [y]), (given,)
    if kind == "TRANSPOSE_CONV":
        shape = constant("shape", INT32, np.array(y.shape))
        plain = {name: value for name, value in window.items() if "dilation" not in name}
        return single(kind, [shape, weights, x, bias], [y], **plain), (given,)
    more = {"depth_multiplier": 255} if kind == "DEPTHWISE_CONV_2D" else {}
    return single(kind, [x, weights, bias], [y], **window, **more), (given,)


WEIGHTED = ["FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"]


@pytest.mark.parametrize("kind", [*WEIGHTED, "BATCH_MATMUL", "MUL"])
def test_products_of_int8_scales(kind: str) -> None:
    graph, values = _of_products(kind, INT8)
    assert_conforms(graph, values=[values])


@pytest.mark.parametrize("kind", [*WEIGHTED, "BATCH_MATMUL"])
def test_products_of_int16_scales(kind: str) -> None:
    graph, values = _of_products(kind, INT16)
    assert_conforms(graph, values=[values])


@pytest.mark.parametrize("kind", ["QUANTIZE", "RELU", "ABS"])
def test_ratios_of_scales(kind: str) -> None:
    x_scale, y_scale = _telling(_ratio, _ratio_in_single, _near_a_half, EVERY, INT8)
    x, y = tensor("x", INT8, (256,), quantised(x_scale)), tensor("y", INT8, (256,), quantised(y_scale))
    assert_conforms(single(kind, [x], [y]), values=[(EVERY.astype(np.int8),)])
