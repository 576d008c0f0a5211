"""What of a program on TensorFlow Lite Micro hangs on nothing but the model: C++ for its interpreter, and the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tools.sni.emit.tables import table_definition
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType, Graph
from tools.tflm.resolver import operator_kinds, operators_of, resolver_header
from tools.tflm.templates import render

SUFFIXES = ("_resolver.h", "_tflm.cc", "_probe.c", "_tflite.c")
"""Of the files, after the model's name."""


def sources_of(data: bytes, source: str, name: str) -> Mapping[str, str]:
    """File name to contents, for each of SUFFIXES.

    source: the model's file name. Raises CompileError with every operator that TFLM lacks.
    """
    resolver = resolver_header(data, source, name)
    graph = read_tflite(data, source)
    prefix = prefix_of(name)
    table = table_definition(f"{name}_tflite", np.frombuffer(data, np.uint8)).removeprefix("static ")
    return {
        f"{name}_resolver.h": resolver,
        f"{name}_tflm.cc": render("tflm.cc.j2", name, graph.sha256, prefix=prefix, variables=_variables(graph)),
        f"{name}_probe.c": render("probe.c.j2", name, graph.sha256, prefix=prefix, **_ends(graph)),
        f"{name}_tflite.c": render("model.c.j2", name, graph.sha256, table=table.rstrip()),
    }


def prefix_of(name: str) -> str:
    """Of the functions by which NAME.c reaches the interpreter."""
    return f"{name}_tflm"


_WORDS, _WORDS_OF_OPERATOR = 96, 14
"""Of 8 bytes."""


def bound_of_object(graph: Graph) -> int:
    """Bytes that are enough for the interpreter's object on any processor."""
    return 8 * (_WORDS + _WORDS_OF_OPERATOR * len(operator_kinds(graph)))


_KINDS = {
    DType.FLOAT32: "SNI_PROBE_FLOATS",
    DType.INT8: "SNI_PROBE_BYTES",
    DType.INT16: "SNI_PROBE_BYTES",
    DType.UINT8: "SNI_PROBE_BYTES",
}


def _ends(graph: Graph) -> Mapping[str, object]:
    """What the search needs to know of inputs and outputs."""

    def described(keys: Sequence[int]) -> list[Mapping[str, object]]:
        tensors = [graph.tensors[key] for key in keys]
        return [{"bytes": t.bytes, "kind": _KINDS.get(t.dtype, "SNI_PROBE_ZEROS")} for t in tensors]

    return {
        "inputs": described(graph.inputs),
        "outputs": described(graph.outputs),
        "bound": bound_of_object(graph),
    }


def _variables(graph: Graph) -> int:
    """How many resource variables the interpreter must have room for."""
    return sum(op.kind == "VAR_HANDLE" for op in operators_of(graph))
