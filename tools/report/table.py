"""The columns of the main table: what they show of a cell, in which unit, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tools.bench.suite.results import Figures, Key, Result, Results
from tools.report import wording
from tools.report.summary import peers, ratio

KEYS = ("model", "variant", "engine", "platform", "options")
"""The columns that say which cell a row is."""


@dataclass(frozen=True)
class Column:
    """name: heads it. unit: stands below the name; empty where figures are counts. value: what is sorted by; None where
    there is none. shown: of a value. explained: one line."""

    name: str
    unit: str
    value: Callable[[Figures, Figures | None], float | str | None]
    shown: Callable[[float | None], str]
    explained: str


@dataclass(frozen=True)
class Group:
    """Columns that are shown or hidden together. name: empty for those that are always there."""

    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Row:
    """A cell: sort values and texts of all columns but the keys. failure: the first line of why there are none."""

    key: Key
    values: tuple[float | str | None, ...]
    texts: tuple[str, ...]
    failure: str | None


def _of(name: str) -> Callable[[Figures, Figures | None], float | None]:
    """A figure by its path, as `error.mean_abs`."""
    *path, last = name.split(".")

    def value(figures: Figures, _: Figures | None) -> float | None:
        part: object = figures
        for step in path:
            part = getattr(part, step)
        return None if part is None else getattr(part, last)

    return value


def _share(name: str) -> Callable[[Figures, Figures | None], float | None]:
    return lambda figures, ours: ratio(getattr(ours, name), getattr(figures, name)) if ours else None


def _exact(figures: Figures, _: Figures | None) -> str | None:
    return {True: "yes", False: "no", None: None}[figures.exact]


def _word(value: str | None) -> str:
    return value or wording.NONE


def _share_column(name: str, of: str, reference: str) -> Column:
    told = f"{reference}’s {of} as a share of this cell’s: below 100%, {reference} needs less."
    return Column(f"{reference} ÷ this", "", _share(name), wording.percent, told)


def groups(reference: str) -> Sequence[Group]:
    """All columns but the keys. reference: the name of the engine that the others are compared with."""
    count, decimal, percent = wording.count, wording.decimal, wording.percent
    exactly = (
        "Whether all outputs have the bits of TensorFlow Lite Micro’s reference kernels; – where these cannot run it."
    )
    return (
        Group(
            "",
            (
                Column(
                    "instructions", "", _of("instructions"), count, "Instructions of one inference, counted exactly."
                ),
                _share_column("instructions", "instructions", reference),
                Column(
                    "flash", "bytes", _of("flash"), count, "Code, constants and first values that the network adds."
                ),
                _share_column("flash", "flash", reference),
                Column("RAM", "bytes", _of("ram"), count, "Variables that the network adds, its arena among them."),
                _share_column("ram", "RAM", reference),
                Column("stack", "bytes", _of("stack"), count, "The most that a call takes; – where there is no bound."),
                Column(
                    "error",
                    "of range",
                    _of("error.of_range"),
                    percent,
                    "Mean difference from the float network, as a share of the range of its outputs.",
                ),
                Column("exact", "bits", _exact, _word, exactly),
            ),
        ),
        Group(
            "wall time",
            tuple(
                Column(
                    name,
                    "µs",
                    _of(f"wall.{name}"),
                    wording.micros,
                    f"{said} take less time than this, on the machine named below.",
                )
                for name, said in (("p50", "Half of all inferences"), ("p90", "90% of them"), ("p99", "99% of them"))
            ),
        ),
        Group(
            "network",
            (
                Column("MACs", "", _of("macs"), count, "Multiply-accumulates of one inference."),
                Column(
                    "per MAC",
                    "instr.",
                    _of("instructions_per_mac"),
                    decimal,
                    "Instructions for each multiply-accumulate.",
                ),
                Column("weights", "", _of("weights"), count, "The network’s parameters, counted."),
                Column("constants", "bytes", _of("constants"), count, "Weights, biases and tables in flash."),
                Column("arena", "bytes", _of("arena"), count, "Memory that all activations share, a part of RAM."),
            ),
        ),
        Group(
            "more of error",
            (
                Column(
                    "max error", "", _of("error.max_abs"), decimal, "The largest difference from the float network."
                ),
                Column("mean error", "", _of("error.mean_abs"), decimal, "The mean one, in the outputs’ own unit."),
                Column("same top-1", "", _of("error.top1"), percent, "Samples whose greatest output is the same one."),
                Column("samples", "", _of("error.samples"), count, "Inputs that errors are taken over."),
            ),
        ),
        Group(
            "EdgeMark’s definitions",
            (
                Column(
                    "flash total",
                    "bytes",
                    _of("edgemark.flash_total"),
                    count,
                    "The whole program’s code and constants, .text.",
                ),
                Column("flash net", "bytes", _of("edgemark.flash_net"), count, "Less that of the base program."),
                Column(
                    "RAM total",
                    "bytes",
                    _of("edgemark.ram_total"),
                    count,
                    "The whole program’s variables, .bss.",
                ),
                Column("RAM net", "bytes", _of("edgemark.ram_net"), count, "Less that of the base program."),
            ),
        ),
        Group(
            "build",
            (Column("build", "s", _of("build_s"), decimal, "Seconds of this cell’s own actions, when they last ran."),),
        ),
    )


def columns(reference: str) -> tuple[Column, ...]:
    return tuple(column for group in groups(reference) for column in group.columns)


def rows(results: Results, reference: str) -> tuple[Row, ...]:
    """A row for each cell, in the suite's order."""
    ours, shown = peers(results), columns(reference)
    return tuple(_row(result, ours, shown) for result in results.results)


def _row(result: Result, ours: Mapping[Key, Figures], shown: Sequence[Column]) -> Row:
    if result.figures is None:
        failure = result.failure
        first = f"failed in {failure.stage}: {(failure.message.splitlines() or [''])[0]}" if failure else "not measured"
        return Row(result.key, (), (), first)
    # Of the reference itself, 100% everywhere would only be in the way.
    other = ours.get(result.key)
    other = None if other is result.figures else other
    values = tuple(column.value(result.figures, other) for column in shown)
    texts = tuple(column.shown(value) for column, value in zip(shown, values, strict=True))
    return Row(result.key, values, texts, None)
