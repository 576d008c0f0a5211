"""Kernels for cores without vectors: bounds of their sums, and the bands of depthwise convolutions.

Where products are of 32 bits, as on ARMv6-M, code is another, which a macro brings here.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.convolutions import conv, depthwise
from tests.support.model_writer import write_tflite
from tests.support.models import chain, quantised, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType
from tools.sni.lower import select
from tools.sni.options import Options

OPTIONS = Options("model", "scalar_m3")
SHORT = ("-O2", "-D__ARM_ARCH_ISA_THUMB=1")
"""As for ARMv6-M."""


@pytest.mark.parametrize("flags", [("-O2",), SHORT], ids=["long", "short"])
@pytest.mark.parametrize("weights", [127, -127])
def test_sums_just_below_the_bound(weights: int, flags: tuple[str, ...]) -> None:
    """259 products of 127 and 255, the largest value plus 128, are 893 less than 2^23."""
    graph = conv((1, 1, 3, 259), (1, 1), 8, weights=weights).graph()
    assert select(graph, graph.ops[0], OPTIONS).name == "conv_2d_int8_scalar_rows"
    model = write_tflite(graph)
    native, oracle = Native(model, options=OPTIONS, flags=flags), Oracle(model)
    for pixels in ((-128, 127, -128), (127, -128, 127), (127, 127, 127), (-128, -128, -128), (0, 127, -1)):
        image = np.repeat(np.array(pixels, np.int8), 259).reshape(1, 1, 3, 259)
        np.testing.assert_array_equal(native.run(image)[0], oracle.run(image)[0])


def test_sums_beyond_it() -> None:
    graph = conv((1, 1, 3, 260), (1, 1), 8, weights=127).graph()
    assert select(graph, graph.ops[0], OPTIONS).name == "conv_2d_int8_rows"


def test_few_outputs_are_not_filled_up() -> None:
    graph = conv((1, 1, 3, 20), (1, 1), 5).graph()
    assert select(graph, graph.ops[0], OPTIONS).name == "conv_2d_int8_rows"


@pytest.mark.parametrize(("inputs", "bits"), [(32, 12), (33, 11), (64, 11), (65, 8)])
@pytest.mark.parametrize("weights", [127, -127])
def test_parts_of_a_factor_for_sums_up_to_their_bounds(inputs: int, bits: int, weights: int) -> None:
    """32 products of 127 and 128 are below 2^19, 64 below 2^20."""
    model = write_tflite(conv((1, 1, 1, inputs), (1, 1), 8, weights=weights, bias=False, zero_points=(0, 0)).graph())
    native, oracle = Native(model, options=Options("model", "scalar"), flags=SHORT), Oracle(model)
    assert f"sni_scalar_scale__{bits}(" in native.files["model.c"]
    rng = np.random.default_rng(inputs)
    images = [np.full((1, 1, 1, inputs), value, np.int8) for value in (-128, -127, -1, 1, 127)]
    images += [rng.integers(-128, 128, (1, 1, 1, inputs)).astype(np.int8) for _ in range(20)]
    for image in images:
        np.testing.assert_array_equal(native.run(image)[0], oracle.run(image)[0])


@pytest.mark.parametrize(
    ("image", "window", "stride", "padding"),
    [
        ((1, 30, 31, 16), (3, 3), (1, 1), "SAME"),
        ((1, 30, 31, 4), (3, 3), (2, 2), "SAME"),
        ((1, 31, 30, 3), (2, 5), (1, 2), "VALID"),
        ((1, 61, 9, 2), (5, 3), (1, 1), "SAME"),
        ((1, 9, 61, 2), (3, 5), (1, 1), "VALID"),
        ((1, 200, 3, 8), (3, 1), (3, 1), "SAME"),
    ],
)
def test_bands_of_planes(
    image: tuple[int, int, int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    padding: str,
) -> None:
    """The second of two layers, whose output lies over its input where it may."""
    scale = 0.05
    first = depthwise(image, (1, 1), 1, zero_points=(3, 3), output_scale=scale)
    second = depthwise(image, window, 1, stride=stride, padding=padding, zero_points=(3, 3), output_scale=scale)
    x, layers = tensor("x", DType.INT8, image, quantised(scale, 3)), []
    for number, layer in enumerate((first, second)):
        graph = layer.graph()
        op = graph.ops[0]
        y = tensor(f"y{number}", DType.INT8, layer.output, quantised(scale, 3))
        layers.append((op.kind, [x, *(graph.tensors[i] for i in op.inputs[1:])], [y], op.attributes))
        x = y
    model = write_tflite(chain(layers))
    native, oracle = Native(model, options=Options("model", "scalar"), flags=SHORT), Oracle(model)
    assert native.files["model.c"].count(".plane_lines =") == 2
    rng = np.random.default_rng(1)
    for _ in range(2):
        values = rng.integers(-128, 128, image).astype(np.int8)
        np.testing.assert_array_equal(native.run(values)[0], oracle.run(values)[0])
