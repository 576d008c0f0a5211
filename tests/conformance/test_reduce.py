"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_ALL, ARG_MAX, ARG_MIN and CUMSUM against TFLM; else against NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import (
    BOOL,
    CHECKED,
    FLOAT,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    activation,
    assert_conforms,
    assert_gives,
    numbers,
)
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle, edge_inputs
from tools.sni.ir import DType, Graph, Quantisation

REDUCED = [
    ((7,), (0,)),
    ((3, 5), (1,)),
    ((3, 5), (0,)),
    ((3, 5), (0, 1)),
    ((2, 3, 4), (1,)),
    ((2, 3, 4), (-1, 0)),
    ((2, 3, 37), (1,)),
    ((1, 6, 5, 8), (1, 2)),
    ((2, 3, 4, 5), (2, 1)),
    ((2, 3, 4, 5), (0, 2)),
    ((2, 3, 4, 5), (1, 3)),
    ((1, 3, 1, 70), (2,)),
    ((2, 3, 2, 2, 3), (0, 2, 4)),
    ((1, 1), (0, 1)),
    ((2, 3, 4), (1, 1, -2)),
    ((1, 48, 40, 64), (1, 2)),
]


def reduced_shape(shape: tuple[int, ...], axes: tuple[int, ...], keep: bool) -> tuple[int, ...]:
    gone = {axis % len(shape) for axis in axes}
    return tuple(1 if i in gone else n for i, n in enumerate(shape) if keep or i not in gone)


def reduction(
    kind: str,
    dtype: DType,
    shape: tuple,
    axes: tuple,
    keep: bool = False,
    x: Quantisation | None = None,
    y: Quantisation | None = None,
) -> Graph:
    inputs = [tensor("x", dtype, shape, x), numbers("axes", axes)]
    return single(kind, inputs, [tensor("y", dtype, reduced_shape(shape, axes, keep), y)], keep_dims=keep)


@pytest.mark.parametrize(
    ("kind", "keep", "case"),
    [
        *itertools.product(("MEAN", "SUM", "REDUCE_MAX"), (False,), REDUCED),
        *itertools.product(("MEAN", "SUM", "REDUCE_MAX"), (True,), REDUCED[6:8]),
        *itertools.product(("REDUCE_MIN",), (False, True), REDUCED[3:7]),
    ],
)
def test_float(kind: str, keep: bool, case: tuple) -> None:
    """To the last bit: the order of the additions is TFLM's."""
    model = write_tflite(reduction(kind, FLOAT, *case, keep))
    native, oracle = Native(model, flags=CHECKED), Oracle(model)
    for values in edge_inputs(np.dtype(np.float32), case[0], np.random.default_rng(6), 10):
        np.testing.assert_array_equal(native.run(values)[0], oracle.run(values)[0])


@pytest.mark.parametrize(("kind", "dtype", "case"), [*itertools.product(("MEAN", "SUM"), (INT8, INT16), REDUCED)])
def test_quantised(kind: str, dtype: DType, case: tuple) -> None:
    zero_points = (-7, 12) if dtype is INT8 else (0, 0)
    scale = 0.05 if kind == "MEAN" else 0.3
    graph = reduction(kind, dtype, *case, False, quantised(0.05, zero_points[0]), quantised(scale, zero_points[1]))
    assert_conforms(graph, runs=10)


@pytest.mark.parametrize(
    ("kind", "zero_points", "scales"),
    [
        *itertools.product(
            ("MEAN", "SUM"),
            ((-128, -128), (127, 127), (-128, 127), (0, 0)),
            ((0.05, 0.05), (0.05, 0.011), (1.0, 1e-4), (1e-6, 3.0), (0.7, 0.0701)),
        )
    ],
)
def test_int8_quantisation_extremes(kind: str, zero_points: tuple[int, int], scales: tuple[float, float]) -> None:
    x, y = (quantised(scale, zero) for scale, zero in zip(scales, zero_points, strict=True))
    assert_conforms(reduction(kind, INT8, (1, 5, 7, 3), (1, 2), True, x, y), runs=20)


@pytest.mark.parametrize("scales", [(0.001, 0.001), (0.001, 0.0007), (1.0, 1e-4), (1e-6, 3.0)])
@pytest.mark.parametrize("kind", ["MEAN", "SUM"])
def test_int16_quantisation_extremes(kind: str, scales: tuple[float, float]) -> None:
    x, y = map(quantised, scales)
    assert_conforms(reduction(kind, INT16, (1, 5, 7, 3), (1, 2), True, x, y), runs=20)


