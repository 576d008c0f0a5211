"""Golden samples: from a .npz file to the stream that sni_rules/runtime/golden.c reads."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MAGIC = b"SNIGOLD1"


@dataclass(frozen=True)
class Tensor:
    """A network's input or output, as the compiler's report has it."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]

    @staticmethod
    def read(entry: Mapping[str, object]) -> Tensor:
        return Tensor(str(entry["name"]), np.dtype(str(entry["dtype"])), tuple(entry["shape"]))

    @property
    def bytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


class GoldenError(Exception):
    """Samples that do not fit the model. `problems`: every one, with value, reason and accepted form."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def encode(
    arrays: Mapping[str, np.ndarray], inputs: Sequence[Tensor], outputs: Sequence[Tensor], tolerance: float
) -> bytes:
    """The stream.

    arrays: `input` and `output`, or with several of them `input_0`, `input_1`, ..., or the tensors' own names; each of
    shape [samples, ...shape of the tensor], where a first dimension of 1 may be left out.
    tolerance: how far a float may be off, relative to the largest magnitude of the output in the sample.
    Raises GoldenError.
    """
    problems: list[str] = []
    taken: set[str] = set()
    found = {
        kind: [_find(arrays, kind, i, tensors, problems, taken) for i in range(len(tensors))]
        for kind, tensors in (("input", inputs), ("output", outputs))
    }
    unused = sorted(set(arrays) - taken)
    if unused and not problems:
        problems.append(f"array {_names(unused)}: no such input or output (the model has {_model(inputs, outputs)})")
    counts = {len(array) for array in [*found["input"], *found["output"]] if array is not None}
    if len(counts) > 1:
        problems.append(f"arrays of {_names(sorted(counts))} samples (all need the same number)")
    if counts == {0}:
        problems.append("arrays without a sample (at least one)")
    if problems:
        raise GoldenError(problems)
    samples = counts.pop()
    parts = [MAGIC, struct.pack("<3I", samples, sum(t.bytes for t in inputs), sum(t.bytes for t in outputs))]
    for sample in range(samples):
        parts += [array[sample].tobytes() for array in found["input"]]
        for array in found["output"]:
            parts += [struct.pack("<f", _allowed(array[sample], tolerance)), array[sample].tobytes()]
    return b"".join(parts)


def _allowed(output: np.ndarray, tolerance: float) -> float:
    if not np.issubdtype(output.dtype, np.floating):
        return 0.0
    return float(tolerance * np.abs(output[np.isfinite(output)]).max(initial=0))


def _find(
    arrays: Mapping[str, np.ndarray],
    kind: str,
    index: int,
    tensors: Sequence[Tensor],
    problems: list[str],
    taken: set[str],
) -> np.ndarray | None:
    """The array of a tensor, as little-endian [samples, ...shape]; None where a problem was added."""
    tensor = tensors[index]
    names = [kind, f"{kind}_{index}", tensor.name] if len(tensors) == 1 else [f"{kind}_{index}", tensor.name]
    name = next((name for name in names if name in arrays), None)
    wanted = f"{tensor.dtype.name}[samples, {', '.join(map(str, tensor.shape))}]"
    if name is None:
        problems.append(f"no array {_names(names, ' or ')} ({kind} {index} of the model: {wanted})")
        return None
    taken.add(name)
    array = arrays[name]
    if array.dtype.newbyteorder("=") != tensor.dtype:
        problems.append(
            f"array '{name}': {array.dtype.name}, where the model has {tensor.dtype.name} ({wanted}, the tensor's own "
            f"elements, as quantised; array.astype(np.{tensor.dtype.name}) where only the type is wrong)"
        )
        return None
    shapes = [tensor.shape, tensor.shape[1:]] if tensor.shape[:1] == (1,) else [tensor.shape]
    if array.ndim == 0 or array.shape[1:] not in shapes:
        problems.append(f"array '{name}': of shape {list(array.shape)} ({wanted})")
        return None
    return np.ascontiguousarray(array, dtype=tensor.dtype.newbyteorder("<"))


def _names(names: Sequence[object], between: str = ", ") -> str:
    return between.join(f"'{name}'" if isinstance(name, str) else str(name) for name in names)


def _model(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> str:
    return f"{len(inputs)} input{'s' * (len(inputs) != 1)} and {len(outputs)} output{'s' * (len(outputs) != 1)}"
