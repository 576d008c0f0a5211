"""Operators of constants become constants, with the bits that they would have when run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.compiler.passes.checking import (
    BOOL,
    FLOAT,
    FLOAT16,
    INT8,
    INT16,
    INT32,
    INT64,
    assert_same_bits,
    assert_untouched,
    kinds,
    optimised_kinds,
    with_outputs,
)
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, single, tensor
from tests.support.native import Native
from tools.sni.ir import Attribute, DType, Graph, Quantisation, Tensor
from tools.sni.passes.constant_folding import FOLDERS, fold_constants
from tools.sni.passes.rewriting import RESHAPES

RNG = np.random.default_rng(17)
BOX = RNG.integers(-100, 100, (2, 3, 4))
MASKS = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)


def ints(*values: int) -> Tensor:
    return constant("how", INT32, np.array(values))


def data(dtype: DType = FLOAT, values: np.ndarray = BOX, q: Quantisation | None = None) -> Tensor:
    return constant("data", dtype, values, q)


def case(
    kind: str, inputs: list[Tensor], shape: tuple[int, ...], dtype: DType | None = None, **attributes: Attribute
) -> tuple[str, list[Tensor], Tensor, dict[str, Attribute]]:
    q = quantised(0.1, 3) if kind == "QUANTIZE" else None
    return kind, inputs, tensor("made", dtype or inputs[0].dtype, shape, q), attributes


def strided(begin: tuple[int, ...], end: tuple[int, ...], step: tuple[int, ...], shape: tuple[int, ...], **masks: int):
    return case("STRIDED_SLICE", [data(), ints(*begin), ints(*end), ints(*step)], shape, **{**MASKS, **masks})


FLOATS = np.array([[0.1, -2.5, 3e-39], [1e30, -0.0, 7.75]])
CASES = [
    case("RESHAPE", [data()], (4, 6)),
    case("RESHAPE", [data(), ints(4, 6)], (4, 6), new_shape=(4, 6)),
    case("SQUEEZE", [data(values=BOX[:1])], (3, 4), squeeze_dims=(0,)),
    case("EXPAND_DIMS", [data(), ints(-1)], (2, 3, 4, 1)),
    case("TRANSPOSE", [data(), ints(2, 0, 1)], (4, 2, 3)),
    case("SHAPE", [data()], (3,), INT32, out_type="INT32"),
    case("PACK", [data(), data(values=BOX + 1)], (2, 3, 2, 4), axis=2, values_count=2),
    case("CONCATENATION", [data(), data(values=BOX + 1)], (2, 6, 4), axis=-2, fused_activation_function="NONE"),
    case("SLICE", [data(), ints(0, 1, 2), ints(2, -1, 1)], (2, 2, 1)),
    strided((0, 0, 0), (2, 3, 4), (1, 2, 3), (2, 2, 2)),
    strided((1, -1, 3), (2, 0, 0), (1, -1, -2), (1, 2, 2)),
    strided((9, 1, 9), (9, 9, 2), (1, 1, 1), (2, 2, 2), begin_mask=5, end_mask=3),
    case("GATHER", [data(), ints(2, 0, 2)], (2, 3, 4), axis=1, batch_dims=0),
    case("CAST", [data(FLOAT, FLOATS[:, :2] / 1e25)], (2, 2), INT32),
    case("CAST", [data(INT32, BOX * 100003)], BOX.shape, FLOAT),
    case("CAST", [data(FLOAT, FLOATS)], FLOATS.shape, BOOL),
    case("FILL", [ints(2, 3), constant("value", FLOAT, np.array(-1.25))], (2, 3), FLOAT),
    case("BROADCAST_TO", [data(values=BOX[:, :1]), ints(2, 2, 3, 4)], (2, 2, 3, 4)),
    case("ZEROS_LIKE", [data()], BOX.shape),
    case("ADD", [data(FLOAT, FLOATS), data(FLOAT, FLOATS[1] / 3)], FLOATS.shape),
    case("SUB", [data(FLOAT, FLOATS), data(FLOAT, FLOATS[1] / 3)], FLOATS.shape),
    case("MUL", [data(FLOAT, FLOATS), data(FLOAT, FLOATS[0] / 3)], FLOATS.shape),
    case("ADD", [data(INT32, BOX * 20_000_000), data(INT32, BOX * 19_999_999)], BOX.shape),
    case("MUL", [data(INT32, BOX * 70_001), data(INT32, BOX * 69_999)], BOX.shape),
]
BEYOND_TFLM = [
    case("SUB", [data(INT64, BOX << 40), data(INT64, BOX << 39)], BOX.shape),
    strided((0, 1), (0, 2), (1, 1), (2, 3), ellipsis_mask=1, shrink_axis_mask=2),
    strided((1, 2, 1), (2, 3, 2), (1, 1, 1), (4,), begin_mask=1, shrink_axis_mask=3, ellipsis_mask=4),
    strided((0, 0, 1), (0, 0, 2), (1, 1, 1), (1, 2, 3), new_axis_mask=1, ellipsis_mask=2, shrink_axis_mask=4),
    case("CAST", [data(INT32, BOX * 100003)], BOX.shape, INT8),
]
ALL = [*CASES, *BEYOND_TFLM]
NAMES = [f"{kind}-{number}" for number, (kind, *_) in enumerate(ALL)]


def read_by_add(layer: tuple[str, list[Tensor], Tensor, dict[str, Attribute]]) -> Graph:
    """x + the layer's output, both of its shape; a float output is read by a SUB as well, for bools by LOGICAL_AND."""
    kind, inputs, made, attributes = layer
    x, y = (tensor(name, made.dtype, made.shape, made.quantisation) for name in "xy")
    reader = {BOOL: "LOGICAL_AND", INT8: "MAXIMUM"}.get(made.dtype, "ADD")
    return chain([(kind, inputs, [made], attributes), (reader, [x, made], [y], {})])


