"""A small network with a layer for every kind of kernel, for counting where no larger one is at hand."""

from __future__ import annotations

from tests.support.convolutions import Convolution, conv, depthwise
from tests.support.model_writer import write_tflite
from tests.support.models import chain, quantised, tensor
from tools.sni.ir import DType, Tensor

_SCALE, _ZERO_POINT = 0.05, 3
"""Of all activations: a convolution's own for its input."""


_RESULTS = {DType.INT8: quantised(1 / 256, -128), DType.INT16: quantised(1 / 32768)}
"""What SOFTMAX makes."""


def small(types: tuple[DType, DType]) -> bytes:
    """In types of activations and bias: convolutions of each kind, ADD, AVERAGE_POOL_2D and SOFTMAX."""
    dtype = types[0]
    scale = _SCALE / 250 if dtype is DType.INT16 else _SCALE
    shared = {"types": types, "output_scale": scale, "zero_points": (_ZERO_POINT, _ZERO_POINT)}

    def value(name: str, *shape: int) -> Tensor:
        quantisations = {DType.INT8: quantised(scale, _ZERO_POINT), DType.INT16: quantised(scale)}
        return tensor(name, dtype, shape, quantisations.get(dtype))

    convolutions: tuple[Convolution, ...] = (
        conv((1, 16, 16, 3), (3, 3), 8, stride=(2, 2), activation="RELU", **shared),
        depthwise((1, 8, 8, 8), (3, 3), 1, activation="RELU", **shared),
        conv((1, 8, 8, 8), (1, 1), 16, **shared),
        depthwise((1, 8, 8, 16), (3, 3), 1, stride=(2, 2), **shared),
        conv((1, 4, 4, 16), (3, 3), 16, activation="RELU", **shared),
    )
    x = value("x", 1, 16, 16, 3)
    layers = []
    for number, convolution in enumerate(convolutions):
        graph = convolution.graph()
        op = graph.ops[0]
        _, weights, bias = (graph.tensors[i] for i in op.inputs)
        y = value(f"y{number}", *convolution.output)
        layers.append((op.kind, [x, weights, bias], [y], op.attributes))
        x, before = y, x
    total, pooled = value("total", 1, 4, 4, 16), value("pooled", 1, 1, 1, 16)
    result = tensor("result", dtype, (1, 1, 1, 16), _RESULTS.get(dtype))
    pool = {"padding": "VALID", "stride_h": 1, "stride_w": 1, "filter_height": 4, "filter_width": 4}
    layers.append(("ADD", [before, x], [total], {}))
    layers.append(("AVERAGE_POOL_2D", [total], [pooled], pool))
    layers.append(("SOFTMAX", [pooled], [result], {"beta": 1.0}))
    return write_tflite(chain(layers))
