"""What kernels of loops compute that are told their quantisation: factors from scales, and sigmoids from one table."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.models import quantised
from tests.support.native import WARNINGS, build, scratch
from tools.sni.emit.files import environment
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import quantise_multiplier, rounding_divide_by_power_of_two
from tools.sni.numerics.scales import computed_factors, factors_of
from tools.sni.ops.stepped_sigmoid import is_exact, rising, tables

SCALES = st.floats(2.0**-20, 2.0**10, width=32)
COUNT = 20_000
_HELPERS = (
    *("quotient", "scale_digit"),
    *("scale_divide", "scale_product", "scale_multiply", "scale_factor"),
)


@pytest.fixture(scope="module")
def helpers() -> ctypes.CDLL:
    """The C helpers over arrays, under UBSan."""
    env = environment()
    text = "#include <stdint.h>\n#include <string.h>\n#define SNI_LAYER static\n" + "".join(
        env.get_template(f"helpers/{name}.c.j2").render() for name in _HELPERS
    )
    text += """
    void factors(int count, const float *a, const float *b, const float *c, int32_t *values, int32_t *shifts);
    void factors(int count, const float *a, const float *b, const float *c, int32_t *values, int32_t *shifts) {
      for (int i = 0; i < count; ++i) {
        const sni_factor factor = sni_scale_factor(a[i], b[i], c[i]);
        values[i] = factor.multiplier;
        shifts[i] = factor.shift;
      }
    }
    """
    folder = scratch() / "told"
    folder.mkdir(exist_ok=True)
    (folder / "helpers.c").write_text(text)
    library = folder / "helpers.so"
    sanitize = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
    build(["gcc", *WARNINGS, *sanitize, "-O2", "-shared", "-fPIC", folder / "helpers.c", "-o", library])
    return ctypes.CDLL(str(library))


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


@given(SCALES, SCALES, SCALES)
def test_factors_of_arrays_are_those_of_numbers(a: float, b: float, c: float) -> None:
    real = a * b / c
    m, many = quantise_multiplier(real), factors_of(np.array([real]))
    if m.value:
        assert (int(many.values[0]), int(many.shifts[0])) == (m.value, m.shift)


def test_factors_computed_by_integers_are_those_that_the_c_computes(helpers: ctypes.CDLL) -> None:
    rng = np.random.default_rng(0)
    a, b, c = (np.exp(rng.uniform(-20, 8, COUNT)).astype(np.float32) for _ in range(3))
    # Quotients just below, at and above a power of two.
    c[:100], a[100:200] = a[:100], np.nextafter(c[100:200], np.float32(0))
    a[200:300], b[300:400] = np.nextafter(c[200:300], np.float32(1e9)), 1
    values, shifts = np.zeros(COUNT, np.int32), np.zeros(COUNT, np.int32)
    helpers.factors(COUNT, pointer(a), pointer(b), pointer(c), pointer(values), pointer(shifts))
    ours, theirs = computed_factors(a, b, c), factors_of(a.astype(np.float64) * b / c)
    np.testing.assert_array_equal(values, ours.values)
    np.testing.assert_array_equal(-shifts, ours.shifts)
    # And nearly always those of TFLM, to which 53 bits of a double are enough; compilers of loops check each.
    assert (ours.values == theirs.values).mean() > 0.9999


@pytest.mark.parametrize("scale", [0.0, 1e-40, np.inf, np.nan])
def test_scales_without_24_bits_are_not_taken(scale: float) -> None:
    good = np.array([0.1])
    assert computed_factors(np.array([scale]), good, good) is None
    assert computed_factors(good, good, np.array([scale])) is None


def table_of_sigmoid(x: np.ndarray) -> np.ndarray:
    """As the C of LOGISTIC and TANH reads it: the interval's value, and whether it reaches the next."""
    reached, intervals = tables()
    before = intervals[x >> 21].astype(np.int64)
    return before + (x >= reached[before])


def test_one_table_has_logistic_and_tanh() -> None:
    rng = np.random.default_rng(1)
    reached, intervals = (table.astype(np.int64) for table in tables())
    near = np.concatenate([reached + i for i in (-9, -1, 0, 9)])
    edges = np.array([0, 1, *(np.arange(1, len(intervals)) << 21), *((np.arange(1, len(intervals)) << 21) - 1)])
    x = np.concatenate([near, edges, rng.integers(0, reached[-1] + (1 << 21), COUNT)])
    np.testing.assert_array_equal(table_of_sigmoid(x), rising(x))
    np.testing.assert_array_equal(rising(-x), -rising(x))
    tangent = rounding_divide_by_power_of_two(fixed_point.tanh(x >> 1, 4), 24)
    np.testing.assert_array_equal(tangent, rising(x >> 1 << 1))


@pytest.mark.parametrize("doubled", [0, 1])
def test_where_the_function_falls_back_the_table_is_not_taken(doubled: int) -> None:
    """It is 28 at 58,584,429, and 27 again at the next number. Nine times and ten times a scale meet them."""
    peak, dip = (quantised(x / (1 + doubled) / 2**27) for x in (58_584_429 / 9, 58_584_430 / 10))
    assert is_exact(dip, doubled, "double") + is_exact(peak, doubled, "double") == (1 if not doubled else 2)
    assert all(is_exact(quantised(scale, 7), doubled, "double") for scale in (0.001, 0.0313, 0.2, 1.9))
