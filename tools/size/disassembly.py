"""Disassembling a program, with the objdump of the C toolchain that made it: it knows all that the compiler uses."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.size.problem import SizeError

_LINE = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)[ \t]*(.*?)\s*$", re.MULTILINE)
# What objdump adds for people: `@ 0x40`, `; 0x40`, `# 404018 <name>`, and `<name+0x10>` after an address.
_COMMENT = re.compile(r"\s*(?:[@#;]\s|//).*$")
_NAME = re.compile(r"\s*<[^>]*>")


@dataclass(frozen=True)
class Instruction:
    """One line of a listing. comment: the address of an operand in memory, where objdump worked it out."""

    address: int
    mnemonic: str
    operands: str
    comment: int | None

    @property
    def is_code(self) -> bool:
        """False for tables and literals among the code."""
        return not self.mnemonic.startswith(".")


@dataclass(frozen=True)
class Listing:
    """All instructions of a program, by address."""

    instructions: dict[int, Instruction]
    following: dict[int, int]


def disassemble(program: Path, objdump: str) -> Listing:
    """The listing of a program's code. Raises SizeError if objdump is missing or does not know the machine."""
    command = [objdump, "-d", "--no-show-raw-insn", str(program)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except OSError as error:
        reason = f"cannot be run: {error.strerror} (the stack bound needs the objdump of the C toolchain)"
        raise SizeError(f"{objdump}: {reason}") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise SizeError(f"{objdump}: {said[-1] if said else 'failed'} (it must know the machine of {program.name})")
    return parse(done.stdout)


def parse(text: str) -> Listing:
    """Reads what `objdump -d --no-show-raw-insn` prints, GNU's or LLVM's."""
    instructions: dict[int, Instruction] = {}
    following: dict[int, int] = {}
    before: int | None = None
    for address_text, mnemonic, rest in _LINE.findall(text):
        address = int(address_text, 16)
        comment = _COMMENT.search(rest)
        operands = rest[: comment.start()] if comment else rest
        instructions[address] = Instruction(
            address, mnemonic, _NAME.sub("", operands).strip(), _address_in(comment[0]) if comment else None
        )
        if before is not None:
            following[before] = address
        before = address
    return Listing(instructions, following)


def _address_in(comment: str) -> int | None:
    """`@ (8080 <main+0x80>)`, `@ (adr r0, 8080 <main+0x80>)`, `# 4ab000 <slot>`; `@ 0x40` only repeats a number."""
    found = re.search(r"(?:\(|\(adr \w+, |# |// |0x)([0-9a-f]+) <", comment)
    return int(found[1], 16) if found else None
