"""What an operator's file works with: the layer it is given, the kernel it gives back, and the registry it enters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from tools.sni.ir import Attribute, DType, Op, Tensor
from tools.sni.options import Options


@dataclass(frozen=True)
class Constant:
    """A `const` table of a kernel.

    name: what its template calls it. comment: layout and meaning, for the reader of the C.
    named: the template writes `tables.NAME`, a constant expression; otherwise NAME is a local pointer.
    aligned: it should begin on a cache line, for vectors that are as long as one.
    """

    name: str
    data: np.ndarray
    comment: str
    named: bool = False
    aligned: bool = False


@dataclass(frozen=True)
class Scratch:
    """Memory that a kernel needs while it runs: a further parameter of its function, after the outputs.

    over: an input, and a lead: the memory may lie over the input as an output may (Overlap).
    """

    name: str
    dtype: DType
    elements: int
    over: tuple[int, int] | None = None

    @property
    def bytes(self) -> int:
        return self.elements * self.dtype.size


@dataclass(frozen=True)
class Overlap:
    """The output at one position may lie over the input at another, if it starts at least `lead` bytes below it.

    Then the kernel has read each byte of the input for the last time before it writes another there, whatever else the
    two share. tools/sni/memory/overlap.py computes the lead from the order in which a kernel reads and writes.
    None: the output may start anywhere.
    """

    output: int
    input: int
    lead: int | None


@dataclass(frozen=True)
class PerStep:
    """A number that differs from one iteration of a loop to the next: a further parameter, after the scratch.

    data: one for each iteration, of an integer type or float32; a single one for a kernel outside of loops. Or a row of
    several for each iteration, then the parameter is a pointer to the row.
    """

    name: str
    data: np.ndarray
    comment: str


@dataclass(frozen=True)
class Kernel:
    """One layer in C, without its place in memory.

    name: the variant, as `fully_connected_int8`; stands in comments and in the report.
    template: a file of tools/sni/ops that renders the function's body from `values`, the constants and the parameters.
    helpers: functions of tools/sni/emit/helpers that the body calls. By `in_flash`, tables of floats are read.
    scratch: lies in the arena, alive during this step only.
    in_place: pairs (output, input) of positions that may lie in the same memory, because the kernel reads an element
        for the last time before it writes the one that takes its place.
    overlap: outputs that may lie over a part of an input, for the order in which the kernel reads and writes. For a
        pair that is in_place too, the planner takes what makes the arena smaller.
    view: the output is the input's memory under another shape; there is no code, and `template` is empty.
    row: of a view: where in the input the output begins, and by how much that grows from one iteration of the loop it
        stands in to the next, in bytes. Such an output may be written to, which writes a part of the input.
    block: what a kernel of control flow does instead of calling a function: it begins a `loop` (of `values["count"]`
        iterations), an `if` or an `else`, ends one (`end`), or leaves the loop it stands in (`leave`).
    macs: multiply-accumulates of one call, by the usual count (dense, padding included).
    dispatched: it has variants for several levels of x86-64, of which it is told one: a further parameter, the last.
    set_up: about the instructions of a call beyond the share that its rows have of one for many rows; where they are
        many. What stripes cost.
    reason: why this kernel was chosen, where there were others; for the report.
    linked_constants: bytes of constants in code that it calls and that is not generated.
    header, prototype: of a function that it calls and that is not generated: what to include, as `"folder/file.h"`, and
        its declaration.
    functions: a template for functions that only this layer calls, rendered as the body is; `name` is the layer's.
    """

    name: str
    template: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    constants: tuple[Constant, ...] = ()
    helpers: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    scratch: tuple[Scratch, ...] = ()
    in_place: tuple[tuple[int, int], ...] = ()
    overlap: tuple[Overlap, ...] = ()
    per_step: tuple[PerStep, ...] = ()
    view: bool = False
    row: tuple[int, int] | None = None
    block: str = ""
    macs: int = 0
    dispatched: bool = False
    set_up: int = 0
    reason: str = ""
    linked_constants: int = 0
    header: str = ""
    prototype: str = ""
    functions: str = ""


@dataclass(frozen=True)
class Layer:
    """An operator with its tensors at hand. inputs: None where an optional one is left out."""

    op: Op
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]
    options: Options

    @property
    def input(self) -> Tensor:
        """The first input, which every operator has."""
        tensor = self.inputs[0]
        assert tensor is not None
        return tensor

    @property
    def output(self) -> Tensor:
        return self.outputs[0]

    def optional(self, position: int) -> Tensor | None:
        """An input that may be missing, either left out or beyond the end."""
        return self.inputs[position] if position < len(self.inputs) else None

    def attribute(self, name: str, default: Attribute) -> Attribute:
        return self.op.attributes.get(name, default)

    @property
    def input_names(self) -> tuple[str | None, ...]:
        """What the C function calls each input: `input`, or `input_0`.. of several computed; None for constants."""
        computed = [position for position, tensor in enumerate(self.inputs) if tensor and not tensor.is_constant]
        names = ["input"] if len(computed) == 1 else [f"input_{number}" for number in range(len(computed))]
        named = dict(zip(computed, names, strict=True))
        return tuple(named.get(position) for position in range(len(self.inputs)))

    @property
    def output_names(self) -> tuple[str, ...]:
        """What the C function calls each output: `output`, or `output_0`.. where there are several."""
        count = len(self.outputs)
        return ("output",) if count == 1 else tuple(f"output_{number}" for number in range(count))


Check = Callable[[Layer], Iterator[str]]
Lower = Callable[[Layer], Kernel | None]


@dataclass(frozen=True)
class Operator:
    """What is known of an operator kind. types and limits: for people, shown by the documentation and by messages.

    inputs, outputs: how many it takes and makes (smallest, largest); checked before `check` is asked.
    """

    kind: str
    types: tuple[str, ...]
    limits: str
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    check: Check
    kernels: dict[str, list[Lower]] = field(default_factory=dict)


OPERATORS: dict[str, Operator] = {}
"""Filled by importing tools.sni.ops; read-only afterwards."""


ANY_NUMBER = 1 << 16
"""The largest count of inputs or outputs where an operator sets none: more than any flatbuffer's."""


