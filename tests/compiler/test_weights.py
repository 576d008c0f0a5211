"""Weights of few bits: how tables hold them, what is said of their size, and what the C around them takes care of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.dense import float_layer, integer_layer
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, single, tensor
from tests.support.narrow_weights import with_float16, with_int4, with_int8
from tests.support.native import WARNINGS, build, compilers, write
from tools.sni.compiler import compile_model
from tools.sni.errors import CompileError
from tools.sni.inspection import inspect_model
from tools.sni.ir import DType, Graph
from tools.sni.options import Options
from tools.sni.weights import storage

FLOAT, INT8 = DType.FLOAT32, DType.INT8
NARROW = {
    "int4": with_int4(integer_layer((1, 31, 7))),
    "float16": with_float16(float_layer(1, 31, 7, "RELU", bias=True)),
    "hybrid": with_int8(float_layer(2, 31, 7, "RELU", bias=True), axis=0),
}


def files_of(graph: Graph) -> dict[str, str]:
    return dict(compile_model(write_tflite(graph), "m.tflite", Options("m")))


@given(st.integers(1, 9), st.integers(1, 40), st.randoms(use_true_random=False))
def test_int4_rows_hold_two_weights_a_byte(rows: int, count: int, random: object) -> None:
    weights = np.array([[random.randint(-8, 7) for _ in range(count)] for _ in range(rows)], np.int8)
    held = storage(DType.INT4)
    table = held.table(weights)
    assert table.dtype == np.uint8
    assert table.shape == (rows, held.elements(count)) == (rows, (count + 1) // 2)
    low, high = (table & 15).astype(int) - 8, (table >> 4).astype(int) - 8
    np.testing.assert_array_equal(np.concatenate([low, high], axis=1)[:, :count], weights)
    assert count % 2 == 0 or not high[:, -1].any(), "what is left over adds nothing"


def test_float16_keeps_its_bits() -> None:
    halves = np.array([1.0, -2.5, 6e-8], np.float16)
    np.testing.assert_array_equal(storage(DType.FLOAT16).table(halves), np.array([0x3C00, 0xC100, 1], np.uint16))


@pytest.mark.parametrize(("kind", "weights"), [("int4", 7 * 16), ("float16", 7 * 31 * 2), ("hybrid", 7 * 31)])
def test_header_says_how_many_bytes_the_constants_take(kind: str, weights: int) -> None:
    others = {"int4": 7 * 4, "float16": 7 * 4, "hybrid": 7 * 4 + 7 * 4}
    assert f"#define M_CONSTANT_BYTES {weights + others[kind]}\n" in files_of(NARROW[kind])["m.h"]


@pytest.mark.parametrize(("kind", "count"), [("int4", 109 + 28), ("float16", 434 + 14), ("hybrid", 217 + 28)])
def test_inspect_counts_them_as_the_file_holds_them(kind: str, count: int) -> None:
    """Weights and biases."""
    text = inspect_model(write_tflite(NARROW[kind]), "m.tflite")
    assert "everything in it is supported" in text
    assert f" {count:,} bytes of constants" in text


@pytest.mark.parametrize("compiler", compilers())
@pytest.mark.parametrize("kind", NARROW)
def test_the_c_has_no_warnings(kind: str, compiler: str, tmp_path: Path) -> None:
    write(files_of(NARROW[kind]), tmp_path)
    build([compiler, *WARNINGS, "-O2", "-c", tmp_path / "m.c", "-o", tmp_path / "m.o"])


def test_products_and_sums_are_not_fused_where_floats_become_integers() -> None:
    """A last bit could otherwise become a whole step of the integers."""
    plain = float_layer(1, 5, 3, "NONE", bias=True)
    x, a = tensor("x", FLOAT, (1, 5)), tensor("a", FLOAT, (1, 3))
    y = tensor("y", INT8, (1, 3), quantised(0.1))
    w = constant("w", FLOAT, np.ones((3, 5)))
    rounding = chain([("FULLY_CONNECTED", [x, w], [a], {}), ("QUANTIZE", [a], [y], {})])
    for graph, fused in ((plain, True), (rounding, False), (NARROW["float16"], True), (NARROW["hybrid"], False)):
        code = files_of(graph)["m.c"]
        assert "sni_multiply_add(" in code
        assert ("fmaf(a, b, c)" in code) == fused
        assert ("FP_CONTRACT OFF" in code) != fused


def problems(graph: Graph) -> str:
    with pytest.raises(CompileError) as caught:
        files_of(graph)
    return str(caught.value)


def test_hybrid_weights_must_be_constant() -> None:
    x, w = tensor("x", FLOAT, (1, 5)), tensor("w", INT8, (3, 5), quantised(0.1))
    layer = single("FULLY_CONNECTED", [x, w], [tensor("y", FLOAT, (1, 3))])
    assert "needs constant weights and bias with int8 weights; these are computed" in problems(layer)


@pytest.mark.parametrize(("q", "why"), [(None, "has no scale"), (quantised(0.1, 3), "needs weights with zero point 0")])
def test_hybrid_weights_must_be_symmetric(q: object, why: str) -> None:
    x, w = tensor("x", FLOAT, (1, 5)), constant("w", INT8, np.ones((3, 5)), q)
    assert why in problems(single("FULLY_CONNECTED", [x, w], [tensor("y", FLOAT, (1, 3))]))


def test_int4_weights_go_with_int8_and_float32_only() -> None:
    graph = integer_layer((1, 6, 3), types=(DType.INT16, DType.INT64), zero_points=(0, 0))
    assert "int8 with int4 weights and int32 bias" in problems(with_int4(graph))
    assert "it has int16, int4, int64, int16" in problems(with_int4(graph))
