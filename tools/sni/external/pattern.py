"""Which layers a kernel takes: an operator, types and shapes of its tensors, values of its attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tools.sni.ir import DType, Tensor
from tools.sni.operators import Layer

_ROLES = re.compile(r"(?P<end>input|output)(?:_(?P<number>\d+))?|weights|bias")
_SIZE = re.compile(r"\*|%[1-9]\d*|\d+(?:\.\.(?:\d+)?)?|\.\.\d+")
TENSOR_FORM = (
    "a type, or a type and sizes, as int8 or int8[1, *, *, %4]; a size is a number, * for any, %N for a multiple, "
    "M..N, M.. or ..N for a range, and alternatives are joined by |"
)


@dataclass(frozen=True)
class TensorPattern:
    """The type of a tensor and, if given, each of its sizes, as they were written."""

    dtype: DType
    sizes: tuple[str, ...] | None

    @staticmethod
    def read(text: str) -> TensorPattern | None:
        """None where the text has not the form of TENSOR_FORM."""
        found = re.fullmatch(r"\s*(\w+)\s*(?:\[([^\]]*)\])?\s*", text)
        if not found or found[1] not in [d.value for d in DType if d is not DType.RESOURCE]:
            return None
        sizes = None
        if found[2] is not None:
            sizes = tuple("".join(part.split()) for part in found[2].split(",")) if found[2].strip() else ()
            if not all(_SIZE.fullmatch(way) for size in sizes for way in size.split("|")):
                return None
        return TensorPattern(DType(found[1]), sizes)

    def matches(self, tensor: Tensor) -> bool:
        if tensor.dtype is not self.dtype:
            return False
        if self.sizes is None:
            return True
        return len(self.sizes) == len(tensor.shape) and all(
            any(_fits(way, size) for way in pattern.split("|"))
            for pattern, size in zip(self.sizes, tensor.shape, strict=True)
        )

    def __str__(self) -> str:
        return self.dtype.value + ("" if self.sizes is None else f"[{', '.join(self.sizes)}]")


def _fits(pattern: str, size: int) -> bool:
    if pattern == "*":
        return True
    if pattern.startswith("%"):
        return size % int(pattern[1:]) == 0
    if ".." in pattern:
        low, high = pattern.split("..")
        return int(low or 0) <= size and (not high or size <= int(high))
    return size == int(pattern)


@dataclass(frozen=True)
class Pattern:
    """kind: of the operator. tensors: by role. attributes: by name, the accepted values as they were written."""

    kind: str
    tensors: Mapping[str, TensorPattern] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def read(entries: Mapping[str, str]) -> tuple[Pattern, list[str]]:
        """A pattern from keys and values, and what is wrong with them."""
        problems = []
        tensors, attributes = {}, {}
        for key, text in entries.items():
            if key == "operator":
                continue
            if _ROLES.fullmatch(key):
                tensor = TensorPattern.read(text)
                if tensor is None:
                    problems.append(f'{key} = "{text}" is no pattern of a tensor; accepted: {TENSOR_FORM}')
                else:
                    tensors[key] = tensor
            else:
                attributes[key] = tuple(way.strip() for way in text.split("|"))
        if not entries.get("operator"):
            problems.append('has no "operator", the name of one as in CONV_2D')
        return Pattern(entries.get("operator", ""), tensors, attributes), problems

    def mismatches(self, layer: Layer) -> Iterator[str]:
        """Why a layer of this operator is none of the pattern's; nothing if it is."""
        for role, pattern in self.tensors.items():
            tensor = _tensor(layer, role)
            if tensor is None:
                yield f"there is no {role}"
            elif not pattern.matches(tensor):
                yield f"{role} is {tensor.dtype.value}{list(tensor.shape)}, not {pattern}"
        for name, accepted in self.attributes.items():
            if name not in layer.op.attributes:
                yield f"has no attribute {name} (it has {', '.join(sorted(layer.op.attributes)) or 'none'})"
            elif (value := _text(layer.op.attributes[name])) not in accepted:
                yield f"{name} is {value}, not {' or '.join(accepted)}"


def _text(value: object) -> str:
    """An attribute as it is written in a pattern."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _tensor(layer: Layer, role: str) -> Tensor | None:
    """The tensor of a role: input, input_0, weights (input_1), bias (input_2), output, output_0."""
    position = {"weights": 1, "bias": 2}.get(role)
    if position is not None:
        return layer.optional(position)
    found = _ROLES.fullmatch(role)
    assert found
    number = int(found["number"] or 0)
    if found["end"] == "input":
        return layer.optional(number)
    return layer.outputs[number] if number < len(layer.outputs) else None
