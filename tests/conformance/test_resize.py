"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR against TFLM; the types it lacks against NumPy."""

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
from tests.support.models import chain, constant, single
from tests.support.native import Native
from tools.sni.ir import DType, Graph
from tools.sni.options import Options

IMAGES = [
    ((1, 4, 4, 3), (8, 8)),
    ((1, 3, 5, 2), (9, 10)),
    ((1, 4, 4, 3), (5, 7)),
    ((2, 5, 7, 1), (3, 4)),
    ((1, 6, 6, 2), (3, 2)),
    ((1, 7, 3, 4), (7, 3)),
    ((1, 1, 1, 5), (3, 2)),
    ((1, 5, 4, 2), (1, 1)),
    ((1, 2, 3, 1), (17, 13)),
    ((2, 1, 8, 2), (2, 3)),
    ((1, 24, 20, 16), (48, 40)),
]
FLAGS = [(False, False), (True, False), (False, True)]
"""(align_corners, half_pixel_centers)."""


def resized(kind: str, dtype: DType, shape: tuple, size: tuple[int, int], flags: tuple[bool, bool]) -> Graph:
    return single(
        kind,
        [activation("x", dtype, shape), numbers("size", size)],
        [activation("y", dtype, (shape[0], *size, shape[3]))],
        align_corners=flags[0],
        half_pixel_centers=flags[1],
    )


@pytest.mark.parametrize(
    ("dtype", "case", "flags"),
    [
        *itertools.product((FLOAT, INT8), IMAGES, FLAGS),
        *itertools.product((INT16,), IMAGES[1:4], FLAGS),
        *itertools.product((INT8,), IMAGES, [(True, True)]),
    ],
)
def test_nearest(dtype: DType, case: tuple, flags: tuple[bool, bool]) -> None:
    assert_conforms(resized("RESIZE_NEAREST_NEIGHBOR", dtype, *case, flags), runs=3)


@pytest.mark.parametrize("dtype", [INT32, INT64, BOOL, UINT8])
def test_nearest_types_that_tflm_lacks(dtype: DType) -> None:
    graph = resized("RESIZE_NEAREST_NEIGHBOR", dtype, (1, 3, 4, 2), (6, 12), (False, False))
    assert_gives(graph, lambda x: [x.repeat(2, 1).repeat(3, 2)], runs=3)


@pytest.mark.parametrize(("dtype", "case", "flags"), [*itertools.product((FLOAT, INT8), IMAGES, FLAGS)])
def test_bilinear(dtype: DType, case: tuple, flags: tuple[bool, bool]) -> None:
    assert_conforms(resized("RESIZE_BILINEAR", dtype, *case, flags), runs=5)


@pytest.mark.parametrize("flags", FLAGS)
def test_bilinear_int8_at_many_sizes(flags: tuple[bool, bool]) -> None:
    for size in ((2, 3), (3, 19), (11, 6), (23, 31)):
        assert_conforms(resized("RESIZE_BILINEAR", INT8, (1, 5, 6, 2), size, flags), runs=5)


@pytest.mark.parametrize(
    ("dtype", "flags"), [*itertools.product((FLOAT, INT8), (("-O3",), ("-O3", "-march=x86-64-v3")))]
)
def test_bilinear_vectorised(dtype: DType, flags: tuple[str, ...]) -> None:
    graph = resized("RESIZE_BILINEAR", dtype, (2, 6, 5, 35), (9, 11), (False, True))
    assert_conforms(graph, runs=5, flags=flags)


@pytest.mark.parametrize("rounding", ["double", "single"])
def test_bilinear_int8_halves(rounding: str) -> None:
    """Twice the size has weights of quarters, so sixteenths, of which many are halves: away from zero, or upwards."""
    graph = resized("RESIZE_BILINEAR", INT8, (1, 5, 5, 8), (10, 10), (False, True))
    native = Native(write_tflite(graph), options=Options("model", rounding=rounding), flags=CHECKED)
    x = np.random.default_rng(3).integers(-128, 128, (1, 5, 5, 8)).astype(np.int8)
    at = np.clip((np.arange(10) + 0.5) / 2 - 0.5, 0, 4)
    weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(5)))
    exact = np.einsum("yi,xj,bijc->byxc", weights, weights, x.astype(np.float64))
    away = np.sign(exact) * np.floor(np.abs(exact) + 0.5)
    expected = away if rounding == "double" else np.floor(exact + 0.5)
    assert (away != np.floor(exact + 0.5)).any()
    np.testing.assert_array_equal(native.run(x)[0], expected)


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_bilinear_of_a_constant(dtype: DType) -> None:
    """Joined with an input, so that the network has one."""
    x = activation("x", dtype, (2, 3, 4, 1))
    image = constant("image", dtype, np.arange(24).reshape(2, 3, 4, 1) ** 2 % 100, x.quantisation)
    between, y = activation("between", dtype, (2, 5, 7, 1)), activation("y", dtype, (2, 5, 7, 3))
    z = activation("z", dtype, (2, 5, 7, 2))
    graph = chain(
        [
            ("RESIZE_BILINEAR", [image, numbers("size", (5, 7))], [between], {"align_corners": True}),
            ("CONCATENATION", [between, z], [y], {"axis": 3, "fused_activation_function": "NONE"}),
        ]
    )
    assert_conforms(graph, runs=2)


@pytest.mark.parametrize("flags", FLAGS)
def test_bilinear_int16_which_tflm_lacks(flags: tuple[bool, bool]) -> None:
    """Within half a step of the mixture in real numbers, and the tenth bit of the fractions."""
    graph = resized("RESIZE_BILINEAR", INT16, (1, 4, 5, 2), (7, 9), flags)
    real = resized("RESIZE_BILINEAR", FLOAT, (1, 4, 5, 2), (7, 9), flags)
    rng = np.random.default_rng(8)
    x = rng.integers(-32768, 32768, (1, 4, 5, 2)).astype(np.int16)
    (ours,) = Native(write_tflite(graph), flags=CHECKED).run(x)
    (exact,) = Native(write_tflite(real), flags=CHECKED).run(x.astype(np.float32))
    assert np.abs(ours - exact).max() < 0.5 + 2 * 65536 / 1024
