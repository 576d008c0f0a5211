"""UNIDIRECTIONAL_SEQUENCE_LSTM against TFLM, over inferences that follow one another: the states go on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, INT32, INT64, assert_conforms, assert_conforms_on
from tests.support.models import constant, quantised, single, tensor
from tools.sni.ir import DType, Graph, Tensor

SHAPES = [(1, 1, 1, 1), (1, 3, 5, 4), (2, 4, 3, 7), (3, 1, 9, 2), (1, 6, 33, 20)]
"""(batch, times, features, units)."""
BIAS = {FLOAT: FLOAT, INT8: INT32, INT16: INT64}
WEIGHT_SCALE = 0.006


def layer(
    shape: tuple[int, int, int, int],
    dtype: DType,
    *,
    zero_points: tuple[int, int] = (0, 0),
    cell_exponent: int = -11,
    state_scale: float = 1 / 128,
    time_major: bool = False,
    cell_clip: float = 0.0,
    spread: float = 1.0,
) -> Graph:
    """zero_points: of the input and of the hidden state, which is the output. spread: of the gates' weight scales."""
    batch, times, features, units = shape
    rng = np.random.default_rng(sum(shape))
    input_scale = 0.03 if dtype is INT8 else 0.0002
    state_scale = state_scale if dtype is INT8 else state_scale / 256

    def weights(name: str, inputs: int, gate: int) -> Tensor:
        if dtype is FLOAT:
            return constant(name, FLOAT, rng.normal(0, 0.5, (units, inputs)))
        return constant(name, INT8, rng.integers(-127, 128, (units, inputs)), quantised(WEIGHT_SCALE * spread**gate))

    def bias(gate: int) -> Tensor:
        if dtype is FLOAT:
            return constant("bias", FLOAT, rng.normal(0, 0.5, units))
        scale = input_scale * WEIGHT_SCALE * spread**gate
        return constant("bias", BIAS[dtype], rng.normal(0, 0.5 / scale, units).astype(np.int64), quantised(scale))

    def quantisation(scale: float, zero_point: int = 0) -> object:
        return None if dtype is FLOAT else quantised(scale, zero_point)

    ends = [(batch, times), (times, batch)][time_major]
    state = quantisation(state_scale, zero_points[1])
    cell_type = FLOAT if dtype is FLOAT else INT16
    operands = [
        tensor("x", dtype, (*ends, features), quantisation(input_scale, zero_points[0])),
        *(weights(f"w{gate}", features, gate) for gate in range(4)),
        *(weights(f"r{gate}", units, gate) for gate in range(4)),
        *[None] * 3,
        *(bias(gate) for gate in range(4)),
        *[None] * 2,
        Tensor("hidden", dtype, (batch, units), state, variable=True),
        Tensor("cell", cell_type, (batch, units), quantisation(2.0**cell_exponent), variable=True),
        *[None] * 4,
    ]
    y = tensor("y", dtype, (*ends, units), state)
    attributes = {"fused_activation_function": "TANH", "time_major": time_major, "cell_clip": cell_clip}
    return single("UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [y], **attributes)


@pytest.mark.parametrize(
    ("shape", "dtype", "time_major"), [*itertools.product(SHAPES, (FLOAT, INT8, INT16), (False, True))]
)
def test_types_and_shapes(shape: tuple[int, int, int, int], dtype: DType, time_major: bool) -> None:
    assert_conforms(layer(shape, dtype, time_major=time_major, zero_points=(0, 0)), runs=8)


@pytest.mark.parametrize("zero_points", [(-128, -128), (127, 127), (-7, 19)])
def test_int8_zero_points(zero_points: tuple[int, int]) -> None:
    assert_conforms(layer(SHAPES[1], INT8, zero_points=zero_points))


@pytest.mark.parametrize(("dtype", "exponent"), [*itertools.product((INT8, INT16), (-15, -12, -9))])
def test_scales_of_the_cell_state(dtype: DType, exponent: int) -> None:
    assert_conforms(layer(SHAPES[1], dtype, cell_exponent=exponent))


@pytest.mark.parametrize(("dtype", "state_scale"), [*itertools.product((INT8, INT16), (0.0003, 0.0051, 0.3))])
def test_scales_of_the_output(dtype: DType, state_scale: float) -> None:
    assert_conforms(layer(SHAPES[1], dtype, state_scale=state_scale))


@pytest.mark.parametrize("dtype", [INT8, INT16])
def test_gates_with_scales_of_their_own(dtype: DType) -> None:
    assert_conforms(layer(SHAPES[1], dtype, spread=0.37))


@pytest.mark.parametrize("dtype", [FLOAT, INT8, INT16])
def test_a_clipped_cell_state(dtype: DType) -> None:
    assert_conforms(layer(SHAPES[1], dtype, cell_clip=0.25))


@pytest.mark.parametrize("units", [5, 8])
def test_few_units_on_a_processor_with_mve(units: int) -> None:
    """GCC can assemble what it makes of unrolled loops: it must not have the weights as literals."""
    assert_conforms_on(layer((1, 2, 3, units), FLOAT), "cortex_m55")
