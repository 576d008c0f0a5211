"""What the profile `x86` has beside the families of tests/conformance that run with it: each case on every level."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.support import x86
from tests.support.convolutions import INT8S, INT16S, INT16S_NARROW, Convolution, conv, depthwise
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, single, tensor
from tests.support.native import Native, build, write
from tests.support.oracle import Oracle, edge_inputs
from tests.support.pruned import unstructured, with_weights
from tools.sni.compiler import compile_model
from tools.sni.ir import DType, Graph
from tools.sni.options import Options
from tools.sni.x86 import products


def assert_conforms(graph: Graph, kernel: str) -> None:
    """The kernel is in the code, and gives TFLM's bits."""
    model = write_tflite(graph)
    native, oracle = Native(model, options=Options("model", "x86")), Oracle(model, len(graph.inputs))
    assert kernel in native.files["model.c"]
    rng = np.random.default_rng(0)
    for values in zip(*(edge_inputs(x.dtype.numpy, x.shape, rng, 30) for x in native.inputs), strict=True):
        np.testing.assert_array_equal(native.run(*values)[0], oracle.run(*values)[0])


MAIN = """
#include "model.h"
int main(void) {
  static const int32_t levels[] = {LEVELS};
  model_state state;
  for (int i = 0; i < (int)(sizeof levels / sizeof *levels); ++i) {
    model_init(&state);
    state.level = levels[i];
    for (int k = 0; k < MODEL_INPUT_ELEMENTS; ++k) model_input(&state)[k] = 3;
    model_invoke(&state);
  }
  return 0;
}
"""


OF_16_BITS = ("a window", "depthwise, two images")
"""Of INT16_LAYERS."""


@pytest.mark.parametrize("network", ["int8", "float32", "18 windows by sixes", "zeros left out", *OF_16_BITS])
def test_nothing_reaches_beyond_the_state(tmp_path: Path, network: str) -> None:
    """Neither writing nor reading: under the address sanitizer, with windows and channels that fill no tile."""
    by_sixes = conv((1, 6, 3, 20), (1, 1), 64, types=INT8S)
    if network in INT16_LAYERS:
        graph = INT16_LAYERS[network].graph()
    elif network[0] == "1":
        graph = by_sixes.graph()
    elif network[0] == "z":
        graph = with_weights(integer_layer((1, 321, 133)), unstructured(0.85))
    else:
        graph = odd_network(1, DType(network))
    files = compile_model(write_tflite(graph), "model.tflite", Options("model", "x86"))
    assert network[:2] != "18" or "x86_6x" in files["model.c"]
    assert network[0] != "z" or "x86_sparse" in files["model.c"]
    write(x86.runnable(files), tmp_path)
    (tmp_path / "main.c").write_text(MAIN.replace("LEVELS", ", ".join(map(str, x86.levels()))))
    sanitized = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-std=c99"]
    build(["gcc", *sanitized, tmp_path / "main.c", tmp_path / "model.c", "-lm", "-o", tmp_path / "program"])
    done = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("clang") is None, reason="needs clang on PATH")
@pytest.mark.parametrize("network", ["int8", "float32", "16 bits"])
def test_nothing_is_left_over_where_flags_promise_a_level(tmp_path: Path, network: str) -> None:
    """Clang warns of inline functions that nobody calls, and these flags leave levels out that would."""
    graph = INT16_LAYERS["rows, two roundings"].graph() if network[0] == "1" else odd_network(1, DType(network))
    write(compile_model(write_tflite(graph), "model.tflite", Options("model", "x86")), tmp_path)
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-std=c99", "-fsyntax-only"]
    build(["clang", *strict, "-march=x86-64-v3", tmp_path / "model.c"])


