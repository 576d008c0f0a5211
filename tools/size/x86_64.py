"""What x86-64 instructions, in AT&T syntax, do to the stack pointer and to what is known about registers."""

from __future__ import annotations

import re

from tools.size.disassembly import Instruction
from tools.size.elf import Image
from tools.size.state import Return, Stack, State, Step, UnboundedError, Value

_WORD = 8
_PREFIXES = re.compile(r"^(?:(?:bnd|notrack|rep|repz|repnz|repe|repne|lock|data16|addr32|cs|ds|es|ss)\s+)+")
_MEMORY = re.compile(r"(-?0x[0-9a-f]+|-?\d+)?\((%\w+)\)")
_MEMORY_BASE = re.compile(r"(-?0x[0-9a-f]+|-?\d+)?\((%\w+)[,)]")
_COMPARES = re.compile(
    r"(v?u?comis|cmp[bwlq]?$|test|bt[bwlq]?$|nop|endbr|prefetch|push|v?ptest|lfence|sfence|mfence|kortest)"
)
# What instructions write beside their last operand. String instructions move rsi, rdi and rcx.
_IMPLIED = re.compile(
    r"(mul|imul|div|idiv|cpuid|xgetbv|cqto|cltd|cltq|cwtl|movs|stos|lods|scas|cmps|cmpxchg|xchg|xadd|rdtsc|syscall)"
)
_IMPLIED_REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r11")
_CLOBBERED_BY_CALLS = ("rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11")


def _full_names() -> dict[str, str]:
    names = {}
    for letter in "abcd":
        for part in (f"{letter}l", f"{letter}h", f"{letter}x", f"e{letter}x"):
            names[part] = f"r{letter}x"
    for register in ("si", "di", "bp", "sp"):
        for part in (f"{register}l", register, f"e{register}"):
            names[part] = f"r{register}"
    for number in range(8, 16):
        for suffix in ("b", "w", "d"):
            names[f"r{number}{suffix}"] = f"r{number}"
    return names


_FULL_NAMES = _full_names()


def entry_state() -> State:
    """A function begins with its return address on top of the stack."""
    return State(0, slots={0: Return()})


def step(instruction: Instruction, state: State, image: Image) -> Step:
    """What the instruction does. Raises UnboundedError where that cannot be told."""
    del image
    text = _PREFIXES.sub("", f"{instruction.mnemonic} {instruction.operands}".strip())
    mnemonic, _, rest = text.partition(" ")
    operands = _operands(rest)
    if mnemonic in ("ret", "retq"):
        if state.sp or not isinstance(state.slots.get(0), Return):
            raise UnboundedError(f"returns with the stack pointer {-state.sp} bytes below where it was")
        return Step(None, state.sp)
    if mnemonic in ("call", "callq"):
        return _call(instruction, operands[0], state)
    if mnemonic in ("ud2", "hlt"):
        return Step(None, state.sp)
    if mnemonic.startswith(("j", "loop", "xbegin")):
        return _jump(mnemonic, operands[0], instruction, state)
    after = state.copy()
    lowest = _touched(mnemonic, operands, state)
    if not _moves_stack(mnemonic, operands, after, instruction):
        _assign(mnemonic, operands, after, instruction)
    return Step(after, min(lowest, after.sp))


def _call(instruction: Instruction, target: str, state: State) -> Step:
    after = state.copy()
    for register in _CLOBBERED_BY_CALLS:
        after.assign(register, None)
    if target.startswith("*"):
        raise UnboundedError(f"calls through a pointer (call {target})")
    return Step(after, state.sp, calls=(int(target, 16),), call_bytes=_WORD)


def _jump(mnemonic: str, target: str, instruction: Instruction, state: State) -> Step:
    if target.startswith("*"):
        if "(%rip)" in target and instruction.comment is not None:
            return Step(None, state.sp, jumping=state, slot=instruction.comment)
        return Step(None, state.sp, table=True)
    on = None if mnemonic in ("jmp", "jmpq") else state.copy()
    return Step(on, state.sp, jumps=(int(target, 16),), jumping=state)


def _touched(mnemonic: str, operands: list[str], state: State) -> int:
    """The lowest offset that a memory operand names: leaf functions may use 128 bytes below the stack pointer."""
    if mnemonic.startswith(("lea", "nop", "prefetch")):
        return state.sp
    lowest = state.sp
    for operand in operands:
        match = _MEMORY_BASE.search(operand)
        value = _value(match[2], state) if match else None
        if match and isinstance(value, Stack):
            lowest = min(lowest, value.offset + _displacement(match))
    return lowest


