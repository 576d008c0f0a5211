"""Which part of a model takes how much of an image: layers, the model's other code, library functions, and the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.size.elf import Image, Symbol

# The image's own: the function that calls the model. What calling takes counts as left over.
_IMAGE_FUNCTIONS = frozenset({"main"})
_STATE = "sni_size_state"


@dataclass(frozen=True)
class Part:
    """A part of a model, in bytes of flash, of which `code` are instructions and the others constants, and of RAM."""

    name: str
    flash: int
    code: int
    ram: int


def parts(model: str, image: Image, empty: Image) -> tuple[Part, ...]:
    """What the image has more than the empty one, by part, biggest first. Sums up to the difference of the images.

    Generated functions and tables are named after their layer, as NAME_3_conv_2d and NAME_3_conv_2d_weights. Library
    functions are all others that the empty image lacks. The rest has no names: calls of the model, padding, unwind
    tables, constants that the linker merges.
    """
    known = Counter((symbol.name, symbol.size) for symbol in _distinct(empty))
    layers = _layers(model, image)
    found: dict[str, list[int]] = {}
    for symbol in _distinct(image):
        if known[symbol.name, symbol.size] > 0:
            known[symbol.name, symbol.size] -= 1
            continue
        flash, code, ram = _bytes(symbol, image)
        entry = found.setdefault(_part(model, symbol, layers), [0, 0, 0])
        entry[0] += flash
        entry[1] += code
        entry[2] += ram
    rest = [
        image.flash - empty.flash - sum(entry[0] for entry in found.values()),
        0,
        image.ram - empty.ram - sum(entry[2] for entry in found.values()),
    ]
    if any(rest):
        found["(no name)"] = rest
    ordered = sorted(found.items(), key=lambda item: (-(item[1][0] + item[1][2]), item[0]))
    return tuple(Part(name, flash, code, ram) for name, (flash, code, ram) in ordered)


def by_section(image: Image, empty: Image, bytes_of: Callable[[Image], int]) -> Iterator[tuple[str, int]]:
    """Bytes of each section that the image has more than the empty one; `bytes_of` one image of one section."""
    names = dict.fromkeys([section.name for section in (*image.sections, *empty.sections)])
    for name in names:
        more = bytes_of(_only(image, name)) - bytes_of(_only(empty, name))
        if more:
            yield name, more


def _only(image: Image, name: str) -> Image:
    chosen = tuple(section for section in image.sections if section.name == name)
    return Image(image.machine, chosen, (), (), {})


def _distinct(image: Image) -> Iterator[Symbol]:
    """Symbols that take room, each place once."""
    seen = set()
    for symbol in sorted(image.symbols, key=lambda s: (s.address, -s.size, s.name)):
        if symbol.size and symbol.name not in _IMAGE_FUNCTIONS and symbol.address not in seen:
            seen.add(symbol.address)
            yield symbol


def _bytes(symbol: Symbol, image: Image) -> tuple[int, int, int]:
    for section in image.sections:
        if section.address <= symbol.address < section.address + section.size:
            flash = symbol.size if section.in_flash else 0
            return flash, flash if symbol.function else 0, symbol.size if section.in_ram else 0
    return 0, 0, 0


def _layer_number(model: str, name: str) -> str | None:
    found = re.match(rf"{re.escape(model)}_(\d+)_", name)
    return found[1] if found else None


def _layers(model: str, image: Image) -> dict[str | None, str]:
    """Names of layers by their numbers: of what is named after a layer the shortest, which is its function."""
    layers: dict[str | None, str] = {}
    for symbol in sorted(image.symbols, key=lambda s: (len(s.name), s.name)):
        number = _layer_number(model, symbol.name)
        if number is not None:
            layers.setdefault(number, symbol.name.split(".")[0].removeprefix(f"{model}_"))
    return layers


def _part(model: str, symbol: Symbol, layers: dict[str | None, str]) -> str:
    name = symbol.name.split(".")[0]  # a compiler's copy of a function, as f.constprop.0
    if name == _STATE:
        return "state"
    layer = layers.get(_layer_number(model, name))
    if layer:
        return f"layer {layer}"
    if name.startswith((f"{model}_", "sni_")):
        return "model"
    return f"library {symbol.name}"
