"""What a run of a benchmark suite found: one Result for each cell, and what the reader needs to judge them.

The contract between the bench, which writes results.json, and everything that reads it: the report, `compare`, the next
run, which takes from it what has not changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
"""Of results.json; readers refuse any other."""


class ResultsError(Exception):
    """Says why a file holds no results, in the user's words."""


@dataclass(frozen=True)
class Key:
    """A cell of the suite. options: the name of a set of compiler options, as `-O3` or `-Os, soft float`."""

    model: str
    variant: str
    engine: str
    platform: str
    options: str

    def __str__(self) -> str:
        return f"{self.model}/{self.variant}/{self.engine}/{self.platform}/{self.options}"


@dataclass(frozen=True)
class Layer:
    """A layer of a network. instructions: of one inference; None where they were not counted. flash, ram: bytes of its
    code and constants, and of the buffers that it reads and writes. reason: why it got this kernel."""

    name: str
    operator: str
    kernel: str
    reason: str
    macs: int
    instructions: int | None
    flash: int | None
    ram: int | None


@dataclass(frozen=True)
class Buffer:
    """A tensor's place in the arena: `size` bytes from `offset` on; from layer `first` to `last`, from 0."""

    name: str
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Wall:
    """Nanoseconds of one inference on a machine that is real: percentiles of all timed inferences."""

    p50: int
    p90: int
    p99: int


@dataclass(frozen=True)
class Error:
    """How far outputs are from those of the float network, on the same inputs, in real units.

    of_range: mean_abs as a share of the range of the float network's outputs, EdgeMark's definition. top1: the share of
    samples whose greatest output is the same one; None for networks with a single output.
    """

    max_abs: float
    mean_abs: float
    of_range: float
    top1: float | None
    samples: int


@dataclass(frozen=True)
class EdgeMark:
    """EdgeMark's definitions, in bytes: the program's `.text` and `.bss`, and both less those of the base program."""

    flash_total: int
    ram_total: int
    flash_net: int
    ram_net: int


@dataclass(frozen=True)
class Failure:
    """stage: `convert`, `build`, `run` or `check`. message: the tool's own words, one problem a line."""

    stage: str
    message: str


@dataclass(frozen=True)
class Figures:
    """What a cell costs; flash, ram, stack, arena, constants: bytes, by the definitions of docs/size.md.

    instructions: of one inference, None where nothing counts them. stack: the bound, None where there is none.
    weights: the network's parameters, counted. error: None where there is no float network to compare with.
    exact: whether outputs have the bits of TensorFlow Lite Micro's reference kernels; None where they cannot be had.
    build_s: seconds of the actions of this cell alone, the last time that they ran; None where they never ran here.
    program: SHA-256 of what was run. command: what builds and runs this cell by hand. fingerprint: SHA-256 of all that
    the figures come from, by which the next run knows that they still hold.
    """

    engine_version: str
    instructions: int | None
    wall: Wall | None
    flash: int
    ram: int
    stack: int | None
    arena: int
    constants: int
    weights: int
    macs: int
    error: Error | None
    exact: bool | None
    edgemark: EdgeMark | None
    build_s: float | None
    program: str
    command: str
    notes: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    buffers: tuple[Buffer, ...] = ()
    fingerprint: str = ""

    @property
    def instructions_per_mac(self) -> float | None:
        return self.instructions / self.macs if self.instructions is not None and self.macs else None


@dataclass(frozen=True)
class Result:
    """A cell with its figures, or with why it has none: exactly one of the two."""

    key: Key
    figures: Figures | None
    failure: Failure | None


@dataclass(frozen=True)
class Published:
    """A row that others published, measured on hardware: never to be mixed up with ours.

    source: who published it. variant: empty where the source does not say. milliseconds, energy_uj: of one inference.
    flash, ram: bytes, of the source's definition.
    """

    source: str
    tool: str
    board: str
    model: str
    variant: str
    milliseconds: float | None
    energy_uj: float | None
    flash: int | None
    ram: int | None
    error: float | None


@dataclass(frozen=True)
class Run:
    """How the results were made. build_s, run_s: seconds, of the whole suite. cold: whether nothing came from a cache.

    actions: Bazel's own account of the build, as {"executed": 120, "from cache": 40, ...}. reused: cells whose figures
    were taken from an earlier run, for neither program nor tools had changed.
    """

    suite: str
    started: str
    command: str
    machine: str
    build_s: float
    run_s: float
    cold: bool
    actions: Mapping[str, int]
    reused: int
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Results:
    """Everything in results.json, in the order of the suite."""

    run: Run
    results: tuple[Result, ...]
    published: tuple[Published, ...] = field(default=())

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"

    @staticmethod
    def from_json(text: str, name: str) -> Results:
        """Raises ResultsError, in which `name` is the file's."""
        try:
            read = json.loads(text)
            if read.get("format") != FORMAT:
                raise ResultsError(f"{name}: format {read.get('format')!r}, this bench reads {FORMAT}: run it anew")
            return Results(
                Run(**read["run"]),
                tuple(map(_result, read["results"])),
                tuple(Published(**row) for row in read["published"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ResultsError(f"{name}: no results of a benchmark suite ({error})") from None


def _result(read: Mapping[str, Any]) -> Result:
    figures, failure = read["figures"], read["failure"]
    return Result(
        Key(**read["key"]),
        None if figures is None else _figures(figures),
        None if failure is None else Failure(**failure),
    )


def _figures(read: Mapping[str, Any]) -> Figures:
    made = {
        "wall": Wall,
        "error": Error,
        "edgemark": EdgeMark,
    }
    parts = {name: None if read[name] is None else make(**read[name]) for name, make in made.items()}
    lists = {
        "notes": tuple(read["notes"]),
        "layers": tuple(Layer(**layer) for layer in read["layers"]),
        "buffers": tuple(Buffer(**buffer) for buffer in read["buffers"]),
    }
    return Figures(**{**read, **parts, **lists})
