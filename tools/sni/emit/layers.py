"""Each layer as a C function, and the calls that run them in order."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2

from tools.sni.emit.literals import c_type
from tools.sni.ir import DType
from tools.sni.operators import Constant
from tools.sni.program import Program, Step

_WIDTH = 100


@dataclass(frozen=True)
class LayerText:
    """A layer's part of the C file.

    comment: lines. function: the definition without its comment, empty for a view. call: a statement of invoke.
    """

    comment: tuple[str, ...]
    function: str
    call: str


def layers_of(program: Program, env: jinja2.Environment) -> list[LayerText]:
    """All layers, in order of execution."""
    return [_layer(program, position, env) for position in range(len(program.steps))]


def _layer(program: Program, position: int, env: jinja2.Environment) -> LayerText:
    step, places = program.steps[position], program.arena.placements
    comment = _comment(program, step)
    if step.kernel.view:
        return LayerText(comment, "", _view(program, step))
    shares = any(places[a].offset == places[b].offset for a in step.inputs for b in step.op.outputs)
    body = env.get_template(step.kernel.template).render(step.kernel.values)
    tables = "".join(_table(step, constant) for constant in step.kernel.constants)
    operands = _operands(program, position)
    parameters = [operand.parameter(restrict=not shares) for operand in operands]
    head = _call(f"SNI_LAYER void {step.name}", parameters, " {")
    call = _call(f"  {step.name}", [operand.argument() for operand in operands], ";")
    return LayerText(comment, f"{head}\n{tables}{body}}}\n", call)


@dataclass(frozen=True)
class _Operand:
    """What a layer's function is given: a place in the arena under a name."""

    name: str
    dtype: DType
    offset: int
    const: bool

    def parameter(self, *, restrict: bool) -> str:
        return f"{'const ' if self.const else ''}{self.dtype.c} *{'restrict ' if restrict else ''}{self.name}"

    def argument(self) -> str:
        qualifier = "const " if self.const else ""
        through = "" if self.dtype.size == 1 else f"({qualifier}void *)"
        return f"({qualifier}{self.dtype.c} *){through}&arena[{self.offset}]"


def _operands(program: Program, position: int) -> list[_Operand]:
    """Inputs that are computed, outputs, scratch; `input` and `output`, or `input_0`.. when there are several."""
    step, graph, arena = program.steps[position], program.graph, program.arena
    operands = []
    for kind, tensors in (("input", step.inputs), ("output", step.op.outputs)):
        for number, tensor in enumerate(tensors):
            name = kind if len(tensors) == 1 else f"{kind}_{number}"
            # A variable is an input that an operator may write to.
            const = kind == "input" and not graph.tensors[tensor].variable
            operands.append(_Operand(name, graph.tensors[tensor].dtype, arena.placements[tensor].offset, const))
    return operands + [
        _Operand(need.name, need.dtype, arena.scratch[position, need.name].offset, const=False)
        for need in step.kernel.scratch
    ]


def _comment(program: Program, step: Step) -> tuple[str, ...]:
    tensors = program.graph.tensors
    read = ", ".join(str(tensors[i]) for i in step.inputs) or "nothing"
    macs = f"; {step.kernel.macs:,} multiply-accumulates" if step.kernel.macs else ""
    return (
        f"Operator {step.op.index}, {step.op.kind}, by {step.kernel.name}{macs}",
        f"  reads  {read}",
        f"  writes {', '.join(str(tensors[i]) for i in step.op.outputs)}",
    )


def _table(step: Step, constant: Constant) -> str:
    return f"  const {c_type(constant.data.dtype)} *const {constant.name} = {step.name}_{constant.name};\n"


def _view(program: Program, step: Step) -> str:
    """A view costs nothing where the planner gave both the same place, which it does unless the input is a constant."""
    source, target = step.op.inputs[0], step.op.outputs[0]
    places = program.arena.placements
    if places[source].offset == places[target].offset:
        return ""
    return f"  memmove(&arena[{places[target].offset}], &arena[{places[source].offset}], {places[target].size});"


def _call(head: str, parts: list[str], tail: str) -> str:
    """`head(parts)tail` on one line, or the parts below each other where they do not fit."""
    line = f"{head}({', '.join(parts)}){tail}"
    if len(line) <= _WIDTH:
        return line
    indent = " " * (len(head) + 1)
    if len(indent) + max(map(len, parts)) + len(tail) + 1 > _WIDTH:
        indent = " " * (len(head) - len(head.lstrip()) + 4)
        return f"{head}(\n{indent}" + f",\n{indent}".join(parts) + f"){tail}"
    return f"{head}({(',' + chr(10) + indent).join(parts)}){tail}"
