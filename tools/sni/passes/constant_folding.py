"""Operators whose inputs are constants are evaluated when the code is made, if NumPy gives the bits that C would.

Left out are operators whose result depends on options of the code (requantisation and its rounding), on a C library
(TANH, EXP), or on the order of additions: a second implementation of those would have to be kept equal to the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
        made = _evaluated(sweep, op)
        reading = [reader for output in op.outputs for reader in readers.get(output, [])]
        if made and _worthwhile(sweep, op, made, reading):
            for output, data in zip(op.outputs, made, strict=True):
                sweep.define(output, data)
        else:
            sweep.keep(op)
    return sweep.graph()


_SMALL = 64
"""Bytes that are not worth an operator, whoever reads them."""


def _evaluated(sweep: Sweep, op: Op) -> Sequence[np.ndarray]:
    """What the operator makes, nothing if that is not known or may be known to nobody."""
    if op.kind not in FOLDERS:
        return ()
    data = op.inputs if op.kind not in _OF_SHAPES else ()
    if not all(tensor is not None and sweep.tensors[tensor].is_constant for tensor in data):
        return ()
    if any(sweep.is_output(output) or not sweep.stable(output) for output in op.outputs) or not sweep.legal(op):
        return ()
    made = FOLDERS[op.kind](sweep.layer(op))
    results = [made] if isinstance(made, np.ndarray) else made
    fits = results is not None and all(
        result.shape == y.shape and result.dtype == y.dtype.numpy
        for result, y in zip(results, (sweep.tensors[output] for output in op.outputs), strict=True)
    )
    return results if fits else ()


def _worthwhile(sweep: Sweep, op: Op, made: Sequence[np.ndarray], readers: list[tuple[Op, int]]) -> bool:
    constants = {tensor for tensor in op.inputs if tensor is not None and sweep.tensors[tensor].is_constant}
    given = sum(sweep.tensors[tensor].bytes for tensor in constants)
    return sum(data.nbytes for data in made) <= max(given, _SMALL) or all(
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


def _split(layer: Layer) -> list[np.ndarray]:
    (axis,) = integers(layer.input)
    return np.split(layer.inputs[1].data, len(layer.outputs), axis)


def _split_v(layer: Layer) -> list[np.ndarray]:
    (axis,) = integers(layer.inputs[2])
    ends = np.cumsum([output.shape[axis] for output in layer.outputs])
    return np.split(layer.input.data, ends[:-1], axis)


def _unpack(layer: Layer) -> list[np.ndarray]:
    return list(np.moveaxis(layer.input.data, layer.attribute("axis", 0), 0))


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

FOLDERS: Mapping[str, Callable[[Layer], np.ndarray | Sequence[np.ndarray] | None]] = {
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
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _arithmetic(np.subtract),
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
    "ZEROS_LIKE": _zeros_like,
}
"""Kind to the function that gives the outputs of a legal layer whose inputs are constant; None where NumPy's bits may
not be those of the C. What does not have the type and shape of its output is not taken either.
"""
