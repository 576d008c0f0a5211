"""Windows at the edges of their images, by the kernels of a profile that copy what windows show.

Each of these has its own idea of where an image ends and what lies around it: planes of a channel, rings of lines,
strips of columns. Each is to meet all kinds of edges that it is for, and MET says which those are: where a layer goes
to another kernel, the test fails.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, INT32
from tests.support.convolutions import FLOATS, INT8S, INT16S, Convolution, conv, depthwise
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, tensor
from tests.support.native import PROFILE, Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.sni.ir import Graph

NOTHING = ((0, 0), (0, 0))


@dataclass(frozen=True)
class Edge:
    """How a window lies on an image of rows and columns.

    around: rows above and below, columns on the left and on the right, by a PAD that becomes the layer's own padding.
    """

    image: tuple[int, int]
    window: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: str = "VALID"
    around: tuple[tuple[int, int], tuple[int, int]] = NOTHING

    def layer(self, like: Convolution) -> Convolution:
        """A layer at this edge, with what is beyond it counted in."""
        padded = [size + sum(pads) for size, pads in zip(self.image, self.around, strict=True)]
        image = (1, *padded, like.image[3])
        return replace(like, image=image, window=self.window, stride=self.stride, padding=self.padding)

    @property
    def kinds(self) -> frozenset[str]:
        """`inside`: no window leaves the image, and there are fewer outputs than inputs side by side.

        `unseen`: the image has rows or columns behind the last window. `larger`: the window is larger than the image.
        `apart`: pixels between windows that none sees. `single`: one output. `uneven`: other paddings than TFLite has.
        """
        layer = self.layer(conv((1, 1, 1, 1), (1, 1), 1))
        made = layer.output[1:3]
        axes = list(zip(self.image, self.window, self.stride, made, strict=True))
        found = {
            "inside": (self.padding, self.around) == ("VALID", NOTHING) and any(n < size for size, _, _, n in axes),
            "unseen": any((outputs - 1) * step + taps < size for size, taps, step, outputs in axes),
            "larger": any(taps > size for size, taps, _, _ in axes),
            "apart": any(step > taps and outputs > 1 for _, taps, step, outputs in axes),
            "single": made == (1, 1),
            "uneven": self.around != NOTHING,
        }
        return frozenset(kind for kind, holds in found.items() if holds)


def _edges() -> Iterator[Edge]:
    for window in ((3, 3), (2, 3), (4, 4)):
        yield Edge((6, 7), window)
        yield Edge((8, 9), window, (2, 2))
        yield from (Edge((11, 21), window, (5, 5), padding) for padding in ("VALID", "SAME"))
        yield from (Edge(image, window, padding="SAME") for image in ((2, 5), (5, 2), (1, 1)))
        yield Edge((2, 3), window, (3, 3), "SAME")
        yield Edge(window, window)
        yield Edge((5, 6), window, around=((0, 0), (1, 1)))
        yield Edge((4, 5), window, around=((2, 0), (0, 2)))
        yield Edge((6, 5), window, (2, 2), around=((0, 1), (2, 1)))
    for taps, size, step, padding in (
        (5, 9, 1, "VALID"),
        (4, 9, 2, "VALID"),
        (3, 12, 5, "VALID"),
        (3, 12, 5, "SAME"),
        (7, 4, 1, "SAME"),
        (5, 1, 1, "SAME"),
        (6, 6, 1, "VALID"),
    ):
        yield Edge((1, size), (1, taps), (1, step), padding)
        yield Edge((size, 1), (taps, 1), (step, 1), padding)
    yield Edge((9, 1), (4, 1), around=((3, 1), (0, 0)))
    yield Edge((1, 9), (1, 4), around=((0, 0), (1, 3)))


EDGES = tuple(_edges())

LAYERS: dict[str, Convolution] = {
    "depthwise, int8": depthwise((1, 1, 1, 16), (1, 1), 1, types=INT8S),
    "depthwise, int8, channels left over": depthwise((1, 1, 1, 21), (1, 1), 1, zero_points=(3, -128)),
    "depthwise, float32": depthwise((1, 1, 1, 16), (1, 1), 1, types=FLOATS),
    "depthwise, int16": depthwise((1, 1, 1, 16), (1, 1), 1, types=INT16S),
    "convolution, int8": conv((1, 1, 1, 16), (1, 1), 8, types=INT8S),
    "convolution, int8, few channels": conv((1, 1, 1, 3), (1, 1), 9, zero_points=(3, -128)),
    "convolution, float32": conv((1, 1, 1, 16), (1, 1), 8, types=FLOATS),
    "convolution, float32, few outputs": conv((1, 1, 1, 2), (1, 1), 4, types=FLOATS),
    "convolution, int16": conv((1, 1, 1, 6), (1, 1), 8, types=INT16S),
}
"""Whose images and windows the edges take the place of."""


def at_edges(like: Convolution) -> Graph:
    """A network of a layer at each edge, with an input and an output of its own."""
    layers = []
    for edge in EDGES:
        made = edge.layer(like).graph()
        op = made.ops[0]
        x, *constants = (made.tensors[key] for key in op.inputs)
        if edge.around != NOTHING:
            given = tensor("given", x.dtype, (1, *edge.image, x.shape[3]), x.quantisation)
            around = constant("around", INT32, np.array([(0, 0), *edge.around, (0, 0)]))
            layers.append(("PAD", [given, around], [x], {}))
        layers.append((op.kind, [x, *constants], [made.tensors[op.outputs[0]]], op.attributes))
    return chain(layers)


_ALL = frozenset({"inside", "unseen", "larger", "apart", "single", "uneven"})
_ROWS = frozenset({"inside", "single"})
"""Windows that lie one behind the other in memory."""
_LINES = frozenset({"inside", "larger", "single", "uneven"})
"""Stride 1."""
_RING = _ALL - {"inside", "unseen"}
"""Of windows that leave the image; what is behind the last window is then beyond the image too."""
_DIRECT = frozenset({"apart", "inside", "unseen"})
"""Of others."""

MET: dict[str, dict[str, frozenset[str]]] = {
    "dsp": {
        "conv_2d_float32_dsp_few_rows": _ROWS,
        "conv_2d_float32_dsp_few_window": _ALL,
        "conv_2d_float32_dsp_rows": _ROWS,
        "conv_2d_float32_dsp_window": _ALL,
        "conv_2d_int16_dsp_row": _ROWS,
        "conv_2d_int16_dsp_window": _ALL,
        "conv_2d_int8_dsp_narrow_window": _ALL,
        "conv_2d_int8_dsp_row": _ROWS,
        "conv_2d_int8_dsp_window": _ALL,
        "depthwise_conv_2d_float32_dsp": _ALL,
        "depthwise_conv_2d_int16_dsp": _ALL,
        "depthwise_conv_2d_int8_dsp_3x3": _LINES - {"inside"},
        "depthwise_conv_2d_int8_dsp_line": _LINES,
        "depthwise_conv_2d_int8_dsp_window": _ALL,
    },
    "mve": {
        "conv_2d_float32_mve_row": _ROWS,
        "conv_2d_float32_mve_window": _ALL,
        "conv_2d_int16_mve_row": _ROWS,
        "conv_2d_int16_mve_window": _ALL,
        "conv_2d_int8_mve_direct": _ALL - {"single"},
        "conv_2d_int8_mve_row": _ROWS,
        "conv_2d_int8_mve_window": _ALL,
        "depthwise_conv_2d_float32_mve": _ALL,
        "depthwise_conv_2d_int16_mve": _ALL,
        "depthwise_conv_2d_int8_mve_line": _LINES,
        "depthwise_conv_2d_int8_mve_pairs": _LINES - {"single"},
        "depthwise_conv_2d_int8_mve_single": _ALL,
    },
    "neon": {
        "conv_2d_float32_neon_lines": _DIRECT | {"uneven"},
        "conv_2d_float32_neon_ring": _RING,
        "conv_2d_float32_neon_rows": _DIRECT | {"single"},
        "conv_2d_int16_neon_columns": _ALL,
        "conv_2d_int16_neon_lines": _DIRECT | {"uneven"},
        "conv_2d_int16_neon_ring": _RING,
        "conv_2d_int16_neon_rows": _DIRECT | {"single"},
        "conv_2d_int8_neon_columns": _ALL,
        "conv_2d_int8_neon_rows": _DIRECT | {"single"},
        "depthwise_conv_2d_float32_neon_lines": _ALL - {"larger"},
        "depthwise_conv_2d_float32_neon_ring": _RING,
        "depthwise_conv_2d_int16_neon_lines": _ALL - {"larger"},
        "depthwise_conv_2d_int16_neon_ring": _RING,
        "depthwise_conv_2d_int8_neon_lines": _ALL - {"larger"},
        "depthwise_conv_2d_int8_neon_ring": _RING,
    },
    "x86": {
        "conv_2d_float32_x86": _ALL,
        "conv_2d_int16_x86": _ALL,
        "conv_2d_int8_x86": _ALL,
        "depthwise_conv_2d_float32_x86": _ALL,
        "depthwise_conv_2d_int16_x86": _ALL,
        "depthwise_conv_2d_int8_x86": _ALL,
    },
}
"""Of each profile's kernels, the kinds of edges that they meet here."""

