"""The text of the functions and of the calls that run them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from tools.microtvm.kernels import Function
from tools.microtvm.sequence import Call, Sequence
from tools.sni.emit.layers import LayerText, address_of, call_text, comment_of
from tools.sni.emit.tables import table_reference
from tools.sni.program import Program


def layers_of(program: Program, sequence: Sequence, functions: Mapping[str, Function]) -> list[LayerText]:
    """In order of execution. A function that several steps call stands with the first of them."""
    names: dict[str, str] = {}
    layers = []
    for position, step in enumerate(sequence.steps):
        comment = comment_of(program, program.steps[position])
        if not isinstance(step, Call):
            layers.append(LayerText(comment, "", ""))
            continue
        text = ""
        if step.function not in names:
            names[step.function] = f"{program.options.name}_{len(names)}_{functions[step.function].title}"
            text = _definition(names[step.function], functions[step.function])
        arguments = _arguments(program, position, step)
        layers.append(LayerText(comment, text, call_text(f"  {names[step.function]}", arguments, ";")))
    return layers


def _definition(name: str, function: Function) -> str:
    head = call_text(f"SNI_LAYER void {name}", list(function.parameters), " {")
    named = [parameter.split()[-1] for parameter in function.parameters]
    # What TVM folded into other constants remains as a parameter.
    unused = "".join(f"  (void){p};\n" for p in named if not re.search(rf"\b{p}\b", function.body))
    return f"{head}\n{unused}{function.body}}}\n"


def _arguments(program: Program, position: int, step: Call) -> list[str]:
    tables = program.steps[position].tables
    writes = set(program.steps[position].op.outputs)
    arguments = []
    for number, argument in enumerate(step.arguments):
        if isinstance(argument, np.ndarray):
            table = table_reference(tables[f"constant_{number}"], argument)
            arguments.append(table)
        else:
            tensor, place = program.graph.tensors[argument], program.arena.placements[argument]
            arguments.append(address_of(tensor.dtype, place, const=argument not in writes))
    for need in program.steps[position].kernel.scratch:
        arguments.append(address_of(need.dtype, program.arena.scratch[position, need.name], const=False))
    return arguments