def operator(
    kind: str,
    *,
    types: tuple[str, ...],
    inputs: tuple[int, int] = (1, 1),
    outputs: int | tuple[int, int] = 1,
    limits: str = "",
):
    """Registers a legality check: a function that yields, for a layer, a message for each unsupported thing.

    inputs, outputs: smallest and largest count, `ANY_NUMBER` for no largest; outputs may be one number.
    """

    def register(check: Check) -> Check:
        assert kind not in OPERATORS, f"{kind} is registered twice"
        made = outputs if isinstance(outputs, tuple) else (outputs, outputs)
        OPERATORS[kind] = Operator(kind, types, limits, inputs, made, check)
        return check

    return register


def kernel(kind: str, profile: str):
    """Registers a lowering: a function that gives a layer's Kernel, or None where it does not apply.

    The first that applies wins.
    """

    def register(lower: Lower) -> Lower:
        OPERATORS[kind].kernels.setdefault(profile, []).append(lower)
        return lower

    return register


LowerSteps = Callable[[Layer, tuple[Layer, ...]], Kernel | None]

STEPPED: dict[str, dict[str, LowerSteps]] = {}
"""Lowerings of operators in loops whose quantisation differs from one iteration to the next: by kind, then profile."""


def stepped(kind: str, profile: str):
    """Registers such a lowering: it is given the layer, and the layer as it is in each iteration.

    It gives a kernel that is told the quantisation by numbers (Kernel.per_step); None where it does not apply.
    """

    def register(lower: LowerSteps) -> LowerSteps:
        STEPPED.setdefault(kind, {})[profile] = lower
        return lower

    return register
