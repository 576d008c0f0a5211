"""Recurrent networks as Keras and the converter write them, against TFLM: fused, as WHILE, and unrolled."""

from __future__ import annotations

import hashlib
import itertools
import lzma
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, OWN_FUNCTIONS
from tests.support.model_writer import write_tflite
from tests.support.native import Native, build, scratch, write
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tests.support.recurrent import unrolled
from tools.sni.compiler import compile_graph, compile_model
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType
from tools.sni.options import Options
from tools.sni.passes import optimise

FOLDER = Path(__file__).resolve().parents[1] / "testdata" / "recurrent"
CELLS, SHOWN = ("simple", "lstm", "gru"), ("all", "last")


def model(name: str) -> bytes:
    return (FOLDER / f"{name}.tflite").read_bytes()


def assert_equal(data: bytes, *, oracle: bytes | None = None, runs: int = 10, exact: bool = True) -> Native:
    """Bits, of floats too: the C adds in TFLM's order and does not fuse. They pass through `tanhf` and `expf`.

    oracle: another model of the same network.
    """
    native = Native(data, flags=(*CHECKED, "-ffp-contract=off"))
    theirs = Oracle(oracle or data, len(native.inputs), len(native.outputs))
    rng = np.random.default_rng(2)
    for values in zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, runs) for t in native.inputs), strict=True):
        for a, b in zip(native.run(*values), theirs.run(*values), strict=True):
            if exact and not OWN_FUNCTIONS:
                np.testing.assert_array_equal(a, b)
            else:
                assert_close(a, b)
    return native


def loops(native: Native) -> int:
    code = native.files["model.c"]
    return code[code.index("void model_invoke") :].count("for (int32_t step = 0;")


@pytest.mark.parametrize("dtype", ["float", "int8"])
def test_fused(dtype: str) -> None:
    """One operator, whose states go on from one inference to the next."""
    assert_equal(model(f"fused_{dtype}"))


@pytest.mark.parametrize(("cell", "shown", "dtype"), [*itertools.product(CELLS, SHOWN, ("float", "int8"))])
def test_unrolled(cell: str, shown: str, dtype: str) -> None:
    native = assert_equal(model(f"{cell}_unrolled_{shown}_{dtype}"))
    assert loops(native) == 1


@pytest.mark.parametrize(("cell", "shown"), [*itertools.product(CELLS, SHOWN)])
def test_while(cell: str, shown: str) -> None:
    """TFLM has no arrays whose size changes, which the converter's loops take apart and put together for each row; it
    can run the same network unrolled. There the first step leaves out what is multiplied by 0.
    """
    data = model(f"{cell}_while_{shown}_float")
    native = assert_equal(data, oracle=model(f"{cell}_unrolled_{shown}_float"), exact=False)
    assert loops(native) == 1
    # Rows are read and written where they lie. The GRU's gates are slices of its own.
    kinds = Counter(op.kind for op in optimise(read_tflite(data, "m")).ops)
    assert kinds.keys().isdisjoint(("CONCATENATION", "GATHER", "SLICE"))
    assert kinds["STRIDED_SLICE"] == (3 if cell == "gru" else 0)


@pytest.mark.parametrize(("name", "count"), [("bidirectional_lstm_int8", 2), ("stacked_gru_int8", 2)])
def test_several_cells(name: str, count: int) -> None:
    assert loops(assert_equal(model(name))) == count


@pytest.mark.parametrize(("cell", "dtype", "steps"), [*itertools.product(CELLS, (FLOAT, INT8), (2, 3, 4, 13))])
def test_numbers_of_steps(cell: str, dtype: DType, steps: int) -> None:
    """From none that could be rolled on."""
    assert_equal(write_tflite(unrolled(cell, dtype, steps)), runs=4)


@pytest.mark.parametrize(
    ("cell", "units", "features"), [*itertools.product(CELLS, (1, 7, 33), (1, 5)), ("lstm", 64, 32)]
)
def test_sizes(cell: str, units: int, features: int) -> None:
    assert_equal(write_tflite(unrolled(cell, INT8, 5, units=units, features=features)), runs=4)


@pytest.mark.parametrize(("cell", "rounding"), [*itertools.product(CELLS, ("double", "single"))])
def test_roundings(cell: str, rounding: str) -> None:
    """Rolled or not, with either rounding, the bits are the same; the oracle rounds twice."""
    graph = unrolled(cell, INT8, 6)
    data = write_tflite(graph)
    native = Native(data, options=Options("model", rounding=rounding), flags=CHECKED)
    assert loops(native) == 1
    if rounding == "double":
        oracle = Oracle(data)
        x = np.random.default_rng(0).integers(-128, 128, native.inputs[0].shape, np.int8)
        np.testing.assert_array_equal(native.run(x)[0], oracle.run(x)[0])


def object_bytes(data: bytes) -> int:
    """Code and constants of a model, compiled for size on this machine, without the tables of its debuggers."""
    folder = write(compile_model(data, "m", Options("model")), scratch() / hashlib.sha256(data).hexdigest())
    flags = ("-std=c99", "-Os", "-fno-asynchronous-unwind-tables")
    build(["gcc", *flags, "-c", folder / "model.c", "-o", folder / "model.o"])
    done = subprocess.run(["size", str(folder / "model.o")], capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[1].split()[0])


@pytest.mark.parametrize(("cell", "constants", "flash"), [("lstm", 36_300, 40_960), ("gru", 29_300, 34_500)])
def test_a_hundred_steps_cost_flash_like_one(cell: str, constants: int, flash: int) -> None:
    """EdgeMark's networks, for which TFLM needs 742 kB of flash and 255 kB of RAM (LSTM), 782 kB and 292 kB (GRU).

    gcc 14 -Os makes 39,069 and 32,437 bytes of flash of them for a Cortex-M4, whose code is
    shorter than this machine's. 1,311 of the constants are the table of LOGISTIC and TANH.
    """
    data = lzma.decompress((FOLDER / f"edgemark_{cell}.tflite.xz").read_bytes())
    made = compile_graph(read_tflite(data, "m"), "m", Options("m"))
    assert [op.attributes["count"] for op in made.graph.ops if op.kind == "loop"] == [99]
    assert made.constant_bytes <= constants
    assert object_bytes(data) <= flash
    ends = sum(tensor.bytes for tensor in (*made.inputs, *made.outputs))
    assert made.arena.size <= 4_096 + ends
    assert_equal(data, runs=2)
