"""UNIDIRECTIONAL_SEQUENCE_LSTM: a long short-term memory over the steps of a sequence, as Keras defines it.

For each step, with x the input and h, c the states: the gates i, f, g, o are activation(W x + b + R h), the logistic
function for i, f, o and tanh for g; c = f c + i g; h = o tanh(c). The states are variables: they go on from one
inference to the next, as in TFLM.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.sni.emit.literals import c_float, plus
from tools.sni.ir import DType, Quantisation, Tensor
from tools.sni.operators import Constant, Kernel, Layer, Scratch, kernel, operator
from tools.sni.quantised import (
    INTEGER_ACTIVATIONS,
    Requantisation,
    per_tensor_problems,
    requantisation,
    signature,
    symmetric_problems,
    wide_requantisation,
)
from tools.sni.rescaling import Rescaling
from tools.sni.sigmoid import sigmoid_table

_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES = range(1, 5), range(5, 9), range(12, 16)
"""Positions of the inputs that a gate has, in the order i, f, g, o."""
_HIDDEN, _CELL = 18, 19
_VARIANTS = {
    range(9, 12): "peepholes",
    range(16, 18): "a projection",
    range(20, 24): "layer normalisation",
}
_GATE_SCALE = 2.0**-12
"""Of the int16 that the gates' activations take."""
_GATED_SCALE = 2.0**-15
"""Of the int16 that they give."""
_BIAS_TYPES = {DType.FLOAT32: DType.FLOAT32, DType.INT8: DType.INT32, DType.INT16: DType.INT64}


@operator(
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    types=("float32", "int8", "int16x8"),
    inputs=(1, 24),
    limits="constant weights, per tensor; no peepholes, projection or layer normalisation; int16 cell state whose "
    "scale is a power of two",
)
def check(layer: Layer) -> Iterator[str]:
    for positions, name in _VARIANTS.items():
        if any(layer.optional(position) for position in positions):
            yield f"has {name}, which TFLM has not either; accepted: the LSTM of Keras"
    needed = (0, *_INPUT_WEIGHTS, *_RECURRENT_WEIGHTS, *_BIASES, _HIDDEN, _CELL)
    missing = [position for position in needed if layer.optional(position) is None]
    if missing:
        yield f"needs the inputs {', '.join(map(str, needed))}; {', '.join(map(str, missing))} are left out"
        return
    types = list(_type_problems(layer))
    yield from types
    activation = layer.attribute("fused_activation_function", "NONE")
    if activation != "TANH":
        yield f"has the activation {activation}; accepted: TANH"
    if types:
        return
    shapes = list(_shape_problems(layer))
    yield from shapes
    if layer.input.dtype in INTEGER_ACTIVATIONS:
        yield from _quantisation_problems(layer)


def _type_problems(layer: Layer) -> Iterator[str]:
    x, hidden, cell, y = layer.input, layer.inputs[_HIDDEN], layer.inputs[_CELL], layer.output
    floating = x.dtype is DType.FLOAT32
    weights = [layer.inputs[i] for i in (*_INPUT_WEIGHTS, *_RECURRENT_WEIGHTS)]
    biases = [layer.inputs[i] for i in _BIASES]
    fits = (
        x.dtype in _BIAS_TYPES
        and all(w.dtype is (DType.FLOAT32 if floating else DType.INT8) for w in weights)
        and all(b.dtype is _BIAS_TYPES[x.dtype] for b in biases)
        and hidden.dtype is x.dtype
        and y.dtype is x.dtype
        and cell.dtype is (DType.FLOAT32 if floating else DType.INT16)
    )
    if not fits:
        given = signature((x, weights[0], biases[0], hidden, cell, y))
        yield (
            "takes float32 throughout, or int8 with int8 weights, int32 biases and an int16 cell state, or int16 with "
            f"int64 biases; its input, weights, biases, states and output are {given}"
        )
    if not all(tensor.is_constant for tensor in (*weights, *biases)):
        yield "needs constant weights and biases; some are computed"
    if not hidden.variable or not cell.variable:
        yield f"needs variables as its states, which go on from one inference to the next; it has {hidden} and {cell}"


