"""Reading a linked ELF file: sections, symbols, and what else the analyses need of it."""

from __future__ import annotations

import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from tools.size.problem import SizeError

_IRELATIVE = {("EM_ARM", 160), ("EM_X86_64", 37)}
_FUNCTIONS = ("STT_FUNC", "STT_GNU_IFUNC", "STT_LOOS")
_PC32 = 2  # R_X86_64_PC32: relative to the field, and the next instruction begins 4 bytes on


@dataclass(frozen=True)
class Section:
    """A section of the running program. address and size in bytes; initialised: its bytes are in the file."""

    name: str
    address: int
    size: int
    writable: bool
    initialised: bool
    content: bytes

    @property
    def in_flash(self) -> bool:
        """Whether the section takes room in flash: code, constants, and the first values of variables."""
        return self.initialised

    @property
    def in_ram(self) -> bool:
        """Whether the section takes room in RAM: variables, those that begin as zero as well."""
        return self.writable


@dataclass(frozen=True)
class Symbol:
    """A function or a variable; `address` is that of its first byte, without the bit that marks Thumb."""

    name: str
    address: int
    size: int
    function: bool


@dataclass(frozen=True)
class Image:
    """A linked program.

    machine: `EM_ARM` or `EM_X86_64`. references: for an address of code or data, the functions that a relocation there
    names, where the linker kept relocations (`--emit-relocs`). resolvers: for a slot that the program fills at its
    start, the address of the function that chooses what it holds.
    """

    machine: str
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    references: tuple[tuple[int, int], ...]
    resolvers: dict[int, int]

    @property
    def flash(self) -> int:
        """Bytes of code, constants and first values of variables."""
        return sum(section.size for section in self.sections if section.in_flash)

    @property
    def ram(self) -> int:
        """Bytes of variables."""
        return sum(section.size for section in self.sections if section.in_ram)

    @cached_property
    def functions(self) -> tuple[Symbol, ...]:
        """All functions by address; of several names for one, the plainest."""
        named = {
            symbol.address: symbol for symbol in sorted(self.symbols, key=_plainness, reverse=True) if symbol.function
        }
        return tuple(named[address] for address in sorted(named))

    @cached_property
    def _function_addresses(self) -> list[int]:
        return [function.address for function in self.functions]

    def function_at(self, address: int) -> Symbol | None:
        """The function that an address of code belongs to, or None."""
        index = bisect.bisect_right(self._function_addresses, address) - 1
        return self.functions[index] if index >= 0 and address < self.end_of(self.functions[index]) else None

    def inside_same_function(self, address: int, target: int) -> bool:
        """Whether the target lies in the function of the address, and is not its beginning."""
        function = self.function_at(address)
        return function is not None and function == self.function_at(target) and function.address != target

    def end_of(self, function: Symbol) -> int:
        """Where the function's code ends; assembly code may not say its size, and then reaches to the next function."""
        if function.size:
            return function.address + function.size
        index = bisect.bisect_right(self._function_addresses, function.address)
        following = self._function_addresses[index] if index < len(self.functions) else 1 << 64
        ends = [s.address + s.size for s in self.sections if s.address <= function.address < s.address + s.size]
        return min([following, *ends])

    def function_named(self, name: str) -> Symbol | None:
        """The function of this name, or None."""
        return next((symbol for symbol in self.symbols if symbol.function and symbol.name == name), None)

    def word(self, address: int) -> int | None:
        """The 32-bit word at an address whose bytes are in the file; None elsewhere."""
        for section in self.sections:
            if section.initialised and section.address <= address <= section.address + section.size - 4:
                offset = address - section.address
                return int.from_bytes(section.content[offset : offset + 4], "little")
        return None

    def functions_named_in(self, function: Symbol) -> frozenset[int]:
        """The addresses of functions whose addresses the code of `function` takes."""
        end = self.end_of(function)
        return frozenset(target for at, target in self.references if function.address <= at < end)


def _plainness(symbol: Symbol) -> tuple[int, int, str]:
    """`memcpy` is plainer than `__memcpy`, and `cosf` than `cosf32`."""
    return len(symbol.name) - len(symbol.name.lstrip("_")), len(symbol.name), symbol.name


