"""A program as the text of its files. Each file is one template; what they show is computed here, nothing in them."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
import numpy as np

from tools.sni.emit.arena_svg import arena_svg, xml
from tools.sni.emit.engine import engine_values
from tools.sni.emit.layers import LayerText, layers_of
from tools.sni.emit.literals import c_float, clamped_float, plus
from tools.sni.emit.report import json_report, text_report
from tools.sni.emit.tables import is_packed, is_packed_union, table_definition
from tools.sni.ir import DType, Tensor
from tools.sni.mve.packing import Steps
from tools.sni.operators import Constant
from tools.sni.pipeline import PipelineCode, render
from tools.sni.program import Program
from tools.svg.drawing import pixels

_HERE = Path(__file__).parent
SUFFIXES = (".h", ".c", "_weights.h", "_engine.c", "_report.json", "_report.txt", "_arena.svg")
"""Of the files of a model, after its name; always all of them."""


@functools.cache
def environment() -> jinja2.Environment:
    """Where the templates of emit/ and ops/ are found, with the filters they use; one that keeps what it has parsed."""
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
        "pixels": pixels,
        "xml": xml,
    }
    env.globals |= {
        "c_float": c_float,
        "clamped_float": clamped_float,
        "parenthesised": parenthesised,
        "mve_steps": Steps.of_options,
    }
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


def render_files(program: Program, layers: Sequence[LayerText] | None = None) -> Mapping[str, str]:
    """File name to contents, for each of SUFFIXES. layers: their code, where it does not come from the kernels."""
    env = environment()
    name = program.options.name
    names = accessor_names(program)
    helpers = _helpers(program, env)
    pipeline = render(program.pipeline, name, names["inputs"][0], names["outputs"]) if program.pipeline else None
    layers = layers_of(program, env) if layers is None else layers
    tables = [
        {
            "comment": c.comment,
            "definition": table_definition(c.name, c.data, aligned=c.aligned),
            "data": c.data,
        }
        for c in (*(c for step in program.steps for c in step.owned), *_initial_tables(program))
    ]
    if pipeline:
        tables += [
            {"comment": table.comment, "definition": table_definition(table.name, table.data), "data": table.data}
            for table in pipeline.tables
        ]
    values = {
        "name": name,
        "upper": name.upper(),
        "options": program.options,
        "source": program.source,
        "sha256": program.graph.sha256,
        "program": program,
        "build": build_id(program),
        "inputs": _ends(program.inputs, program.graph.inputs, names["inputs"], "INPUT", program),
        "outputs": _ends(program.outputs, program.graph.outputs, names["outputs"], "OUTPUT", program),
        "layers": layers,
        "variables": [(program.arena.placements[v.key], v) for v in program.variables],
        "helpers": helpers,
        "shared": any("SNI_SHARED" in text or "SNI_MVE" in text for text in helpers),
        "includes": _includes(program, pipeline),
        "external_headers": sorted({step.kernel.header for step in program.steps if step.kernel.header}),
        "prototypes": sorted({step.kernel.prototype for step in program.steps if step.kernel.prototype}),
        "booleans": any(tensor.dtype is DType.BOOL for tensor in program.graph.tensors.values()),
        "interpreter": program.interpreter,
        "prefix": program.interpreter.prefix if program.interpreter else None,
        "pipeline": pipeline,
        "tables": tables,
        "strings": any(is_packed(t["data"]) for t in tables),
        "little_endian": any(is_packed_union(t["data"]) for t in tables),
        "aligned": any(c.aligned for step in program.steps for c in step.owned),
        "infinite": any(_has_infinite_literals(t["data"]) for t in tables),
    }
    values |= engine_values(program, pipeline)
    return {
        f"{name}.h": env.get_template("model.h.j2").render(values),
        f"{name}.c": env.get_template("model.c.j2").render(values),
        f"{name}_weights.h": env.get_template("weights.h.j2").render(values),
        f"{name}_engine.c": env.get_template("engine.c.j2").render(values),
        f"{name}_report.json": json_report(program),
        f"{name}_report.txt": text_report(program),
        f"{name}_arena.svg": arena_svg(program, env),
    }


def accessor_names(program: Program) -> dict[str, list[str]]:
    """The functions that give the inputs and outputs: `NAME_input`, or `NAME_input_0`.. when there are several."""
    name = program.options.name

    def names(kind: str, count: int) -> list[str]:
        return [f"{name}_{kind}"] if count == 1 else [f"{name}_{kind}_{i}" for i in range(count)]

    return {"inputs": names("input", len(program.inputs)), "outputs": names("output", len(program.outputs))}


def build_id(program: Program) -> int:
    """32 bits that differ whenever the files could: header, code and tables check that they belong together."""
    made = f"{program.engine.maker} {program.options.name} {program.options}"
    text = f"{made} {program.graph.sha256} {program.pipeline}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _has_infinite_literals(data: np.ndarray) -> bool:
    return data.dtype == np.float32 and not is_packed(data) and not np.isfinite(data).all()


def _initial_tables(program: Program) -> list[Constant]:
    """What variables hold at first, where that is more than one byte again and again."""
    return [
        Constant(v.name, v.first, f"what {v.tensor} holds at first, as bytes")
        for v in program.variables
        if v.byte is None
    ]


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
                "address": _address(program, kind, position, identifier),
                "quantisation": q if q and not q.per_channel and tensor.dtype.is_integer else None,
            }
        )
    return ends


def _address(program: Program, kind: str, position: int, identifier: int) -> str:
    """C for where an input or output lies: in the arena, or where the interpreter has put it."""
    if program.interpreter:
        return f"{program.interpreter.prefix}_{kind.lower()}(state->interpreter.bytes, {position})"
    return f"&state->arena.bytes[{program.arena.placements[identifier].offset}]"


def _helpers(program: Program, env: jinja2.Environment) -> list[str]:
    """The text of each helper that kernels or other helpers name, once, after those that it names itself.

    A helper is a function that is called, or a type of its own that is pointed to.

    What follows two underscores in a helper's name are options, by which one template makes several functions:
    `dsp_two_rows__signed` is dsp_two_rows.c.j2 with the option `signed` and the suffix `__signed`.
    """
    texts: dict[str, str] = {}
    depths: dict[str, int] = {}

    def visit(helper: str) -> int:
        if helper not in depths:
            base, *options = helper.split("__")
            texts[helper] = env.get_template(f"helpers/{base}.c.j2").render(
                rounding=program.options.rounding,
                fused=not program.rounds_floats,
                optimise=program.options.optimise,
                options=options,
                suffix=helper.removeprefix(base),
            )
            code = re.sub(r"/\*.*?\*/", "", texts[helper], flags=re.DOTALL)
            called = set(re.findall(r"\bsni_(\w+)(?:\(| \*)", code)) - {helper}
            depths[helper] = 1 + max(map(visit, sorted(called)), default=0)
        return depths[helper]

    for helper in {helper for step in program.steps for helper in step.kernel.helpers}:
        visit(helper)
    return [texts[helper] for helper in sorted(texts, key=lambda helper: (depths[helper], helper))]


def _includes(program: Program, pipeline: PipelineCode | None) -> list[str]:
    """The standard headers that the C file needs beyond the model's own."""
    wanted = {include for step in program.steps for include in step.kernel.includes}
    if any(step.kernel.view for step in program.steps) or any(t.variable for t in program.graph.tensors.values()):
        wanted.add("string.h")
    if program.interpreter:
        wanted.add("stddef.h")
    if pipeline:
        wanted |= pipeline.includes
    return sorted(wanted - {"stdint.h", "stdbool.h"})
