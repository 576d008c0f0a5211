"""Programs for tests of the stack analysis: written as objdump lists them, one function after the other."""

from __future__ import annotations

import re

from tools.size.disassembly import parse
from tools.size.elf import Image, Section, Symbol
from tools.size.stack import StackAnalysis

STEP = {"EM_ARM": 4, "EM_X86_64": 4}


def analysis(machine: str, text: str, words: dict[int, int] | None = None, **image: object) -> StackAnalysis:
    """The analysis of functions in `text`: lines `name:` and instructions, where `@name` and `@name+2` are addresses of
    functions and of their instructions by number. `words` are literals by address."""
    lines = [line.strip() for line in text.strip().splitlines()]
    addresses: dict[str, int] = {}
    sizes: dict[str, int] = {}
    at, name = 0x1000, ""
    for line in lines:
        if line.endswith(":"):
            name = line[:-1]
            addresses[name], sizes[name] = at, 0
        else:
            at += STEP[machine]
            sizes[name] += STEP[machine]

    def address(match: re.Match[str]) -> str:
        return f"{addresses[match[1]] + STEP[machine] * int(match[2] or 0):x}"

    listed, at = [], 0x1000
    for line in lines:
        if not line.endswith(":"):
            mnemonic, _, operands = re.sub(r"@(\w+)(?:\+(\d+))?", address, line).partition(" ")
            listed.append(f"    {at:x}:\t{mnemonic}\t{operands}")
            at += STEP[machine]
    constants = tuple(
        Section(f".word{place:x}", place, 4, False, True, number.to_bytes(4, "little"))
        for place, number in (words or {}).items()
    )
    symbols = tuple(Symbol(name, addresses[name], sizes[name], True) for name in addresses)
    fields = {"references": (), "resolvers": {}} | image
    references = tuple((addresses[a], addresses[b]) for a, b in fields["references"])
    resolvers = {slot: addresses[name] for slot, name in fields["resolvers"].items()}
    return StackAnalysis(Image(machine, constants, symbols, references, resolvers), parse("\n".join(listed)))
