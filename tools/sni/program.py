"""A lowered and planned network: all that the emitter needs to know."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import DType, Graph, Op, Tensor
from tools.sni.memory.arena import Arena
from tools.sni.operators import Constant, Kernel
from tools.sni.options import Choices
from tools.sni.pipeline import BoundPipeline
from tools.sni.version import VERSION


@dataclass(frozen=True)
class Step:
    """One layer of the program.

    inputs: the tensors it reads from the arena. name: its C function, and the prefix of its constants.
    tables: C names of its constants and numbers per step, by the names it has for them. Equal tables are one, and
        numbers that stay the same have none.
    owned: the tables that this step is the first to use, under their C names.
    blocks: how many loops and conditions it stands in; loops: how many loops. times: how often it runs, at most.
    """

    name: str
    op: Op
    kernel: Kernel
    inputs: tuple[int, ...]
    tables: Mapping[str, str]
    owned: tuple[Constant, ...]
    blocks: int = 0
    loops: int = 0
    times: int = 1

    @property
    def constant_bytes(self) -> int:
        return sum(constant.data.nbytes for constant in self.owned) + self.kernel.linked_constants

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return self.times * self.kernel.macs


@dataclass(frozen=True)
class Variable:
    """name: of the C table with its first value. key: of its tensor."""

    name: str
    key: int
    tensor: Tensor

    @property
    def first(self) -> np.ndarray:
        """The bytes it holds at first; without a value of its own, TFLM sets int8 to the zero point, all else to 0."""
        if self.tensor.data is not None:
            return np.ascontiguousarray(self.tensor.data).reshape(-1).view(np.uint8)
        q = self.tensor.quantisation
        byte = q.zero_point & 0xFF if self.tensor.dtype is DType.INT8 and q and not q.per_channel else 0
        return np.full(self.tensor.bytes, byte, np.uint8)

    @property
    def byte(self) -> int | None:
        """What all its bytes are at first, if they are the same."""
        return int(self.first[0]) if (self.first == self.first[:1]).all() else None

    @property
    def constant_bytes(self) -> int:
        return self.tensor.bytes if self.byte is None else 0


@dataclass(frozen=True)
class Engine:
    """Whose kernels a program runs. name, version: as the runner's description has them (sni_rules/runtime/engine.h).

    maker: who made the code, for its readers.
    """

    name: str = "sni"
    version: str = VERSION
    maker: str = f"sni_rules {VERSION}"


@dataclass(frozen=True)
class Interpreter:
    """What runs the network in place of generated layers: an object in the state, beside the arena that it works in.

    prefix: of the functions that reach it, in a file of their own (emit/interpreter_calls.j2). bytes: of the object.
    constants: bytes of the model that it reads. stack: bytes that its functions were seen to take, by what they do.
    """

    prefix: str
    bytes: int
    constants: int
    stack: Mapping[str, int]


@dataclass(frozen=True)
class Program:
    """source: file name of the model, without its folder, so that the same model gives the same bytes from anywhere.

    notes: sentences that belong beside the program's figures.
    """

    graph: Graph
    steps: tuple[Step, ...]
    arena: Arena
    options: Choices
    source: str
    pipeline: BoundPipeline | None = None
    engine: Engine = Engine()
    notes: tuple[str, ...] = ()
    interpreter: Interpreter | None = None

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(step.macs for step in self.steps)

    @property
    def rounds_floats(self) -> bool:
        """Whether it makes integers of floats, so that a float's last bit can move an integer by a whole step."""
        rounding = {"round", "quantise_symmetric", "quantise_asymmetric"}
        return any(rounding.intersection(step.kernel.helpers) for step in self.steps)

    @property
    def dispatched(self) -> bool:
        """Whether layers have variants of which the state knows, by its level, which to run."""
        return any(step.kernel.dispatched for step in self.steps)

    @property
    def constant_bytes(self) -> int:
        """Bytes of all `const` tables."""
        tables = sum(step.constant_bytes for step in self.steps) + sum(v.constant_bytes for v in self.variables)
        tables += self.pipeline.constant_bytes if self.pipeline else 0
        return tables + (self.interpreter.constants if self.interpreter else 0)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What lives from one inference to the next."""
        keys = [key for key, tensor in self.graph.tensors.items() if tensor.variable]
        name = self.options.name
        return tuple(Variable(f"{name}_variable_{i}", key, self.graph.tensors[key]) for i, key in enumerate(keys))

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.inputs)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.outputs)


def steps_of(graph: Graph, kernels: Sequence[Kernel], options: Choices) -> tuple[Step, ...]:
    """Names the layers by their position and kind, and their tables by the first layer that has them."""
    steps = []
    known: dict[tuple[str, bytes], str] = {}
    # For each block around the current step: how often a loop runs, 0 for a condition.
    around: list[int] = []
    for position, (op, kernel) in enumerate(zip(graph.ops, kernels, strict=True)):
        name = f"{options.name}_{position}_" + re.sub(r"\W", "_", op.kind).lower()
        inputs = tuple(i for i in op.inputs if i is not None and not graph.tensors[i].is_constant)
        tables, owned = {}, []
        for table in _tables(kernel):
            symbol = f"{name}_{table.name}"
            tables[table.name] = known.setdefault(_contents(table.data), symbol)
            if tables[table.name] == symbol:
                owned.append(replace(table, name=symbol))
        if kernel.block in ("else", "end"):
            around.pop()
        loops = [count for count in around if count]
        steps.append(Step(name, op, kernel, inputs, tables, tuple(owned), len(around), len(loops), math.prod(loops)))
        if kernel.block in ("loop", "if", "else"):
            around.append(kernel.values["count"] if kernel.block == "loop" else 0)
    return tuple(steps)


def _tables(kernel: Kernel) -> list[Constant]:
    varying = [n for n in kernel.per_step if n.data.ndim > 1 or (n.data != n.data[0]).any()]
    return [*kernel.constants, *(Constant(number.name, number.data, number.comment) for number in varying)]


def _contents(data: np.ndarray) -> tuple[str, bytes]:
    return data.dtype.name, hashlib.sha256(np.ascontiguousarray(data).data).digest()
