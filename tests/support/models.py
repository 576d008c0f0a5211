"""Small networks for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tools.sni.ir import Attribute, DType, Graph, Op, Quantisation, Tensor


def quantised(scale: float, zero_point: int = 0) -> Quantisation:
    """One scale, as single precision holds it, and one zero point."""
    return Quantisation((float(np.float32(scale)),), (zero_point,))


def per_channel(scales: Sequence[float], axis: int = 0) -> Quantisation:
    """Symmetric, a scale for each index of an axis."""
    return Quantisation(tuple(float(np.float32(s)) for s in scales), (0,) * len(scales), axis)


def tensor(name: str, dtype: DType, shape: Sequence[int], quantisation: Quantisation | None = None) -> Tensor:
    """A tensor that is computed."""
    return Tensor(name, dtype, tuple(shape), quantisation)


def constant(name: str, dtype: DType, data: np.ndarray, quantisation: Quantisation | None = None) -> Tensor:
    """A tensor with data."""
    # Reshaped, because NumPy makes a contiguous scalar an array of one dimension.
    contiguous = np.ascontiguousarray(data.astype(dtype.numpy)).reshape(data.shape)
    return Tensor(name, dtype, data.shape, quantisation, contiguous)


def single(kind: str, inputs: Sequence[Tensor | None], outputs: Sequence[Tensor], **attributes: Attribute) -> Graph:
    """A network of one operator; its computed inputs are the network's."""
    return chain([(kind, inputs, outputs, attributes)])


Layers = Sequence[tuple[str, Sequence[Tensor | None], Sequence[Tensor], dict[str, Attribute]]]
"""Operators in order: kind, inputs, outputs, attributes. Tensors are told apart by identity."""


def chain(layers: Layers) -> Graph:
    """A network of operators in order. What nothing makes are its inputs, what nothing reads its outputs."""
    tensors, ops = _identified(layers)
    read = {i for op in ops for i in op.inputs if i is not None}
    made = {i for op in ops for i in op.outputs}
    given = [i for i, value in tensors.items() if value.data is None and not value.variable]
    network_inputs = tuple(i for i in given if i in read - made)
    network_outputs = tuple(i for i in tensors if i in made - read)
    return Graph(tensors, tuple(ops), network_inputs, network_outputs)


def network(
    layers: Layers, inputs: Sequence[Tensor], outputs: Sequence[Tensor], subgraphs: Mapping[int, Graph] | None = None
) -> Graph:
    """A network, or a part that another one calls, with its inputs and outputs in the order given."""
    tensors, ops = _identified(layers, (*inputs, *outputs))
    keys = {id(value): key for key, value in tensors.items()}
    ends = (tuple(keys[id(value)] for value in side) for side in (inputs, outputs))
    return Graph(tensors, tuple(ops), *ends, subgraphs=subgraphs or {})


def _identified(layers: Layers, others: Sequence[Tensor] = ()) -> tuple[dict[int, Tensor], list[Op]]:
    identifiers: dict[int, int] = {}
    tensors: dict[int, Tensor] = {}

    def identify(value: Tensor) -> int:
        key = identifiers.setdefault(id(value), len(identifiers))
        tensors[key] = value
        return key

    ops = []
    for index, (kind, inputs, outputs, attributes) in enumerate(layers):
        read = tuple(None if value is None else identify(value) for value in inputs)
        ops.append(Op(kind, read, tuple(identify(value) for value in outputs), attributes, index))
    for value in others:
        identify(value)
    return tensors, ops
