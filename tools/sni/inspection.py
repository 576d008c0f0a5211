"""What is in a model, whether or not it can be compiled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tools.sni.emit.report import table
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import Graph, Op
from tools.sni.lower import problems, select
from tools.sni.options import Options
from tools.sni.passes import BEFORE


def inspect_model(data: bytes, source: str) -> str:
    """Layers, shapes, quantisation, MACs, weights, what is not supported, as text. CompileError if unreadable.

    The operators are those of the file, with what WHILE and IF call in their places.
    """
    graph = read_tflite(data, source)
    for rewrite in BEFORE:
        graph = rewrite(graph)
    options = Options("model")
    unsupported = problems(graph, source, options)
    bad = {op.number for op in graph.ops if any(f"operator {op.number} {op.kind}" in p.place for p in unsupported)}
    lines = [f"{source}: {graph.description or 'no description'}", f"SHA-256 {graph.sha256}"]
    lines += [f"input   {graph.tensors[i]} {graph.tensors[i].quantisation or ''}".rstrip() for i in graph.inputs]
    lines += [f"output  {graph.tensors[i]} {graph.tensors[i].quantisation or ''}".rstrip() for i in graph.outputs]
    rows = [("#", "operator", "input", "output", "quantisation of the output", "MACs", "weights")]
    rows += [
        _row(graph, op, options, op.number in bad, times) for op, times in zip(graph.ops, _times(graph), strict=True)
    ]
    lines += ["", *table(rows, right=(0, 5, 6)), ""]
    macs = [int(row[5].replace(",", "")) for row in rows[1:] if row[5] != "?"]
    weights = sum(t.stored_bytes for t in graph.tensors.values() if t.data is not None)
    besides = " besides the unsupported" if bad else ""
    lines.append(f"{len(graph.ops)} operators, {sum(macs):,} MACs{besides}, {weights:,} bytes of constants")
    if unsupported:
        lines += ["", f"not supported: {len(unsupported)}", *(f"  {problem}" for problem in unsupported)]
    else:
        lines.append("everything in it is supported")
    return "\n".join(lines) + "\n"


def _times(graph: Graph) -> Iterator[int]:
    """How often each operator runs, at most."""
    around: list[int] = []
    for op in graph.ops:
        if op.kind == "end":
            around.pop()
        yield math.prod(around)
        if op.kind in ("loop", "if"):
            around.append(int(op.attributes.get("count", 1)))


def _row(graph: Graph, op: Op, options: Options, bad: bool, times: int) -> tuple[str, ...]:
    inputs = [graph.tensors[i] for i in op.inputs if i is not None]
    outputs = [graph.tensors[i] for i in op.outputs]
    macs = "?" if bad else f"{times * select(graph, op, options).macs:,}"
    weights = sum(t.stored_bytes for t in inputs if t.data is not None)
    first = next((t for t in inputs if t.data is None), None)
    return (
        op.number,
        op.kind,
        f"{first.dtype.value}{list(first.shape)}" if first else "-",
        _listed([f"{t.dtype.value}{list(t.shape)}" for t in outputs]),
        str(outputs[0].quantisation or "-") if outputs else "-",
        macs,
        f"{weights:,}",
    )


def _listed(names: Sequence[str]) -> str:
    """Names in a row, or one and how many there are if all are the same."""
    return f"{names[0]} x {len(names)}" if len(names) > 2 and len(set(names)) == 1 else ", ".join(names)