@pytest.mark.parametrize("layer", ALL, ids=NAMES)
def test_it_is_folded(layer) -> None:
    graph = read_by_add(layer)
    assert kinds(fold_constants(graph)) == [graph.ops[1].kind]


@pytest.mark.parametrize("layer", CASES, ids=NAMES[: len(CASES)])
def test_to_the_same_bits(layer) -> None:
    assert_same_bits(read_by_add(layer))


@pytest.mark.parametrize("layer", ALL, ids=NAMES)
def test_to_what_the_kernel_makes_of_it(layer) -> None:
    """An output of the network is not folded; the kernel that then runs must give what folding gives."""
    kind, inputs, made, attributes = layer
    folded = next(t for t in fold_constants(read_by_add(layer)).tensors.values() if t.name == "made")
    x, y = (tensor(name, FLOAT, (1, 1)) for name in "xy")
    graph = chain([(kind, inputs, [made], attributes), ("RELU", [x], [y], {})])
    assert optimised_kinds(graph)[0] == ("RESHAPE" if kind in RESHAPES else kind)
    ran = Native(write_tflite(graph)).run(np.zeros((1, 1), np.float32))[0]
    assert ran.tobytes() == folded.data.tobytes()


PARTED = [
    ("SPLIT", [ints(-1), data()], [(2, 3, 2)] * 2, {"num_splits": 2}),
    ("SPLIT_V", [data(), ints(1, -1), ints(1)], [(2, 1, 4), (2, 2, 4)], {"num_splits": 2}),
    ("SPLIT_V", [data(), ints(2, 1, 1), ints(-1)], [(2, 3, 2), (2, 3, 1), (2, 3, 1)], {"num_splits": 3}),
    ("UNPACK", [data()], [(2, 4)] * 3, {"axis": 1, "num": 3}),
    ("UNPACK", [data()], [(2, 3)] * 4, {"axis": -1, "num": 4}),
]


@pytest.mark.parametrize("layer", PARTED, ids=[f"{kind}-{number}" for number, (kind, *_) in enumerate(PARTED)])
def test_parts_of_a_constant(layer) -> None:
    kind, inputs, shapes, attributes = layer
    made = [tensor(f"made{number}", FLOAT, shape) for number, shape in enumerate(shapes)]
    adds = []
    for number, part in enumerate(made):
        x, y = tensor(f"x{number}", FLOAT, part.shape), tensor(f"y{number}", FLOAT, part.shape)
        adds.append(("ADD", [x, part], [y], {}))
    graph = chain([(kind, inputs, made, attributes), *adds])
    assert kinds(fold_constants(graph)) == ["ADD"] * len(adds)
    assert_same_bits(graph)


