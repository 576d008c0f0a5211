"""What a program is made of, for people (text) and for tools (JSON)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tools.sni.emit.arena_text import arena_map
from tools.sni.ir import Tensor
from tools.sni.pipeline import describe
from tools.sni.program import Program, Step
from tools.sni.version import VERSION


def json_report(program: Program) -> str:
    """The report as one JSON object; sizes in bytes, offsets from the start of the arena."""
    graph, arena = program.graph, program.arena
    report = {
        "sni_rules": VERSION,
        "engine": program.engine.name,
        "version": program.engine.version,
        "name": program.options.name,
        "model": program.source,
        "model_sha256": graph.sha256,
        **program.options.named,
        "notes": program.notes,
        "macs": program.macs,
        "constant_bytes": program.constant_bytes,
        "arena": {"bytes": arena.size, "lower_bound": arena.lower_bound, "strategy": arena.strategy},
        **_interpreter(program),
        **_pipeline(program),
        "inputs": [_tensor(t) for t in program.inputs],
        "outputs": [_tensor(t) for t in program.outputs],
        "layers": [_layer(program, step) for step in program.steps],
        "placements": [
            {
                "tensor": graph.tensors[t].name,
                "offset": p.offset,
                "bytes": p.size,
                "first_step": p.first,
                "last_step": p.last,
            }
            for t, p in arena.placements.items()
        ],
        "scratch": [
            {"function": program.steps[step].name, "name": name, "offset": p.offset, "bytes": p.size, "step": step}
            for (step, name), p in arena.scratch.items()
        ],
    }
    return json.dumps(report, indent=2) + "\n"


def _interpreter(program: Program) -> Mapping[str, object]:
    """What there is of an interpreter beside the arena; nothing where there is none."""
    if not program.interpreter:
        return {}
    return {"interpreter": {"bytes": program.interpreter.bytes, "stack": dict(program.interpreter.stack)}}


def _pipeline(program: Program) -> Mapping[str, object]:
    """What the pipeline takes of the state, and its tables; nothing where there is none."""
    if not program.pipeline:
        return {}
    bound = program.pipeline
    return {"pipeline": {"state_bytes": bound.state_bytes, "constant_bytes": bound.constant_bytes}}


def _tensor(tensor: Tensor) -> Mapping[str, object]:
    q = tensor.quantisation
    per_tensor = q is not None and not q.per_channel
    return {
        "name": tensor.name,
        "dtype": tensor.dtype.value,
        "shape": list(tensor.shape),
        "scale": q.scale if per_tensor else None,
        "zero_point": q.zero_point if per_tensor else None,
    }


def _layer(program: Program, step: Step) -> Mapping[str, object]:
    return {
        "function": step.name,
        "operator": step.op.kind,
        "index": step.op.index,
        "kernel": step.kernel.name,
        **({"reason": step.kernel.reason} if step.kernel.reason else {}),
        "reads": [_tensor(program.graph.tensors[i]) for i in step.inputs],
        "writes": [_tensor(program.graph.tensors[i]) for i in step.op.outputs],
        "macs": step.macs,
        "constant_bytes": step.constant_bytes,
    }


def text_report(program: Program) -> str:
    """The report as text: a summary, a row a layer, and the pipeline's steps."""
    arena = program.arena
    lines = [
        f"{program.options.name}: {program.source} by {program.engine.maker}, {program.options}",
        f"model SHA-256 {program.graph.sha256}",
        *(f"input   {tensor} {tensor.quantisation or ''}".rstrip() for tensor in program.inputs),
        *(f"output  {tensor} {tensor.quantisation or ''}".rstrip() for tensor in program.outputs),
        f"{program.macs:,} multiply-accumulates; {program.constant_bytes:,} bytes of constants",
        f"arena {arena.size:,} bytes (lower bound {arena.lower_bound:,}; buffers placed {arena.strategy})",
        *_interpreter_lines(program),
        *(f"note: {note}" for note in program.notes),
        "",
    ]
    rows = [("#", "operator", "kernel", "output", "MACs", "constants")]
    for position, step in enumerate(program.steps):
        outputs = [program.graph.tensors[i] for i in step.op.outputs[:1]]
        shape = "".join(f"{output.dtype.value}{list(output.shape)}" for output in outputs)
        kind = "  " * step.blocks + step.op.kind
        rows.append((str(position), kind, step.kernel.name, shape, f"{step.macs:,}", f"{step.constant_bytes:,}"))
    lines += table(rows, right=(0, 4, 5))
    reasons = [f"  {step.kernel.name}: {step.kernel.reason}" for step in program.steps if step.kernel.reason]
    if reasons:
        lines += ["", "why these kernels", *dict.fromkeys(reasons)]
    if drawn := arena_map(program):
        lines += ["", *drawn]
    if program.pipeline:
        bound = program.pipeline
        lines += ["", f"pipeline: {bound.state_bytes:,} bytes of state; {bound.constant_bytes:,} bytes of constants"]
        lines.append(describe(bound).rstrip())
    return "\n".join(lines) + "\n"


def _interpreter_lines(program: Program) -> list[str]:
    if not program.interpreter:
        return []
    stack = ", ".join(f"{taken:,} bytes to {part}" for part, taken in program.interpreter.stack.items())
    return [f"interpreter {program.interpreter.bytes:,} bytes; stack, measured: {stack or 'not'}"]


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Rows as aligned columns, two blanks apart; the columns named in `right` aligned to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
