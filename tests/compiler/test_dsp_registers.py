"""Kernels of `dsp` in assembly take the registers that are there, wherever the compiler inlines them."""

from __future__ import annotations

import pytest

from tests.support.convolutions import INT16S, conv
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tools.kit.counting import missing
from tools.kit.layers import NAME, measure
from tools.kit.table import platform
from tools.sni.compiler import compile_model
from tools.sni.ir import Graph
from tools.sni.options import Options

M4 = platform("cortex_m4")
LAYERS: dict[str, Graph] = {
    "two outputs of rows": integer_layer((5, 16, 2)),
    "a row": integer_layer((1, 16, 4)),
    "int16": conv((1, 3, 5, 16), (1, 1), 2, types=INT16S).graph(),
}
FLAGS = ("-O1", "-O3", "-O3 -fno-omit-frame-pointer")


@pytest.mark.skipif(bool(missing(M4)), reason=f"not on this machine: {', '.join(missing(M4))}")
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_small_layers_compile(layer: str, flags: str) -> None:
    """All of whose loops dissolve, so that all values meet in one function."""
    files = compile_model(write_tflite(LAYERS[layer]), "model.tflite", Options(NAME, "dsp", optimise="speed"))
    assert measure(files, M4, ("-std=c99", *flags.split())).layers[0].instructions > 0
