"""FULLY_CONNECTED and 1x1 CONV_2D with pruned and clustered weights against TFLM."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conformance.conformance import assert_conforms
from tests.support.convolutions import conv
from tests.support.dense import integer_layer
from tests.support.pruned import Change, blocks, clustered, two_of_four, unstructured, with_weights
from tools.sni.ir import Graph

KINDS: dict[str, Change] = {
    "half": unstructured(0.5),
    "most": unstructured(0.8),
    "nearly all": unstructured(0.97),
    "2 of 4": two_of_four,
    "blocks": blocks(0.7),
    "clusters": clustered,
}

LAYERS: dict[str, Graph] = {
    "row": integer_layer((1, 203, 37), channels=True),
    "row, one factor": integer_layer((1, 64, 24), activation="RELU", zero_points=(3, -128)),
    "rows": integer_layer((5, 66, 31), activation="RELU6", output_scale=0.02),
    "pixels": conv((1, 5, 5, 48), (1, 1), 22, zero_points=(-128, 7)).graph(),
    "many pixels": conv((1, 9, 7, 39), (1, 1), 61).graph(),
}


CASES = [
    *(("row", kind) for kind in KINDS),
    *((layer, kind) for layer in ("row, one factor", "rows", "pixels") for kind in ("most", "2 of 4")),
    ("many pixels", "clusters"),
]


@pytest.mark.parametrize(("layer", "kind"), CASES)
def test_kinds(layer: str, kind: str) -> None:
    assert_conforms(with_weights(LAYERS[layer], KINDS[kind]))


def most_without(outputs: object, inputs: object) -> Change:
    """80% zeros, and nothing but zeros for some outputs and some inputs."""

    def change(matrix: np.ndarray) -> np.ndarray:
        pruned = unstructured(0.8)(matrix)
        pruned[outputs] = 0
        pruned[:, inputs] = 0
        return pruned

    return change


@pytest.mark.parametrize(
    ("outputs", "inputs"),
    [([1, 5, 30], [0, 7]), (slice(4, 12), slice(40, 90)), (slice(0, 4), slice(0, 64)), (slice(3, 37), slice(199, 203))],
)
def test_outputs_and_inputs_without_weights(outputs: object, inputs: object) -> None:
    """Sums of nothing but a bias; inputs that are skipped, in front, in the middle and at the end."""
    assert_conforms(with_weights(LAYERS["row"], most_without(outputs, inputs)))


def test_inputs_skipped_further_than_one_constant_reaches() -> None:
    assert_conforms(with_weights(integer_layer((1, 2600, 4)), most_without([], slice(40, 2590))), runs=3)


@pytest.mark.parametrize("weight", [-127, 127])
def test_largest_sums(weight: int) -> None:
    graph = integer_layer((1, 400, 16), output_scale=0.7, bias=False)
    assert_conforms(with_weights(graph, lambda matrix: np.where(blocks(0.8)(matrix) != 0, weight, 0).astype(np.int8)))


def test_few_values_with_the_smallest_there_is() -> None:
    """Values of two weights together leave 16 bits, but for some pairs."""
    change = clustered
    assert_conforms(
        with_weights(LAYERS["many pixels"], lambda m: np.where(m == m.min(), -128, change(m)).astype(np.int8))
    )


def test_a_weight_that_is_the_smallest_there_is() -> None:
    change = unstructured(0.8)
    assert_conforms(with_weights(LAYERS["row"], lambda m: np.where(change(m) < 0, -128, change(m)).astype(np.int8)))