def odd_network(seed: int, kind: DType) -> Graph:
    """Convolutions of all sorts one after the other, none of whose sizes is a multiple of a vector's."""
    rng = np.random.default_rng(seed)
    q = quantised(0.1, 3) if kind is DType.INT8 else None
    channels, size = 5, 7 + seed
    x = tensor("x", kind, (1, size, size, channels), q)
    steps = []
    for i, (operator, taps) in enumerate(
        [("CONV_2D", 3), ("DEPTHWISE_CONV_2D", 3), ("CONV_2D", 1), ("DEPTHWISE_CONV_2D", 2), ("CONV_2D", 2)]
    ):
        outputs = channels if operator[0] == "D" else (13, 37, 21)[(i // 2 + seed) % 3]
        shape = (1, taps, taps, outputs) if operator[0] == "D" else (outputs, taps, taps, channels)
        values = rng.integers(-127, 128, shape) if q else rng.normal(0, 1, shape)
        w = constant(f"w{i}", kind, values, quantised(0.01) if q else None)
        size = size if i == 0 else size - taps + 1
        y = tensor(f"y{i}", kind, (1, size, size, outputs), q)
        attributes = {"padding": "SAME" if i == 0 else "VALID", "stride_h": 1, "stride_w": 1}
        steps.append((operator, [x, w], [y], attributes))
        x, channels = y, outputs
    return chain(steps)


LAYERS = {
    "a window": conv((1, 7, 6, 3), (3, 3), 7, types=INT8S),
    "1 x 1, 70 outputs": conv((1, 3, 4, 64), (1, 1), 70, types=INT8S),
    "depthwise": depthwise((1, 7, 6, 20), (3, 3), 1, padding="VALID", types=INT8S),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_sums_that_no_shorter_way_was_proved_for_take_tflms_own(
    layer: Convolution, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved = products.scaling_of_layer
    monkeypatch.setattr(products, "scaling_of_layer", lambda *layer: (None, proved(*layer)[1]))
    assert_conforms(layer.graph(), "__exact__avx512(")


INT16_LAYERS = {
    "a window": conv((2, 7, 6, 3), (3, 3), 21, types=INT16S, stride=(2, 1), activation="RELU"),
    "rows, two roundings": conv((1, 5, 3, 21), (1, 1), 9, types=INT16S_NARROW),
    "a row": conv((1, 1, 1, 71), (1, 1), 39, types=INT16S),
    "a window, sums of 64 bits": conv((1, 4, 6, 130), (2, 3), 17, types=INT16S, weights=-128),
    "a row, sums of 64 bits": conv((1, 1, 1, 1101), (1, 1), 39, types=INT16S, activation="RELU"),
    "outputs larger than sums": conv((1, 3, 3, 5), (1, 1), 3, types=INT16S, output_scale=1e-6),
    "depthwise, two images": depthwise((2, 9, 6, 21), (3, 3), 1, types=INT16S, stride=(1, 2), activation="RELU"),
    "depthwise, pixels side by side": depthwise((1, 7, 6, 12), (2, 3), 1, types=INT16S),
    "depthwise, many taps": depthwise((1, 9, 9, 3), (7, 6), 1, types=INT16S),
}


@pytest.mark.parametrize("layer", INT16_LAYERS.values(), ids=INT16_LAYERS)
def test_int16(layer: Convolution) -> None:
    helper = "taps" if layer.kind == "DEPTHWISE_CONV_2D" else "products"
    assert_conforms(layer.graph(), f"sni_x86_int16_{helper}__")


@pytest.mark.parametrize(
    ("image", "taps", "strides", "activation"),
    [
        ((1, 25, 5, 64), (25, 5), (25, 5), "NONE"),
        ((1, 3, 4, 67), (2, 2), (1, 1), "RELU6"),
        ((1, 7, 6, 20), (3, 2), (2, 3), "RELU"),
    ],
)
def test_average_pools(
    image: tuple[int, ...], taps: tuple[int, int], strides: tuple[int, int], activation: str
) -> None:
    q = quantised(0.1, -3)
    sizes = [(size - tap) // step + 1 for size, tap, step in zip(image[1:3], taps, strides, strict=True)]
    x, y = tensor("x", DType.INT8, image, q), tensor("y", DType.INT8, (1, *sizes, image[3]), q)
    attributes = {"padding": "VALID", "fused_activation_function": activation, "stride_h": strides[0]}
    attributes |= {"filter_height": taps[0], "filter_width": taps[1], "stride_w": strides[1]}
    assert_conforms(single("AVERAGE_POOL_2D", [x], [y], **attributes), "sni_x86_average")


@pytest.mark.parametrize("seed", range(4))
def test_sums_of_two_images(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scales, zero_points = rng.uniform(0.01, 0.2, 3), rng.integers(-128, 128, 3)
    shape = (1, 3, 5, 1 + 16 * seed)
    x, z, y = (
        tensor(name, DType.INT8, shape, quantised(float(scale), int(zero_point)))
        for name, scale, zero_point in zip("xzy", scales, zero_points, strict=True)
    )
    activation = ("NONE", "RELU", "RELU6")[seed % 3]
    assert_conforms(single("ADD", [x, z], [y], fused_activation_function=activation), "sni_x86_add")


@pytest.mark.parametrize("scales", [(0.1, 0.013, 0.11), (0.002, 0.1, 0.1), (0.0625, 0.125, 0.25), (0.25, 0.25, 0.5)])
def test_sums_of_two_images_of_int16(scales: tuple[float, float, float]) -> None:
    """Where scales are powers of two many sums fall on halves."""
    shape = (1, 3, 5, 7 + int(1000 * scales[0]))
    x, z, y = (tensor(name, DType.INT16, shape, quantised(scale)) for name, scale in zip("xzy", scales, strict=True))
    activation = "RELU" if scales[0] == 0.1 else "NONE"
    assert_conforms(single("ADD", [x, z], [y], fused_activation_function=activation), "sni_x86_int16_add")
