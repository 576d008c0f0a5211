"""Fixed-point arithmetic at build time and the C helpers at run time, against exact rational arithmetic."""

from __future__ import annotations

import ctypes
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.native import WARNINGS, build, scratch
from tools.sni.emit.files import environment
from tools.sni.emit.literals import c_float, table_lines
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import (
    Multiplier,
    multiply,
    quantise_multiplier,
    reduced,
    round_half_away,
    wrap_int32,
)

INT32 = st.integers(-(2**31), 2**31 - 1)


@given(st.floats(1e-9, 1e6))
def test_a_multiplier_approximates_its_factor_to_31_bits(real: float) -> None:
    m = quantise_multiplier(real)
    assert 2**30 <= m.value < 2**31
    assert abs(Fraction(m.value) * Fraction(2) ** (m.shift - 31) / Fraction(real) - 1) <= Fraction(1, 2**31)


def test_factors_at_the_edges() -> None:
    assert quantise_multiplier(0.0) == Multiplier(0, 0)
    assert quantise_multiplier(1.0) == Multiplier(2**30, 1)
    assert quantise_multiplier(1.0 - 2**-40) == Multiplier(2**30, 1)
    assert quantise_multiplier(2.0**-40) == Multiplier(0, 0)


def half_away(x: Fraction) -> int:
    return int(abs(x) + Fraction(1, 2)) * (1 if x >= 0 else -1)


def half_up(x: Fraction) -> int:
    return (x + Fraction(1, 2)).__floor__()


def exact(x: int, m: Multiplier, rounding: str) -> int:
    """The definition: one or two roundings of the exact product."""
    if rounding == "single":
        return half_up(Fraction(x * m.value, 2 ** (31 - m.shift)))
    left, right = max(m.shift, 0), max(-m.shift, 0)
    high = half_up(Fraction(int(wrap_int32(x << left)) * m.value, 2**31))
    return half_away(Fraction(high, 2**right))


@given(INT32, st.floats(1e-9, 1.0), st.sampled_from(["double", "single"]))
def test_multiply_rounds_as_defined(x: int, real: float, rounding: str) -> None:
    m = quantise_multiplier(real)
    assert int(multiply(np.int64(x), m, rounding)) == exact(x, m, rounding)


@pytest.fixture(scope="module", params=["double", "single"])
def helpers(request: pytest.FixtureRequest) -> tuple[str, ctypes.CDLL]:
    """The C helpers as functions that can be called, under UBSan."""
    env = environment()
    names = ("requantise", "requantise_any", "requantise_wide", "round")
    text = "#include <stdint.h>\n" + "".join(
        env.get_template(f"helpers/{n}.c.j2").render(rounding=request.param) for n in names
    )
    for function, helper, kind in (
        ("requantise", "requantise", "int32_t"),
        ("any", "requantise_any", "int32_t"),
        ("wide", "requantise_wide", "int64_t"),
        ("rounded", "round", "float"),
    ):
        head = f"int32_t {function}({kind} a, int32_t b, int32_t c)"
        text += f"{head};\n{head} {{ return sni_{helper}(a, b, c); }}\n"
    source = scratch() / f"helpers_{request.param}.c"
    source.write_text(text)
    library = source.with_suffix(".so")
    build(
        [
            "gcc",
            *WARNINGS,
            "-O2",
            "-fsanitize=undefined",
            "-fno-sanitize-recover=all",
            "-shared",
            "-fPIC",
            source,
            "-o",
            library,
        ]
    )
    loaded = ctypes.CDLL(str(library))
    loaded.wide.argtypes = [ctypes.c_int64, ctypes.c_int32, ctypes.c_int32]
    loaded.rounded.argtypes = [ctypes.c_float, ctypes.c_int32, ctypes.c_int32]
    return request.param, loaded


@given(x=INT32, value=st.integers(2**30, 2**31 - 1), shift=st.integers(1, 31))
def test_the_proved_helper_equals_the_definition(
    helpers: tuple[str, ctypes.CDLL], x: int, value: int, shift: int
) -> None:
    rounding, library = helpers
    bound = 2**31 - 2 ** (shift - 1)
    x = max(-bound + 1, min(bound - 1, x))
    assert library.requantise(x, value, shift) == exact(x, Multiplier(value, -shift), rounding)


