"""Channels that carry nothing go, and no bit of the network's output changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.compiler.passes.checking import assert_same_bits, assert_untouched
from tests.support.models import chain, constant, per_channel, quantised, tensor
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.passes.drop_channels import drop_channels

INT8, INT32 = DType.INT8, DType.INT32
LOWEST = quantised(0.05, -128)
CONVOLUTION = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
DEAD = (1, 4, 5, 7, 10)
"""Of 12 channels. By fours, 8 of 12 remain, so that one of these is kept."""


def image(name: str, shape: tuple[int, ...], q=LOWEST) -> Tensor:
    return tensor(name, INT8, shape, q)


def layer(seed: int, shape: tuple[int, ...], dead: tuple[int, ...], axis: int = 0, value: int = -128):
    """Weights, and biases that hold the dead channels at a value, with outputs of LOWEST and inputs of scale 0.05."""
    rng = np.random.default_rng(seed)
    scales = np.full(shape[axis], 0.01)
    bias = rng.integers(-500, 500, shape[axis])
    for channel in dead:
        # So small that no input adds a step of the output.
        scales[channel] = 1e-9
        bias[channel] = -(1 << 30) if value == -128 else round((value + 128) / 1e-9)
    weights = constant(f"w{seed}", INT8, rng.integers(-127, 128, shape), per_channel(scales, axis))
    return weights, constant(f"b{seed}", INT32, bias, per_channel(scales * 0.05))


def network(value: int = -128, padding: str = "SAME", last: str = "CONV_2D") -> Graph:
    """1 x 1, depthwise 3 x 3, and what sums over the channels. value: of the dead channels of the first."""
    x, a, b = image("x", (1, 5, 4, 6)), image("a", (1, 5, 4, 12)), image("b", (1, 5, 4, 12))
    first, first_bias = layer(1, (12, 1, 1, 6), DEAD, value=value)
    deep, deep_bias = layer(2, (1, 3, 3, 12), DEAD, axis=3)
    relu = {**CONVOLUTION, "padding": padding, "fused_activation_function": "RELU"}
    layers = [("CONV_2D", [x, first, first_bias], [a], relu)]
    if last == "depthwise":
        layers.append(("DEPTHWISE_CONV_2D", [a, deep, deep_bias], [b], {**relu, "depth_multiplier": 1}))
        a = b
    second, second_bias = layer(3, (5, 3, 3, 12), ())
    shape = (1, 5, 4, 5) if padding == "SAME" else (1, 3, 2, 5)
    return chain([*layers, ("CONV_2D", [a, second, second_bias], [image("y", shape, quantised(0.9, 3))], relu)])


def channels(graph: Graph) -> list[int]:
    """What each operator makes after the pass; the whole compiled network gives TFLM's bits."""
    assert_same_bits(graph)
    less = drop_channels(graph)
    return [less.tensors[op.outputs[0]].shape[-1] for op in less.ops]


def test_dead_channels_go_through_convolutions() -> None:
    assert channels(network()) == [8, 5]


def test_depthwise_convolutions_go_along() -> None:
    assert channels(network(last="depthwise")) == [8, 8, 5]


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_a_value_that_is_not_the_zero_point_needs_windows_that_stay_inside(padding: str) -> None:
    graph = network(value=-126, padding=padding)
    if padding == "SAME":
        assert_untouched(drop_channels, graph)
    else:
        assert channels(graph) == [8, 5]


def test_what_nobody_needs_goes_whatever_its_value() -> None:
    graph = network()
    weights = graph.tensors[graph.ops[1].inputs[1]].data
    weights[..., [0, 2, 3]] = 0
    assert channels(graph) == [4, 5]


def test_classifiers_behind_a_pooling() -> None:
    x, a = image("x", (1, 2, 3, 6)), image("a", (1, 2, 3, 12))
    p, f, y = image("p", (1, 1, 1, 12)), image("f", (1, 12)), image("y", (1, 4), quantised(0.3, -3))
    first, first_bias = layer(1, (12, 1, 1, 6), DEAD, value=-127)
    second, second_bias = layer(4, (4, 12), ())
    pool = {"stride_h": 1, "stride_w": 1, "padding": "VALID", "filter_height": 2, "filter_width": 3}
    graph = chain(
        [
            ("CONV_2D", [x, first, first_bias], [a], {**CONVOLUTION, "padding": "SAME"}),
            ("AVERAGE_POOL_2D", [a], [p], pool),
            ("RESHAPE", [p], [f], {"new_shape": (1, 12)}),
            ("FULLY_CONNECTED", [f, second, second_bias], [y], {}),
        ]
    )
    assert channels(graph) == [8, 8, 8, 4]


def test_outputs_of_the_network_and_what_others_read_stay() -> None:
    graph = network()
    assert_untouched(drop_channels, replace(graph, outputs=(*graph.outputs, graph.ops[0].outputs[0])))
    x, a, y = image("x", (1, 5, 4, 6)), image("a", (1, 5, 4, 12)), image("y", (1, 5, 4, 12), quantised(0.1, 4))
    first, bias = layer(1, (12, 1, 1, 6), DEAD)
    other = image("other", (1, 5, 4, 12))
    convolution = ("CONV_2D", [x, first, bias], [a], {**CONVOLUTION, "padding": "SAME"})
    assert_untouched(drop_channels, chain([convolution, ("ADD", [a, other], [y], {})]))


def test_a_channel_that_is_alive_stays() -> None:
    graph = network()
    bias = graph.tensors[graph.ops[0].inputs[2]]
    # Nearly half an output step: what the weights add decides between two values.
    bias.data[list(DEAD)] = round(0.4999 / 1e-9)
    graph.tensors[graph.ops[0].inputs[1]].data[list(DEAD)] = 127
    assert_untouched(drop_channels, graph)
