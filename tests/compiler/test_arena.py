"""Where tensors lie: what shares memory and what must not, what the C says of it, and the sizes of known networks."""

from __future__ import annotations

import itertools
import json
import re

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, single, tensor
from tests.support.random_network import RandomNetwork
from tools.sni.compiler import compile_graph, compile_model
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.lower import lower
from tools.sni.memory.arena import Arena, Placement, plan_arena
from tools.sni.options import Options
from tools.sni.passes import optimise
from tools.testing.shared import shared_path

INT8, INT16, FLOAT = DType.INT8, DType.INT16, DType.FLOAT32


def arena_of(graph: Graph) -> tuple[Arena, dict[str, Placement]]:
    """The arena, and its placements by the tensors' names."""
    arena = plan_arena(graph, lower(graph, "m", Options("m")))
    return arena, {graph.tensors[t].name: place for t, place in arena.placements.items()}


def signature_of(graph: Graph, function: str) -> str:
    """The head of a layer's function in the C file."""
    code = compile_model(write_tflite(graph), "m.tflite", Options("m"))["m.c"]
    return re.search(rf"SNI_LAYER void m_{function}\([^)]*\)", code).group()


def vectors(names: str, size: int = 100) -> list[Tensor]:
    return [tensor(name, INT8, (1, size), quantised(0.1)) for name in names]


def image(name: str, *shape: int) -> Tensor:
    return tensor(name, INT8, (1, *shape), quantised(0.1, 3))


def depthwise(x: Tensor, y: Tensor, taps: int = 3, **attributes: object) -> tuple:
    channels = x.shape[-1]
    w = constant(f"w{y.name}", INT8, np.ones((1, taps, taps, channels)), quantised(0.01))
    b = constant(f"b{y.name}", DType.INT32, np.arange(channels), quantised(0.001))
    return ("DEPTHWISE_CONV_2D", [x, w, b], [y], {"padding": "SAME", "stride_h": 1, "stride_w": 1, **attributes})


def test_views_and_in_place_outputs_share_storage() -> None:
    q = quantised(0.1)
    a, b, c = tensor("a", INT8, (1, 100), q), tensor("b", INT8, (100,), q), tensor("c", INT8, (100,), q)
    arena, places = arena_of(chain([("RESHAPE", [a], [b], {}), ("RELU", [b], [c], {})]))
    assert arena.size == 100
    assert {place.offset for place in places.values()} == {0}


def test_an_input_that_is_read_again_later_is_not_overwritten() -> None:
    a, b, c, d = vectors("abcd")
    _, places = arena_of(chain([("RELU", [a], [b], {}), ("RELU6", [a], [c], {}), ("RELU", [c], [d], {})]))
    assert places["a"].offset != places["b"].offset
    assert places["c"].offset == places["a"].offset, "the second reader is the last, so it may write over its input"
    assert places["b"].offset != places["c"].offset


def test_an_output_lies_over_a_dying_input_by_its_lead() -> None:
    """A row and a pixel in front of the window and the pixel being written: 4 * (10 + 2) bytes."""
    arena, places = arena_of(chain([depthwise(image("x", 8, 10, 4), image("y", 8, 10, 4))]))
    assert (places["x"].offset - places["y"].offset, arena.size, arena.lower_bound) == (48, 368, 368)


def test_an_input_that_is_read_again_is_not_overlapped() -> None:
    x, y, z = image("x", 8, 10, 4), image("y", 8, 10, 4), image("z", 8, 10, 4)
    arena, places = arena_of(chain([depthwise(x, y), depthwise(x, z)]))
    assert not places["x"].shares(places["y"])
    assert arena.size == 320 + 320 + 48


def test_scratch_shares_nothing_with_what_is_alive() -> None:
    """A convolution whose patch is too large for the stack."""
    x, y = image("x", 9, 9, 40), image("y", 9, 9, 40)
    w = constant("w", INT8, np.ones((40, 3, 3, 40)), quantised(0.01))
    attributes = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    arena, places = arena_of(chain([("CONV_2D", [x, w], [y], attributes)]))
    (patch,) = arena.scratch.values()
    assert patch.size >= 360
    assert not patch.shares(places["x"])
    assert not patch.shares(places["y"])
    assert places["x"].shares(places["y"])


