"""Element-wise operators with several inputs: shapes folded to the fewest loops, and the kernel they all render.

Shapes follow NumPy's rule: aligned at the last dimension, and a dimension of 1 is repeated. Adjacent dimensions in
which every input either moves or stands still alike become one loop, so operands of the same shape need a single loop,
whatever their rank. A constant whose elements are all the same number is no operand at all, but a literal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.emit.literals import c_float, c_integer, factor, plus
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import elementwise_overlap
from tools.sni.operators import Constant, Kernel, Layer

_VARIABLES = "ijklmnpq"
"""Of the loops, from the outermost; TFLM's tensors have at most eight dimensions."""

_HELPER = re.compile(r"\bsni_(\w+)\(")


@dataclass(frozen=True)
class Loops:
    """extents: trip counts from the outermost loop. strides: for each operand, its elements from trip to trip."""

    extents: tuple[int, ...]
    strides: tuple[tuple[int, ...], ...]

    def index(self, operand: int) -> str:
        """C for an operand's position: `i * 12 + j`, or `0` if it never moves."""
        terms = [
            variable if stride == 1 else f"{variable} * {stride}"
            for variable, stride in zip(_VARIABLES, self.strides[operand], strict=False)
            if stride
        ]
        return " + ".join(terms) or "0"


def fold(shapes: Sequence[tuple[int, ...]]) -> Loops:
    """The loops over all elements of what `shapes` broadcast to. Raises ValueError where they do not fit each other."""
    result = np.broadcast_shapes(*shapes)
    padded = [(1,) * (len(result) - len(shape)) + tuple(shape) for shape in shapes]
    extents: list[int] = []
    moves: list[tuple[bool, ...]] = []
    for dimension, extent in enumerate(result):
        if extent == 1:
            continue
        moving = tuple(shape[dimension] != 1 for shape in padded)
        if moves and moves[-1] == moving:
            extents[-1] *= extent
        else:
            extents.append(extent)
            moves.append(moving)
    strides = tuple(
        tuple(
            math.prod(e for e, m in zip(extents[level + 1 :], moves[level + 1 :], strict=True) if m[operand])
            if moves[level][operand]
            else 0
            for level in range(len(extents))
        )
        for operand in range(len(shapes))
    )
    return Loops(tuple(extents), strides)


def broadcast_problems(inputs: Sequence[Tensor], output: Tensor) -> Iterator[str]:
    """The inputs must fit each other, and the output must have the shape they make, but for leading ones."""
    shapes = [tensor.shape for tensor in inputs]
    listed = " and ".join(str(list(shape)) for shape in shapes)
    try:
        made = np.broadcast_shapes(*shapes)
    except ValueError:
        yield f"cannot broadcast {listed}: counted from the last, dimensions must be equal or 1"
        return
    if _without_leading_ones(made) != _without_leading_ones(output.shape):
        yield f"makes {list(made)} of {listed}; its output is {output}"
    elif sum(extent != 1 for extent in made) > len(_VARIABLES):
        yield f"has {len(made)} dimensions; at most {len(_VARIABLES)} larger than 1 are supported"


def _without_leading_ones(shape: Sequence[int]) -> tuple[int, ...]:
    leading = next((i for i, extent in enumerate(shape) if extent != 1), len(shape))
    return tuple(shape[leading:])


@dataclass(frozen=True)
class Operand:
    """An input as an element's expression sees it.

    value: C for the element at the loops' position: `input_0[i * 12 + j]`, `constants[j]`, or a literal.
    scalar: the number, where the input is a constant that holds only one.
    """

    tensor: Tensor
    value: str
    scalar: int | float | None = None

    def difference(self) -> str:
        """C for the stored integer less its zero point, which fits an int32_t."""
        assert self.tensor.quantisation is not None
        zero_point = self.tensor.quantisation.zero_point
        return str(self.scalar - zero_point) if self.scalar is not None else f"{self.value}{plus(-zero_point)}"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Element:
    """How one element of the output is computed.

    expression: C. wide: it is of a wider type than the output, in whose range its value is, and needs a cast.
    lines: statements before it, in the loop. What they and the expression call as `sni_NAME` are the kernel's helpers.
    """

    expression: str
    wide: bool = False
    lines: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


def broadcast(
    layer: Layer,
    name: str,
    element: Callable[..., Element],
    *,
    names: Sequence[str] = (),
    shapes: Sequence[tuple[int, ...]] = (),
) -> Kernel:
    """The kernel that computes `element` of all inputs for each element of the output.

    element: is given an Operand for each input. names: of the tables of constant inputs, by position, where they have
    better ones than `constants`. shapes: to broadcast the inputs as, where these are not their own.
    """
    inputs = [tensor for tensor in layer.inputs if tensor is not None]
    scalars = [_scalar(tensor) for tensor in inputs]
    wanted = shapes or [tensor.shape for tensor in inputs]
    loops = fold([*(shape if s is None else () for shape, s in zip(wanted, scalars, strict=True)), layer.output.shape])
    computed = [position for position, tensor in enumerate(inputs) if not tensor.is_constant]
    tables: list[Constant] = []
    operands = []
    for position, (tensor, scalar) in enumerate(zip(inputs, scalars, strict=True)):
        if scalar is not None:
            operands.append(Operand(tensor, _literal(scalar, tensor.dtype), scalar))
            continue
        if tensor.is_constant:
            called = names[position] if position < len(names) else "constants"
            called += f"_{position}" if any(table.name == called for table in tables) else ""
            tables.append(_table(called, tensor))
        else:
            called = "input" if len(computed) == 1 else f"input_{computed.index(position)}"
        operands.append(Operand(tensor, f"{called}[{loops.index(position)}]"))
    made = element(*operands)
    output = len(inputs)
    alike = [position for position in computed if loops.strides[position] == loops.strides[output]]
    sizes = [tensor.dtype.size for tensor in inputs]
    infinite = any(isinstance(o.scalar, float) and not math.isfinite(o.scalar) for o in operands)
    return Kernel(
        name=name,
        template="broadcast.c.j2",
        values={
            "loops": list(zip(_VARIABLES, loops.extents, strict=False)),
            "lines": made.lines,
            "index": loops.index(output),
            "expression": f"({layer.output.dtype.c}){factor(made.expression)}" if made.wide else made.expression,
        },
        constants=tuple(tables),
        helpers=tuple(sorted(set(_HELPER.findall(" ".join((*made.lines, made.expression)))))),
        includes=made.includes + (("math.h",) if infinite else ()),
        in_place=tuple((0, position) for position in alike if sizes[position] == layer.output.dtype.size),
        overlap=tuple(
            pair
            for position in alike
            if sizes[position] != layer.output.dtype.size
            for pair in elementwise_overlap(layer, position)
        ),
    )


def _scalar(tensor: Tensor) -> int | float | None:
    """The number that a constant holds, if all its elements are the same one."""
    if tensor.data is None or not tensor.elements:
        return None
    flat = tensor.data.reshape(-1)
    # Bytes, not values: 0.0 equals -0.0, and NaN equals nothing.
    return flat[0].item() if flat.tobytes() == flat[:1].tobytes() * flat.size else None


def _literal(scalar: int | float, dtype: DType) -> str:
    return c_float(scalar) if dtype is DType.FLOAT32 else c_integer(int(scalar), dtype.numpy)


def _table(name: str, tensor: Tensor) -> Constant:
    assert tensor.data is not None
    data = tensor.data.reshape(-1)
    return Constant(name, data.astype(np.uint8) if data.dtype == np.bool_ else data, f"{list(tensor.shape)}")
