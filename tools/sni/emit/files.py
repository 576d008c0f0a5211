"""A program as the text of its files. Each file is one template; what they show is computed here, nothing in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import jinja2
import numpy as np

from tools.sni.emit.engine import engine_values
from tools.sni.emit.layers import layers_of
from tools.sni.emit.literals import c_float, c_type, clamped_float, plus, table_lines
from tools.sni.emit.report import json_report, text_report
from tools.sni.ir import DType, Tensor
from tools.sni.pipeline import PipelineCode, render
from tools.sni.program import Program
from tools.sni.version import VERSION

_HERE = Path(__file__).parent
SUFFIXES = (".h", ".c", "_weights.h", "_engine.c", "_report.json", "_report.txt")
"""Of the files of a model, after its name; always all of them."""


def environment() -> jinja2.Environment:
    """Where the templates of emit/ and ops/ are found, with the filters they use."""
    loader = jinja2.FileSystemLoader([_HERE, _HERE.parent / "ops"])
    env = jinja2.Environment(
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {
        "plus": plus,
        "c_float": c_float,
        "count": lambda n: f"{n:,}",
        "comment": comment,
        "c_string": c_string,
    }
    env.globals |= {"c_float": c_float, "clamped_float": clamped_float, "parenthesised": parenthesised}
    return env


def comment(text: str) -> str:
    """Text that may stand inside a C comment: names in a model can hold anything."""
    printable = "".join(c if c.isprintable() else "?" for c in str(text))
    return printable.replace("*/", "* /").replace("/*", "/ *")


def c_string(text: str) -> str:
    """A C string literal of any text, in ASCII."""
    escaped = "".join(
        chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in str(text).encode("utf-8")
    )
    return f'"{escaped}"'


def parenthesised(value: int) -> str:
    """An integer for a macro: negative ones in parentheses."""
    return f"({value})" if value < 0 else str(value)


def render_files(program: Program) -> Mapping[str, str]:
    """File name to contents, for each of SUFFIXES."""
    env = environment()
    name = program.options.name
    names = accessor_names(program)
    pipeline = render(program.pipeline, name, names["inputs"][0], names["outputs"]) if program.pipeline else None
    layers = layers_of(program, env)
    tables = [
        {
            "name": f"{step.name}_{c.name}",
            "type": c_type(c.data.dtype),
            "elements": c.data.size,
            "comment": c.comment,
            "data": c.data,
        }
        for step in program.steps
        for c in step.kernel.constants
    ]
    values = {
        "name": name,
        "upper": name.upper(),
        "version": VERSION,
        "options": program.options,
        "source": program.source,
        "sha256": program.graph.sha256,
        "program": program,
        "build": build_id(program),
        "inputs": _ends(program.inputs, program.graph.inputs, names["inputs"], "INPUT", program),
        "outputs": _ends(program.outputs, program.graph.outputs, names["outputs"], "OUTPUT", program),
        "layers": layers,
        "variables": [
            (program.arena.placements[key], _initial_byte(tensor))
            for key, tensor in program.graph.tensors.items()
            if tensor.variable
        ],
        "helpers": _helpers(program, env),
        "includes": _includes(program, pipeline),
        "pipeline": pipeline,
        "tables": tables,
        "table_lines": table_lines,
        "infinite": any(not np.isfinite(t["data"]).all() for t in tables if t["type"] == "float"),
    }
    values |= engine_values(program, pipeline)
    return {
        f"{name}.h": env.get_template("model.h.j2").render(values),
        f"{name}.c": env.get_template("model.c.j2").render(values),
        f"{name}_weights.h": env.get_template("weights.h.j2").render(values),
        f"{name}_engine.c": env.get_template("engine.c.j2").render(values),
        f"{name}_report.json": json_report(program),
        f"{name}_report.txt": text_report(program),
    }


def accessor_names(program: Program) -> dict[str, list[str]]:
    """The functions that give the inputs and outputs: `NAME_input`, or `NAME_input_0`.. when there are several."""
    name = program.options.name

    def names(kind: str, count: int) -> list[str]:
        return [f"{name}_{kind}"] if count == 1 else [f"{name}_{kind}_{i}" for i in range(count)]

    return {"inputs": names("input", len(program.inputs)), "outputs": names("output", len(program.outputs))}


def build_id(program: Program) -> int:
    """32 bits that differ whenever the files could: header, code and tables check that they belong together."""
    text = f"{VERSION} {program.graph.sha256} {program.options.name} {program.options} {program.pipeline}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _initial_byte(tensor: Tensor) -> int:
    """What a variable holds at first, byte by byte: TFLM sets int8 to the zero point, all else to 0."""
    q = tensor.quantisation
    return q.zero_point & 0xFF if tensor.dtype is DType.INT8 and q and not q.per_channel else 0


def _ends(
    tensors: tuple[Tensor, ...], identifiers: tuple[int, ...], functions: list[str], kind: str, program: Program
) -> list[dict[str, object]]:
    """What the templates show of the network's inputs or outputs."""
    ends = []
    for position, (tensor, identifier, function) in enumerate(zip(tensors, identifiers, functions, strict=True)):
        macro = f"{program.options.name.upper()}_{kind}" + (f"_{position}" if len(tensors) > 1 else "")
        q = tensor.quantisation
        ends.append(
            {
                "tensor": tensor,
                "function": function,
                "macro": macro,
                "type": tensor.dtype.c,
                "offset": program.arena.placements[identifier].offset,
                "quantisation": q if q and not q.per_channel and tensor.dtype.is_integer else None,
            }
        )
    return ends


def _helpers(program: Program, env: jinja2.Environment) -> list[str]:
    """The text of each helper function that a kernel calls, once, in an order in which they may call each other."""
    wanted = {helper for step in program.steps for helper in step.kernel.helpers}
    if "reciprocal" in wanted:
        wanted.add("leading_zeros")
    ordered = sorted(wanted, key=lambda helper: (helper == "reciprocal", helper))
    return [env.get_template(f"helpers/{helper}.c.j2").render(rounding=program.options.rounding) for helper in ordered]


def _includes(program: Program, pipeline: PipelineCode | None) -> list[str]:
    """The standard headers that the C file needs beyond the model's own."""
    wanted = {include for step in program.steps for include in step.kernel.includes}
    if any(step.kernel.view for step in program.steps) or any(t.variable for t in program.graph.tensors.values()):
        wanted.add("string.h")
    if pipeline:
        wanted |= pipeline.includes
    return sorted(wanted - {"stdint.h", "stdbool.h"})