VECTORISED = [("-O3",), ("-O3", "-march=x86-64-v3")]


@pytest.mark.parametrize(("kind", "flags"), [*itertools.product(("MEAN", "SUM", "REDUCE_MAX"), VECTORISED)])
def test_vectorised(kind: str, flags: tuple[str, ...]) -> None:
    q = quantised(0.05, -7)
    assert_conforms(reduction(kind, INT8, (2, 7, 9, 75), (1, 2), True, q, q), flags=flags)
    assert_conforms(reduction(kind, FLOAT, (2, 7, 9, 75), (1, 2), True), flags=flags)


def test_int16_sums_that_wrap_round_do_so_as_in_tflm() -> None:
    """131072 elements of the largest value need more than 32 bits."""
    graph = reduction("MEAN", INT16, (131072, 1), (0,), True, quantised(0.001), quantised(0.001))
    assert_conforms(graph, runs=1)


@pytest.mark.parametrize(
    ("kind", "case"), [*(("REDUCE_MAX", case) for case in REDUCED), *(("REDUCE_MIN", case) for case in REDUCED[3:9])]
)
def test_int8_extremes(kind: str, case: tuple) -> None:
    q = quantised(0.05, -3)
    assert_conforms(reduction(kind, INT8, *case, False, q, q), runs=5)


@pytest.mark.parametrize("kind", ["REDUCE_MAX", "REDUCE_MIN"])
def test_float_extremes_of_what_is_no_number(kind: str) -> None:
    """TFLM starts from the largest finite magnitude and passes over NaN."""
    values = np.array([[np.nan, 1, -2], [np.nan, np.nan, np.nan], [np.inf, 0, -np.inf], [-np.inf] * 3], np.float32)
    assert_conforms(reduction(kind, FLOAT, (4, 3), (1,)), values=[(values,), (-values,)])


NUMPY = {
    "SUM": lambda x, axes: np.sum(x, axes, dtype=x.dtype),
    "REDUCE_MAX": np.max,
    "REDUCE_MIN": np.min,
}


@pytest.mark.parametrize(
    ("kind", "dtype", "case"),
    [
        *itertools.product(("SUM", "REDUCE_MAX", "REDUCE_MIN"), (INT32, INT64), REDUCED[4:7]),
        *itertools.product(("REDUCE_MAX", "REDUCE_MIN"), (INT16, UINT8), REDUCED[4:6]),
    ],
)
def test_types_that_tflm_lacks(kind: str, dtype: DType, case: tuple) -> None:
    shape, axes = case

    gone = tuple({axis % len(shape) for axis in axes})
    q = activation("q", dtype, ()).quantisation
    assert_gives(reduction(kind, dtype, *case, False, q, q), lambda x: [NUMPY[kind](x, gone)], runs=5)


@pytest.mark.parametrize("dtype", [INT32, INT64])
def test_mean_of_plain_integers_is_cut_off(dtype: DType) -> None:
    """LiteRT divides as C does."""
    values = [(np.array([[1, 2, 4], [-1, -2, -4], [5, 5, 5]], dtype.numpy),)]
    graph = reduction("MEAN", dtype, (3, 3), (1,))
    assert_gives(graph, lambda _: [np.array([2, -2, 5], dtype.numpy)], values=values)


@pytest.mark.parametrize("case", [*REDUCED[:6], REDUCED[9]])
def test_all(case: tuple) -> None:
    assert_conforms(reduction("REDUCE_ALL", BOOL, *case), runs=10)


@pytest.mark.parametrize("case", REDUCED[2:6])
def test_any_which_tflm_lacks(case: tuple) -> None:
    shape, axes = case
    gone = tuple({a % len(shape) for a in axes})
    assert_gives(reduction("REDUCE_ANY", BOOL, *case), lambda x: [np.any(x, gone)], runs=10)


def test_an_axis_without_dimension() -> None:
    inputs = [tensor("x", FLOAT, (2, 3)), numbers("axis", 1)]
    assert_conforms(single("MEAN", inputs, [tensor("y", FLOAT, (2,))], keep_dims=False), runs=3)