@given(x=INT32, value=st.integers(2**30, 2**31 - 1), shift=st.integers(-29, 31))
def test_the_general_helper_equals_the_definition(
    helpers: tuple[str, ctypes.CDLL], x: int, value: int, shift: int
) -> None:
    rounding, library = helpers
    if rounding == "single" and abs(exact(x, Multiplier(value, -shift), rounding)) >= 2**31:
        return  # TFLM asserts that the result fits.
    assert library.any(x, value, shift) == exact(x, Multiplier(value, -shift), rounding)


@given(x=st.integers(-(2**46), 2**46), value=st.integers(2**30, 2**31 - 1), shift=st.integers(1, 31))
def test_the_wide_helper_equals_the_definition(
    helpers: tuple[str, ctypes.CDLL], x: int, value: int, shift: int
) -> None:
    short = reduced(Multiplier(value, -shift))
    wanted = half_up(Fraction(x * short, 2 ** (15 + shift)))
    if abs(wanted) < 2**31:
        assert helpers[1].wide(x, short, shift) == wanted


@given(x=st.floats(width=32, allow_nan=False), low=st.integers(-40000, 0), high=st.integers(1, 40000))
def test_rounding_a_float_equals_the_definition(
    helpers: tuple[str, ctypes.CDLL], x: float, low: int, high: int
) -> None:
    wanted = low if x <= low else high if x >= high else round_half_away(x)
    assert helpers[1].rounded(x, low, high) == wanted


@given(st.lists(st.integers(-(2**31) + 1, 0), min_size=1, max_size=50))
def test_exp_is_close_to_the_function(raws: list[int]) -> None:
    got = fixed_point.exp_on_negative_values(np.array(raws), 5) / 2**31
    np.testing.assert_allclose(got, np.exp(np.array(raws) / 2**26), atol=1e-6)


@given(st.lists(INT32, min_size=1, max_size=50))
def test_tanh_and_logistic_are_close_to_the_functions(raws: list[int]) -> None:
    x = np.clip(np.array(raws, np.int64), -(2**31) + 1, None)
    np.testing.assert_allclose(fixed_point.tanh(x, 4) / 2**31, np.tanh(x / 2**27), atol=1e-6)
    np.testing.assert_allclose(fixed_point.logistic(x, 4) / 2**31, 1 / (1 + np.exp(-x / 2**27)), atol=1e-6)


@given(st.floats(width=32))
def test_float_literals_read_back_as_the_same_number(value: float) -> None:
    literal = c_float(value)
    if np.isfinite(value):
        assert literal.endswith("f")
        assert np.float32(float(literal[:-1])) == np.float32(value)
    else:
        assert literal in ("NAN", "INFINITY", "(-INFINITY)")


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "int64", "float32"])
def test_tables_survive_the_way_through_a_c_compiler(dtype: str) -> None:
    kind = np.dtype(dtype)
    if kind.kind == "f":
        edges = np.array([0.0, -0.0, 1e-45, -3.4e38, 1 / 3, np.inf, -np.inf, np.nan, 16777217.0], kind)
    else:
        info = np.iinfo(kind)
        edges = np.array([info.min, info.min + 1, 0, 1, info.max], kind)
    c = {"float32": "float"}.get(dtype, f"{dtype}_t")
    body = "\n".join(table_lines(edges))
    source: Path = scratch() / f"table_{dtype}.c"
    array = f"{c} table[{edges.size}]"
    source.write_text(
        f"#include <math.h>\n#include <stdint.h>\nextern const {array};\nconst {array} = {{\n{body}\n}};\n"
    )
    build(["gcc", *WARNINGS, "-shared", "-fPIC", source, "-o", source.with_suffix(".so")])
    library = ctypes.CDLL(str(source.with_suffix(".so")))
    raw = ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(library, "table")), edges.nbytes)
    read = np.frombuffer(raw, kind)
    np.testing.assert_array_equal(read, edges)
    assert np.array_equal(np.signbit(read), np.signbit(edges)) or kind.kind != "f"
