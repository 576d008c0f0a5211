"""From a layer that a user's kernel takes to the call of it: the tables and the description that the function is given.

What the functions are given is declared, and documented, in sni_rules/kernels/sni_kernels.h.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tools.sni.errors import CompileError, Problem
from tools.sni.external.buffer_size import SizeError, evaluated
from tools.sni.external.library import KernelLibrary
from tools.sni.external.pattern import Pattern
from tools.sni.ir import DType, Tensor
from tools.sni.numerics.multiplier import quantise_multiplier
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.quantised import ACTIVATIONS, activation_bounds
from tools.sni.sums import real_factors
from tools.sni.windows import Axis, Window, window_of

PRODUCTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
"""Operators whose kernels are given weights, bias and requantisation by name; all others are given tensors."""

_PRODUCT_TYPES = (DType.INT8, DType.FLOAT32)
LARGEST_RANK = 6
_HEADER = '"sni_rules/kernels/sni_kernels.h"'


def pattern_problems(pattern: Pattern) -> Iterator[str]:
    """What a pattern must say, so that one function fits all layers that it takes."""
    accepted = " or ".join(dtype.value for dtype in _PRODUCT_TYPES)
    if pattern.kind in PRODUCTS:
        given = pattern.tensors.get("input") or pattern.tensors.get("input_0")
        if given is None or given.dtype not in _PRODUCT_TYPES:
            found = given.dtype.value if given else "nothing"
            yield f"pattern: says {found} of the input's type; a kernel for {pattern.kind} takes {accepted}"


def mismatches(library: KernelLibrary, layer: Layer) -> list[str]:
    """Why the kernel does not take a layer of its operator; nothing if it does."""
    found = list(library.pattern.mismatches(layer))
    if layer.op.kind in PRODUCTS:
        weights, bias = layer.inputs[1], layer.optional(2)
        if layer.input.is_constant or not weights.is_constant or (bias and not bias.is_constant):
            found.append("only its input may be computed; weights and bias must be constant")
        elif weights.dtype is not layer.input.dtype:
            found.append(f"weights are {weights.dtype.value}, the input {layer.input.dtype.value}")
        elif weights.dtype is DType.INT8 and any(weights.quantisation.zero_points):
            found.append("weights have a zero point")
    elif any(len(tensor.shape) > LARGEST_RANK for tensor in (*layer.inputs, *layer.outputs) if tensor):
        found.append(f"a tensor has more than {LARGEST_RANK} dimensions")
    return found


def external_kernel(layer: Layer, library: KernelLibrary) -> Kernel:
    """The call of the user's function. Raises CompileError where the size of its buffer cannot be computed."""
    is_product = layer.op.kind in PRODUCTS
    values, constants, names, macs = (_product if is_product else _operator)(layer)
    try:
        size = evaluated(library.buffer_size, names)
    except SizeError as error:
        raise CompileError([Problem(library.name, f"buffer_size: {error}")]) from None
    kind = f"product_{layer.input.dtype.value}" if is_product else "operator"
    c = layer.input.dtype.c
    data = f"const {c} *input, {c} *output" if is_product else "const void *const *inputs, void *const *outputs"
    return Kernel(
        name=f"external_{library.function}",
        template="external_product.c.j2" if is_product else "external_operator.c.j2",
        values={**values, "function": library.function, "described": kind, "buffer": bool(size)},
        constants=constants,
        includes=("math.h", "stddef.h") if kind == "product_float32" else ("stddef.h",),
        scratch=(Scratch("buffer", DType.INT8, size),) if size else (),
        macs=macs,
        reason=f"pattern of {library.name}",
        header=_HEADER,
        prototype=f"void {library.function}(const sni_kernel_{kind} *layer, {data}, void *buffer);",
    )


_Made = tuple[dict[str, object], tuple[Constant, ...], Mapping[str, int], int]


