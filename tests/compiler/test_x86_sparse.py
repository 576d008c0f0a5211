"""Weights without their zeros, as the profile `x86` lays them out, and where it does."""

from __future__ import annotations

import ctypes
import ctypes.util
import dataclasses
import json

import numpy as np
import pytest

from tests.support.convolutions import INT8S, conv
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tests.support.oracle import Oracle, edge_inputs
from tests.support.pruned import unstructured, with_weights
from tools.kit.counting import missing
from tools.kit.layers import NAME, measure
from tools.kit.table import platform
from tools.sni.compiler import compile_model
from tools.sni.ir import Graph
from tools.sni.options import Options
from tools.sni.x86 import products, sparse

X86 = platform("x86_64")
_DOWNWARD, _UPWARD, _TOWARDS_ZERO = 0x400, 0x800, 0xC00
"""Of fesetround, on x86-64."""
LAYERS: dict[str, Graph] = {
    "row": integer_layer((1, 203, 37), channels=True),
    "row, 200 outputs": integer_layer((1, 70, 200), activation="RELU6", zero_points=(3, -128), output_scale=0.02),
    "row, 300 of 128 inputs": integer_layer((1, 128, 300), zero_points=(-128, 12), output_scale=0.03),
    "row, few inputs": integer_layer((1, 21, 65), activation="RELU", zero_points=(3, -128)),
    "rows": integer_layer((6, 66, 129), activation="RELU", output_scale=0.02),
    "pixels": conv((1, 5, 5, 48), (1, 1), 22, zero_points=(-128, 7), types=INT8S).graph(),
}


def pruned(shape: tuple[int, int], zeros: float) -> np.ndarray:
    rng = np.random.default_rng(shape[1])
    return np.where(rng.random(shape) < zeros, 0, rng.integers(-128, 128, shape))


@pytest.mark.parametrize(("window", "stride", "turns"), [(16, 1, False), (64, 1, False), (64, 16, True)])
@pytest.mark.parametrize("largest_pair", [0, 128])
@pytest.mark.parametrize("zeros", [0.0, 0.8, 0.99])
def test_steps_have_every_weight_once_at_its_input(
    window: int, stride: int, turns: bool, largest_pair: int, zeros: float
) -> None:
    matrix = pruned((32, 150), zeros)
    steps = sparse.steps_of(matrix, window, largest_pair, stride)
    if turns:
        steps = steps.in_turns()
    assert steps.counts.sum() == steps.count
    assert (steps.at % stride == 0).all()
    assert (steps.places >= 0).all()
    assert (steps.places < window).all()
    pairs = np.abs(steps.weights.reshape(-1, 16, 2, 2)).sum(axis=3)
    assert not largest_pair or pairs.max() <= largest_pair
    held = np.zeros((2, 16, 150 + window), np.int64)
    inputs = steps.at[:, None, None] + steps.places
    np.add.at(held, (steps.block[:, None, None], np.arange(16)[None, :, None], inputs), steps.weights)
    np.testing.assert_array_equal(held[:, :, :150].reshape(32, 150), matrix)


def test_windows_go_on_while_outputs_keep_up() -> None:
    """Two of each four inputs: none of the four places of a step stays free, but at the end."""
    matrix = np.tile(np.array([3, 0, 0, -5]), (16, 32))
    assert sparse.steps_of(matrix, 16, 128).count == 16


