"""The kernels of the profile neon against TFLM: a case for each way through them, which other shapes may miss."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import assert_conforms
from tests.support.convolutions import FLOATS, INT8S, INT16S, INT16S_NARROW, Convolution, conv, depthwise
from tests.support.elements import INT8, INT16, binary, quantisations
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import PROFILE, compiled
from tools.kit.building import run, scratch
from tools.kit.layers import NAME, measure
from tools.kit.table import platform
from tools.sni.compiler import compile_model
from tools.sni.emit.files import environment
from tools.sni.ir import DType, Graph
from tools.sni.neon.int16 import portable
from tools.sni.neon.lines import instructions
from tools.sni.options import Options

pytestmark = pytest.mark.skipif(PROFILE != "neon", reason="for the profile neon alone")

FLOAT = DType.FLOAT32

PRODUCTS = {
    "tiles of 4, 2 and 1 pixels": (conv((1, 1, 7, 16), (1, 1), 16), "rows", "rows"),
    "a row, outputs left over": (conv((1, 1, 1, 24), (1, 1), 13), "rows", "rows"),
    "inputs left over": (conv((1, 3, 3, 12), (1, 1), 8), "columns", "rows"),
    "fewer inputs than a group": (conv((1, 2, 5, 3), (1, 1), 9), "columns", "rows"),
    "inputs left over, several images": (conv((2, 2, 3, 5), (1, 1), 9), "columns", "rows"),
    "1 x 1 with stride": (conv((1, 5, 7, 8), (1, 1), 8, stride=(2, 3)), "columns", "lines"),
    "along a line with stride": (conv((1, 1, 13, 8), (1, 3), 9, stride=(1, 2), padding="VALID"), "rows", "rows"),
    "along a column": (conv((1, 13, 1, 8), (3, 1), 9, stride=(2, 1), padding="VALID"), "rows", "rows"),
    "3 x 3": (conv((1, 5, 6, 8), (3, 3), 8), "columns", "ring"),
    "3 x 3 with stride": (conv((1, 7, 9, 4), (3, 3), 12, stride=(2, 2)), "columns", "ring"),
    "3 x 3, valid": (conv((1, 6, 7, 5), (3, 3), 8, padding="VALID"), "columns", "lines"),
    "three channels, 17 outputs": (conv((1, 6, 11, 3), (3, 3), 17), "columns", "ring"),
    "two channels": (conv((1, 5, 6, 2), (2, 3), 8), "columns", "ring"),
    "16 channels, and 21": (conv((1, 3, 4, 21), (3, 2), 8), "columns", "ring"),
    "lines apart": (conv((1, 9, 6, 4), (3, 2), 8, dilation=(2, 1)), "columns", None),
    "rows that no window sees": (conv((1, 9, 9, 8), (2, 2), 8, stride=(3, 3)), "columns", "lines"),
    "a window larger than the image": (conv((1, 2, 3, 8), (5, 7), 8), "columns", "ring"),
}
"""A layer; the kernel that it has in int8, and in float32."""

SHORT_LINES = ("3 x 3 with stride", "3 x 3, valid", "two channels", "lines apart")
"""Shapes which kernels of int16 copy to strips of columns, unlike those of float32."""

CHANNELS = {
    "3 x 3": (depthwise((1, 5, 7, 16), (3, 3), 1), "ring"),
    "3 x 3 with stride, channels left over": (depthwise((1, 7, 8, 21), (3, 3), 1, stride=(2, 2)), "ring"),
    "3 x 3, stride 3": (depthwise((1, 9, 9, 8), (3, 3), 1, stride=(3, 3)), "lines"),
    "3 x 3, valid, strides that differ": (depthwise((1, 8, 9, 8), (3, 3), 1, stride=(2, 1), padding="VALID"), "lines"),
    "one pixel": (depthwise((1, 1, 1, 9), (3, 3), 1), "ring"),
    "2 x 4": (depthwise((1, 5, 9, 8), (2, 4), 1, stride=(1, 3)), "ring"),
    "4 x 2": (depthwise((1, 6, 5, 8), (4, 2), 1), "ring"),
    "5 x 5": (depthwise((1, 6, 7, 12), (5, 5), 1, stride=(2, 2)), "ring"),
    "along a column": (depthwise((1, 17, 1, 40), (10, 1), 1, padding="VALID"), "lines"),
    "along a column with stride": (depthwise((1, 14, 1, 8), (5, 1), 1, stride=(3, 1)), "ring"),
}


def kernel_of(graph: Graph) -> str:
    report = compiled(write_tflite(graph), "model.tflite", Options("model", "neon"))["model_report.json"]
    return str(json.loads(report)["layers"][0]["kernel"])


def assert_kernel(graph: Graph, kernel: str, **more: object) -> None:
    """That a layer has a kernel of this name, and the bits of TFLM."""
    assert kernel_of(graph) == kernel
    assert_conforms(graph, **more)


@pytest.mark.parametrize(("outputs", "wins"), [(1, False), (2, False), (5, True)])
def test_few_outputs_are_left_to_c99(outputs: int, wins: bool) -> None:
    """A block of eight takes as long for one; both costs that the choice rests on stand in the reason."""
    graph = conv((1, 4, 5, 64), (1, 1), outputs).graph()
    files = {profile: compile_model(write_tflite(graph), "m", Options(NAME, profile)) for profile in ("c99", "neon")}
    counted = {profile: measure(made, platform("armv7l")).layers[0].instructions for profile, made in files.items()}
    assert (counted["neon"] < counted["c99"]) == wins
    reason = json.loads(files["neon"][f"{NAME}_report.json"])["layers"][0].get("reason", "")
    assert ("neon" in kernel_of(graph)) == wins
    if wins:
        estimates = [int(text.replace(",", "")) for text in re.findall(r"([\d,]+) (?:instructions|by c99)", reason)]
        assert estimates == [pytest.approx(counted["neon"], rel=0.1), pytest.approx(counted["c99"], rel=0.3)]


@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
@pytest.mark.parametrize("shape", PRODUCTS)
def test_products(shape: str, activation: str) -> None:
    layer, kernel, _ = PRODUCTS[shape]
    # Outputs from the zero point on, which are the lowest ones, or not; and a clamp within the range, or not.
    zero_points = (-128, -128) if activation == "RELU6" else (3, -5)
    made = replace(layer, types=INT8S, activation=activation, zero_points=zero_points)
    assert_kernel(made.graph(), f"conv_2d_int8_neon_{kernel}", runs=6)


@pytest.mark.parametrize("shape", [name for name, (*_, kernel) in PRODUCTS.items() if kernel])
def test_float_products(shape: str) -> None:
    layer, _, kernel = PRODUCTS[shape]
    activation = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")[len(shape) % 4]
    made = replace(layer, types=FLOATS, activation=activation)
    assert_kernel(made.graph(), f"conv_2d_float32_neon_{kernel}", runs=3)


@pytest.mark.parametrize("types", [INT16S, INT16S_NARROW], ids=["bias of 64 bits", "bias of 32 bits"])
@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
@pytest.mark.parametrize("shape", PRODUCTS)
def test_int16_products(shape: str, activation: str, types: tuple[DType, DType]) -> None:
    layer, _, kernel = PRODUCTS[shape]
    kernel = "columns" if shape in SHORT_LINES else kernel
    made = replace(layer, types=types, activation=activation)
    assert_kernel(made.graph(), f"conv_2d_int16_neon_{kernel}", runs=6)


WIDE: dict[str, Convolution] = {
    "rows": conv((1, 1, 7, 1019), (1, 1), 9, weights=-128),
    "a row": conv((1, 1, 1, 513), (1, 1), 8, weights=127),
    "ring": conv((1, 3, 4, 100), (3, 3), 8, weights=-128),
    "columns": conv((1, 30, 3, 5), (20, 6), 8, weights=-127),
}
"""Layers whose sums may need more than 32 bits."""


@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
@pytest.mark.parametrize("shape", WIDE)
def test_int16_sums_beyond_32_bits(shape: str, activation: str) -> None:
    layer = replace(WIDE[shape], types=INT16S, activation=activation, output_scale=1.5)
    model = compile_model(write_tflite(layer.graph()), "m.tflite", Options("m", "neon"))
    assert "sni_neon_int16_widen(" in model["m.c"]
    assert_kernel(layer.graph(), f"conv_2d_int16_neon_{'rows' if 'row' in shape else shape}", runs=6)


@pytest.mark.parametrize("output_scale", [1e-4, 3e-3, 1e2, 1e5])
def test_int16_factors(output_scale: float) -> None:
    """From nearly 1 to below 2^-16, which take sums of 64 bits to scale."""
    for layer in (conv((1, 1, 6, 20), (1, 1), 9), depthwise((1, 4, 5, 9), (3, 3), 1)):
        assert_conforms(replace(layer, types=INT16S, output_scale=output_scale).graph(), runs=4)
    narrow = conv((1, 1, 6, 20), (1, 1), 9, types=INT16S_NARROW, output_scale=output_scale)
    assert_conforms(narrow.graph(), runs=4)


@pytest.mark.parametrize("activation", ["NONE", "RELU"])
def test_int16_halves(activation: str) -> None:
    """Small sums divided by a small number lie on halves, which TFLM rounds in two ways."""
    for types in (INT16S_NARROW, INT16S):
        layer = conv((1, 1, 7, 8), (1, 1), 8, types=types, activation=activation, output_scale=3e-6, bias=False)
        extra = {"quantized_bias_type": types[1].value.upper()}
        rng = np.random.default_rng(0)
        values = [[rng.integers(-9, 10, layer.image).astype(np.int16)] for _ in range(20)]
        assert_conforms(replace(layer, extra=extra).graph(), values=values)


@pytest.mark.parametrize(("outputs", "lines"), [(2, 1), (16, 1), (16, 3)])
def test_int16_estimates(outputs: int, lines: int) -> None:
    """What kernels are chosen by, beside what is counted."""
    window, image = (lines, lines), (1, 8, 8, 24 if lines > 1 else 64)
    graph = conv(image, window, outputs, types=INT16S).graph()
    counted = {}
    for profile in ("c99", "neon"):
        files = compile_model(write_tflite(graph), "m", Options(NAME, profile))
        counted[profile] = measure(files, platform("armv7l")).layers[0].instructions
    inputs = lines * lines * image[3]
    assert ("neon" in kernel_of(graph)) == (outputs > 2)
    assert 8 * portable(inputs, outputs, 8) == pytest.approx(counted["c99"], rel=0.35)
    if outputs > 2:
        assert 8 * instructions(inputs, outputs, lines, 8) == pytest.approx(counted["neon"], rel=0.1)


@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
@pytest.mark.parametrize("shape", CHANNELS)
def test_int16_channels(shape: str, activation: str) -> None:
    layer, kernel = CHANNELS[shape]
    made = replace(layer, types=INT16S, activation=activation)
    assert_kernel(made.graph(), f"depthwise_conv_2d_int16_neon_{kernel}", runs=6)


@pytest.mark.parametrize("weights", [-128, -127, 60, 30])
def test_weights_decide_how_many_products_a_lane_adds_up(weights: int) -> None:
    for layer in (conv((1, 1, 7, 16), (1, 1), 8), depthwise((1, 4, 5, 8), (3, 3), 1)):
        assert_conforms(replace(layer, weights=weights, zero_points=(127, 0)).graph(), runs=2)


@pytest.mark.parametrize("activation", ["NONE", "RELU"])
@pytest.mark.parametrize("shape", CHANNELS)
def test_channels(shape: str, activation: str) -> None:
    layer, kernel = CHANNELS[shape]
    zero_points = (-128, -128) if activation == "RELU" else (3, -5)
    made = replace(layer, activation=activation, zero_points=zero_points)
    assert_kernel(made.graph(), f"depthwise_conv_2d_int8_neon_{kernel}", runs=6)


@pytest.mark.parametrize("shape", CHANNELS)
def test_float_channels(shape: str) -> None:
    layer, kernel = CHANNELS[shape]
    activation = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")[len(shape) % 4]
    made = replace(layer, types=FLOATS, activation=activation)
    assert_kernel(made.graph(), f"depthwise_conv_2d_float32_neon_{kernel}", runs=3)


def test_clamped_channels() -> None:
    for window in ((3, 3), (5, 4)):
        layer = depthwise((1, 5, 6, 8), window, 1, activation="RELU6", output_scale=0.03)
        assert_conforms(layer.graph(), runs=6)


@pytest.mark.parametrize("layer", [conv((1, 4, 7, 8), (3, 3), 8), depthwise((1, 4, 5, 8), (3, 3), 1)])
@pytest.mark.parametrize("types", [INT8S, INT16S, FLOATS])
def test_registers_are_enough_without_optimisation(layer: Convolution, types: tuple[DType, DType]) -> None:
    made = replace(layer, types=types, activation="RELU6", output_scale=0.0 if types is INT16S else 0.03)
    assert_conforms(made.graph(), runs=2, flags=("-O0",))


def test_what_is_not_a_number_stays_so() -> None:
    layer: Convolution = conv((1, 1, 1, 8), (1, 1), 8, types=FLOATS, activation="RELU6")
    values = [[np.full(layer.image, value, np.float32)] for value in (np.nan, np.inf, -np.inf)]
    assert_conforms(layer.graph(), values=values)


@pytest.mark.parametrize("dtype", [INT8, FLOAT])
@pytest.mark.parametrize(
    ("image", "window", "activation"),
    [((1, 25, 5, 24), (25, 5), "NONE"), ((2, 7, 6, 13), (3, 2), "RELU"), ((1, 3, 3, 8), (3, 3), "RELU6")],
)
def test_means(image: tuple[int, int, int, int], window: tuple[int, int], activation: str, dtype: DType) -> None:
    graph = averages(dtype, image, window, "VALID", activation)
    assert_kernel(graph, f"average_pool_2d_{dtype.value}_neon", runs=6)


@pytest.mark.parametrize(("image", "window"), [((1, 5, 7, 13), (3, 2)), ((2, 3, 2, 8), (5, 4))])
def test_float_means_of_windows_that_leave_the_image(image: tuple[int, int, int, int], window: tuple[int, int]) -> None:
    assert_kernel(averages(FLOAT, image, window, "SAME", "RELU6"), "average_pool_2d_float32_neon", runs=6)


def averages(
    dtype: DType, image: tuple[int, int, int, int], window: tuple[int, int], padding: str, activation: str
) -> Graph:
    """AVERAGE_POOL_2D of windows side by side."""
    quantisation = quantised(0.04, -3) if dtype is INT8 else None
    sizes = zip(image[1:3], window, strict=True)
    rows, columns = (-(-size // taps) if padding == "SAME" else size // taps for size, taps in sizes)
    x, y = (tensor("x", dtype, shape, quantisation) for shape in (image, (image[0], rows, columns, image[3])))
    attributes = {"padding": padding, "filter_height": window[0], "filter_width": window[1]}
    attributes |= {"stride_h": window[0], "stride_w": window[1], "fused_activation_function": activation}
    return single("AVERAGE_POOL_2D", [x], [y], **attributes)


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6"])
@pytest.mark.parametrize("elements", [1, 16, 53])
def test_sums(elements: int, activation: str) -> None:
    # Of scales that are fractions of one another some sums fall on halves, which TFLM rounds away from zero.
    scales = quantisations((0.0391313, 0.0417977, 0.0613471), (3, -7, 11))
    graph = binary("ADD", INT8, ((elements,), (elements,)), scales, activation)
    assert_kernel(graph, "add_int8_neon", runs=40)


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6"])
@pytest.mark.parametrize("elements", [1, 16, 53])
def test_float_sums(elements: int, activation: str) -> None:
    graph = binary("ADD", FLOAT, ((elements,), (elements,)), None, activation)
    assert_kernel(graph, "add_float32_neon")
    special = np.resize(np.array([np.inf, -np.inf, np.nan, 3e38, -3e38], np.float32), elements)
    assert_conforms(graph, values=[[special, np.float32(0.1) * special], [special, -special]])


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6"])
@pytest.mark.parametrize(
    "scales", [(2**-13, 2**-12, 2**-11), (4e-4, 3e-4, 1e-4), (2**-12, 2**-12, 2**-11), (1e-7, 2e-4, 2e-4)]
)
def test_int16_sums(scales: tuple[float, float, float], activation: str) -> None:
    """Of small numbers too; where scales are powers of two many fall on halves."""
    for elements in (1, 16, 53):
        graph = binary("ADD", INT16, ((elements,), (elements,)), quantisations(scales, (0, 0, 0)), activation)
        assert_kernel(graph, "add_int16_neon", runs=20)
    rng = np.random.default_rng(0)
    values = [[rng.integers(-99, 100, elements).astype(np.int16) for _ in range(2)] for _ in range(20)]
    assert_conforms(graph, values=values)


TOLD = """
#include <arm_neon.h>
#include <stdint.h>
#include <stdio.h>
#define SNI_LAYER static
HELPERS
/* How many of so many factors are not those of portable C. */
int main(void) {
  static uint32_t scales[4096];
  static int32_t starts[4096];
  static int32_t to[3 * 4096];
  const sni_neon_layer layer = {.outputs = 4096};
  uint64_t state = 1;
  int32_t wrong = 0;
  for (int32_t round = 0; round < 8; ++round) {
    for (int32_t o = 0; o < 4096; ++o) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      scales[o] = 0x3a000000U + (uint32_t)(state >> 38);
      starts[o] = o;
    }
    const sni_quotient quotient = {state | (uint64_t)1 << 63, -60 - round};
    sni_neon_told(&layer, &quotient, 0, starts, scales, to);
    for (int32_t o = 0; o < 4096; ++o) {
      const sni_factor factor = sni_scale_product(&quotient, scales[o]);
      const int32_t *const found = &to[o / 8 * 24 + o % 8];
      wrong += found[0] != o || found[8] != factor.multiplier || found[16] != -factor.shift;
    }
  }
  printf("%d", wrong);
  return 0;
}
"""


def test_factors_of_vectors_are_those_of_portable_c() -> None:
    """A bit of a factor hardly ever changes an output."""
    on, folder = platform("armv7l"), scratch("told")
    names = ("quotient", "scale_product", "neon_layer", "neon_told")
    helpers = "".join(environment().get_template(f"helpers/{name}.c.j2").render() for name in names)
    (folder / "told.c").write_text(TOLD.replace("HELPERS", helpers))
    run([on.compiler, "-std=c99", "-O2", *on.copts, "told.c", *on.linkopts, "-o", "told"], folder)
    assert run([*on.emulator, folder / "told"]) == "0"
