"""Unrolled recurrent networks as the converter writes them: each step of operators, and in int8 scales, of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.support.models import constant, network, per_channel, quantised, tensor
from tools.sni.ir import Attribute, DType, Graph, Quantisation, Tensor

INT8, FLOAT, INT32 = DType.INT8, DType.FLOAT32, DType.INT32
SIGMOID, TANH = quantised(1 / 256, -128), quantised(1 / 128)
"""Of the int8 outputs of LOGISTIC and TANH."""


@dataclass
class Steps:
    """Collects the operators of a network.

    dtype: FLOAT or INT8. varying: int8 values are quantised differently in each step; alike: but not the states.
    """

    dtype: DType
    varying: bool = True
    alike: bool = True
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))
    layers: list = field(default_factory=list)

    def quantisation(self, scale: float) -> Quantisation | None:
        """Around a scale, and with any zero point; always the same where nothing varies."""
        if self.dtype is FLOAT:
            return None
        if not self.varying:
            return quantised(scale, -9)
        return quantised(scale * self.rng.uniform(0.6, 1.6), int(self.rng.integers(-40, 40)))

    def made(
        self,
        kind: str,
        inputs: Sequence[Tensor | None],
        shape: Sequence[int],
        q: Quantisation | None = None,
        **attributes: Attribute,
    ) -> Tensor:
        """What an operator makes; q: its quantisation in int8."""
        y = tensor(f"{kind.lower()} {len(self.layers)}", self.dtype, shape, None if self.dtype is FLOAT else q)
        self.layers.append((kind, inputs, [y], attributes))
        return y

    def weights(self, outputs: int, inputs: int) -> Tensor:
        if self.dtype is FLOAT:
            return constant("w", FLOAT, self.rng.normal(0, 0.5, (outputs, inputs)))
        scales = self.rng.uniform(0.003, 0.01, outputs)
        return constant("w", INT8, self.rng.integers(-127, 128, (outputs, inputs)), per_channel(scales))

    def bias(self, x: Tensor, w: Tensor, reals: np.ndarray) -> Tensor:
        """A bias for weights: quantised for the scale of the input, as the converter does it."""
        if self.dtype is FLOAT:
            return constant("b", FLOAT, reals)
        scales = np.array(w.quantisation.scales) * x.quantisation.scale
        return constant("b", INT32, np.round(reals / scales), per_channel(scales))

    def vector(self, values: np.ndarray) -> Tensor:
        """A constant that is added to values."""
        if self.dtype is FLOAT:
            return constant("c", FLOAT, values)
        scale = max(float(np.abs(values).max()) / 120, 1e-3)
        return constant("c", INT8, np.round(values / scale) - 5, quantised(scale, -5))

    def dense(self, x: Tensor, w: Tensor, reals: np.ndarray | None = None, scale: float = 0.03) -> Tensor:
        bias = None if reals is None else self.bias(x, w, reals)
        return self.made("FULLY_CONNECTED", [x, w, bias], (*x.shape[:-1], w.shape[0]), self.quantisation(scale),
                         keep_num_dims=len(x.shape) > 2)  # fmt: skip

    def add(self, a: Tensor, b: Tensor, scale: float = 0.03, kind: str = "ADD") -> Tensor:
        return self.made(kind, [a, b], np.broadcast_shapes(a.shape, b.shape), self.quantisation(scale))

    def multiply(self, a: Tensor, b: Tensor, q: Quantisation | None = None) -> Tensor:
        return self.made("MUL", [a, b], np.broadcast_shapes(a.shape, b.shape), q or self.quantisation(0.008))

    def sigmoid(self, x: Tensor) -> Tensor:
        return self.made("LOGISTIC", [x], x.shape, SIGMOID)

    def tanh(self, x: Tensor) -> Tensor:
        return self.made("TANH", [x], x.shape, TANH)

    def split(self, x: Tensor, parts: int) -> list[Tensor]:
        shape = (*x.shape[:-1], x.shape[-1] // parts)
        made = [tensor("part", self.dtype, shape, x.quantisation) for _ in range(parts)]
        self.layers.append(("SPLIT", [constant("axis", INT32, np.array(-1)), x], made, {"num_splits": parts}))
        return made


Step = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
"""From the input of a step and the states before, none in the first step, to the states after: the output first."""


def simple(net: Steps, features: int, units: int, bias: bool = True) -> Step:
    """SimpleRNN: h = tanh(W x + b + R h)."""
    w, r, b = net.weights(units, features), net.weights(units, units), net.rng.normal(0, 0.5, units)
    state = quantised(0.0079, -1)

    def step(x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        total = net.dense(x, w, b if bias else None)
        if states:
            total = net.add(total, net.dense(states[0], r))
        h = net.tanh(total)
        return (net.made("QUANTIZE", [h], h.shape, state),) if net.dtype is INT8 else (h,)

    return step


def lstm(net: Steps, features: int, units: int, bias: bool = True) -> Step:
    """LSTM with the gates i, f, g, o; the first step has no states and fewer operators."""
    w, r, b = net.weights(4 * units, features), net.weights(4 * units, units), net.rng.normal(0, 0.5, 4 * units)
    added, state = net.vector(b), quantised(0.0071, 3)
    memory = None if net.varying else quantised(0.009, 12)

    def step(x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        total = net.dense(x, w, None if states else b)
        if states:
            total = net.add(net.add(total, net.dense(states[0], r)), added)
        i, f, g, o = net.split(total, 4)
        kept = net.multiply(net.sigmoid(f), states[1]) if states else None
        c = net.multiply(net.sigmoid(i), net.tanh(g), memory)
        if kept is not None:
            c = net.made("ADD", [kept, c], c.shape, memory or net.quantisation(0.01))
        return net.multiply(net.sigmoid(o), net.tanh(c), state), c

    return step


def gru(net: Steps, features: int, units: int, bias: bool = True) -> Step:
    """GRU with the gates z, r and the candidate, and a bias of its own in the recurrent product."""
    w, r = net.weights(3 * units, features), net.weights(3 * units, units)
    b, inner, one = net.rng.normal(0, 0.5, 3 * units), net.rng.normal(0, 0.5, 3 * units), net.vector(np.array(1.0))
    state = quantised(0.0075, -11) if net.alike or not net.varying else None

    def step(x: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        parts = net.split(net.dense(x, w, b), 3)
        if not states:
            z = net.sigmoid(parts[0])
            return (net.multiply(net.add(one, z, 0.006, "SUB"), net.tanh(parts[2]), state),)
        (h,) = states
        before = net.split(net.dense(h, r, inner if bias else None), 3)
        z, reset = (net.sigmoid(net.add(a, b)) for a, b in zip(parts[:2], before[:2], strict=True))
        candidate = net.tanh(net.add(parts[2], net.multiply(reset, before[2])))
        new = net.multiply(net.add(one, z, 0.006, "SUB"), candidate)
        return (net.made("ADD", [net.multiply(z, h), new], h.shape, state or net.quantisation(0.0075)),)

    return step


CELLS = {"simple": simple, "lstm": lstm, "gru": gru}


def unrolled(
    cell: str,
    dtype: DType,
    steps: int,
    *,
    features: int = 3,
    units: int = 4,
    batch: int = 1,
    sequence: bool = True,
    varying: bool = True,
    backwards: bool = False,
    bias: bool = True,
    layers: int = 1,
) -> Graph:
    """A recurrent network of `layers` cells and a dense layer on the last state, with `sequence` on those of all steps.

    The states of a sequence are quantised alike, as PACK asks of them.
    """
    net = Steps(dtype, varying, alike=sequence)
    x = tensor("x", dtype, (steps, batch, features), None if dtype is FLOAT else quantised(0.03, -4))
    values = [tensor("x_t", dtype, (batch, features), x.quantisation) for _ in range(steps)]
    net.layers.append(("UNPACK", [x], values, {"num": steps, "axis": 0}))
    values = values[::-1] if backwards else values
    for _ in range(layers):
        step = CELLS[cell](net, values[0].shape[1], units, bias)
        states: tuple[Tensor, ...] = ()
        made = []
        for value in values:
            states = step(value, states)
            made.append(states[0])
        values = made
    shown = values[-1]
    if sequence:
        shown = net.made("PACK", values, (steps, batch, units), values[0].quantisation, values_count=steps, axis=0)
    y = net.dense(shown, net.weights(2, units), net.rng.normal(0, 0.5, 2))
    return network(net.layers, [x], [y])