def test_scratch_lies_over_an_input_that_goes_there() -> None:
    """The inputs as 16 bits, in their place and as much in front of it; the output has no room there until they end."""
    x, y = tensor("x", INT8, (1, 640), quantised(0.1)), tensor("y", INT8, (1, 128), quantised(0.1))
    w = constant("w", INT8, np.ones((128, 640)), quantised(0.01))
    graph = single("FULLY_CONNECTED", [x, w], [y])
    arena = plan_arena(graph, lower(graph, "m", Options("m", "dsp")))
    (values,) = arena.scratch.values()
    assert (values.size, arena.size) == (1280, 1408)
    assert values.shares(arena.placements[graph.inputs[0]])
    assert not values.shares(arena.placements[graph.outputs[0]])
    code = compile_model(write_tflite(graph), "m.tflite", Options("m", "dsp"))["m.c"]
    assert "restrict" not in re.search(r"SNI_LAYER void m_0[^)]*\)", code).group()


def convolution(x: Tensor, y: Tensor, stride: int) -> tuple:
    shape = (y.shape[-1], 1, 1, x.shape[-1])
    # Few different weights would be clusters, for which kernels have more scratch memory.
    w = constant(f"w{y.name}", INT8, np.arange(np.prod(shape)).reshape(shape) % 250 - 125, quantised(0.01))
    return ("CONV_2D", [x, w], [y], {"padding": "SAME", "stride_h": stride, "stride_w": stride})


def test_a_kernel_with_planes_works_in_place_or_above_its_input() -> None:
    """Depthwise of 16 channels: by itself in place; between layers that want its input low and its output high, not."""
    x, y, z = image("x", 8, 8, 16), image("y", 8, 8, 16), image("z", 8, 8, 32)
    before = convolution(image("i", 16, 16, 6), x, 2)
    for layers, above in (([depthwise(x, y)], False), ([before, depthwise(x, y), convolution(y, z, 1)], True)):
        graph = chain(layers)
        places = plan_arena(graph, lower(graph, "m", Options("m", "dsp"))).placements
        x_place, y_place = (next(places[t] for t in places if graph.tensors[t].name == name) for name in "xy")
        assert x_place.shares(y_place)
        assert (y_place.offset > x_place.offset) == above


def test_restrict_is_dropped_where_bytes_are_shared_and_only_there() -> None:
    x, y, z = image("x", 8, 10, 4), image("y", 8, 10, 4), image("z", 8, 10, 4)
    overlapping = signature_of(chain([depthwise(x, y)]), "0_depthwise_conv_2d")
    assert overlapping == "SNI_LAYER void m_0_depthwise_conv_2d(const int8_t *input, int8_t *output)"
    apart = signature_of(chain([depthwise(x, y), depthwise(x, z)]), "0_depthwise_conv_2d")
    assert apart == "SNI_LAYER void m_0_depthwise_conv_2d(const int8_t *restrict input, int8_t *restrict output)"


def test_memory_is_shared_only_where_the_arena_gets_smaller() -> None:
    """The last layers are small: they fit beside each other in what the first needs."""
    x, y = image("x", 16, 16, 8), image("y", 16, 16, 8)
    p, z = image("p", 4, 4, 8), image("z", 4, 4, 8)
    pooling = {"padding": "VALID", "stride_h": 4, "stride_w": 4, "filter_height": 4, "filter_width": 4}
    graph = chain([depthwise(x, y), ("MAX_POOL_2D", [y], [p], pooling), depthwise(p, z)])
    _, places = arena_of(graph)
    assert places["x"].shares(places["y"])
    assert not places["p"].shares(places["z"])


def conversions(x: DType, y: DType) -> Graph:
    kind = "DEQUANTIZE" if y is FLOAT else "QUANTIZE"
    ends = [tensor(n, t, (1, 512), None if t is FLOAT else quantised(0.1)) for n, t in (("x", x), ("y", y))]
    return single(kind, [ends[0]], [ends[1]])