BEST = [
    ((7,), 0),
    ((3, 5), 1),
    ((3, 5), 0),
    ((2, 3, 4), 1),
    ((2, 3, 4), -1),
    ((2, 3, 4), 0),
    ((1, 4, 4, 10), 3),
    ((1, 1), 1),
]


def best(kind: str, dtype: DType, shape: tuple, axis: int, made: DType = INT32) -> Graph:
    y = tensor("y", made, reduced_shape(shape, (axis,), False))
    x = activation("x", dtype, shape, -4)
    return single(kind, [x, numbers("axis", axis)], [y], output_type=made.value.upper())


@pytest.mark.parametrize(("kind", "dtype", "case"), [*itertools.product(("ARG_MAX", "ARG_MIN"), (FLOAT, INT8), BEST)])
def test_arg_max(kind: str, dtype: DType, case: tuple) -> None:
    assert_conforms(best(kind, dtype, *case), runs=20)


@pytest.mark.parametrize("kind", ["ARG_MAX", "ARG_MIN"])
def test_arg_max_takes_the_first_of_equals(kind: str) -> None:
    values = [(np.array(v, np.int8),) for v in itertools.product((-1, 0, 1), repeat=4)]
    assert_conforms(best(kind, INT8, (4,), 0), values=values)


@pytest.mark.parametrize(
    ("kind", "dtype", "made"),
    [*itertools.product(("ARG_MAX", "ARG_MIN"), (INT16, INT32, INT64, UINT8), (INT32, INT64))],
)
def test_arg_max_types_that_tflm_lacks(kind: str, dtype: DType, made: DType) -> None:
    function = np.argmax if kind == "ARG_MAX" else np.argmin
    graph = best(kind, dtype, (3, 6, 2), 1, made)
    assert_gives(graph, lambda x: [function(x, 1).astype(made.numpy)], runs=10)


SUMMED = [((6,), 0), ((3, 5), 1), ((3, 5), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((2, 40), 1)]


def cumsum(dtype: DType, shape: tuple, axis: int, way: tuple[bool, bool], *q: Quantisation) -> Graph:
    x, y = tensor("x", dtype, shape, q[0] if q else None), tensor("y", dtype, shape, q[1] if q else None)
    return single("CUMSUM", [x, numbers("axis", axis)], [y], exclusive=way[0], reverse=way[1])


WAYS = [*itertools.product((False, True), (False, True))]
"""(exclusive, reverse)."""


@pytest.mark.parametrize(("case", "way"), [*itertools.product(SUMMED, WAYS)])
def test_cumsum_float(case: tuple, way: tuple[bool, bool]) -> None:
    assert_conforms(cumsum(FLOAT, *case, way), runs=5)


@pytest.mark.parametrize(("case", "way"), [*itertools.product(SUMMED, WAYS)])
def test_cumsum_int8(case: tuple, way: tuple[bool, bool]) -> None:
    """The longest has sums that wrap round, in TFLM too."""
    assert_conforms(cumsum(INT8, *case, way, quantised(0.1, -9), quantised(0.3, 4)), runs=10)


@pytest.mark.parametrize(
    ("zero_points", "scales"),
    [*itertools.product(((-128, -128), (127, 127), (0, 0)), ((0.1, 0.1), (0.1, 0.02), (1e-4, 5.0), (0.9, 0.0003)))],
)
def test_cumsum_int8_quantisation_extremes(zero_points: tuple[int, int], scales: tuple[float, float]) -> None:
    x, y = (quantised(scale, zero) for scale, zero in zip(scales, zero_points, strict=True))
    assert_conforms(cumsum(INT8, (3, 7), 1, (False, False), x, y), runs=10)


@pytest.mark.parametrize(("dtype", "way"), [*itertools.product((INT32, INT64), WAYS)])
def test_cumsum_types_that_tflm_lacks(dtype: DType, way: tuple[bool, bool]) -> None:
    exclusive, reverse = way

    def expected(x: np.ndarray) -> list[np.ndarray]:
        x = x[:, ::-1] if reverse else x
        y = np.cumsum(x, 1, dtype=x.dtype)
        y = y - x if exclusive else y
        return [y[:, ::-1] if reverse else y]

    assert_gives(cumsum(dtype, (2, 5, 3), 1, way), expected, runs=5)
