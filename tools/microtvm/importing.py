"""From the bytes of a .tflite to TVM's Relax, by TVM's own importer."""

from __future__ import annotations

import re

import tflite
import tvm
from tvm.relax.frontend.tflite import from_tflite

from tools.microtvm.wording import first_line
from tools.sni.errors import CompileError, Problem
from tools.sni.ir import Graph

_GROUPS = {
    r"not supported in frontend TFLite: (.*)": "TVM's TFLite importer does not know this operator",
    r"dynamic range quantization: (.*?)\. If": (
        "int8 weights on float activations (dynamic range quantisation), which TVM's TFLite importer does not take; "
        "accepted: float32 throughout, or activations quantised too"
    ),
    r"quantized TFLite operators are not supported in frontend TFLite yet: (.*?)\. Quantized": (
        "TVM's TFLite importer takes this operator in float32 only"
    ),
}
"""What the importer says of operators that it refuses, and what we say of each."""


class _Numbered(tflite.Model):
    """A model whose tensors have names of their own: TVM tells them apart by name, though names need not differ."""

    def __init__(self, data: bytes) -> None:
        self._tab = tflite.Model.GetRootAs(data)._tab

    def Subgraphs(self, j: int) -> tflite.SubGraph:  # noqa: N802
        return _NumberedGraph(super().Subgraphs(j), j)


class _NumberedGraph(tflite.SubGraph):
    def __init__(self, graph: tflite.SubGraph, index: int) -> None:
        self._tab, self._index = graph._tab, index

    def Tensors(self, j: int) -> tflite.Tensor:  # noqa: N802
        return _NumberedTensor(super().Tensors(j), f"tensor_{self._index}_{j}")


class _NumberedTensor(tflite.Tensor):
    def __init__(self, tensor: tflite.Tensor, name: str) -> None:
        self._tab, self._name = tensor._tab, name

    def Name(self) -> bytes:  # noqa: N802
        return self._name.encode()


def import_tflite(data: bytes, source: str) -> tvm.IRModule:
    """The network as a Relax function `main`, its weights inside as constants.

    Raises CompileError with every operator that cannot be imported.
    """
    model = _Numbered(data)
    try:
        module = from_tflite(model)
    except Exception as error:  # the importer raises whatever its converters raise
        raise CompileError(_refused(error, model, source)) from None
    # The importer keeps the weights a second time as an attribute, which no pass looks at.
    return tvm.IRModule({"main": module["main"].without_attr("params")})


def overlooked(graph: Graph, source: str) -> list[Problem]:
    """What TVM's importer passes over without a word, so that the network would give other results."""
    return [
        Problem(
            f"{source}: operator {op.number} SOFTMAX",
            f"beta is {op.attributes['beta']:g}, which TVM's TFLite importer ignores; accepted: 1; sni_model takes it",
        )
        for op in graph.ops
        if op.kind == "SOFTMAX" and op.attributes.get("beta", 1.0) != 1.0
    ]


def _refused(error: Exception, model: tflite.Model, source: str) -> list[Problem]:
    """One problem for each operator that the importer's text names; the text itself where it names none."""
    found = []
    positions = _positions(model)
    for pattern, reason in _GROUPS.items():
        for group in re.findall(pattern, str(error)):
            for kind in sorted(re.findall(r"'([^']+)'", group)):
                places = positions.get(kind, [])
                where = f"operator {places[0]} {kind}" if places else kind
                more = f" (and {len(places) - 1} more of its kind)" if len(places) > 1 else ""
                found.append(Problem(f"{source}: {where}{more}", f"{reason}; sni_model may take it"))
    return found or [Problem(source, f"TVM cannot import it: {first_line(error)}")]


def _positions(model: tflite.Model) -> dict[str, list[int]]:
    """Where each kind of operator stands in the first graph."""
    names = {number: name for name, number in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
    graph = model.Subgraphs(0)
    positions: dict[str, list[int]] = {}
    for index in range(graph.OperatorsLength()):
        code = model.OperatorCodes(graph.Operators(index).OpcodeIndex())
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = names.get(number, str(number))
        if name == "CUSTOM" and code.CustomCode():
            name = code.CustomCode().decode("utf-8", "replace")
        positions.setdefault(name, []).append(index)
    return positions
