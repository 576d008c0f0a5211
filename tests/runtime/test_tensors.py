"""Quantisation and dequantisation, against NumPy."""

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime import harness
from tests.runtime.harness import run

INPUTS = [
    ("i8", np.int8, 4, 0.5, -1),
    ("f", np.float32, 2, 0.0, 0),
    ("i16", np.int16, 2, 0.25, 0),
    ("u8", np.uint8, 1, 2.0, 128),
    ("i32", np.int32, 1, 0.0, 0),
    ("i64", np.int64, 1, 0.0, 0),
    ("b", np.bool_, 1, 0.0, 0),
]
"""Name, type, elements, scale and zero point of the quantised engine's tensors."""

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
HALVES = st.integers(-600, 600).map(lambda number: number / 8)
EDGES = [0.49999997, -0.49999997, 0.24999999, 63.74, 63.75, 2.0**31, 2.0**63, 2.0**62, 8388609.0]
NUMBERS = FLOATS | HALVES | st.sampled_from(EDGES) | st.sampled_from(EDGES).map(lambda number: -number)


def stored(values: np.ndarray, dtype: type, scale: float, zero_point: int) -> np.ndarray:
    """The definition: float32 division, halves away from zero, the zero point, the type's range."""
    if dtype is np.float32:
        return values
    if dtype is np.bool_:
        return values != 0
    with np.errstate(over="ignore"):
        scaled = np.clip(values / np.float32(scale) if scale else values, -1e30, 1e30)
    limits = np.iinfo(dtype)
    whole = []
    for value in scaled.tolist():
        down = int(abs(value))
        away = down + (abs(value) - down >= 0.5)
        whole.append(min(max((away if value >= 0 else -away) + zero_point, int(limits.min)), int(limits.max)))
    return np.array(whole, dtype)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(NUMBERS, min_size=12, max_size=12), min_size=1, max_size=20))
def test_rows_are_quantised_and_dequantised_by_definition(rows: list[list[float]]) -> None:
    given_rows = np.array(rows, np.float32)
    frames = given_rows.tobytes()
    program = harness.build("quantised")
    tensors, results = b"", []
    for row in given_rows:
        at = 0
        for _, dtype, elements, scale, zero_point in INPUTS:
            data = stored(row[at : at + elements], dtype, scale, zero_point)
            tensors += data.tobytes()
            real = (data.astype(np.float64) - zero_point) * scale if scale else data
            results.append(real.astype(np.float32))
            at += elements
    assert run(program, frames, "--in=f32", "--out=tensor").out == tensors
    assert run(program, frames, "--in=f32", "--out=f32").out == np.concatenate(results).tobytes()
    assert run(program, tensors, "--in=tensor", "--out=f32").out == np.concatenate(results).tobytes()


def test_an_integer_beyond_float32_is_rounded_once() -> None:
    value = 2**53 + 2**29 + 1  # in float64 the last bit would be lost, and the tie then go to the even neighbour
    tensors = bytes(12 + 4 + 1 + 4) + struct.pack("<q", value) + b"\0"
    out = run(harness.build("quantised"), tensors, "--in=tensor", "--out=f32").out
    assert struct.unpack("<12f", out)[10] == 2**53 + 2**30