@pytest.mark.parametrize(
    ("x", "y", "size"),
    [(INT8, FLOAT, 2048), (FLOAT, INT8, 2048), (INT8, INT16, 1024), (INT16, INT8, 1024), (INT8, INT8, 512)],
)
def test_elements_become_wider_or_narrower_in_one_place(x: DType, y: DType, size: int) -> None:
    arena, _ = arena_of(conversions(x, y))
    assert size <= arena.size <= size + 16


@pytest.mark.parametrize(("x", "y"), [(INT16, FLOAT), (FLOAT, INT16)])
def test_types_that_c_compilers_take_for_different_memory_lie_apart(x: DType, y: DType) -> None:
    """No character among them: a compiler may read one after it has written the other."""
    arena, places = arena_of(conversions(x, y))
    assert not places["x"].shares(places["y"])
    assert arena.size == 512 * 6


def test_one_input_of_two_is_overlapped() -> None:
    """Joined along the last axis: what was written is always behind both, and the second is free to lie elsewhere."""
    a, b = image("a", 4, 4, 8), image("b", 4, 4, 8)
    y = tensor("y", INT8, (1, 4, 4, 16), a.quantisation)
    arena, _ = arena_of(single("CONCATENATION", [a, b], [y], axis=3))
    assert arena.lower_bound <= arena.size < 512


LIMITS = {
    # What TFLM needs, in bytes: 24,272; 55,984; 103,680; 3,984; 16,640.
    "kws_ref_model": (16_000, 10_048, 8_392),
    "pretrainedResnet_quant": (49_152, 33_312, 34_160),
    "vww_96_int8": (55_296, 36_896, 37_024),
    "ad01_int8": (768, 768, 1_408),
    "str_ww_ref_model": (6_656, 4_016, 4_096),
}
"""What the tensors alive together take if none overlap, and what the plans of today take for c99 and dsp; these may not
be exceeded.
"""


@pytest.mark.parametrize("profile", ["c99", "dsp"])
@pytest.mark.parametrize("name", LIMITS)
def test_mlperf_tiny(name: str, profile: str) -> None:
    data = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    report = json.loads(compile_model(data, f"{name}.tflite", Options("m", profile))["m_report.json"])
    apart, *reached = LIMITS[name]
    assert report["arena"]["lower_bound"] <= report["arena"]["bytes"] <= reached[profile == "dsp"] <= apart + 1024


def test_the_same_plan_every_time() -> None:
    graph = chain([depthwise(image("x", 8, 10, 4), image("y", 8, 10, 4))])
    assert compile_graph(graph, "m", Options("m")).arena == compile_graph(graph, "m", Options("m")).arena


@pytest.mark.parametrize("seed", range(25))
def test_random_networks_share_memory_only_where_their_kernels_allow_it(seed: int) -> None:
    graph = optimise(RandomNetwork(seed, INT8).graph)
    kernels = lower(graph, "m", Options("m"))
    places = plan_arena(graph, kernels).placements
    same_content = {t: t for t in places}
    for op, kernel in zip(graph.ops, kernels, strict=True):
        if kernel.view:
            same_content[op.outputs[0]] = same_content[op.inputs[0]]
    for a, b in itertools.combinations(places, 2):
        steps = range(max(places[a].first, places[b].first), min(places[a].last, places[b].last) + 1)
        if not steps or not places[a].shares(places[b]) or same_content[a] == same_content[b]:
            continue
        (step,) = steps
        op, kernel = graph.ops[step], kernels[step]
        source, target = (a, b) if b in op.outputs else (b, a)
        pair = op.outputs.index(target), op.inputs.index(source)
        distance = places[source].offset - places[target].offset
        leads = [allowed.lead for allowed in kernel.overlap if (allowed.output, allowed.input) == pair]
        assert op.inputs.count(source) == 1
        assert (pair in kernel.in_place and distance == 0) or any(distance >= lead for lead in leads)