def _displacement(match: re.Match[str]) -> int:
    return int(match[1], 0) if match[1] else 0


def _moves_stack(mnemonic: str, operands: list[str], after: State, instruction: Instruction) -> bool:
    """Does what the instruction does to the stack pointer; whether it was such an instruction."""
    last = register(operands[-1]) if operands else ""
    if re.fullmatch(r"push[fq]*", mnemonic):
        value = _value(operands[0], after) if operands else None
        after.sp -= _WORD
        after.store(after.sp, value)
        return True
    if re.fullmatch(r"pop[fq]*", mnemonic):
        value = after.slots.get(after.sp)
        after.sp += _WORD
        if operands and last == "rsp":
            raise _not_understood(instruction)
        if operands:
            after.assign(last, value)
        return True
    if mnemonic in ("leave", "leaveq"):
        value = after.registers.get("rbp")
        if not isinstance(value, Stack):
            raise _not_understood(instruction)
        after.assign("rbp", after.slots.get(value.offset))
        after.sp = value.offset + _WORD
        return True
    if last != "rsp" or _COMPARES.match(mnemonic):
        return False
    match = _MEMORY.fullmatch(operands[0])
    source = _value(match[2] if match else operands[0], after)
    number = int(operands[0][1:], 0) if re.fullmatch(r"\$-?(0x)?[0-9a-f]+", operands[0]) else None
    if number is not None and number >= 1 << 63:
        number -= 1 << 64
    if re.fullmatch(r"(sub|add)q?", mnemonic):
        if number is None:
            raise UnboundedError(
                f"moves the stack pointer by an amount that is known only at run time "
                f"({instruction.mnemonic} {instruction.operands})"
            )
        after.sp += number if mnemonic.startswith("add") else -number
    elif mnemonic.startswith("and") and number is not None and number < 0 and -number & (-number - 1) == 0:
        after.sp = _aligned(after.sp, -number)
    elif mnemonic.startswith("lea") and match and isinstance(source, Stack):
        after.sp = source.offset + _displacement(match)
    elif mnemonic.startswith("mov") and not match and isinstance(source, Stack):
        after.sp = source.offset
    else:
        raise _not_understood(instruction)
    return True


def _aligned(sp: int, alignment: int) -> int:
    """The lowest that rounding down to the alignment can give: a function begins 8 bytes above a multiple of 16."""
    return sp - max(sp_modulo % alignment for sp_modulo in range((8 + sp) % 16, max(alignment, 16), 16))


def _not_understood(instruction: Instruction) -> UnboundedError:
    return UnboundedError(
        f"moves the stack pointer in a way that is not understood ({instruction.mnemonic} {instruction.operands})"
    )


def _assign(mnemonic: str, operands: list[str], after: State, instruction: Instruction) -> None:
    """Follows copies of the stack pointer; any other result is unknown."""
    if _IMPLIED.match(mnemonic):
        for name in _IMPLIED_REGISTERS:
            after.assign(name, None)
        for operand in operands:
            after.assign(register(operand), None)
        return
    if not operands or _COMPARES.match(mnemonic):
        return
    target = operands[-1]
    memory = _MEMORY.fullmatch(target)
    if memory:
        place = _value(memory[2], after)
        if isinstance(place, Stack):
            value = _value(operands[0], after) if mnemonic in ("mov", "movq") else None
            after.store(place.offset + _displacement(memory), value)
        return
    after.assign(register(target), _result(mnemonic, operands, after))


def _result(mnemonic: str, operands: list[str], state: State) -> Value | None:
    source = _MEMORY.fullmatch(operands[0])
    base = _value(source[2], state) if source else None
    if mnemonic in ("lea", "leaq") and source and isinstance(base, Stack):
        return Stack(base.offset + _displacement(source))
    if mnemonic in ("mov", "movq"):
        if source and isinstance(base, Stack):
            return state.slots.get(base.offset + _displacement(source))
        return _value(operands[0], state)
    return None


def _value(operand: str, state: State) -> Value | None:
    name = register(operand)
    return Stack(state.sp) if name == "rsp" else state.registers.get(name)


def register(operand: str) -> str:
    """The 64-bit register that an operand is, or is a part of; other text as it is."""
    text = operand.strip().lstrip("%")
    return _FULL_NAMES.get(text, text)


def _operands(text: str) -> list[str]:
    """Operands, split at commas outside brackets."""
    found, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            found.append(text[start:index].strip())
            start = index + 1
    last = text[start:].strip()
    return [*found, last] if last else found