def test_steps_of_different_outputs_come_by_turns() -> None:
    """Twice as many of the second 16 outputs as of the others: never two of one after the other, but for those."""
    matrix = np.ones((192, 64), np.int64)
    matrix[:16, 32:] = 0
    matrix[32:, 32:] = 0
    steps = sparse.steps_of(matrix, 64, 0).in_turns()
    assert (np.diff(steps.block // 8) >= 0).all()
    followed = steps.block[:-1][np.diff(steps.block) == 0]
    assert set(followed.tolist()) <= {1}
    first = steps.block[steps.block < 8]
    for turn in np.array_split(first, 8):
        assert sorted(turn) == [0, 1, 1, 2, 3, 4, 5, 6, 7]


def test_outputs_with_as_many_weights_are_neighbours_within_their_128() -> None:
    matrix = np.arange(20)[None, :] < np.arange(150)[:, None] % 7
    order = sparse.sorted_outputs(matrix)
    assert sorted(order[:128]) == list(range(128))
    assert sorted(order[128:150]) == list(range(128, 150))
    assert (order[150:] == -1).all()
    assert len(order) == 192
    counts = matrix.sum(axis=1)[order[:150]]
    assert (np.diff(counts[:128]) <= 0).all()


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros are left out whatever it costs."""
    choice = sparse._choice
    monkeypatch.setattr(sparse, "_choice", lambda *what: dataclasses.replace(choice(*what), taken=True))


def assert_conforms(graph: Graph, kernel: str) -> None:
    """The kernel is in the code, and gives TFLM's bits on every level."""
    model = write_tflite(graph)
    native, oracle = Native(model, options=Options("model", "x86")), Oracle(model)
    assert kernel in native.files["model.c"]
    x = native.inputs[0]
    for value in edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(0), 20):
        np.testing.assert_array_equal(native.run(value)[0], oracle.run(value)[0])


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(("layer", "share"), [*((layer, 0.8) for layer in LAYERS), ("row", 0.5), ("row", 0.97)])
def test_layers_give_the_bits_of_tflm(layer: str, share: float) -> None:
    assert_conforms(with_weights(LAYERS[layer], unstructured(share)), "sni_x86_sparse__")


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("layer", ["row", "rows"])
def test_sums_that_no_shorter_way_was_proved_for_take_tflms_own(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proved = products.scaling_of_layer
    monkeypatch.setattr(products, "scaling_of_layer", lambda *layer: (None, proved(*layer)[1]))
    assert_conforms(with_weights(LAYERS[layer], unstructured(0.8)), "__exact")


@pytest.mark.usefixtures("always")
def test_how_the_processor_rounds_floats_does_not_matter() -> None:
    model = write_tflite(with_weights(LAYERS["row, 300 of 128 inputs"], unstructured(0.8)))
    native = Native(model, options=Options("model", "x86"))
    assert "SNI_X86_SINGLE(a" in native.files["model.c"]
    mathematics = ctypes.CDLL(ctypes.util.find_library("m"))
    x = native.inputs[0]
    for value in edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(0), 20):
        expected = native.run(value)[0].copy()
        for mode in (_DOWNWARD, _UPWARD, _TOWARDS_ZERO, 0):
            assert mathematics.fesetround(mode) == 0
            try:
                found = native.run(value)[0].copy()
            finally:
                mathematics.fesetround(0)
            np.testing.assert_array_equal(found, expected)


def layer_of(model: bytes) -> tuple[dict, dict]:
    files = compile_model(model, "model.tflite", Options(NAME, "x86"))
    return files, json.loads(files[f"{NAME}_report.json"])["layers"][0]


def test_zeros_are_left_out_where_that_pays_and_the_report_says_why() -> None:
    graph = integer_layer((1, 320, 128))
    for share, taken in ((0.5, False), (0.8, True)):
        _, layer = layer_of(write_tflite(with_weights(graph, unstructured(share))))
        assert layer["kernel"].endswith("_sparse") == taken
        assert f"{share:.0%} zeros {'left' if taken else 'not left'} out" in layer["reason"]


@pytest.mark.skipif(bool(missing(X86)), reason=f"not on this machine: {', '.join(missing(X86))}")
@pytest.mark.parametrize(
    "graph",
    [integer_layer((1, 320, 128)), integer_layer((1, 64, 640)), conv((1, 25, 5, 128), (1, 1), 64, types=INT8S).graph()],
    ids=["row", "many outputs", "rows"],
)
@pytest.mark.usefixtures("always")
def test_estimates_for_avx2_are_what_is_counted(graph: Graph) -> None:
    """Of both kernels, to a tenth; AVX-512 is counted in single steps, where a processor has it."""
    files, layer = layer_of(write_tflite(with_weights(graph, unstructured(0.8))))
    words = layer["reason"].partition(" with AVX2")[0].split()
    sparse_estimate, dense_estimate = (
        int(word.replace(",", "")) for word in words if word[0].isdigit() and "%" not in word
    )
    flags = ("-std=c99", "-O3", "-DSNI_X86_LEVEL=2")
    assert measure(files, X86, flags).layers[0].instructions == pytest.approx(sparse_estimate, rel=0.1)
    dense, _ = layer_of(write_tflite(graph))
    assert measure(dense, X86, flags).layers[0].instructions == pytest.approx(dense_estimate, rel=0.1)
