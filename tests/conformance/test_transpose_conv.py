"""TRANSPOSE_CONV against TFLM: types, windows, strides, output shapes, activations, quantisation extremes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import INT32, assert_conforms, assert_same_bits
from tests.support.convolutions import FLOATS, INT8S, INT16S, Convolution, transposed
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import DType

TYPES = {"float32": FLOATS, "int8": INT8S, "int16": INT16S}
SHAPES = {
    "one pixel": transposed((1, 1, 1, 1), (1, 1), 1, (1, 1)),
    "stride 1": transposed((1, 5, 4, 6), (3, 3), 5, (5, 4)),
    "stride 2": transposed((1, 4, 5, 6), (3, 3), 5, (8, 10), stride=(2, 2)),
    "stride 2, even window": transposed((1, 4, 5, 6), (2, 2), 18, (8, 10), stride=(2, 2)),
    "stride 2, window of 4": transposed((1, 3, 3, 8), (4, 4), 3, (6, 6), stride=(2, 2)),
    "stride 3 and 2": transposed((2, 3, 4, 5), (3, 3), 4, (9, 8), stride=(3, 2)),
    "stride larger than the window": transposed((1, 3, 2, 5), (2, 1), 4, (9, 8), stride=(3, 4)),
    "odd output": transposed((1, 4, 5, 3), (3, 3), 2, (7, 9), stride=(2, 2)),
    "valid": transposed((1, 4, 5, 6), (3, 3), 5, (9, 11), stride=(2, 2), padding="VALID"),
    "valid, output with a rest": transposed((1, 4, 5, 6), (3, 3), 17, (10, 12), stride=(2, 2), padding="VALID"),
    "valid, stride 1": transposed((1, 4, 5, 2), (2, 3), 3, (5, 7), padding="VALID"),
    "to one output": transposed((1, 4, 4, 24), (3, 3), 1, (8, 8), stride=(2, 2)),
    "to 70 outputs": transposed((1, 2, 3, 4), (3, 3), 70, (4, 6), stride=(2, 2)),
    "from one channel": transposed((1, 4, 4, 1), (3, 3), 20, (8, 8), stride=(2, 2)),
    "along a line": transposed((1, 6, 1, 8), (4, 1), 6, (12, 1), stride=(2, 1)),
    "large window": transposed((1, 3, 3, 4), (7, 6), 3, (6, 6), stride=(2, 2)),
}


@pytest.mark.parametrize(("types", "shape"), [*itertools.product(TYPES, SHAPES)])
def test_shapes(types: str, shape: str) -> None:
    assert_conforms(replace(SHAPES[shape], types=TYPES[types]).graph(), runs=8)


@pytest.mark.parametrize(("types", "activation"), [*itertools.product(TYPES, ("RELU", "RELU6"))])
def test_activations(types: str, activation: str) -> None:
    scale = 0.03 if types == "int8" else 0.0
    layer = replace(SHAPES["stride 2"], types=TYPES[types], activation=activation, output_scale=scale)
    assert_conforms(layer.graph())


@pytest.mark.parametrize(("types", "channels"), [*itertools.product(TYPES, (True, False))])
def test_without_bias(types: str, channels: bool) -> None:
    assert_conforms(replace(SHAPES["stride 2"], types=TYPES[types], bias=False, channels=channels).graph())


@pytest.mark.parametrize("zero_points", [(-128, -128), (127, 127), (-128, 127), (0, 0)])
def test_zero_points_at_both_ends(zero_points: tuple[int, int]) -> None:
    for shape in ("stride 2", "valid, output with a rest"):
        assert_conforms(replace(SHAPES[shape], zero_points=zero_points).graph())


@pytest.mark.parametrize("output_scale", [1e-12, 1e-7, 2e-4, 1.0, 1e4, 1e9])
def test_output_scales_from_tiny_to_huge(output_scale: float) -> None:
    assert_conforms(replace(SHAPES["stride 2"], output_scale=output_scale).graph())


@pytest.mark.parametrize("weights", [-128, 127])
def test_weights_at_their_ends(weights: int) -> None:
    for zero_point in (-128, 127):
        assert_conforms(replace(SHAPES["stride 2"], weights=weights, zero_points=(zero_point, 0)).graph())


def test_int16_with_an_int16_bias() -> None:
    assert_conforms(replace(SHAPES["stride 2"], types=(DType.INT16, DType.INT16)).graph())


def test_int16_sums_beyond_32_bits() -> None:
    layer = transposed((1, 5, 5, 100), (5, 5), 3, (5, 5), types=INT16S, weights=127, output_scale=1.5)
    assert_conforms(layer.graph())


def test_sums_that_wrap_round_do_so_as_in_tflm() -> None:
    graph = transposed((1, 4, 4, 4), (3, 3), 4, (8, 8), stride=(2, 2)).graph()
    graph.tensors[graph.ops[0].inputs[3]].data[:] = [2**31 - 1, -(2**31), 2**31 - 5, 7]
    assert_conforms(graph)


@pytest.mark.parametrize("flags", [("-O3",), ("-O3", "-march=x86-64-v3")], ids=["baseline", "x86-64-v3"])
@pytest.mark.parametrize("types", TYPES)
@pytest.mark.parametrize(
    "layer",
    [
        transposed((1, 4, 4, 16), (3, 3), 16, (8, 8), stride=(2, 2), activation="RELU"),
        transposed((1, 4, 4, 32), (3, 3), 4, (8, 8), stride=(2, 2)),
    ],
    ids=["16 outputs", "4 outputs"],
)
def test_vectorised(layer: Convolution, types: str, flags: tuple[str, ...]) -> None:
    assert_conforms(replace(layer, types=TYPES[types]).graph(), flags=flags, runs=10)


def test_an_output_shape_that_follows_from_the_input() -> None:
    """As converters write it for an unknown batch size: SHAPE, its first element, and what is known."""
    plain = SHAPES["stride 2"].graph()
    (op,) = plain.ops
    x, shape = plain.tensors[op.inputs[2]], plain.tensors[op.inputs[0]]
    of_x, batches = tensor("of x", INT32, (4,)), tensor("batches", INT32, ())
    computed = tensor("computed", INT32, (4,))
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask"), 0)
    known = [constant("n", INT32, np.array(int(size))) for size in shape.data[1:]]
    where = [constant("at", INT32, np.array([at])) for at in (0, 1, 1)]
    others = [plain.tensors[i] for i in op.inputs[3:]]
    graph = chain(
        [
            ("SHAPE", [x], [of_x], {"out_type": "INT32"}),
            ("STRIDED_SLICE", [of_x, *where], [batches], {**masks, "shrink_axis_mask": 1}),
            ("PACK", [batches, *known], [computed], {"axis": 0, "values_count": 4}),
            (
                "TRANSPOSE_CONV",
                [computed, plain.tensors[op.inputs[1]], x, *others],
                [plain.tensors[op.outputs[0]]],
                op.attributes,
            ),
        ]
    )
    assert_conforms(graph, runs=4)


@pytest.mark.parametrize("shape", ["stride 2", "valid, output with a rest", "large window"])
def test_floats_are_equal_to_the_last_bit(shape: str) -> None:
    assert_same_bits(replace(SHAPES[shape], types=FLOATS).graph())


@pytest.mark.parametrize("seed", range(9))
def test_drawn_at_random(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns, channels, outputs = (int(n) for n in rng.integers(1, 8, 4))
    stride = tuple(int(n) for n in rng.integers(1, 4, 2))
    layer = transposed(
        (int(rng.integers(1, 3)), rows, columns, channels),
        tuple(int(n) for n in rng.integers(1, 5, 2)),
        outputs,
        (rows * stride[0], columns * stride[1]),
        types=list(TYPES.values())[seed % 3],
        stride=stride,
        zero_points=tuple(int(n) for n in rng.integers(-128, 128, 2)),
    )
    assert_conforms(layer.graph(), runs=6)


def test_the_bias_needs_no_scale() -> None:
    graph = SHAPES["stride 2"].graph()
    key = graph.ops[0].inputs[3]
    bias = graph.tensors[key]
    graph.tensors[key] = constant("b", DType.INT32, bias.data, quantised(1.0))
    assert_conforms(graph)
