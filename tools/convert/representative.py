"""Representative data: the samples that full-integer quantisation measures the ranges of activations on."""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.convert.problem import ConvertError, Problem, fail, first_line

FORMATS = "an .npz file with one array for each input, first axis = samples, or a .csv file with one sample in each row"
_SHOWN = 5


@dataclass(frozen=True)
class InputSpec:
    """One input of the network. shape: of one sample, without the batch axis; dtype: NumPy's name, as `float32`."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def elements(self) -> int:
        """Numbers in one sample."""
        return math.prod(self.shape)

    def __str__(self) -> str:
        return f'"{self.name}" of shape {_shape(("samples", *self.shape))}'


def load(path: Path, inputs: Sequence[InputSpec]) -> list[np.ndarray]:
    """The samples of `path`: one array for each input, in the order of `inputs`, of shape [samples, *input.shape].

    In an .npz file arrays are found by the name of the input; with one input and one array the name does not matter.
    Raises ConvertError with all problems: unreadable file, missing or unknown arrays, shapes, no samples, not finite.
    """
    if path.suffix == ".npz":
        named = _load_npz(path, inputs)
    elif path.suffix == ".csv":
        named = _load_csv(path, inputs)
    else:
        raise fail(str(path), f'the extension "{path.suffix}" is not known (representative data is {FORMATS})')
    problems = [problem for spec, array in zip(inputs, named, strict=True) for problem in _check(path, spec, array)]
    counts = {len(array) for array in named if array.ndim}
    if not problems and len(counts) > 1:
        found = ", ".join(f'"{spec.name}" {len(array)}' for spec, array in zip(inputs, named, strict=True))
        problems.append(
            Problem(str(path), f"the arrays have different numbers of samples ({found}); give all the same")
        )
    if problems:
        raise ConvertError(problems)
    return [array.astype(spec.dtype) for spec, array in zip(inputs, named, strict=True)]


def _load_npz(path: Path, inputs: Sequence[InputSpec]) -> list[np.ndarray]:
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        with archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise fail(str(path), f"cannot be read as .npz ({first_line(error)}); write it with numpy.savez") from None
    if len(inputs) == 1 and len(arrays) == 1:
        return list(arrays.values())
    wanted = [spec.name for spec in inputs]
    found = ", ".join(f'"{name}"' for name in arrays) or "none"
    problems = [
        Problem(str(path), f"no array for the input {spec} (the file has: {found}); name each array as its input")
        for spec in inputs
        if spec.name not in arrays
    ]
    problems += [
        Problem(
            f'{path}: array "{name}"', f"the model has no such input (inputs: {', '.join(wanted)}); remove or rename"
        )
        for name in arrays
        if name not in wanted
    ]
    if problems:
        raise ConvertError(problems)
    return [arrays[name] for name in wanted]


def _load_csv(path: Path, inputs: Sequence[InputSpec]) -> list[np.ndarray]:
    if len(inputs) != 1:
        raise fail(str(path), f"a .csv file holds one input and the model has {len(inputs)}; give an .npz file")
    (spec,) = inputs
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(enumerate(csv.reader(file), start=1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise fail(str(path), f"cannot be read as .csv ({first_line(error)})") from None
    lines = [(number, cells) for number, cells in lines if cells]
    if lines and all(_number(cell) is None for cell in lines[0][1]):
        lines = lines[1:]
    rows: list[list[float]] = []
    problems: list[Problem] = []
    for number, cells in lines:
        values = [_number(cell) for cell in cells]
        place = f"{path}: line {number}"
        if len(values) != spec.elements:
            problems.append(
                Problem(place, f"expected {spec.elements} numbers for the input {spec}, found {len(values)}")
            )
        elif None in values:
            problems.append(Problem(place, f'"{cells[values.index(None)]}" is no number'))
        else:
            rows.append([value for value in values if value is not None])
    if len(problems) > _SHOWN:
        problems[_SHOWN:] = [Problem(str(path), f"{len(problems) - _SHOWN} more lines have such problems")]
    if problems:
        raise ConvertError(problems)
    return [np.array(rows, dtype=np.float64).reshape((len(rows), *spec.shape))]


def _check(path: Path, spec: InputSpec, array: np.ndarray) -> list[Problem]:
    place = f'{path}: input "{spec.name}"'
    expected = _shape(("samples", *spec.shape))
    if array.dtype.kind not in "fiub":
        return [Problem(place, f"the array holds {array.dtype}, not numbers (give float32)")]
    if array.shape[1:] != spec.shape or array.ndim == 0:
        return [Problem(place, f"expected shape {expected}, found {_shape(array.shape)}")]
    if len(array) == 0:
        return [Problem(place, f"no samples (expected shape {expected} with some hundred typical samples)")]
    bad = ~np.isfinite(array)
    if bad.any():
        sample = int(np.argwhere(bad)[0][0])
        return [
            Problem(place, f"sample {sample} has a value that is nan or infinite (remove it: ranges are taken from it)")
        ]
    return []


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _shape(sizes: Sequence[int | str]) -> str:
    return "(" + ", ".join(str(size) for size in sizes) + (",)" if len(sizes) == 1 else ")")
