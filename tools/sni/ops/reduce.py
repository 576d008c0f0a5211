"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_ALL, REDUCE_ANY: what becomes of the elements along some dimensions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.emit.literals import c_float, c_value, plus
from tools.sni.ir import DType
from tools.sni.numerics.multiplier import Multiplier, quantise_multiplier
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import largest_difference, per_tensor_problems, requantisation_by, signature
from tools.sni.shape_inputs import axis_problems, constant_problems, integers
from tools.sni.strided_copy import data_input

_QUANTISED = (DType.INT8, DType.INT16)
_PLAIN = (DType.INT32, DType.INT64)
_SUMS = (DType.FLOAT32, *_QUANTISED, *_PLAIN)
_EXTREMES = (DType.FLOAT32, *_QUANTISED, DType.UINT8, *_PLAIN)
_LIMITS = "constant axes"

_TYPES = {
    "MEAN": _SUMS,
    "SUM": _SUMS,
    "REDUCE_MAX": _EXTREMES,
    "REDUCE_MIN": _EXTREMES,
    "REDUCE_ALL": (DType.BOOL,),
    "REDUCE_ANY": (DType.BOOL,),
}


def _names(kind: str) -> tuple[str, ...]:
    return tuple(t.value for t in _TYPES[kind])


@operator("MEAN", types=_names("MEAN"), inputs=(2, 2), limits=_LIMITS)
@operator("SUM", types=_names("SUM"), inputs=(2, 2), limits=_LIMITS)
@operator("REDUCE_MAX", types=_names("REDUCE_MAX"), inputs=(2, 2), limits=f"{_LIMITS}; quantised alike on both sides")
@operator("REDUCE_MIN", types=_names("REDUCE_MIN"), inputs=(2, 2), limits=f"{_LIMITS}; quantised alike on both sides")
@operator("REDUCE_ALL", types=_names("REDUCE_ALL"), inputs=(2, 2), limits=_LIMITS)
@operator("REDUCE_ANY", types=_names("REDUCE_ANY"), inputs=(2, 2), limits=_LIMITS)
def check(layer: Layer) -> Iterator[str]:
    x, y, kind = layer.input, layer.output, layer.op.kind
    if x.dtype is not y.dtype or x.dtype not in _TYPES[kind]:
        yield f"takes and makes one of {', '.join(_names(kind))}; it has {signature((x, y))}"
        return
    if 0 in x.shape:
        yield f"needs at least one element along each dimension; it has {x}"
        return
    problems = list(constant_problems(layer, 1, "axes"))
    problems = problems or [p for axis in integers(layer.inputs[1]) for p in axis_problems(axis, len(x.shape))]
    yield from problems
    if not problems:
        axes = _axes(layer)
        dropped = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        if y.shape not in (dropped, kept):
            yield f"makes an output of shape {list(dropped)} or, with keep_dims, {list(kept)}; the model says {y}"
    if kind in ("MEAN", "SUM") and x.dtype in _QUANTISED:
        yield from per_tensor_problems(x, y)
    elif x.dtype in _QUANTISED and x.quantisation != y.quantisation:
        # TFLM does not rescale either.
        yield f"needs the same scale and zero point on both sides; it has {x.quantisation} and {y.quantisation}"


def _axes(layer: Layer) -> set[int]:
    rank = len(layer.input.shape)
    return {axis % rank for axis in integers(layer.inputs[1])} if rank else set()


@dataclass(frozen=True)
class _Loop:
    variable: str
    count: int
    stride: int


@dataclass(frozen=True)
class _Walk:
    """How a reduction goes through its input: `kept` loops, in each of them `lanes` neighbours side by side, and for
    these the `reduced` loops, which keep the order of the elements, on which the last bit of float sums depends."""

    kept: tuple[_Loop, ...]
    reduced: tuple[_Loop, ...]
    lanes: int

    @property
    def count(self) -> int:
        """Elements that become one."""
        return math.prod(loop.count for loop in self.reduced)