def _shape_problems(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if len(x.shape) != 3:
        yield f"needs an input of three dimensions, batch, time and features; it is {x}"
        return
    units = layer.inputs[1].shape[0] if layer.inputs[1].shape else 0
    if y.shape != (*x.shape[:2], units):
        yield f"makes {[*x.shape[:2], units]}; its output is {y}"
    wanted = dict.fromkeys(_INPUT_WEIGHTS, (units, x.shape[2])) | dict.fromkeys(_RECURRENT_WEIGHTS, (units, units))
    wanted |= dict.fromkeys(_BIASES, (units,))
    for position, shape in wanted.items():
        if layer.inputs[position].shape != shape:
            yield f"needs input {position} of shape {list(shape)}; it is {layer.inputs[position]}"
    batch = x.shape[1] if layer.attribute("time_major", False) else x.shape[0]
    for position in (_HIDDEN, _CELL):
        if layer.inputs[position].elements != batch * units:
            yield f"needs a state of {batch} x {units}; it has {layer.inputs[position]}"


def _quantisation_problems(layer: Layer) -> Iterator[str]:
    hidden, cell = layer.inputs[_HIDDEN], layer.inputs[_CELL]
    weights = [layer.inputs[i] for i in (*_INPUT_WEIGHTS, *_RECURRENT_WEIGHTS)]
    problems = list(per_tensor_problems(layer.input, hidden, cell, layer.output, *weights))
    yield from problems
    if problems:
        return
    yield from symmetric_problems(layer.input, hidden, cell, layer.output)
    if any(w.quantisation.zero_point for w in weights):
        yield "needs weights with zero point 0"
    exponent = math.log2(cell.quantisation.scale)
    if abs(exponent - round(exponent)) >= 1e-3 or not -27 <= round(exponent) <= 2:
        yield f"needs a cell state whose scale is a power of two from 2^-27 to 2^2; it has {cell.quantisation}"


def _sizes(layer: Layer) -> dict[str, int]:
    """stride: elements of an input and an output from one step to the next."""
    time_major = layer.attribute("time_major", False)
    first, second, features = layer.input.shape
    batch, times = (second, first) if time_major else (first, second)
    apart = batch if time_major else 1
    units = layer.output.shape[2]
    return {
        "batch": batch,
        "times": times,
        "features": features,
        "units": units,
        "input_stride": features * apart,
        "output_stride": units * apart,
        "input_batch": features if time_major else features * times,
        "output_batch": units if time_major else units * times,
    }


def _macs(layer: Layer) -> int:
    rows, features, units = layer.input.shape[0] * layer.input.shape[1], layer.input.shape[2], layer.output.shape[2]
    return rows * units * (4 * (features + units) + 3)


@kernel("UNIDIRECTIONAL_SEQUENCE_LSTM", profile="c99")
def float_kernel(layer: Layer) -> Kernel | None:
    """All gates of a step in blocks whose sums stay in vector registers, each added up in the order TFLM does."""
    if layer.input.dtype is not DType.FLOAT32:
        return None
    sizes = _sizes(layer)
    gates = 4 * sizes["units"]
    block = max(size for size in range(4, 33, 4) if gates % size == 0)
    clip = layer.attribute("cell_clip", 0.0)

    def table(name: str, positions: range) -> Constant:
        stacked = np.concatenate([layer.inputs[i].data for i in positions])
        blocks = stacked.reshape(-1, block, stacked.shape[1]).transpose(0, 2, 1)
        comment = f"for each block of {block} of the gates i, f, g, o: [{stacked.shape[1]}][value of the block]"
        return Constant(name, blocks.reshape(-1), comment)

    biases = np.concatenate([layer.inputs[i].data.reshape(-1) for i in _BIASES])
    return Kernel(
        "lstm_float32",
        "unidirectional_sequence_lstm_float32.c.j2",
        {**sizes, "gates": gates, "block": block, "clip": c_float(clip) if clip > 0 else ""},
        (
            table("input_weights", _INPUT_WEIGHTS),
            table("recurrent_weights", _RECURRENT_WEIGHTS),
            Constant("bias", biases, "[gate i, f, g, o][unit]"),
        ),
        helpers=("multiply_add", "logistic", "in_flash"),
        includes=("math.h", "string.h"),
        scratch=(Scratch("gates", DType.FLOAT32, gates),),
        macs=_macs(layer),
    )


@kernel("UNIDIRECTIONAL_SEQUENCE_LSTM", profile="c99")
def integer_kernel(layer: Layer) -> Kernel | None:
    if layer.input.dtype not in INTEGER_ACTIVATIONS:
        return None
    cell, y = layer.inputs[_CELL], layer.output
    from_input = _Sums(layer, "input", layer.input, _INPUT_WEIGHTS, _BIASES)
    from_hidden = _Sums(layer, "recurrent", layer.inputs[_HIDDEN], _RECURRENT_WEIGHTS, None)
    low, high = y.dtype.bounds
    zero_point = y.quantisation.zero_point
    # In the order in which TFLM multiplies and divides these scales, in double.
    kept = Rescaling(_GATED_SCALE * cell.quantisation.scale / cell.quantisation.scale, 1 << 30)
    added = Rescaling(_GATED_SCALE * _GATED_SCALE / cell.quantisation.scale, 1 << 30)
    shown = Rescaling(_GATED_SCALE * _GATED_SCALE / y.quantisation.scale, 1 << 30)
    shift = 12 + round(math.log2(cell.quantisation.scale))
    expressions = {
        "kept": kept.expression("forgotten * cell[u]"),
        "added": added.expression("admitted * candidate"),
        "shown": shown.expression("activated * exposed"),
    }
    called = " ".join((*expressions.values(), from_input.expression, from_hidden.expression))
    helpers = [h for h in ("requantise", "requantise_any", "requantise_wide") if f"sni_{h}(" in called]
    return Kernel(
        f"lstm_{y.dtype.value}",
        "unidirectional_sequence_lstm_int.c.j2",
        {
            **_sizes(layer),
            **expressions,
            "type": y.dtype.c,
            "size": y.dtype.size,
            "x": from_input,
            "h": from_hidden,
            "hidden": f"sni_clamp(shown, {low - zero_point}, {high - zero_point}){plus(zero_point)}",
            # To steps of 2^-12 / 3, of which the table has one for each 2^8.
            "tanh_multiplier": 3 << max(shift, 0),
            "tanh_shift": max(-shift, 0),
            "clip": _clip(layer, cell.quantisation),
        },
        (*from_input.constants, *from_hidden.constants, Constant("table", sigmoid_table(), "65536 * logistic(i / 24)")),
        helpers=(*helpers, "clamp", "logistic_int16", "tanh_int16"),
        includes=("string.h",),
        macs=_macs(layer),
    )


def _clip(layer: Layer, cell: Quantisation) -> int:
    """The largest magnitude of the cell state in its own steps, 0 for none."""
    clip = layer.attribute("cell_clip", 0.0)
    return int(min(max(clip / cell.scale, -32768.0), 32767.0)) if clip > 0 else 0


class _Sums:
    """Sums of products for the four gates, brought to the int16 that their activations take.

    expression: C for the gate's part, from `sum`. constants: weights as [unit][gate][value], so that the gates of a
    unit are added up together, where each sum starts, and the multipliers.
    """

    def __init__(self, layer: Layer, name: str, x: Tensor, weights: range, biases: range | None) -> None:
        wide = x.dtype is DType.INT16
        stacked = np.stack([layer.inputs[i].data for i in weights], axis=1)
        start = -x.quantisation.zero_point * stacked.astype(np.int64).sum(axis=2)
        if biases:
            start = start + np.stack([layer.inputs[i].data.reshape(-1) for i in biases], axis=1)
        largest = -x.dtype.bounds[0] * np.abs(stacked.astype(np.int64)).sum(axis=2) + np.abs(start)
        # TFLM adds up int8 modulo 2^32; where these sums can leave that range they are cut to it at the end.
        wraps = not wide and int(largest.max()) >= 1 << 31
        reals = [x.quantisation.scale * layer.inputs[i].quantisation.scale / _GATE_SCALE for i in weights]
        gate = Tensor("gate", DType.INT16, (), Quantisation((_GATE_SCALE,), (0,)))
        q = (
            wide_requantisation(reals, gate, gate.dtype.bounds)
            if wide
            else requantisation(reals, largest, gate, gate.dtype.bounds)
        )
        self.name = name
        self.count = stacked.shape[2]
        self.type = "int64_t" if wide or wraps else "int32_t"
        self.has_start = bool(start.any())
        self.expression = _requantised(q, "(int32_t)sum" if wraps else "sum", name)
        tables = [Constant(f"{name}_weights", stacked.reshape(-1), f"[unit][gate i, f, g, o][{self.count}]")]
        if self.has_start:
            comment = "[unit][gate], where each sum starts, with what the zero point adds up to"
            tables.append(
                Constant(f"{name}_start", start.astype(np.int64 if self.type == "int64_t" else np.int32), comment)
            )
        if q.per_channel:
            multipliers = np.array([m.value for m in q.multipliers], np.int32)
            tables.append(Constant(f"{name}_multipliers", multipliers, "[gate]"))
            tables.append(Constant(f"{name}_shifts", np.array([-m.shift for m in q.multipliers], np.int8), "[gate]"))
        self.constants = tuple(tables)


def _requantised(q: Requantisation, total: str, name: str) -> str:
    factor = f"{name}_multipliers[g], {name}_shifts[g]" if q.per_channel else f"{q.multiplier}, {q.shift}"
    return f"sni_clamp({q.helper}({total}, {factor}), -32768, 32767)"
