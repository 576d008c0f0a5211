"""What is in a model, whether or not it can be compiled."""

from __future__ import annotations

from tools.sni.emit.report import table
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import Graph, Op
from tools.sni.lower import problems, select
from tools.sni.options import Options


def inspect_model(data: bytes, source: str) -> str:
    """Layers, shapes, quantisation, MACs, weights, what is not supported, as text. CompileError if unreadable."""
    graph = read_tflite(data, source)
    options = Options("model")
    unsupported = problems(graph, source, options)
    bad = {op.index for op in graph.ops if any(f"operator {op.index} " in p.place for p in unsupported)}
    lines = [f"{source}: {graph.description or 'no description'}", f"SHA-256 {graph.sha256}"]
    lines += [f"input   {graph.tensors[i]} {graph.tensors[i].quantisation or ''}".rstrip() for i in graph.inputs]
    lines += [f"output  {graph.tensors[i]} {graph.tensors[i].quantisation or ''}".rstrip() for i in graph.outputs]
    rows = [("#", "operator", "input", "output", "quantisation of the output", "MACs", "weights")]
    rows += [_row(graph, op, options, op.index in bad) for op in graph.ops]
    lines += ["", *table(rows, right=(0, 5, 6)), ""]
    macs = [int(row[5].replace(",", "")) for row in rows[1:] if row[5] != "?"]
    weights = sum(t.data.nbytes for t in graph.tensors.values() if t.data is not None)
    besides = " besides the unsupported" if bad else ""
    lines.append(f"{len(graph.ops)} operators, {sum(macs):,} MACs{besides}, {weights:,} bytes of constants")
    if unsupported:
        lines += ["", f"not supported: {len(unsupported)}", *(f"  {problem}" for problem in unsupported)]
    else:
        lines.append("everything in it is supported")
    return "\n".join(lines) + "\n"


def _row(graph: Graph, op: Op, options: Options, bad: bool) -> tuple[str, ...]:
    inputs = [graph.tensors[i] for i in op.inputs if i is not None]
    outputs = [graph.tensors[i] for i in op.outputs]
    macs = "?" if bad else f"{select(graph, op, options).macs:,}"
    weights = sum(t.data.nbytes for t in inputs if t.data is not None)
    first = next((t for t in inputs if t.data is None), None)
    return (
        str(op.index),
        op.kind,
        f"{first.dtype.value}{list(first.shape)}" if first else "-",
        ", ".join(f"{t.dtype.value}{list(t.shape)}" for t in outputs),
        str(outputs[0].quantisation or "-") if outputs else "-",
        macs,
        f"{weights:,}",
    )