def _walk(shape: Sequence[int], axes: set[int]) -> _Walk:
    dimensions = [(axis in axes, n) for axis, n in enumerate(shape) if n > 1]
    groups = [
        (reduces, math.prod(n for _, n in group))
        for reduces, group in itertools.groupby(dimensions, key=lambda dimension: dimension[0])
    ]
    lanes = groups.pop()[1] if groups and not groups[-1][0] else 1
    stride = lanes
    loops: dict[bool, list[_Loop]] = {False: [], True: []}
    for number, (reduces, n) in reversed(list(enumerate(groups))):
        variable = ("pqr" if reduces else "hij")[number // 2] if number < 6 else f"v{number}"
        loops[reduces].insert(0, _Loop(variable, n, stride))
        stride *= n
    return _Walk(tuple(loops[False]), tuple(loops[True]), lanes)


@dataclass(frozen=True)
class _Arithmetic:
    """What a reduction does, in C.

    initial: value of the accumulator. step: a statement of accumulator `{0}` and element `{1}`. scaled: of the
    accumulator `{0}`, declared as `y`, where there is such a thing. result: of `{0}`, or of `y`.
    """

    type: str
    initial: str
    step: str
    result: str
    scaled: str = ""
    helpers: tuple[str, ...] = ()


_BLOCK = 32
"""Accumulators side by side: they stay in vector registers, and each element is loaded once."""


@kernel("MEAN", profile="c99")
@kernel("SUM", profile="c99")
@kernel("REDUCE_MAX", profile="c99")
@kernel("REDUCE_MIN", profile="c99")
@kernel("REDUCE_ALL", profile="c99")
@kernel("REDUCE_ANY", profile="c99")
def reduce(layer: Layer) -> Kernel:
    x = layer.input
    source, constants = data_input(layer, 0)
    walk = _walk(x.shape, _axes(layer))
    arithmetic = _arithmetic(layer, walk.count)
    block = min(_BLOCK, walk.lanes)
    whole = walk.lanes // block * block
    blocks = [(0, whole, block), (whole, walk.lanes, walk.lanes - whole)]
    outputs = [math.prod(loop.count for loop in walk.kept[i + 1 :]) * walk.lanes for i in range(len(walk.kept))]
    return Kernel(
        f"{layer.op.kind.lower()}_{x.dtype.value}",
        "reduce.c.j2",
        {
            "input": source,
            "kept": walk.kept,
            "reduced": walk.reduced,
            "lanes": walk.lanes,
            "from": _index([(loop.variable, loop.stride) for loop in (*walk.kept, *walk.reduced)]),
            "to": _index([(loop.variable, step) for loop, step in zip(walk.kept, outputs, strict=True)]),
            "blocks": [b for b in blocks if b[0] < b[1]],
            "a": arithmetic,
            "type": x.dtype.c,
        },
        constants,
        helpers=arithmetic.helpers,
    )


def _index(terms: Sequence[tuple[str, int]]) -> str:
    return " + ".join(variable if stride == 1 else f"{variable} * {stride}" for variable, stride in terms)


def _arithmetic(layer: Layer, count: int) -> _Arithmetic:
    x, kind = layer.input, layer.op.kind
    if kind in ("MEAN", "SUM"):
        if x.dtype in _QUANTISED:
            return _quantised_sum(layer, count)
        if x.dtype is DType.FLOAT32:
            return _Arithmetic("float", "0.0f", "{0} += {1}", "{0}" if kind == "SUM" else f"{{0}} / {c_float(count)}")
        # Wraps round, as in TFLM.
        unsigned, signed = f"u{x.dtype.c}", x.dtype.c
        result = f"({signed}){{0}}" if kind == "SUM" else f"({signed}){{0}} / {count}"
        return _Arithmetic(unsigned, "0", f"{{0}} += ({unsigned}){{1}}", result)
    if x.dtype is DType.BOOL:
        first, both = ("true", "&&") if kind == "REDUCE_ALL" else ("false", "||")
        return _Arithmetic("bool", first, f"{{0}} = {{0}} {both} {{1}}", "{0}")
    largest = kind == "REDUCE_MAX"
    if x.dtype is DType.FLOAT32:
        # Not infinity: that is where TFLM starts, and a NaN leaves it there.
        start = np.finfo(np.float32).min if largest else np.finfo(np.float32).max
    else:
        start = x.dtype.bounds[0 if largest else 1]
    better = ">" if largest else "<"
    return _Arithmetic(
        x.dtype.c, c_value(np.array(start, x.dtype.numpy)), f"{{0}} = {{1}} {better} {{0}} ? {{1}} : {{0}}", "{0}"
    )


def _quantised_sum(layer: Layer, count: int) -> _Arithmetic:
    """The zero point is in the initial value; the count of a mean is in the multiplier, as in TFLM."""
    x, y = layer.input, layer.output
    multiplier = quantise_multiplier(x.quantisation.scale / y.quantisation.scale)
    if layer.op.kind == "MEAN":
        shift = min(count.bit_length() - 1, 32, 31 + multiplier.shift)
        multiplier = Multiplier((multiplier.value << shift) // count, multiplier.shift - shift)
    low, high = y.dtype.bounds
    largest = int(largest_difference(x)[0]) * count
    q = requantisation_by((multiplier,), np.array([largest]), y, (low, high))
    initial = -x.quantisation.zero_point * count
    to = q.zero_point
    # TFLM adds up modulo 2^32. Where that can overflow, we do so in 64 bits and cut off at the end.
    narrow = largest + abs(initial) < 1 << 31
    total = "{0}" if narrow else "(int32_t){0}"
    return _Arithmetic(
        "int32_t" if narrow else "int64_t",
        str(initial),
        "{0} += {1}",
        # The clamp comes before the zero point, which then cannot overflow.
        f"({y.dtype.c})(sni_clamp(y, {low - to}, {high - to}){plus(to)})",
        f"{q.helper}({total}, {q.multiplier}, {q.shift})",
        (q.helper.removeprefix("sni_"), "clamp"),
    )