pytestmark = pytest.mark.skipif(PROFILE not in MET, reason=f"for the profiles {', '.join(MET)}")


def kernels_of(native: Native) -> list[str]:
    """Of the layers at the edges; without PAD where it cannot be the layer's padding, and tiles of x86."""
    names = [layer["kernel"] for layer in json.loads(native.files["model_report.json"])["layers"]]
    return [name[: name.find("_x86") + 4] if "_x86" in name else name for name in names if not name.startswith("pad")]


@functools.cache
def built(name: str) -> tuple[Native, bytes]:
    """The network of a layer at all edges, compiled, and as TFLM has it."""
    model = write_tflite(at_edges(LAYERS[name]))
    return Native(model, flags=CHECKED), model


@pytest.mark.parametrize("name", LAYERS)
def test_layers_at_all_edges(name: str) -> None:
    native, model = built(name)
    oracle = Oracle(model, len(native.inputs), len(native.outputs))
    rng = np.random.default_rng(0)
    for given in zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, 3) for t in native.inputs), strict=True):
        results = zip(native.run(*given), oracle.run(*given), EDGES, kernels_of(native), strict=True)
        for ours, theirs, edge, kernel in results:
            try:
                assert_close(ours, theirs, fused=True)
            except AssertionError as error:
                raise AssertionError(f"{kernel} at {edge}: {error}") from error


def test_kernels_meet_all_kinds_of_edges() -> None:
    met: dict[str, set[str]] = defaultdict(set)
    for name in LAYERS:
        for edge, kernel in zip(EDGES, kernels_of(built(name)[0]), strict=True):
            met[kernel] |= edge.kinds
    assert {kernel: frozenset(kinds) for kernel, kinds in met.items() if f"_{PROFILE}" in kernel} == MET[PROFILE]
