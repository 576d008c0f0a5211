"""What the convolutions share: which types go together, and what must hold for weights, bias and quantisation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tools.sni.ir import DType, Tensor
from tools.sni.operators import Layer
from tools.sni.quantised import ACTIVATIONS, per_tensor_problems, signature
from tools.sni.sums import bias_problems, narrow_weight_problems, no_zero_point_problems, weight_quantisation_problems

Types = Mapping[tuple[DType, DType], tuple[DType, ...]]
"""(input, weights) to the types that the bias may have."""


def convolution_problems(
    layer: Layer, x: Tensor, weights: Tensor, bias: Tensor | None, types: Types, axis: int
) -> Iterator[str]:
    """Types, constant weights and bias, activation, quantisation. axis: the dimension of the weights for the outputs.

    Shapes are left to the caller, but for the rank of the weights, which is 4 if this yields nothing.
    """
    y = layer.output
    bias_types = types.get((x.dtype, weights.dtype))
    if bias_types is None or y.dtype is not x.dtype or (bias and bias.dtype not in bias_types):
        yield f"takes {described(types)}; it has {signature((x, weights, bias, y))}"
        return
    if not weights.is_constant or (bias and not bias.is_constant):
        yield "needs constant weights and bias; these are computed"
        return
    if len(weights.shape) != 4 or not weights.elements:
        yield f"needs weights of four dimensions, none empty; they are {weights}"
        return
    outputs = weights.shape[axis]
    if bias and bias.elements != outputs:
        yield f"needs one bias for each of {outputs} outputs; it has {bias.elements}"
    activation = layer.attribute("fused_activation_function", "NONE")
    if activation not in ACTIVATIONS:
        yield f"has the fused activation {activation}; accepted: {', '.join(ACTIVATIONS)}"
    yield from narrow_weight_problems(x, weights, bias)
    if weights.dtype.is_integer:
        yield from per_tensor_problems(x, y)
        yield from weight_quantisation_problems(weights, axis)
    if x.dtype is DType.INT16:
        yield from bias_problems(bias)
        yield from no_zero_point_problems(x, y)


def described(types: Types) -> str:
    """Types for a message."""
    described = [
        f"{x.value} with {weights.value} weights and {' or '.join(b.value for b in bias)} bias"
        if x is not weights or bias != (x,)
        else x.value
        for (x, weights), bias in types.items()
    ]
    return ", or ".join(described)