def test_not_parts_of_which_one_is_an_output_of_the_network() -> None:
    made = [tensor(f"made{number}", FLOAT, (2, 4)) for number in range(3)]
    assert_untouched(fold_constants, chain([("UNPACK", [data()], made, {"axis": 1, "num": 3})]))


@pytest.mark.parametrize(("dtype", "zero_point"), [(INT8, -128), (INT8, 5), (INT16, 0)])
def test_quantise_rounds_halves_away_from_zero_and_saturates(dtype: DType, zero_point: int) -> None:
    q = quantised(0.25, zero_point)
    values = np.concatenate(
        [np.arange(-300, 300) / 8, [1e6, -1e6], np.nextafter(np.float32(0.125), np.float32([0, 1]))]
    )
    made = tensor("made", dtype, values.shape, q)
    x, y, z = (
        tensor("x", dtype, values.shape, q),
        tensor("y", dtype, values.shape, q),
        tensor("z", dtype, (2, values.size), q),
    )
    graph = chain(
        [
            ("QUANTIZE", [data(FLOAT, values)], [made], {}),
            ("PACK", [x, made], [z], {"axis": 0, "values_count": 2}),
        ]
    )
    assert y.shape == x.shape
    assert kinds(fold_constants(graph)) == ["PACK"]
    assert_same_bits(graph, runs=1)


@pytest.mark.parametrize(("dtype", "zero_point"), [(INT8, -128), (INT8, 5), (INT16, 0)])
def test_dequantise(dtype: DType, zero_point: int) -> None:
    low, high = dtype.bounds
    values = np.arange(low, high + 1, 1 if dtype is INT8 else 61)
    made, x, y = (tensor(name, FLOAT, values.shape) for name in ("made", "x", "y"))
    graph = chain(
        [
            ("DEQUANTIZE", [data(dtype, values, quantised(0.0123, zero_point))], [made], {}),
            ("ADD", [x, made], [y], {}),
        ]
    )
    assert kinds(fold_constants(graph)) == ["ADD"]
    assert_same_bits(graph, runs=2)


def test_float16_becomes_float32_where_no_kernel_takes_it() -> None:
    rng = np.random.default_rng(5)
    half = rng.normal(0, 1, (4, 6)).astype(np.float16)
    half.flat[:4] = np.array([6e-8, -0.0, 65504, 6.1e-5], np.float16)
    x, made, y = tensor("x", FLOAT, (1, 6)), tensor("made", FLOAT, (4, 6)), tensor("y", FLOAT, (1, 4))
    wide = constant("made", FLOAT, half.astype(np.float32))
    graph = chain([("DEQUANTIZE", [constant("w", FLOAT16, half)], [made], {}), ("FULLY_CONNECTED", [x, made], [y], {})])
    assert kinds(fold_constants(graph)) == ["FULLY_CONNECTED"]
    assert_same_bits(graph, same=single("FULLY_CONNECTED", [x, wide], [y]))


def shape_computation() -> Graph:
    """RESHAPE(x, [SHAPE(x)[0], 6]), as converters write it."""
    x, shape, first, wanted, y = (
        tensor("x", FLOAT, (2, 3, 2)),
        tensor("shape", INT32, (3,)),
        tensor("first", INT32, ()),
        tensor("wanted", INT32, (2,)),
        tensor("y", FLOAT, (2, 6)),
    )
    return chain(
        [
            ("SHAPE", [x], [shape], {"out_type": "INT32"}),
            ("STRIDED_SLICE", [shape, ints(0), ints(1), ints(1)], [first], {**MASKS, "shrink_axis_mask": 1}),
            ("PACK", [first, constant("six", INT32, np.array(6))], [wanted], {"axis": 0, "values_count": 2}),
            ("RESHAPE", [x, wanted], [y], {}),
        ]
    )


def test_the_shape_of_a_computed_tensor_is_constant() -> None:
    graph = shape_computation()
    assert kinds(fold_constants(graph)) == ["RESHAPE"]
    assert optimised_kinds(graph) == ["RESHAPE"]
    assert_same_bits(graph)