def read_image(path: Path) -> Image:
    """Reads a linked program. Raises SizeError if the file is none, or not for a machine that is known."""
    try:
        with path.open("rb") as file:
            return _read(ELFFile(file), path.name)
    except OSError as error:
        raise SizeError(f"{path.name}: cannot be read: {error.strerror}") from None
    except ELFError as error:
        raise SizeError(f"{path.name}: not a linked ELF program ({error})") from None


def _read(elf: ELFFile, name: str) -> Image:
    machine = elf["e_machine"]
    if machine not in ("EM_ARM", "EM_X86_64"):
        raise SizeError(f"{name}: a program for {machine} (EM_ARM or EM_X86_64 are known)")
    if elf["e_type"] not in ("ET_EXEC", "ET_DYN"):
        raise SizeError(f"{name}: not linked, its type is {elf['e_type']} (give a program)")
    symbols = tuple(_symbols(elf, machine))
    functions = {symbol.address for symbol in symbols if symbol.function}
    return Image(
        machine=machine,
        sections=tuple(_sections(elf)),
        symbols=symbols,
        references=tuple(sorted(set(_references(elf, machine, functions)))),
        resolvers=_resolvers(elf, machine),
    )


def _sections(elf: ELFFile) -> Iterator[Section]:
    for section in elf.iter_sections():
        if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"]:
            initialised = section["sh_type"] != "SHT_NOBITS"
            yield Section(
                name=section.name,
                address=section["sh_addr"],
                size=section["sh_size"],
                writable=bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE),
                initialised=initialised,
                content=section.data() if initialised else b"",
            )


def _symbols(elf: ELFFile, machine: str) -> Iterator[Symbol]:
    for table in elf.iter_sections():
        if not isinstance(table, SymbolTableSection):
            continue
        for entry in table.iter_symbols():
            kind = entry["st_info"]["type"]
            function = kind in _FUNCTIONS
            # An assembler leaves the type out of variables that begin as zero; they have a size all the same.
            variable = kind == "STT_OBJECT" or (kind == "STT_NOTYPE" and entry["st_size"])
            if not (function or variable) or entry["st_shndx"] == "SHN_UNDEF":
                continue
            yield Symbol(entry.name, _address(entry["st_value"], function, machine), entry["st_size"], function)


def _address(value: int, function: bool, machine: str) -> int:
    return value & ~1 if function and machine == "EM_ARM" else value


def _references(elf: ELFFile, machine: str, functions: set[int]) -> Iterator[tuple[int, int]]:
    """Pairs of where a function's address is taken, and that function's address."""
    for section in elf.iter_sections():
        if not isinstance(section, RelocationSection) or section.name.startswith((".rel.iplt", ".rela.iplt")):
            continue
        symbols = elf.get_section(section["sh_link"])
        if not isinstance(symbols, SymbolTableSection):
            continue
        for relocation in section.iter_relocations():
            symbol = symbols.get_symbol(relocation["r_info_sym"])
            if symbol is None:
                continue
            value = symbol["st_value"]
            if symbol["st_info"]["type"] == "STT_SECTION" and relocation.is_RELA():
                value += relocation["r_addend"] + (4 if relocation["r_info_type"] == _PC32 else 0)
            address = _address(value, True, machine)
            if address in functions:
                yield relocation["r_offset"], address


def _resolvers(elf: ELFFile, machine: str) -> dict[int, int]:
    found = {}
    for section in elf.iter_sections():
        if not isinstance(section, RelocationSection):
            continue
        for relocation in section.iter_relocations():
            if (machine, relocation["r_info_type"]) not in _IRELATIVE:
                continue
            slot = relocation["r_offset"]
            target = relocation["r_addend"] if relocation.is_RELA() else _word_in(elf, slot)
            if target is not None:
                found[slot] = _address(target, True, machine)
    return found


def _word_in(elf: ELFFile, address: int) -> int | None:
    for section in elf.iter_sections():
        start = section["sh_addr"]
        if start and start <= address < start + section["sh_size"] and section["sh_type"] != "SHT_NOBITS":
            offset = address - start
            return int.from_bytes(section.data()[offset : offset + 4], "little")
    return None
