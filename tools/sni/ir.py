"""The intermediate representation: a graph of operators over tensors, independent of any file format.

Everything here is frozen: a pass takes a Graph and returns another one. Tensors are named by their identifier, an
integer that is unique within its graph; `name` is for people and need not be unique.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np


class DType(enum.Enum):
    """Element type. The value is NumPy's name for it, which is also how it is written for people."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT4 = "int4"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    BOOL = "bool"
    RESOURCE = "resource"
    """The handle of a variable, which passes resolve: none is left when kernels are chosen."""

    @property
    def numpy(self) -> np.dtype:
        """How constants of this type are held in memory here (int4 is held one value a byte)."""
        held_as = {DType.INT4: "int8", DType.RESOURCE: "int32"}
        return np.dtype(held_as.get(self, self.value))

    @property
    def size(self) -> int:
        """Bytes of one element in the arena."""
        return self.numpy.itemsize

    @property
    def c(self) -> str:
        """The C type of an element in the arena."""
        names = {"float32": "float", "float16": "uint16_t", "bool": "bool", "int4": "int8_t"}
        return names.get(self.value, f"{self.value}_t")

    @property
    def is_integer(self) -> bool:
        """True for the types that a quantisation can apply to, and for plain integers."""
        return self not in (DType.FLOAT32, DType.FLOAT16, DType.BOOL, DType.RESOURCE)

    @property
    def bounds(self) -> tuple[int, int]:
        """Smallest and largest value of an integer type."""
        if self is DType.INT4:
            return -8, 7
        info = np.iinfo(self.numpy)
        return int(info.min), int(info.max)


@dataclass(frozen=True)
class Quantisation:
    """real = scale * (stored - zero_point), for the whole tensor or for each index of `axis`.

    scales: float32 values, exactly as stored in the model; zero_points: one for each scale.
    axis: the quantised dimension when there are several scales, else None.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int | None = None

    @property
    def per_channel(self) -> bool:
        return self.axis is not None

    @property
    def scale(self) -> float:
        """The one scale of a per-tensor quantisation."""
        assert not self.per_channel
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The one zero point of a per-tensor quantisation."""
        assert not self.per_channel
        return self.zero_points[0]

    def __str__(self) -> str:
        if self.per_channel:
            low, high = min(self.scales), max(self.scales)
            return f"{len(self.scales)} scales {low:.6g}..{high:.6g} along axis {self.axis}"
        return f"scale {self.scale:.9g}, zero point {self.zero_point}"


@dataclass(frozen=True)
class Tensor:
    """A value of the network. `data` is there for constants, and has the tensor's shape.

    variable: the value lives from one inference to the next, in the caller's state; `data` is what it holds at first,
        None for what TFLM sets variables to.
    per_step: the quantisation in each iteration of the loop that the value is made in, if they differ; `quantisation`
        is that of the first iteration. data_per_step: so for the data of a constant that a loop reads.
    """

    name: str
    dtype: DType
    shape: tuple[int, ...]
    quantisation: Quantisation | None = None
    data: np.ndarray | None = field(default=None, compare=False, repr=False)
    variable: bool = False
    per_step: tuple[Quantisation, ...] = field(default=(), repr=False)
    data_per_step: tuple[np.ndarray, ...] = field(default=(), compare=False, repr=False)

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes the tensor takes in the arena."""
        return self.elements * self.dtype.size

    @property
    def is_narrow(self) -> bool:
        """Whether only weights are of this type or quantised like this: float16, int4, or with several scales."""
        several = self.quantisation is not None and self.quantisation.per_channel
        return several or self.dtype in (DType.FLOAT16, DType.INT4)

    @property
    def stored_bytes(self) -> int:
        """Bytes a constant takes in a file: two int4 share one."""
        return (self.elements + 1) // 2 if self.dtype is DType.INT4 else self.bytes

    @property
    def is_constant(self) -> bool:
        return self.data is not None and not self.variable

    def __str__(self) -> str:
        """As it stands in comments and messages: `"name" int8[1, 640]`."""
        return f'"{self.name}" {self.dtype.value}{list(self.shape)}'


Attribute = int | float | bool | str | tuple[int, ...]


@dataclass(frozen=True)
class Op:
    """One operator. `kind` is the name TFLite's schema gives it, whoever imported it (`FULLY_CONNECTED`).

    inputs: tensor identifiers in the operator's order, None for an optional input that is left out.
    attributes: in snake_case, enumerations as their upper-case names (`fused_activation_function = "RELU"`).
    index: position in the imported file, for messages; a pass that merges operators keeps the first one's.
    subgraph: which of the file's graphs it stands in, for messages.

    Kinds in lower case stand in no file: passes make them (tools/sni/ops/control_flow.py).
    """

    kind: str
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    index: int = 0
    subgraph: int = 0

    @property
    def number(self) -> str:
        """How messages and comments call it: `12`, or `2:12` in another subgraph than the first."""
        return f"{self.subgraph}:{self.index}" if self.subgraph else str(self.index)


@dataclass(frozen=True)
class Graph:
    """A network in execution order: every operator comes after those that make its inputs.

    sha256: of the imported file, in hexadecimal. description: what the file says of itself.
    subgraphs: what WHILE, IF and CALL_ONCE call, by the index they call it by; all in the graph that runs first. They
        have tensors of their own. None is left when kernels are chosen (passes/inline_subgraphs.py).
    """

    tensors: Mapping[int, Tensor]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    sha256: str = ""
    description: str = ""
    subgraphs: Mapping[int, Graph] = field(default_factory=dict)

    def with_ops(self, ops: tuple[Op, ...]) -> Graph:
        """The same graph with other operators, without the tensors that nothing names any more."""
        named = {tensor for op in ops for tensor in (*op.inputs, *op.outputs) if tensor is not None}
        named.update(self.inputs, self.outputs)
        tensors = {key: tensor for key, tensor in self.tensors.items() if key in named}
        return replace(self, ops=ops, tensors=tensors)

    def consumers(self, tensor: int) -> Iterator[Op]:
        """The operators that read a tensor, in execution order."""
        return (op for op in self.ops if tensor in op.inputs)

    def producer(self, tensor: int) -> Op | None:
        """The operator that makes a tensor; None for inputs and constants."""
        return next((op for op in self.ops if tensor in op.outputs), None)
