"""What kernels of loops compute that are told their quantisation: factors from scales, exp, logistic and tanh in C."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.native import WARNINGS, build, scratch
from tools.sni.emit.files import environment
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import quantise_multiplier
from tools.sni.numerics.scales import computed_factors, factors_of

SCALES = st.floats(2.0**-20, 2.0**10, width=32)
COUNT = 20_000


@pytest.fixture(scope="module")
def helpers() -> ctypes.CDLL:
    """The C helpers over arrays, under UBSan."""
    env = environment()
    names = ("scale_divide", "scale_multiply", "fixed_multiply", "fixed_exp", "fixed_reciprocal", "fixed_logistic")
    text = "#include <stdint.h>\n#include <string.h>\n#define SNI_LAYER static\n" + "".join(
        env.get_template(f"helpers/{name}.c.j2").render() for name in (*names, "fixed_tanh")
    )
    text += """
    void factors(int count, const float *a, const float *b, const float *c, int32_t *values, int32_t *shifts);
    void factors(int count, const float *a, const float *b, const float *c, int32_t *values, int32_t *shifts) {
      for (int i = 0; i < count; ++i) {
        const sni_factor factor = sni_scale_multiply(sni_scale_divide(a[i], c[i]), b[i]);
        values[i] = factor.multiplier;
        shifts[i] = factor.shift;
      }
    }
    void functions(int count, const int32_t *x, int32_t *logistic, int32_t *tangent);
    void functions(int count, const int32_t *x, int32_t *logistic, int32_t *tangent) {
      for (int i = 0; i < count; ++i) {
        logistic[i] = sni_fixed_logistic(x[i]);
        tangent[i] = sni_fixed_tanh(x[i]);
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


def test_logistic_and_tanh_in_c_are_those_of_the_tables(helpers: ctypes.CDLL) -> None:
    rng = np.random.default_rng(1)
    edges = [0, 1, -1, 2**31 - 1, 1 - 2**31, 2**25, -(2**25), 2**25 - 1, 2**26, -(2**27), 15 << 27]
    x = np.array([*edges, *rng.integers(1 - 2**31, 2**31, COUNT), *rng.integers(-(2**28), 2**28, COUNT)], np.int32)
    logistic, tangent = np.zeros_like(x), np.zeros_like(x)
    helpers.functions(len(x), pointer(x), pointer(logistic), pointer(tangent))
    np.testing.assert_array_equal(logistic, fixed_point.logistic(x, 4))
    np.testing.assert_array_equal(tangent, fixed_point.tanh(x, 4))
