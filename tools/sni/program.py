"""A lowered and planned network: all that the emitter needs to know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tools.sni.ir import Graph, Op, Tensor
from tools.sni.memory.arena import Arena
from tools.sni.operators import Kernel
from tools.sni.options import Options
from tools.sni.pipeline import BoundPipeline


@dataclass(frozen=True)
class Step:
    """One layer of the program.

    inputs: the tensors it reads from the arena. name: its C function, and the prefix of its constants.
    """

    name: str
    op: Op
    kernel: Kernel
    inputs: tuple[int, ...]

    @property
    def constant_bytes(self) -> int:
        return sum(constant.data.nbytes for constant in self.kernel.constants)


@dataclass(frozen=True)
class Program:
    """source: file name of the model, without its folder, so that the same model gives the same bytes from anywhere."""

    graph: Graph
    steps: tuple[Step, ...]
    arena: Arena
    options: Options
    source: str
    pipeline: BoundPipeline | None = None

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(step.kernel.macs for step in self.steps)

    @property
    def constant_bytes(self) -> int:
        """Bytes of all `const` tables."""
        return sum(step.constant_bytes for step in self.steps)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.inputs)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        return tuple(self.graph.tensors[i] for i in self.graph.outputs)


def steps_of(graph: Graph, kernels: Sequence[Kernel], options: Options) -> tuple[Step, ...]:
    """Names the layers by their position and kind."""
    steps = []
    for position, (op, kernel) in enumerate(zip(graph.ops, kernels, strict=True)):
        kind = re.sub(r"\W", "_", op.kind).lower()
        inputs = tuple(i for i in op.inputs if i is not None and not graph.tensors[i].is_constant)
        steps.append(Step(f"{options.name}_{position}_{kind}", op, kernel, inputs))
    return tuple(steps)
