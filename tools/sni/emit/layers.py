"""Each layer as a C function, and the calls that run them in order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jinja2
import numpy as np

from tools.sni.emit.control import address, control_statement, counter
from tools.sni.emit.literals import c_float, c_integer, c_type
from tools.sni.emit.tables import table_reference
from tools.sni.ir import DType, Tensor
from tools.sni.memory.arena import Placement
from tools.sni.operators import Constant, PerStep
from tools.sni.program import Program, Step

_WIDTH = 100
_LONGEST_NAME = 60


@dataclass(frozen=True)
class LayerText:
    """A layer's part of the C file.

    comment: lines. function: the definition without its comment, after those of functions of its own; empty for a view.
    call: a statement of invoke.
    """

    comment: tuple[str, ...]
    function: str
    call: str


def layers_of(program: Program, env: jinja2.Environment) -> list[LayerText]:
    """All layers, in order of execution."""
    return [_layer(program, position, env) for position in range(len(program.steps))]


def _layer(program: Program, position: int, env: jinja2.Environment) -> LayerText:
    step, places = program.steps[position], program.arena.placements
    comment = comment_of(program, step)
    indent = "  " * (step.blocks + 1)
    operands = _operands(program, position)
    if step.kernel.block:
        return LayerText(comment, "", indent + control_statement(step, operands))
    if step.kernel.view:
        return LayerText(comment, "", _view(program, step, indent))
    written = [*(places[b] for b in step.op.outputs), *_scratch(program, position)]
    shares = any(places[a].shares(place) for a in step.inputs for place in written)
    # A template either finds its tables as local pointers or names them itself, where it needs constant expressions.
    references = {c.name: table_reference(step.tables[c.name], c.data) for c in step.kernel.constants}
    values = {"name": step.name, "tables": references, **step.kernel.values}
    body = env.get_template(step.kernel.template).render(values)
    functions = env.get_template(step.kernel.functions).render(values) if step.kernel.functions else ""
    tables = "".join(_table(step, constant) for constant in step.kernel.constants if not constant.named)
    parameters = [operand.parameter(restrict=not shares) for operand in operands]
    parameters += [_parameter(number) for number in step.kernel.per_step]
    level = ["level"] if step.kernel.dispatched else []
    parameters += [f"const int32_t {name}" for name in level]
    arguments = [operand.argument() for operand in operands] + [_number(step, n) for n in step.kernel.per_step] + level
    head = call_text(f"SNI_LAYER void {step.name}", parameters, " {")
    call = call_text(f"{indent}{step.name}", arguments, ";")
    return LayerText(comment, f"{functions}{head}\n{tables}{body}}}\n", call)


def _parameter(number: PerStep) -> str:
    """How a function declares a number, or a row of them, that it is given anew in each iteration."""
    if number.data.ndim > 1:
        return f"const {c_type(number.data.dtype)} *const {number.name}"
    return f"const {'float' if number.data.dtype == np.float32 else 'int32_t'} {number.name}"


def _number(step: Step, number: PerStep) -> str:
    """The argument for it; a literal where it is always the same."""
    table, value = step.tables.get(number.name), number.data[0]
    if number.data.ndim > 1:
        return f"&{table}[{value.size} * {counter(step.loops)}]" if len(number.data) > 1 else str(table)
    if table:
        return f"{table}[{counter(step.loops)}]"
    return c_float(float(value)) if number.data.dtype == np.float32 else c_integer(int(value), np.int32)


@dataclass(frozen=True)
class _Operand:
    """What a layer's function is given: a place in the arena under a name."""

    name: str
    dtype: DType
    place: Placement
    const: bool

    def parameter(self, *, restrict: bool) -> str:
        return f"{'const ' if self.const else ''}{self.dtype.c} *{'restrict ' if restrict else ''}{self.name}"

    def argument(self) -> str:
        return address_of(self.dtype, self.place, const=self.const)


def address_of(dtype: DType, place: Placement, *, const: bool) -> str:
    """C for a pointer to a place in the arena."""
    qualifier = "const " if const else ""
    through = "" if dtype.size == 1 else f"({qualifier}void *)"
    return f"({qualifier}{dtype.c} *){through}{address(place)}"


def _operands(program: Program, position: int) -> list[_Operand]:
    """Inputs that are computed, outputs, scratch; `input` and `output`, or `input_0`.. when there are several."""
    step, graph, arena = program.steps[position], program.graph, program.arena
    operands = []
    for kind, tensors in (("input", step.inputs), ("output", step.op.outputs)):
        for number, tensor in enumerate(tensors):
            name = kind if len(tensors) == 1 else f"{kind}_{number}"
            # A variable is an input that an operator may write to.
            const = kind == "input" and not graph.tensors[tensor].variable
            operands.append(_Operand(name, graph.tensors[tensor].dtype, arena.placements[tensor], const))
    return operands + [
        _Operand(need.name, need.dtype, place, const=False)
        for need, place in zip(step.kernel.scratch, _scratch(program, position), strict=True)
    ]


def _scratch(program: Program, position: int) -> list[Placement]:
    """The places of a layer's scratch memory."""
    return [program.arena.scratch[position, need.name] for need in program.steps[position].kernel.scratch]


def comment_of(program: Program, step: Step) -> tuple[str, ...]:
    """What stands above a layer: its operator, its kernel, what it reads and writes."""
    tensors = {i: _briefly(program.graph.tensors[i]) for i in (*step.inputs, *step.op.outputs)}
    read = ", ".join(tensors[i] for i in step.inputs) or "nothing"
    macs = f"; {step.kernel.macs:,} multiply-accumulates" if step.kernel.macs else ""
    macs += f", {step.times} times" if step.times > 1 else ""
    return (
        f"Operator {step.op.number}, {step.op.kind}, by {step.kernel.name}{macs}",
        f"  reads  {read}",
        f"  writes {', '.join(tensors[i] for i in step.op.outputs)}",
    )


def _briefly(tensor: Tensor) -> str:
    """A tensor for a comment. Converters name what they merged after all that it was, joined by semicolons."""
    first, *others = tensor.name.split(";")
    short = first if len(first) <= _LONGEST_NAME else f"..{first[-_LONGEST_NAME:]}"
    return str(replace(tensor, name=f"{short};.." if others else short))


def _table(step: Step, constant: Constant) -> str:
    first = table_reference(step.tables[constant.name], constant.data)
    if "in_flash" in step.kernel.helpers and constant.data.dtype == np.float32:
        first = f"sni_in_flash({first})"
    return f"  const {c_type(constant.data.dtype)} *const {constant.name} = {first};\n"


def _view(program: Program, step: Step, indent: str) -> str:
    """A view costs nothing where the planner gave both the same place, which it does unless the value would be lost."""
    source, target = (program.arena.placements[tensor] for tensor in (step.op.inputs[0], step.op.outputs[0]))
    if step.kernel.row is not None or address(source) == address(target):
        return ""
    return f"{indent}memmove({address(target)}, {address(source)}, {target.size});"


def call_text(head: str, parts: list[str], tail: str) -> str:
    """`head(parts)tail` on one line, or the parts below each other where they do not fit."""
    line = f"{head}({', '.join(parts)}){tail}"
    if len(line) <= _WIDTH:
        return line
    indent = " " * (len(head) + 1)
    if len(indent) + max(map(len, parts)) + len(tail) + 1 > _WIDTH:
        indent = " " * (len(head) - len(head.lstrip()) + 4)
        return f"{head}(\n{indent}" + f",\n{indent}".join(parts) + f"){tail}"
    return f"{head}({(',' + chr(10) + indent).join(parts)}){tail}"
