"""Operators whose inputs are constants are evaluated when the code is made, if NumPy gives the bits that C would.

Left out are operators whose result depends on options of the code (requantisation and its rounding), on a C library
(TANH, EXP), or on the order of additions: a second implementation of those would have to be kept equal to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tools.sni.ir import DType, Graph, Op
from tools.sni.operators import Layer
from tools.sni.ops.dequantize import real_values
from tools.sni.passes.copy_constants import takes_constant
from tools.sni.passes.rewriting import RESHAPES, Sweep
from tools.sni.shape_inputs import integers


def fold_constants(graph: Graph) -> Graph:
    """Movement, casts, QUANTIZE, DEQUANTIZE, and float32, int32 and int64 ADD, SUB and MUL with constant inputs become
    constants, SHAPE always; not where that takes more flash than the inputs and readers want it in RAM.
    """
    sweep = Sweep(graph)
    readers: dict[int, list[tuple[Op, int]]] = {}
    for op in graph.ops:
        for position, tensor in enumerate(op.inputs):
            readers.setdefault(tensor, []).append((op, position))
    for op in graph.ops:
        data = _evaluated(sweep, op)
        if data is not None and _worthwhile(sweep, op, data, readers.get(op.outputs[0], [])):
            sweep.define(op.outputs[0], data)
        else:
            sweep.keep(op)
    return sweep.graph()


_SMALL = 64
"""Bytes that are not worth an operator, whoever reads them."""


def _evaluated(sweep: Sweep, op: Op) -> np.ndarray | None:
    """What the operator makes, None if that is not known or may be known to nobody."""
    if op.kind not in FOLDERS or len(op.outputs) != 1:
        return None
    data = op.inputs if op.kind not in _OF_SHAPES else ()
    output = op.outputs[0]
    if not all(tensor is not None and sweep.tensors[tensor].is_constant for tensor in data):
        return None
    if sweep.is_output(output) or not sweep.stable(output) or not sweep.legal(op):
        return None
    y = sweep.tensors[output]
    result = FOLDERS[op.kind](sweep.layer(op))
    if result is None or result.shape != y.shape or result.dtype != y.dtype.numpy:
        return None
    return result


def _worthwhile(sweep: Sweep, op: Op, data: np.ndarray, readers: list[tuple[Op, int]]) -> bool:
    constants = {tensor for tensor in op.inputs if tensor is not None and sweep.tensors[tensor].is_constant}
    given = sum(sweep.tensors[tensor].bytes for tensor in constants)
    return data.nbytes <= max(given, _SMALL) or all(
        takes_constant(reader.kind, position) for reader, position in readers
    )


def _reshape(layer: Layer) -> np.ndarray:
    return layer.input.data.reshape(layer.output.shape)


def _transpose(layer: Layer) -> np.ndarray:
    return layer.input.data.transpose(integers(layer.inputs[1]))


def _shape(layer: Layer) -> np.ndarray:
    return np.array(layer.input.shape, layer.output.dtype.numpy)


def _zeros_like(layer: Layer) -> np.ndarray:
    return np.zeros(layer.output.shape, layer.output.dtype.numpy)


def _fill(layer: Layer) -> np.ndarray:
    return np.full(layer.output.shape, layer.inputs[1].data.reshape(-1)[0])


def _broadcast_to(layer: Layer) -> np.ndarray:
    return np.broadcast_to(layer.input.data, layer.output.shape)


def _pack(layer: Layer) -> np.ndarray:
    return np.stack([x.data for x in layer.inputs], layer.attribute("axis", 0))


def _concatenation(layer: Layer) -> np.ndarray:
    return np.concatenate([x.data for x in layer.inputs], layer.attribute("axis", 0))


def _slice(layer: Layer) -> np.ndarray:
    starts = integers(layer.inputs[1])
    return layer.input.data[tuple(slice(a, a + n) for a, n in zip(starts, layer.output.shape, strict=True))]


def _strided_slice(layer: Layer) -> np.ndarray:
    """The operator's masks are NumPy's notation in other words."""

    def masked(name: str, entry: int) -> bool:
        return bool(int(layer.attribute(f"{name}_mask", 0)) >> entry & 1)

    index: list[object] = []
    for entry, (begin, end, step) in enumerate(zip(*map(integers, layer.inputs[1:]), strict=True)):
        end += begin if layer.attribute("offset", False) else 0
        if masked("ellipsis", entry):
            index.append(Ellipsis)
        elif masked("new_axis", entry):
            index.append(np.newaxis)
        elif masked("shrink_axis", entry):
            index.append(0 if masked("begin", entry) else begin)
        else:
            index.append(slice(None if masked("begin", entry) else begin, None if masked("end", entry) else end, step))
    return np.asarray(layer.input.data[tuple(index)])


def _gather(layer: Layer) -> np.ndarray | None:
    if layer.attribute("batch_dims", 0):
        return None
    return np.take(layer.input.data, layer.inputs[1].data, axis=layer.attribute("axis", 0))


def _cast(layer: Layer) -> np.ndarray | None:
    x, to = layer.input, layer.output.dtype
    if to is DType.BOOL:
        return x.data != 0
    if x.dtype is DType.FLOAT32 and to is not DType.FLOAT32:
        whole = np.trunc(x.data.astype(np.float64))
        low, high = to.bounds
        # Of int64 the largest is no float64; the one behind it, 2^63, is.
        if not np.all((whole >= low) & (whole < float(high + 1))):
            return None
        return whole.astype(to.numpy)
    return x.data.astype(to.numpy)


def _quantise(layer: Layer) -> np.ndarray | None:
    """From float only: between integers the result depends on the rounding that was chosen."""
    x, y = layer.input, layer.output
    if x.dtype is not DType.FLOAT32 or not np.all(np.isfinite(x.data)):
        return None
    with np.errstate(over="ignore"):
        ratio = (x.data / np.float32(y.quantisation.scale)).astype(np.float64)
    # Exact in double precision, which has digits enough for the half.
    steps = np.trunc(ratio + np.copysign(0.5, ratio)) + y.quantisation.zero_point
    return np.clip(steps, *y.dtype.bounds).astype(y.dtype.numpy).reshape(y.shape)


def _dequantise(layer: Layer) -> np.ndarray:
    return real_values(layer.input).reshape(layer.output.shape)


def _arithmetic(function: np.ufunc) -> Callable[[Layer], np.ndarray | None]:
    """Of plain numbers. Quantised ones depend on rounding; what is not finite, TFLM changes."""

    def folder(layer: Layer) -> np.ndarray | None:
        a, b = layer.inputs
        if layer.attribute("fused_activation_function", "NONE") != "NONE" or a.dtype not in _PLAIN:
            return None
        with np.errstate(all="ignore"):
            result = np.asarray(function(a.data, b.data))
        return result if np.all(np.isfinite(result)) else None

    return folder


_PLAIN = (DType.FLOAT32, DType.INT32, DType.INT64)

_OF_SHAPES = ("SHAPE", "ZEROS_LIKE")
"""Kinds that look at the shape of their input only, so that it may be computed."""

FOLDERS: Mapping[str, Callable[[Layer], np.ndarray | None]] = {
    **dict.fromkeys(RESHAPES, _reshape),
    "ADD": _arithmetic(np.add),
    "BROADCAST_TO": _broadcast_to,
    "CAST": _cast,
    "CONCATENATION": _concatenation,
    "DEQUANTIZE": _dequantise,
    "FILL": _fill,
    "GATHER": _gather,
    "MUL": _arithmetic(np.multiply),
    "PACK": _pack,
    "QUANTIZE": _quantise,
    "SHAPE": _shape,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _arithmetic(np.subtract),
    "TRANSPOSE": _transpose,
    "ZEROS_LIKE": _zeros_like,
}
"""Kind to the function that gives the output of a legal layer whose inputs are constant; None where NumPy's bits may
not be those of the C. What does not have the type and shape of the output is not taken either.
"""
