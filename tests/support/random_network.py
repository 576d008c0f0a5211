"""Random networks with branches, from a seed: int8 or float32, of the operators that image and sensor networks use."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import Attribute, DType, Graph, Tensor

_Layers = list[tuple[str, list[Tensor | None], list[Tensor], dict[str, Attribute]]]


class RandomNetwork:
    """Grows a network operator by operator; each reads what the ones before made. `graph` is the result."""

    def __init__(self, seed: int, dtype: DType) -> None:
        self._rng = np.random.default_rng(seed)
        self._dtype = dtype
        self._layers: _Layers = []
        shape = (1, *self._rng.integers(4, 13, 2), self._rng.integers(1, 9))
        self._values = [self._tensor(shape, 0.05, int(self._rng.integers(-20, 20)))]
        for _ in range(int(self._rng.integers(4, 28))):
            self._grow()
        self._finish()
        self.graph: Graph = chain(self._layers)

    def _tensor(self, shape: tuple[int, ...], scale: float, zero_point: int = 0) -> Tensor:
        q = quantised(scale, zero_point) if self._dtype is DType.INT8 else None
        return tensor(f"t{len(self._layers)}", self._dtype, tuple(int(d) for d in shape), q)

    def _add(self, kind: str, inputs: list[Tensor | None], output: Tensor, **attributes: Attribute) -> Tensor:
        self._layers.append((kind, inputs, [output], attributes))
        return output

    def _scale(self, value: Tensor) -> float:
        return value.quantisation.scale if value.quantisation else 1.0

    def _like(self, value: Tensor, shape: tuple[int, ...] | None = None, factor: float = 1.0) -> Tensor:
        """An output of another shape or scale; with factor 1 quantised exactly like `value`."""
        zero_point = value.quantisation.zero_point if value.quantisation else 0
        if factor != 1.0:
            zero_point = int(self._rng.integers(-30, 30))
        return self._tensor(shape or value.shape, self._scale(value) * factor, zero_point)

    def _grow(self) -> None:
        newest = self._values[-1]
        value = newest if self._rng.random() < 0.75 else self._values[self._rng.integers(len(self._values))]
        choices: list[Callable[[Tensor], Tensor | None]] = [
            self._convolution,
            self._convolution,
            self._depthwise,
            self._pool,
            self._binary,
            self._binary,
            self._concatenation,
            self._unary,
            self._pad,
            self._transpose,
            self._slice,
        ]
        made = choices[self._rng.integers(len(choices))](value)
        if made is not None:
            self._values.append(made)

    def _activation(self) -> str:
        return str(self._rng.choice(["NONE", "RELU", "RELU6"]))

    def _weights(self, shape: tuple[int, ...], value: Tensor, outputs: int, taps: int) -> tuple[list[Tensor], float]:
        """Weights and bias, and the scale of an output that neither saturates nor vanishes."""
        if self._dtype is DType.FLOAT32:
            w = constant("w", DType.FLOAT32, self._rng.normal(0, taps**-0.5, shape))
            return [w, constant("b", DType.FLOAT32, self._rng.normal(0, 0.1, outputs))], 1.0
        w_scale = 0.01
        w = constant("w", DType.INT8, self._rng.integers(-127, 128, shape), quantised(w_scale))
        bias_scale = quantised(w.quantisation.scale * self._scale(value))
        b = constant("b", DType.INT32, self._rng.integers(-2000, 2000, outputs), bias_scale)
        return [w, b], self._scale(value) * w_scale * 73 * taps**0.5 * 1.2

    def _convolution(self, value: Tensor) -> Tensor:
        _, height, width, channels = value.shape
        kernel = int(self._rng.choice([1, 2, 3, 5]))
        stride = int(self._rng.choice([1, 1, 2])) if min(height, width) > 3 else 1
        outputs = int(self._rng.integers(1, 13))
        same = self._rng.random() < 0.7 or kernel > min(height, width)
        size = [-(-d // stride) if same else (d - kernel) // stride + 1 for d in (height, width)]
        weights, scale = self._weights((outputs, kernel, kernel, channels), value, outputs, kernel * kernel * channels)
        output = self._tensor((1, *size, outputs), scale, int(self._rng.integers(-40, 40)))
        return self._add(
            "CONV_2D",
            [value, *weights],
            output,
            stride_h=stride,
            stride_w=stride,
            dilation_h_factor=1,
            dilation_w_factor=1,
            padding="SAME" if same else "VALID",
            fused_activation_function=self._activation(),
        )

    def _depthwise(self, value: Tensor) -> Tensor:
        _, height, width, channels = value.shape
        weights, scale = self._weights((1, 3, 3, channels), value, channels, 9)
        output = self._tensor((1, height, width, channels), scale, int(self._rng.integers(-40, 40)))
        return self._add(
            "DEPTHWISE_CONV_2D",
            [value, *weights],
            output,
            stride_h=1,
            stride_w=1,
            dilation_h_factor=1,
            dilation_w_factor=1,
            depth_multiplier=1,
            padding="SAME",
            fused_activation_function=self._activation(),
        )

    def _pool(self, value: Tensor) -> Tensor | None:
        _, height, width, channels = value.shape
        if min(height, width) < 2:
            return None
        output = self._like(value, (1, height // 2, width // 2, channels))
        kind = str(self._rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
        sizes = {"filter_height": 2, "filter_width": 2, "stride_h": 2, "stride_w": 2, "padding": "VALID"}
        return self._add(kind, [value], output, **sizes, fused_activation_function="NONE")

    def _binary(self, value: Tensor) -> Tensor:
        """With an earlier value of the same shape, or with a constant for each channel."""
        same = [other for other in self._values if other.shape == value.shape and other is not value]
        if same and self._rng.random() < 0.7:
            other: Tensor = same[self._rng.integers(len(same))]
        elif self._dtype is DType.FLOAT32:
            other = constant("c", DType.FLOAT32, self._rng.normal(0, 1, value.shape[-1:]))
        else:
            other = constant("c", DType.INT8, self._rng.integers(-127, 128, value.shape[-1:]), quantised(0.01, 5))
        kind = str(self._rng.choice(["ADD", "SUB", "MUL"]))
        factor = 1.3 if kind != "MUL" else 0.9
        return self._add(kind, [value, other], self._like(value, factor=factor), fused_activation_function="NONE")

    def _concatenation(self, value: Tensor) -> Tensor | None:
        fitting = [v for v in self._values if v.shape == value.shape and v.quantisation == value.quantisation]
        if len(fitting) < 2 or value.shape[-1] > 16:
            return None
        shape = (*value.shape[:-1], 2 * value.shape[-1])
        output = self._like(value, shape)
        return self._add("CONCATENATION", fitting[-2:], output, axis=3, fused_activation_function="NONE")

    def _unary(self, value: Tensor) -> Tensor:
        kind = str(self._rng.choice(["RELU", "RELU6", "LOGISTIC", "TANH"]))
        if kind == "LOGISTIC":
            return self._add(kind, [value], self._tensor(value.shape, 1 / 256, -128))
        if kind == "TANH":
            return self._add(kind, [value], self._tensor(value.shape, 1 / 128))
        return self._add(kind, [value], self._like(value))

    def _pad(self, value: Tensor) -> Tensor | None:
        if value.shape[1] > 12:
            return None
        sides = self._rng.integers(0, 2, (4, 2)) * np.array([[0], [1], [1], [0]])
        shape = tuple(int(d + s.sum()) for d, s in zip(value.shape, sides, strict=True))
        paddings = constant("p", DType.INT32, sides)
        return self._add("PAD", [value, paddings], self._like(value, shape))

    def _transpose(self, value: Tensor) -> Tensor:
        order = constant("o", DType.INT32, np.array([0, 2, 1, 3]))
        shape = tuple(value.shape[i] for i in (0, 2, 1, 3))
        return self._add("TRANSPOSE", [value, order], self._like(value, shape))

    def _slice(self, value: Tensor) -> Tensor | None:
        if value.shape[1] < 3:
            return None
        ends = (value.shape[0], value.shape[1] - 1, *value.shape[2:])
        begin, end, steps = (constant("s", DType.INT32, np.array(v)) for v in ((0, 1, 0, 0), ends, (1, 1, 1, 1)))
        shape = (1, value.shape[1] - 2, *value.shape[2:])
        masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)
        return self._add("STRIDED_SLICE", [value, begin, end, steps], self._like(value, shape), **masks)

    def _finish(self) -> None:
        """A flat view, a fully connected layer and a softmax; values that nothing reads are outputs as well."""
        value = self._values[-1]
        flat = self._add("RESHAPE", [value], self._like(value, (1, value.elements)), new_shape=(1, value.elements))
        weights, scale = self._weights((10, flat.elements), flat, 10, flat.elements)
        dense = self._tensor((1, 10), scale, 3)
        self._add("FULLY_CONNECTED", [flat, *weights], dense, fused_activation_function="NONE")
        self._add("SOFTMAX", [dense], self._tensor((1, 10), 1 / 256, -128), beta=0.2)
