"""How far a cell's outputs are from the float network's, and whether they have TensorFlow Lite Micro's bits."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.bench.suite.reference import ReferenceError, outputs_of
from tools.bench.suite.results import Error
from tools.bench.suite.samples import real_inputs
from tools.sni.errors import CompileError
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import Graph


@dataclass(frozen=True)
class Expected:
    """The inputs of a model, and what its float network makes of them: of shape [samples, elements] each.

    outputs: None where there is no such network, or none that can be run, for a reason.
    """

    inputs: tuple[np.ndarray, ...]
    outputs: tuple[np.ndarray, ...] | None
    reason: str | None = None


@functools.cache
def graph_of(model: Path) -> Graph:
    """A `.tflite`. Raises CompileError."""
    return read_tflite(model.read_bytes(), model.name)


@functools.cache
def expected_of(folder: Path | None, cell: Path) -> Expected:
    """What a model's cells are compared with, computed once.

    folder: of its reference, float.tflite and ranges.tflite, as far as they are there. cell: a `.tflite` of the model,
    for want of both.
    """
    networks = {name: folder / f"{name}.tflite" for name in ("ranges", "float")} if folder else {}
    there = {name: path for name, path in networks.items() if path.exists()}
    inputs = real_inputs([graph_of(path) for path in (there or {"cell": cell}).values()])
    if "float" not in there:
        return Expected(tuple(inputs), None)
    try:
        given = [values.astype(np.float32) for values in inputs]
        outputs = outputs_of("litert", there["float"], given)
    except ReferenceError as error:
        return Expected(tuple(inputs), None, f"the float network cannot be run by LiteRT: {error}")
    return Expected(tuple(inputs), tuple(values.astype(np.float64) for values in outputs))


_exact: dict[tuple[bytes, bytes], list[np.ndarray] | ReferenceError] = {}


def tflm_outputs(model: Path, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The outputs of TensorFlow Lite Micro's reference kernels, computed once for a model. Raises ReferenceError."""
    key = (model.read_bytes(), b"".join(values.tobytes() for values in inputs))
    if key not in _exact:
        try:
            _exact[key] = outputs_of("tflm", model, inputs)
        except ReferenceError as error:
            _exact[key] = error
    found = _exact[key]
    if isinstance(found, ReferenceError):
        raise found
    return found


def error_of(outputs: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> Error:
    """outputs, expected: real values, of shape [samples, elements] each."""
    ours, theirs = (np.concatenate([values.reshape(-1) for values in side]) for side in (outputs, expected))
    distance = np.abs(ours - theirs)
    span = float(theirs.max() - theirs.min())
    top1 = None
    if len(expected) == 1 and expected[0].shape[1] > 1:
        top1 = float(np.mean(outputs[0].argmax(axis=1) == expected[0].argmax(axis=1)))
    mean = float(distance.mean())
    return Error(
        max_abs=float(distance.max()),
        mean_abs=mean,
        of_range=mean / span if span else 0.0,
        top1=top1,
        samples=len(expected[0]),
    )


def weights_of(model: Path) -> int:
    """The parameters of a network: elements of all constants that are real numbers, as floats or quantised."""
    try:
        graph = graph_of(model)
    except CompileError:
        return 0
    used = {tensor for op in graph.ops for tensor in op.inputs if tensor is not None}
    constants = (graph.tensors[tensor] for tensor in used)
    return sum(
        tensor.elements
        for tensor in constants
        if tensor.is_constant and (tensor.dtype.value.startswith("float") or tensor.quantisation is not None)
    )
