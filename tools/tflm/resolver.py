"""The resolver of one model: a MicroMutableOpResolver with the operators that are in it, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.compiler import name_problems
from tools.sni.errors import CompileError, Problem
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import Graph, Op
from tools.tflm.operators import KINDS, method
from tools.tflm.templates import render


def resolver_header(data: bytes, source: str, name: str) -> str:
    """NAME_resolver.h for a `.tflite` model: the type NAME_resolver and the function NAME_register, for C++.

    source: the model's file name, for messages and comments. Raises CompileError with every operator TFLM lacks.
    """
    graph = read_tflite(data, source)
    problems = name_problems(name) + _lacking(graph, source)
    if problems:
        raise CompileError(problems)
    methods = [method(kind) for kind in operator_kinds(graph)]
    return render("resolver.h.j2", name, graph.sha256, methods=methods)


def operator_kinds(graph: Graph) -> list[str]:
    """Each kind in the model once, in the order of the alphabet, those of loops and branches among them."""
    return sorted({op.kind for op in operators_of(graph)})


def operators_of(graph: Graph) -> Iterator[Op]:
    """All of them, those of loops and branches last."""
    yield from graph.ops
    for part in graph.subgraphs.values():
        yield from part.ops


def _lacking(graph: Graph, source: str) -> list[Problem]:
    first: dict[str, Op] = {}
    count: dict[str, int] = {}
    for op in operators_of(graph):
        if op.kind not in KINDS:
            first.setdefault(op.kind, op)
            count[op.kind] = count.get(op.kind, 0) + 1
    return [
        Problem(
            f"{source}: operator {op.number} {kind}" + (f" (and {count[kind] - 1} more)" if count[kind] > 1 else ""),
            f"TensorFlow Lite Micro has no such operator; accepted: its {len(KINDS)} own ones; sni_model may take it",
        )
        for kind, op in first.items()
    ]