def test_not_what_reads_a_computed_tensor() -> None:
    x, y = tensor("x", INT32, (2, 3)), tensor("y", INT32, (3, 2))
    assert_untouched(fold_constants, single("TRANSPOSE", [x, ints(1, 0)], [y]))


def test_not_an_output_of_the_network() -> None:
    graph = with_outputs(read_by_add(CASES[4]), "made", "y")
    assert_untouched(fold_constants, graph)
    assert_same_bits(graph)


def test_not_where_flash_would_grow_for_a_reader_that_wants_it_in_ram() -> None:
    """400 bytes instead of a FILL."""
    made, y = tensor("made", FLOAT, (10, 10)), tensor("y", FLOAT, (10, 10))
    x, z = tensor("x", FLOAT, (10, 10)), tensor("z", FLOAT, (10, 10))
    layers = [("FILL", [ints(10, 10), constant("value", FLOAT, np.array(0.5))], [made], {})]
    graph = chain([*layers, ("RELU", [made], [y], {}), ("ADD", [x, y], [z], {})])
    assert_untouched(fold_constants, graph)
    assert_same_bits(graph)
    assert kinds(fold_constants(chain([*layers, ("ADD", [x, made], [y], {})]))) == ["ADD"]


@pytest.mark.parametrize(
    "layer",
    [
        case("MUL", [data(FLOAT, FLOATS * 1e8), data(FLOAT, FLOATS * 1e8)], FLOATS.shape),
        case("ADD", [data(FLOAT, FLOATS), data(FLOAT, FLOATS)], FLOATS.shape, fused_activation_function="RELU"),
        case("CAST", [data(FLOAT, FLOATS)], FLOATS.shape, INT32),
        case("CAST", [data(FLOAT, np.array([np.inf, np.nan]))], (2,), INT32),
        case("CAST", [data(FLOAT, np.array([128.0, 1.0]))], (2,), INT8),
        case("CAST", [data(FLOAT, np.array([-129.0, 1.0]))], (2,), INT8),
        case("QUANTIZE", [data(FLOAT, np.array([np.nan, 1.0]))], (2,), INT8),
        case("QUANTIZE", [data(FLOAT, np.array([1.0, -np.inf]))], (2,), INT8),
    ],
    ids=[
        *("infinite", "with an activation", "beyond int32", "not finite", "just beyond int8", "just below int8"),
        *("NaN as int8", "infinity as int8"),
    ],
)
def test_not_what_numpy_may_do_otherwise(layer) -> None:
    assert_untouched(fold_constants, read_by_add(layer))


def test_not_what_depends_on_the_rounding_that_was_chosen() -> None:
    a, b = quantised(0.1, 3), quantised(0.07, -5)
    x, made, y = data(INT8, BOX, a), tensor("made", INT8, BOX.shape, b), tensor("y", INT8, BOX.shape, b)
    z = tensor("z", INT8, BOX.shape, b)
    requantising = chain([("QUANTIZE", [x], [made], {}), ("MAXIMUM", [z, made], [y], {})])
    assert_untouched(fold_constants, requantising)
    adding = chain([("ADD", [x, x], [made], {}), ("MAXIMUM", [z, made], [y], {})])
    assert_untouched(fold_constants, adding)


def test_not_what_is_wrong() -> None:
    """The message must be about the operator in the file."""
    graph = read_by_add(case("TRANSPOSE", [data(), ints(0, 0, 1)], (2, 2, 3)))
    assert_untouched(fold_constants, graph)
    too_large = read_by_add(case("TRANSPOSE", [data(), ints(0, 2, 1)], (2, 3, 4)))
    assert_untouched(fold_constants, too_large)


def test_not_a_variable() -> None:
    graph = read_by_add(CASES[4])
    tensors = {key: replace(t, variable=t.name == "data") for key, t in graph.tensors.items()}
    assert_untouched(fold_constants, replace(graph, tensors=tensors))


def test_every_folder_is_tested() -> None:
    assert set(FOLDERS) == {kind for kind, *_ in (*CASES, *PARTED)} | {"QUANTIZE", "DEQUANTIZE"}
