"""TVM's `main` after planning: which function is called with what, and where in the arena everything lies."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import tvm
from tvm import relax

from tools.sni.errors import CompileError, fail
from tools.sni.ir import DType

_ALIGNMENT = 16


@dataclass(frozen=True)
class Value:
    """A computed tensor. offset: of its first byte in the arena."""

    name: str
    dtype: DType
    shape: tuple[int, ...]
    offset: int


@dataclass(frozen=True)
class Call:
    """One call. arguments: positions in Sequence.values, or constants, in the order of the function's parameters."""

    function: str
    arguments: tuple[int | np.ndarray, ...]


@dataclass(frozen=True)
class View:
    """No code: the value `output` is the value `input` under another shape."""

    input: int
    output: int


@dataclass(frozen=True)
class Sequence:
    """inputs, outputs: positions in `values`. end: of the arena, without what functions need beside their arguments."""

    values: tuple[Value, ...]
    steps: tuple[Call | View, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    end: int


@dataclass
class _Reader:
    """Follows the bindings of `main` in order. names: what each variable stands for."""

    source: str
    values: list[Value] = field(default_factory=list)
    steps: list[Call | View] = field(default_factory=list)
    storages: dict[tvm.ir.Var, int] = field(default_factory=dict)
    names: dict[tvm.ir.Var, object] = field(default_factory=dict)
    end: int = 0

    def reserve(self, size: int) -> int:
        offset = self.end
        self.end += -(-size // _ALIGNMENT) * _ALIGNMENT
        return offset

    def add(self, name: str, dtype: DType, shape: tuple[int, ...], offset: int | None = None) -> int:
        size = math.prod(shape) * dtype.size
        self.values.append(Value(name, dtype, shape, self.reserve(size) if offset is None else offset))
        return len(self.values) - 1

    def resolved(self, expression: object) -> object:
        """A position in `values`, a constant, or a tuple of these."""
        if isinstance(expression, tvm.ir.Var):
            return self.names[expression]
        if isinstance(expression, tvm.ir.GenericConst):
            return expression.value.numpy()
        if isinstance(expression, relax.Tuple):
            return tuple(self.resolved(part) for part in expression.fields)
        raise fail(
            self.source,
            f"TVM plans it with a {type(expression).__name__}, which is not static; use sni_model for this network",
        )

    def bind(self, variable: tvm.ir.Var, expression: object) -> None:
        if isinstance(expression, relax.TupleGetItem):
            self.names[variable] = self.resolved(expression.tuple_value)[int(expression.index)]
            return
        if not isinstance(expression, relax.Call):
            self.names[variable] = self.resolved(expression)
            return
        called = expression.op
        if isinstance(called, tvm.ir.GlobalVar):
            arguments = tuple(self.resolved(argument) for argument in expression.args)
            self.steps.append(Call(called.name_hint, arguments))
            return
        name = getattr(called, "name", type(called).__name__)
        match name:
            case "relax.memory.alloc_storage":
                self.storages[variable] = self.reserve(math.prod(_numbers(expression.args[0])))
            case "relax.memory.alloc_tensor":
                storage, offset, shape, dtype = expression.args[:4]
                place = self.storages[storage] + int(offset.value)
                self.names[variable] = self.add(variable.name, _dtype(dtype), _numbers(shape), place)
            case "relax.builtin.alloc_tensor":
                shape, dtype = expression.args[:2]
                self.names[variable] = self.add(variable.name, _dtype(dtype), _numbers(shape))
            case "relax.memory.kill_tensor" | "relax.memory.kill_storage":
                pass
            case "relax.reshape":
                self.names[variable] = self.reshaped(variable, expression)
            case _:
                raise fail(
                    self.source,
                    f"TVM has no loops for {name} and would call its runtime for it; use sni_model for this network",
                )

    def reshaped(self, variable: tvm.ir.Var, expression: relax.Call) -> object:
        argument, shape = self.resolved(expression.args[0]), _numbers(expression.args[1])
        if isinstance(argument, np.ndarray):
            return argument.reshape(shape)
        assert isinstance(argument, int)
        value = self.values[argument]
        output = self.add(variable.name, value.dtype, shape, value.offset)
        self.steps.append(View(argument, output))
        return output


def sequence_of(main: relax.Function, source: str) -> Sequence:
    """The planned `main` as data. Raises CompileError for what cannot run without TVM's runtime."""
    reader = _Reader(source)
    for parameter in main.params:
        shape = tuple(int(size) for size in parameter.ty.shape)
        reader.names[parameter] = reader.add(parameter.name, DType(str(parameter.ty.dtype)), shape)
    inputs = tuple(range(len(main.params)))
    for block in main.body.blocks:
        for binding in block.bindings:
            reader.bind(binding.var, binding.value)
    result = reader.resolved(main.body.body)
    outputs = result if isinstance(result, tuple) else (result,)
    constant = [position for position, output in enumerate(outputs) if isinstance(output, np.ndarray)]
    if constant:
        raise CompileError(
            [fail(source, f"output {n} is a constant: nothing computes it").problems[0] for n in constant]
        )
    return Sequence(tuple(reader.values), tuple(reader.steps), inputs, outputs, reader.end)


def _numbers(shape: relax.ShapeExpr) -> tuple[int, ...]:
    return tuple(int(size) for size in shape.values)


def _dtype(immediate: relax.DataTypeImm) -> DType:
    return DType(str(immediate.value))
