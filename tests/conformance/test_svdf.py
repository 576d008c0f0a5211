"""SVDF against TFLM, over inferences that follow one another: the state is half of what it does."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, INT32, assert_conforms
from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tests.support.native import Native
from tools.sni.ir import DType, Graph, Tensor

SHAPES = [(1, 1, 1, 1, 1), (1, 7, 3, 2, 5), (2, 9, 4, 1, 8), (3, 5, 2, 4, 1), (1, 64, 17, 1, 10)]
"""(batch, features, units, rank, times)."""


def state(dtype: DType, elements: int, quantisation: object = None) -> Tensor:
    return Tensor("state", dtype, (1, elements), quantisation, variable=True)


def float_layer(shape: tuple[int, ...], activation: str = "NONE") -> Graph:
    batch, features, units, rank, times = shape
    filters = units * rank
    rng = np.random.default_rng(sum(shape))
    memory = Tensor("state", FLOAT, (batch, filters * times), variable=True)
    operands = [
        tensor("x", FLOAT, (batch, features)),
        constant("feature", FLOAT, rng.normal(0, 1, (filters, features))),
        constant("time", FLOAT, rng.normal(0, 1, (filters, times))),
        constant("bias", FLOAT, rng.normal(0, 1, units)),
        memory,
    ]
    y = tensor("y", FLOAT, (batch, units))
    return single("SVDF", operands, [y], rank=rank, fused_activation_function=activation)


def int8_layer(
    shape: tuple[int, ...],
    state_type: DType = INT16,
    *,
    zero_points: tuple[int, int, int] = (3, 0, -5),
    activation: str = "NONE",
    largest: bool = False,
) -> Graph:
    """zero_points: of input, state and output. largest: weights at the end of their range, and a scale to match."""
    batch, features, units, rank, times = shape
    filters = units * rank
    rng = np.random.default_rng(sum(shape))
    high = state_type.bounds[1]

    def drawn(bound: int, size: tuple[int, int]) -> np.ndarray:
        return np.full(size, bound) if largest else rng.integers(-bound, bound + 1, size)

    input_scale, feature_scale, time_scale = 0.05, 0.01, 0.5 / high
    # The state nearly fills its type, and the output its own, with three standard deviations.
    state_scale = 3 * input_scale * feature_scale * 74 * 74 * np.sqrt(features) / high
    output_scale = 3 * 0.29 * 0.5 * state_scale * high * np.sqrt(rank * times) / 128
    memory = Tensor(
        "state", state_type, (batch, filters * times), quantised(state_scale, zero_points[1]), variable=True
    )
    operands = [
        tensor("x", INT8, (batch, features), quantised(input_scale, zero_points[0])),
        constant("feature", INT8, drawn(127, (filters, features)), quantised(feature_scale)),
        constant("time", state_type, drawn(high, (filters, times)), quantised(time_scale)),
        constant(
            "bias", INT32, rng.integers(-(high**2) // 9, high**2 // 9, units), quantised(state_scale * time_scale)
        ),
        memory,
    ]
    y = tensor("y", INT8, (batch, units), quantised(output_scale, zero_points[2]))
    return single("SVDF", operands, [y], rank=rank, fused_activation_function=activation)


@pytest.mark.parametrize(
    ("shape", "activation"),
    [*itertools.product(SHAPES, ("NONE", "RELU")), (SHAPES[1], "RELU6"), (SHAPES[1], "RELU_N1_TO_1")],
)
def test_float(shape: tuple[int, ...], activation: str) -> None:
    assert_conforms(float_layer(shape, activation), runs=12)


@pytest.mark.parametrize(("shape", "state_type"), [*itertools.product(SHAPES, (INT16, INT8))])
def test_int8(shape: tuple[int, ...], state_type: DType) -> None:
    assert_conforms(int8_layer(shape, state_type), runs=30)


@pytest.mark.parametrize("zero_points", [(-128, 0, -128), (127, 0, 127), (0, 0, 0)])
def test_int8_zero_points_at_both_ends(zero_points: tuple[int, int, int]) -> None:
    assert_conforms(int8_layer(SHAPES[1], zero_points=zero_points))


@pytest.mark.parametrize("zero_point", [-128, 11, 127])
def test_an_int8_state_with_a_zero_point_starts_there(zero_point: int) -> None:
    assert_conforms(int8_layer(SHAPES[1], INT8, zero_points=(5, zero_point, -9)))


def test_int8_relu_is_done_by_the_zero_point() -> None:
    assert_conforms(int8_layer(SHAPES[2], zero_points=(0, 0, -128), activation="RELU"))


def test_int16_sums_that_wrap_round_do_so_as_in_tflm() -> None:
    assert_conforms(int8_layer((1, 8, 2, 3, 9), largest=True))


def test_the_state_of_a_new_stream_is_that_of_the_first() -> None:
    """Initialised over and over, in memory that held something else before."""
    model = write_tflite(int8_layer(SHAPES[1]))
    x = np.random.default_rng(1).integers(-128, 128, (1, 7), np.int8)
    native = Native(model)
    first = [native.run(x)[0].tolist() for _ in range(3)]
    native.initialise(0xA5)
    assert [native.run(x)[0].tolist() for _ in range(3)] == first
