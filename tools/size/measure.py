"""What one model costs on one platform, from an image that calls it and the same image without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.size.disassembly import disassemble
from tools.size.elf import Image, read_image
from tools.size.parts import Part, by_section, parts
from tools.size.problem import SizeError
from tools.size.stack import Bound, StackAnalysis


@dataclass(frozen=True)
class Stack:
    """The bound of the stack: of each function by name; or the reason why there is none."""

    bounds: Mapping[str, Bound]
    reason: str | None

    @property
    def deepest(self) -> Bound | None:
        """The deepest of all functions; None where one has no bound."""
        if self.reason is not None or not self.bounds:
            return None
        return max(self.bounds.values(), key=lambda bound: bound.bytes)


@dataclass(frozen=True)
class Size:
    """Bytes of flash and RAM, the stack, and where they go. parts and sections are those of the difference."""

    name: str
    flash: int
    ram: int
    stack: Stack
    parts: tuple[Part, ...]
    sections: tuple[tuple[str, int, int], ...]


def measure_model(name: str, image: Path, empty: Path, objdump: str, measured: Mapping[str, int] | None = None) -> Size:
    """The cost of the model `name`. Raises SizeError if a file cannot be read.

    measured: bytes of stack that were seen on the target, by `init` and `invoke`, for want of a bound.
    """
    with_model, without = read_image(image), read_image(empty)
    flash = dict(by_section(with_model, without, lambda one: one.flash))
    ram = dict(by_section(with_model, without, lambda one: one.ram))
    functions = [f"{name}_{function}" for function in ("init", "push", "invoke", "result")]
    present = [function for function in functions if with_model.function_named(function)]
    return Size(
        name=name,
        flash=with_model.flash - without.flash,
        ram=with_model.ram - without.ram,
        # Where link-time optimisation has put all into its caller, the caller stands for it.
        stack=stack_of(
            image,
            with_model,
            present or ["main"],
            objdump,
            {f"{name}_{function}": taken for function, taken in (measured or {}).items()},
        ),
        parts=parts(name, with_model, without),
        sections=tuple((section, flash.get(section, 0), ram.get(section, 0)) for section in {**flash, **ram}),
    )


def measure_program(program: Path, functions: Sequence[str], objdump: str) -> Size:
    """The cost of a whole program, and the stack of some of its functions. Raises SizeError if it cannot be read."""
    image = read_image(program)
    sections = tuple(
        (s.name, s.size if s.in_flash else 0, s.size if s.in_ram else 0)
        for s in image.sections
        if s.in_flash or s.in_ram
    )
    return Size(program.name, image.flash, image.ram, stack_of(program, image, functions, objdump), (), sections)


def stack_of(
    path: Path, image: Image, functions: Sequence[str], objdump: str, measured: Mapping[str, int] | None = None
) -> Stack:
    """The bounds of functions of a program, or why they have none; measured: what stands for a bound where none is."""
    try:
        analysis = StackAnalysis(image, disassemble(path, objdump))
        return Stack({function: _bound(analysis, function, measured or {}) for function in functions}, None)
    except SizeError as error:
        return Stack({}, str(error))


def _bound(analysis: StackAnalysis, function: str, measured: Mapping[str, int]) -> Bound:
    try:
        return analysis.bound(function)
    except SizeError:
        if function not in measured:
            raise
        return Bound(measured[function], ((f"{function}, as measured", measured[function]),))
