"""The passes together: their order, their end, and the table that docs/design.md shows of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.compiler.passes.checking import FLOAT, INT8, INT32, assert_same_bits, kinds, optimised_kinds
from tests.support.models import chain, constant, quantised, tensor
from tests.support.random_network import RandomNetwork
from tools.sni.documentation import refreshed
from tools.sni.ir import Graph
from tools.sni.passes import AFTER, BEFORE, PASSES, optimise

ROOT = Path(__file__).resolve().parents[3]


def test_the_table_of_the_passes_is_not_stale() -> None:
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    assert refreshed(text) == text, "./bazelw run //docs:update"
    assert all(f"| `{p.__module__.rpartition('.')[2]}` |" in text for p in (*BEFORE, *PASSES, *AFTER))


def test_each_pass_has_a_test_of_its_own() -> None:
    """That it fires, that it does not where it must not, and that no bit changes."""
    tested = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    passes = {f"test_{p.__module__.rpartition('.')[2]}.py" for p in (*BEFORE, *PASSES, *AFTER)}
    assert passes | {"test_pointwise.py"} <= tested


def one_after_the_other(*, paddings_computed: bool) -> Graph:
    """Each step is possible only after the one before it. TFLM wants paddings that are constant from the beginning."""
    q, z = quantised(0.1, -9), quantised(0.2, -128)
    shape = (1, 4, 4, 2)
    x, a, b, c = (tensor(name, INT8, shape, q) for name in "xabc")
    real, padded = tensor("real", FLOAT, shape), tensor("padded", INT8, (1, 6, 6, 2), q)
    made, y = tensor("made", INT8, (1, 4, 4, 3), z), tensor("y", INT8, (1, 4, 4, 3), z)
    order, back = (constant("o", INT32, np.array(axes)) for axes in ((0, 2, 3, 1), (0, 3, 1, 2)))
    turned = tensor("turned", INT8, (1, 4, 2, 4), q)
    zeros, sides = (constant("c", INT32, np.array([(0, 0), inner, inner, (0, 0)])) for inner in ((0, 0), (1, 1)))
    border = tensor("border", INT32, (4, 2)) if paddings_computed else sides
    w = constant("w", INT8, np.random.default_rng(1).integers(-127, 128, (3, 3, 3, 2)), quantised(0.01))
    window = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1, "padding": "VALID"}
    computed = [("ADD", [zeros, sides], [border], {})] if paddings_computed else []
    return chain(
        [
            ("RELU", [x], [a], {}),
            ("DEQUANTIZE", [a], [real], {}),
            ("QUANTIZE", [real], [b], {}),
            ("TRANSPOSE", [b, order], [turned], {}),
            ("TRANSPOSE", [turned, back], [c], {}),
            *computed,
            ("PAD", [c, border], [padded], {}),
            ("CONV_2D", [padded, w, None], [made], window),
            ("RELU6", [made], [y], {}),
        ]
    )


def test_they_run_until_nothing_changes() -> None:
    graph = one_after_the_other(paddings_computed=True)
    assert optimised_kinds(graph) == ["RELU", "CONV_2D"]
    assert_same_bits(graph, same=one_after_the_other(paddings_computed=False))


@pytest.mark.parametrize("seed", range(12))
def test_there_is_nothing_left_to_do_and_they_do_the_same_again(seed: int) -> None:
    graph = RandomNetwork(seed, INT8 if seed % 2 else FLOAT).graph
    result = optimise(graph)
    assert optimise(result) == result
    assert optimise(graph) == result
    assert len(result.ops) <= len(graph.ops)


def test_they_leave_a_graph_without_anything_to_do() -> None:
    q = quantised(0.1)
    x, y, z = (tensor(name, INT8, (1, 4), q) for name in "xyz")
    graph = chain([("RELU", [x], [y], {}), ("RELU6", [y], [z], {})])
    assert optimise(graph) == graph
    assert kinds(graph) == ["RELU", "RELU6"]
