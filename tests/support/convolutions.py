"""Networks of one convolution, for tests: float32, int8 and int16x8, with scales that fit unless told otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tests.support.models import constant, per_channel, quantised, single, tensor
from tools.sni.ir import Attribute, DType, Graph, Quantisation, Tensor

FLOATS = (DType.FLOAT32, DType.FLOAT32)
INT8S = (DType.INT8, DType.INT32)
INT16S_NARROW = (DType.INT16, DType.INT32)
INT16S = (DType.INT16, DType.INT64)
"""Types of (activations, bias)."""

_INPUT_SCALE = {DType.INT8: 0.05, DType.INT16: 0.0002}
_WEIGHTS_SCALE = 0.004


@dataclass(frozen=True)
class Convolution:
    """A layer to be made.

    kind: CONV_2D, DEPTHWISE_CONV_2D or TRANSPOSE_CONV. image: its input. window: rows and columns. made: the output's
    rows and columns, for TRANSPOSE_CONV, which cannot work them out. types: of activations and bias. channels: a scale
    for each output. weights: one value for all of them, or None for random ones. output_scale: 0 for one that fits.
    """

    kind: str
    image: tuple[int, int, int, int]
    window: tuple[int, int]
    outputs: int
    types: tuple[DType, DType] = INT8S
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: str = "SAME"
    activation: str = "NONE"
    groups: int = 1
    channels: bool = True
    bias: bool = True
    made: tuple[int, int] = (0, 0)
    zero_points: tuple[int, int] = (3, -5)
    weights: int | None = None
    output_scale: float = 0.0
    extra: dict[str, Attribute] = field(default_factory=dict)

    @property
    def output(self) -> tuple[int, int, int, int]:
        """The output's shape, by the rules for SAME and VALID."""
        batches, rows, columns, _ = self.image
        if self.kind == "TRANSPOSE_CONV":
            return batches, *self.made, self.outputs
        sizes = []
        for size, taps, stride, dilation in zip((rows, columns), self.window, self.stride, self.dilation, strict=True):
            reach = (taps - 1) * dilation + 1
            sizes.append(-(-size // stride) if self.padding == "SAME" else (size - reach) // stride + 1)
        return batches, *sizes, self.outputs

    @property
    def weights_shape(self) -> tuple[int, int, int, int]:
        if self.kind == "DEPTHWISE_CONV_2D":
            return 1, *self.window, self.outputs
        return self.outputs, *self.window, self.image[3] // self.groups

    def graph(self) -> Graph:
        """The network."""
        rng = np.random.default_rng([*self.image, *self.window, self.outputs])
        tensors = self._floats(rng) if self.types == FLOATS else self._integers(rng)
        x, weights, bias, y = tensors
        attributes = {
            "padding": self.padding,
            "stride_h": self.stride[0],
            "stride_w": self.stride[1],
            "fused_activation_function": self.activation,
        }
        if self.kind != "TRANSPOSE_CONV":
            attributes |= {"dilation_h_factor": self.dilation[0], "dilation_w_factor": self.dilation[1]}
        if self.kind == "DEPTHWISE_CONV_2D":
            attributes["depth_multiplier"] = self.outputs // self.image[3]
        inputs: list[Tensor | None] = [x, weights]
        if self.kind == "TRANSPOSE_CONV":
            inputs = [constant("shape", DType.INT32, np.array(self.output)), weights, x]
        return single(self.kind, [*inputs, bias] if bias else inputs, [y], **{**attributes, **self.extra})

    def _floats(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
        weights = constant("w", DType.FLOAT32, rng.normal(0, 1, self.weights_shape))
        bias = constant("b", DType.FLOAT32, rng.normal(0, 1, self.outputs)) if self.bias else None
        return tensor("x", DType.FLOAT32, self.image), weights, bias, tensor("y", DType.FLOAT32, self.output)

    def _integers(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor | None, Tensor]:
        activations, bias_type = self.types
        zero_points = self.zero_points if activations is DType.INT8 else (0, 0)
        input_scale = _INPUT_SCALE[activations]
        quantisation = self._weights_quantisation(rng)
        drawn = rng.integers(-127, 128, self.weights_shape)
        values = drawn if self.weights is None else np.full(self.weights_shape, self.weights)
        products = np.prod(self.weights_shape) / self.outputs
        # Two thirds of what the sums spread over use the output's range; the rest saturates.
        typical = 74 * _WEIGHTS_SCALE * input_scale * (74 if activations is DType.INT8 else 19000) * np.sqrt(products)
        scale = self.output_scale or typical * 1.5 / activations.bounds[1]
        bias = None
        if self.bias:
            scales = [input_scale * s for s in quantisation.scales]
            limit = int(min(typical / scales[0], bias_type.bounds[1]))
            bias_quantisation = per_channel(scales) if len(scales) > 1 else quantised(scales[0])
            bias = constant("b", bias_type, rng.integers(-limit, limit + 1, self.outputs), bias_quantisation)
        x = tensor("x", activations, self.image, quantised(input_scale, zero_points[0]))
        y = tensor("y", activations, self.output, quantised(scale, zero_points[1]))
        return x, constant("w", DType.INT8, values, quantisation), bias, y

    def _weights_quantisation(self, rng: np.random.Generator) -> Quantisation:
        if not self.channels or self.outputs == 1:
            return quantised(_WEIGHTS_SCALE)
        axis = 3 if self.kind == "DEPTHWISE_CONV_2D" else 0
        return per_channel(rng.uniform(0.3, 1.7, self.outputs) * _WEIGHTS_SCALE, axis)


def conv(image: tuple[int, int, int, int], window: tuple[int, int], outputs: int, **more: object) -> Convolution:
    """CONV_2D."""
    return Convolution("CONV_2D", image, window, outputs, **more)


def depthwise(
    image: tuple[int, int, int, int], window: tuple[int, int], multiplier: int, **more: object
) -> Convolution:
    """DEPTHWISE_CONV_2D."""
    return Convolution("DEPTHWISE_CONV_2D", image, window, image[3] * multiplier, **more)


def transposed(
    image: tuple[int, int, int, int], window: tuple[int, int], outputs: int, made: tuple[int, int], **more: object
) -> Convolution:
    """TRANSPOSE_CONV."""
    return Convolution("TRANSPOSE_CONV", image, window, outputs, made=made, **more)
