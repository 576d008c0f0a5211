"""Constant tables in C: whatever their type, size and form, the C compiler must read back the same bits."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tests.support.native import WARNINGS, Native, build, compilers
from tests.support.oracle import Oracle, assert_close
from tools.sni.compiler import compile_model
from tools.sni.emit.tables import is_packed, table_definition, table_reference
from tools.sni.ir import DType, Graph
from tools.sni.options import Options

RNG = np.random.default_rng(11)
TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float32", "bool"]

PACKS = '#pragma GCC diagnostic ignored "-Woverlength-strings"\n'


def random_bits(dtype: str, count: int) -> np.ndarray:
    """All bit patterns of the type, NaNs with payloads among those of float32 where they fit a string only."""
    kind = np.dtype(dtype)
    if dtype == "bool":
        return RNG.integers(0, 2, count).astype(bool)
    data = RNG.integers(0, 256, count * kind.itemsize).astype(np.uint8)
    data[: min(len(data), 512)] = np.arange(512)[: len(data)] % 256
    data = data.view(kind)
    if dtype == "float32" and not is_packed(data):
        data = np.where(np.isfinite(data), data, np.float32(-0.0))
    return data


def read_back(definition: str, reference: str, count: int, folder: Path, compiler: str) -> bytes:
    includes = "#include <math.h>\n#include <stdbool.h>\n#include <stdint.h>\n"
    source = f"{includes}{PACKS}{definition}const void *get(void);\nconst void *get(void) {{ return {reference}; }}\n"
    (folder / "t.c").write_text(source, encoding="ascii")
    build([compiler, *WARNINGS, "-shared", "-fPIC", folder / "t.c", "-o", folder / f"{compiler}.so"])
    library = ctypes.CDLL(str(folder / f"{compiler}.so"))
    library.get.restype = ctypes.c_void_p
    return ctypes.string_at(library.get(), count)


@pytest.mark.parametrize("compiler", compilers())
@pytest.mark.parametrize("count", [1, 7, 4096, 4097, 150_000])
@pytest.mark.parametrize("dtype", TYPES)
def test_the_same_bits(dtype: str, count: int, compiler: str, tmp_path: Path) -> None:
    data = random_bits(dtype, count)
    definition, reference = table_definition("t", data), table_reference("t", data)
    assert read_back(definition, reference, data.nbytes, tmp_path, compiler) == data.tobytes()


def test_small_tables_are_numbers_and_large_ones_strings() -> None:
    assert table_definition("t", np.array([-128, 0, 127], np.int8)) == (
        "static const int8_t t[3] = {\n    -128, 0, 127,\n};\n"
    )
    large = table_definition("t", np.zeros(4097, np.int8))
    assert large.startswith('static const int8_t t[4098] =\n    "' + "\\000" * 24 + '"\n')
    assert large.endswith(' "' + "\\000" * 17 + '";\n')
    assert not is_packed(np.zeros(4096, np.int8))
    assert not is_packed(np.zeros(131_072, np.float32))
    assert is_packed(np.zeros(131_073, np.float32))


def test_tables_in_any_memory_order_and_byte_order() -> None:
    columns = np.asfortranarray(RNG.integers(-100, 100, (300, 500)).astype(np.int8))
    assert table_definition("t", columns) == table_definition("t", np.ascontiguousarray(columns))
    floats = RNG.normal(0, 1, 150_000).astype(np.float32)
    assert table_definition("t", floats.astype(">f4")) == table_definition("t", floats)


def dense(dtype: DType) -> Graph:
    inputs, outputs = (512, 300) if dtype is DType.FLOAT32 else (128, 64)
    x = tensor("x", dtype, (1, inputs), None if dtype is DType.FLOAT32 else quantised(0.1))
    y = tensor("y", dtype, (1, outputs), None if dtype is DType.FLOAT32 else quantised(2.0))
    if dtype is DType.FLOAT32:
        w = constant("w", dtype, RNG.normal(0, 1, (outputs, inputs)))
    else:
        w = constant("w", dtype, RNG.integers(-127, 128, (outputs, inputs)), quantised(0.01))
    return chain([("FULLY_CONNECTED", [x, w], [y], {})])


@pytest.mark.parametrize("dtype", [DType.INT8, DType.FLOAT32], ids=lambda dtype: dtype.value)
@pytest.mark.parametrize("compiler", compilers())
def test_networks_compute_with_packed_tables(dtype: DType, compiler: str) -> None:
    model = write_tflite(dense(dtype))
    native, oracle = Native(model, compiler=compiler), Oracle(model)
    assert (
        '_weights = {\n    "\\' in native.files["model_weights.h"] or '] =\n    "\\' in native.files["model_weights.h"]
    )
    x = native.inputs[0]
    for _ in range(5):
        drawn = RNG.normal(0, 50, x.shape).astype(x.dtype.numpy)
        assert_close(native.run(drawn)[0], oracle.run(drawn)[0])


def test_a_packed_table_says_what_processors_it_is_for() -> None:
    weights = compile_model(write_tflite(dense(DType.FLOAT32)), "m.tflite", Options("m"))["m_weights.h"]
    assert "__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__" in weights
    weights = compile_model(write_tflite(dense(DType.INT8)), "m.tflite", Options("m"))["m_weights.h"]
    assert "__BYTE_ORDER__" not in weights, "bytes are the same everywhere"


def test_the_text_grows_with_the_weights_alone() -> None:
    """Ten times the weights, ten times the text: 4.3 characters for each byte, whatever is in it."""
    sizes = [len(table_definition("t", RNG.integers(-128, 128, n).astype(np.int8))) for n in (100_000, 1_000_000)]
    assert 9.9 < sizes[1] / sizes[0] < 10.1
    assert sizes[1] < 4.4 * 1_000_000
