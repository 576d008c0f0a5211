"""DIV, FLOOR_DIV and FLOOR_MOD against TFLM, and what they give where TFLM leaves it open."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, INT32, assert_conforms, assert_gives
from tests.support.elements import FEW, binary, pairs_of_int8
from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import Quantisation
from tools.sni.numerics.multiplier import quantise_multiplier

ACTIVATIONS = ("RELU", "RELU6", "RELU_N1_TO_1")


@pytest.mark.parametrize("shapes", FEW)
def test_div_float(shapes: tuple) -> None:
    assert_conforms(binary("DIV", FLOAT, shapes))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_div_float_activations(activation: str) -> None:
    assert_conforms(binary("DIV", FLOAT, ((3, 40), (40,)), activation=activation))


def int8_division(a: Quantisation, b: Quantisation, y: Quantisation, activation: str = "NONE") -> None:
    """All pairs. TFLM shifts by the sum of three exponents; above 31 C++ leaves the result undefined.

    There, and for a divisor of zero, ours is held against the real quotient.
    """
    model = write_tflite(binary("DIV", INT8, ((65536,), (65536,)), (a, b, y), activation))
    pairs = pairs_of_int8()
    ours = Native(model, flags=CHECKED).run(*pairs)[0].astype(int)
    theirs = Oracle(model, 2).run(*pairs)[0].astype(int)
    dividend, divisor = (x.astype(int) - q.zero_point for x, q in zip(pairs, (a, b), strict=True))
    dividend = np.where(divisor < 0, -dividend, dividend)
    headroom = 31 - np.array([int(x if x >= 0 else ~x).bit_length() for x in dividend.tolist()])
    exponent = np.array([abs(x).bit_length() - 1 for x in divisor.tolist()])
    factor = a.scale / (b.scale * y.scale)
    defined = (divisor != 0) & (headroom + exponent - quantise_multiplier(factor).shift <= 31)
    assert defined.any()
    np.testing.assert_array_equal(ours[defined], theirs[defined])
    with np.errstate(divide="ignore", invalid="ignore"):
        real = np.nan_to_num(dividend / abs(divisor) * factor, nan=0.0, posinf=1e9, neginf=-1e9)
    bounds = {"NONE": (-128, 127), "RELU": (max(-128, y.zero_point), 127)}[activation]
    exact = np.clip(np.round(real) + y.zero_point, *bounds)
    assert np.abs(ours - exact)[~defined].max(initial=0) <= (0 if activation == "NONE" else 1)


@pytest.mark.parametrize(
    ("scales", "zero_points"),
    [
        ((0.05, 0.05, 0.02), (0, 0, 0)),
        ((0.05, 0.03, 0.9), (-128, 127, 5)),
        ((1.7, 0.055, 2.2), (120, -108, -12)),
        ((0.002, 0.05, 0.1), (54, -121, -4)),
        ((0.9, 0.009, 5.9), (36, 55, 127)),
        ((1e3, 1e-3, 1e2), (1, 2, -128)),
        ((1e-3, 1e3, 1e-4), (0, 0, 3)),
    ],
)
def test_div_int8(scales: tuple[float, ...], zero_points: tuple[int, ...]) -> None:
    int8_division(*(quantised(s, z) for s, z in zip(scales, zero_points, strict=True)))


def test_div_int8_activation() -> None:
    int8_division(quantised(0.05, 3), quantised(0.05, -9), quantised(0.02, -20), "RELU")


@pytest.mark.parametrize(("shapes", "side"), [(FEW[1], None), (FEW[3], None), (FEW[4], None), (FEW[0], 0), (FEW[0], 1)])
def test_div_int8_shapes(shapes: tuple, side: int | None) -> None:
    """Divisors of 1 and more, and a quotient scale for which TFLM is defined. side: of a constant."""
    q = quantised(0.5), quantised(0.01, -100), quantised(0.3, 4)
    operands = [tensor(n, INT8, shape, end) for n, shape, end in zip("ab", shapes, q[:2], strict=True)]
    if side is not None:
        operands[side] = constant("c", INT8, np.array([77]), q[side])
    graph = single("DIV", operands, [tensor("y", INT8, np.broadcast_shapes(*shapes), q[2])])
    rng = np.random.default_rng(3)
    low = {"a": -128, "b": -99}
    values = [
        tuple(rng.integers(low[graph.tensors[i].name], 128, graph.tensors[i].shape, np.int8) for i in graph.inputs)
        for _ in range(20)
    ]
    assert_conforms(graph, values=values)


@pytest.mark.parametrize("shapes", FEW)
def test_div_int32(shapes: tuple) -> None:
    rng = np.random.default_rng(8)
    values = []
    for _ in range(20):
        a = rng.integers(-(2**31), 2**31, shapes[0], np.int32)
        values.append((a, rng.integers(1, 1000, shapes[1], np.int32) * rng.choice([-1, 1], shapes[1]).astype(np.int32)))
    assert_conforms(binary("DIV", INT32, shapes), values=values)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DIV", [0, 0, -(2**31), 3, -3, -3]),
        ("FLOOR_DIV", [0, 0, -(2**31), 3, -4, -4]),
        ("FLOOR_MOD", [0, 0, 0, 1, 1, -1]),
    ],
)
def test_int32_division_where_c_does_not_define_it(kind: str, expected: list[int]) -> None:
    """By zero (TFLM traps) and of the smallest by -1; and the signs, where it does."""
    a = np.array([5, 0, -(2**31), 7, -7, 7], np.int32)
    b = np.array([0, 0, -1, 2, 2, -2], np.int32)
    assert_gives(binary(kind, INT32, ((6,), (6,))), lambda *_: [np.array(expected, np.int32)], values=[(a, b)])


@pytest.mark.parametrize("divisor", [3, -3, 1, -1, 0, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("kind", ["FLOOR_DIV", "FLOOR_MOD"])
def test_floor_division_of_int32_by_a_constant(kind: str, divisor: int) -> None:
    """TFLM has it for float alone, LiteRT for int32 as well."""
    graph = single(
        kind, [tensor("x", INT32, (40,)), constant("c", INT32, np.array([divisor]))], [tensor("y", INT32, (40,))]
    )

    def expected(x: np.ndarray) -> list[np.ndarray]:
        wide = x.astype(np.int64)
        if divisor == 0:
            return [np.zeros(40, np.int32)]
        return [(wide // divisor if kind == "FLOOR_DIV" else wide % divisor).astype(np.int32)]

    assert_gives(graph, expected)


@pytest.mark.parametrize(("kind", "shapes"), [*itertools.product(("FLOOR_DIV", "FLOOR_MOD"), FEW)])
def test_floor_division_of_floats(kind: str, shapes: tuple) -> None:
    rng = np.random.default_rng(2)
    values = []
    for _ in range(20):
        b = rng.choice([0.1, 0.3, -0.7, 2.0, -5.0], shapes[1]).astype(np.float32)
        a = rng.normal(0, 20, shapes[0]).astype(np.float32)
        # Quotients next to whole numbers, where division in single precision would go wrong.
        whole = (np.round(rng.normal(0, 9, np.broadcast_shapes(*shapes))) * b).astype(np.float32)
        values += [(a, b), (whole, b)] if whole.shape == a.shape else [(a, b)]
    assert_conforms(binary(kind, FLOAT, shapes), values=values)
