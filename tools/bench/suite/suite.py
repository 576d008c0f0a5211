"""A benchmark suite: models x variants x engines x platforms x sets of compiler options, as its file describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.bench.suite.results import Key

ENGINES = ("sni", "microtvm", "tflm")


@dataclass(frozen=True)
class Model:
    """A network, from exactly one of its sources.

    zoo: the path of a configuration of tools/zoo. trained: a `.keras` or `.h5` file or the folder of a SavedModel.
    variants: `.tflite` files that are there already, by the names of their variants; the suite's variants that are not
    among them are left out for this model. data: representative inputs for `trained`, `.npz` or `.csv`. pipeline: of
    the programs.
    """

    name: str
    zoo: Path | None = None
    trained: Path | None = None
    variants: Mapping[str, Path] = field(default_factory=dict)
    data: Path | None = None
    pipeline: Path | None = None


@dataclass(frozen=True)
class Options:
    """A set of compiler options. copts: for the network's code, behind the rules' own. fpu: whether a processor that
    can have a floating-point unit has it; None leaves it to the platform."""

    name: str
    copts: tuple[str, ...] = ()
    fpu: bool | None = None


@dataclass(frozen=True)
class Suite:
    """Everything that its file says. platforms: names of //platforms. published: CSV files of figures that others
    published."""

    name: str
    models: tuple[Model, ...]
    variants: tuple[str, ...]
    engines: tuple[str, ...]
    platforms: tuple[str, ...]
    options: tuple[Options, ...] = (Options("-O3"),)
    published: tuple[Path, ...] = ()


def cells(suite: Suite) -> tuple[Key, ...]:
    """The cells of a suite, the models outermost: what is compared stands side by side."""
    return tuple(
        Key(model.name, variant, engine, platform, options.name)
        for model in suite.models
        for variant in suite.variants
        if not model.variants or variant in model.variants
        for platform in suite.platforms
        for options in suite.options
        for engine in suite.engines
    )