def _product(layer: Layer) -> _Made:
    x, y, weights, bias = layer.input, layer.output, layer.inputs[1], layer.optional(2)
    window = _window(layer)
    outputs = weights.shape[3 if layer.op.kind == "DEPTHWISE_CONV_2D" else 0]
    activation = layer.attribute("fused_activation_function", "NONE")
    tables = [Constant("weights", weights.data, f"{list(weights.shape)}, as in the model", named=True)]
    if bias:
        tables.append(Constant("bias", bias.data.reshape(-1), "[output]", named=True))
    values: dict[str, object] = {
        "input": (window.batches, window.y.input, window.x.input, window.channels),
        "output": (window.batches, window.y.output, window.x.output, outputs),
        "window": window,
        "groups": window.channels // weights.shape[3] if layer.op.kind == "CONV_2D" else 1,
        "depth_multiplier": outputs // window.channels if layer.op.kind == "DEPTHWISE_CONV_2D" else 0,
        "bias": bool(bias),
        "quantised": x.dtype is DType.INT8,
    }
    if x.dtype is DType.INT8:
        multipliers = [quantise_multiplier(real) for real in real_factors(layer, weights)]
        multipliers *= outputs if len(multipliers) == 1 else 1
        table = np.array([m.value for m in multipliers], np.int32)
        shifts = np.array([m.shift for m in multipliers], np.int32)
        tables.append(Constant("multipliers", table, "[output], of 2^31", named=True))
        tables.append(Constant("shifts", shifts, "[output], to the left", named=True))
        low, high = activation_bounds(y, activation)
        values |= {"zero_points": (x.quantisation.zero_point, y.quantisation.zero_point), "low": low, "high": high}
    else:
        low, high = ACTIVATIONS[activation]
        values |= {"low": -np.inf if low is None else low, "high": np.inf if high is None else high}
    names = {
        f"{end}_{name}": size
        for end in ("input", "output")
        for name, size in zip(("batches", "rows", "columns", "channels"), values[end], strict=True)
    }
    names |= {"window_rows": window.y.taps, "window_columns": window.x.taps}
    return values, tuple(tables), names, window.positions * weights.elements


def _window(layer: Layer) -> Window:
    """FULLY_CONNECTED is a convolution of images of one pixel, one for each row."""
    weights = layer.inputs[1]
    if layer.op.kind == "FULLY_CONNECTED":
        one = Axis(1, 1, 1, 1, 1, 0)
        return Window(one, one, layer.input.elements // weights.shape[1], weights.shape[1])
    return window_of(layer, tuple(weights.shape[1:3]))


def _operator(layer: Layer) -> _Made:
    tables, inputs = [], []
    names: dict[str, int] = {}
    for position, (tensor, name) in enumerate(zip(layer.inputs, layer.input_names, strict=True)):
        if tensor is None:
            inputs.append("NULL")
            continue
        if name is None:
            key = f"input_{position}_table"
            tables.append(Constant(key, tensor.data, f"input {position}, {list(tensor.shape)}", named=True))
        inputs.append(name or key)
        names[f"input_{position}_elements"] = tensor.elements
    for position, tensor in enumerate(layer.outputs):
        names[f"output_{position}_elements"] = tensor.elements
    values = {
        "inputs": list(zip(inputs, map(_described, layer.inputs), strict=True)),
        "outputs": list(zip(layer.output_names, map(_described, layer.outputs), strict=True)),
    }
    return values, tuple(tables), names, 0


def _described(tensor: Tensor | None) -> dict[str, object]:
    """A tensor for its `sni_kernel_tensor`; one that is left out has no elements."""
    if tensor is None:
        return {"type": "FLOAT32", "shape": (0,), "scale": 0.0, "zero_point": 0}
    q = tensor.quantisation
    quantised = q is not None and not q.per_channel and tensor.dtype.is_integer
    return {
        "type": tensor.dtype.value.upper(),
        "shape": tensor.shape,
        "scale": q.scale if quantised else 0.0,
        "zero_point": q.zero_point if quantised else 0,
    }
