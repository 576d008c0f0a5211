"""What instructions of Arm processors, A32 and T32, do to the stack pointer and to what is known about registers."""

from __future__ import annotations

import re
from dataclasses import replace

from tools.size.disassembly import Instruction
from tools.size.elf import Image
from tools.size.state import Known, Return, Stack, State, Step, UnboundedError, Value

RETURN = Return()

_CONDITIONS = "eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
_PAIRS = [("eq", "ne"), ("cs", "cc"), ("mi", "pl"), ("vs", "vc"), ("hi", "ls"), ("ge", "lt"), ("gt", "le")]
_OPPOSITE = dict(_PAIRS) | {b: a for a, b in _PAIRS}
# With s the flags are set; both forms do the same to registers.
_MOVING = "push|pop|vpush|vpop|ldmia|ldmfd|ldm|stmdb|stmfd|vldmia|vstmdb|fldmiax|fstmdbx"
_OTHER_ORDERS = re.compile(r"ldm(ib|da|db|ed|fa|ea)")
_ACCESS = "ldrd|strd|ldrsb|ldrsh|ldrb|ldrh|ldr|strb|strh|str|vldr|vstr"
_ARITHMETIC = "addw|adds|add|subw|subs|sub|movw|movt|movs|mov|mvns|mvn|lsls|lsl|negs|rsbs|rsb"
_SETTING_FLAGS = ("adds", "subs", "movs", "mvns", "lsls", "negs", "rsbs")
_JUMPS = "bxns|blxns|blx|bl|bx|b|cbnz|cbz|tbb|tbh|le|letp|wls|wlstp\\.\\d+"
_KNOWN_MNEMONIC = re.compile(rf"({_JUMPS}|{_MOVING}|{_ACCESS}|{_ARITHMETIC})({_CONDITIONS})?(?:\.(?:w|n|\d+))?")
_WRITES_NOTHING = re.compile(r"(v?st|cmp|cmn|tst|teq|nop|it|pld|dmb|dsb|isb|msr|vcmp|vpt|vpst|svc|cps|yield)")
_ONE_RESULT = re.compile(
    r"(add|adc|sub|sbc|rsb|rsc|and|orr|orn|eor|bic|mul|mla|mls|mov|mvn|lsl|lsr|asr|ror|rrx|neg|[su]xt|[su]bfx|bf[ci]|ldr|"
    r"clz|rbit|rev|[su]div|[su]sat|sm[lu][abtw]|smml|smmul|pkh|sel|[su]?q?(add|sub)(8|16)|mrs|mrc)"
)

_REGISTER = re.compile(r"(r\d+|sl|sb|fp|ip|sp|lr|pc)")
_NUMBER = re.compile(r"#?(-?\d+|-?0x[0-9a-f]+)")
_MEMORY = re.compile(r"\[(\w+)(?:, #(-?\d+|-?0x[0-9a-f]+))?\](!)?(?:, #(-?\d+|-?0x[0-9a-f]+))?$")
_NAMES = {"sb": "r9", "sl": "r10", "fp": "r11", "ip": "r12"}
_CORE = [*(f"r{n}" for n in range(13)), "sp", "lr", "pc"]
_CLOBBERED_BY_CALLS = ("r0", "r1", "r2", "r3", "r12", "lr")
_WIDTHS = {"s": 4, "d": 8, "q": 16}


def entry_state() -> State:
    """A function begins with its return address in lr."""
    return State(0, {"lr": RETURN})


def step(instruction: Instruction, state: State, image: Image) -> Step:
    """What the instruction does. Raises UnboundedError where that cannot be told."""
    match = _KNOWN_MNEMONIC.fullmatch(instruction.mnemonic)
    if match is None:
        return _other(instruction, state)
    operation, condition = match[1], match[2]
    if condition and state.holds:
        if _OPPOSITE[condition] == state.holds:
            return Step(state, state.sp)
        condition = None if condition == state.holds else condition
    after = state.copy()
    if operation in _JUMPS.split("|") or operation.startswith("wlstp"):
        return _jump(operation, condition, instruction, state, after, image)
    if operation in _MOVING.split("|"):
        done = _move_many(operation, instruction, after)
    elif operation in _ACCESS.split("|"):
        done = _access(operation, condition, instruction, after, image)
    else:
        done = _arithmetic(operation, instruction, after)
        after.holds = None if operation in _SETTING_FLAGS else after.holds
    if not condition:
        return done
    if done.state is None:  # a conditional return: otherwise nothing has happened
        return replace(done, state=state)
    if done.state.sp == state.sp:
        done.state.keep_common(state)
        return done
    done.state.holds = condition
    otherwise = state.copy()
    otherwise.holds = _OPPOSITE[condition]
    return replace(done, skipped=otherwise)


def _anywhere(state: State) -> State:
    """The state behind a jump: what holds there is known of the registers alone."""
    copy = state.copy()
    copy.holds = None
    return copy


def _jump(
    operation: str, condition: str | None, instruction: Instruction, state: State, after: State, image: Image
) -> Step:
    operands = [name(text) for text in instruction.operands.split(",")]
    if operation in ("tbb", "tbh"):
        return Step(None, state.sp, table=True)
    if operation in ("bl", "blx", "blxns"):
        if operands[0] in _CORE:
            raise UnboundedError(f"calls through a pointer ({instruction.mnemonic} {instruction.operands})")
        target = int(operands[0], 16)
        if operation == "bl" and image.inside_same_function(instruction.address, target):
            # Armv6-M has no other jump that reaches far.
            after.assign("lr", None)
            return Step(None, state.sp, jumps=(target,), jumping=_anywhere(after))
        _forget(after, list(_CLOBBERED_BY_CALLS))
        return Step(after, state.sp, calls=(target,))
    if operation in ("bx", "bxns"):
        return _go_to(operands[0], condition, instruction, state)
    target = int(operands[-1], 16)
    if operation == "b" and not condition:
        return Step(None, state.sp, jumps=(target,), jumping=_anywhere(state))
    return Step(after, state.sp, jumps=(target,), jumping=_anywhere(state))


def _go_to(register: str, condition: str | None, instruction: Instruction, state: State) -> Step:
    """bx: a return, a veneer's change of the instruction set, or a table that the compiler keeps."""
    on = state.copy() if condition else None
    if register == "pc":
        return Step(on, state.sp, jumps=(instruction.address + 4 & ~3,), jumping=state)
    value = state.registers.get(register)
    if isinstance(value, Return):
        _check_return(state)
        return Step(on, state.sp)
    if isinstance(value, Known):
        return Step(on, state.sp, jumps=(value.number & ~1,), jumping=state)
    return Step(on, state.sp, table=True)


def _check_return(state: State) -> None:
    if state.sp:
        raise UnboundedError(f"returns with the stack pointer {-state.sp} bytes below where it was")


def _move_many(operation: str, instruction: Instruction, after: State) -> Step:
    """Instructions that store or load a list of registers."""
    operands = instruction.operands
    base = None if operation in ("push", "pop", "vpush", "vpop") else operands.partition(",")[0].strip()
    registers = _registers(operands)
    if base is not None and name(base.rstrip("!")) != "sp":
        for register in (*registers, *([name(base[:-1])] if base.endswith("!") else [])):
            if operation.startswith("ldm"):
                after.assign(register, None)
        if "pc" in registers and operation.startswith("ldm"):
            raise UnboundedError(f"jumps to what it loads ({instruction.mnemonic} {operands})")
        if base.endswith("!"):
            after.assign(name(base[:-1]), None)
        return Step(after, after.sp)
    sizes = [4 if register in _CORE else _WIDTHS[register[0]] for register in registers]
    total = sum(sizes) + (4 if operation.endswith("x") else 0)
    moves = base is None or base.endswith("!")
    if operation in ("push", "vpush", "stmdb", "stmfd", "vstmdb", "fstmdbx"):
        start = after.sp - total
        for register, size in zip(registers, sizes, strict=True):
            after.store(start, after.registers.get(register))
            start += size
        lowest = after.sp - total
        after.sp = lowest if moves else after.sp
        return Step(after, lowest)
    lowest, at, back = after.sp, after.sp, None
    for register, size in zip(registers, sizes, strict=True):
        if register == "pc":
            back = after.slots.get(at)
        elif register in _CORE:
            after.assign(register, after.slots.get(at))
        at += size
    after.sp += total if moves else 0
    if "pc" in registers:
        if isinstance(back, Known):
            return Step(None, lowest, jumps=(back.number & ~1,), jumping=after)
        if not isinstance(back, Return):
            raise UnboundedError(f"returns to what is not its return address ({instruction.mnemonic} {operands})")
        _check_return(after)
        return Step(None, lowest)
    return Step(after, lowest)


def _access(operation: str, condition: str | None, instruction: Instruction, after: State, image: Image) -> Step:
    """Instructions that load or store one register or two."""
    before, _, memory = instruction.operands.partition("[")
    registers = [name(text) for text in before.rstrip(", ").split(",")]
    loads = operation.startswith(("ldr", "vldr"))
    whole = operation in ("ldr", "str", "ldrd", "strd")
    match = _MEMORY.fullmatch("[" + memory)
    if match is None:
        if "sp" in registers and loads:
            raise UnboundedError(f"loads the stack pointer ({instruction.mnemonic} {instruction.operands})")
        if registers == ["pc"] and loads:
            return Step(after if condition else None, after.sp, table=True)
        if loads:
            _forget(after, registers)
        _refuse_unknown_stack_pointer(instruction)
        return Step(after, after.sp)
    base, back = name(match[1]), bool(match[3])
    first, second = (int(text, 0) if text else 0 for text in (match[2], match[4]))
    if base == "pc":
        place: Value | None = None if instruction.comment is None else Known(instruction.comment)
    else:
        place = Stack(after.sp) if base == "sp" else after.registers.get(base)
        place = _plus(place, first)
    moved = _plus(Stack(after.sp) if base == "sp" else after.registers.get(base), first if back else second)
    lowest = after.sp
    if isinstance(place, Stack):
        lowest = min(lowest, place.offset)
    loaded = [_load(after, image, _plus(place, 4 * index)) if whole else None for index in range(len(registers))]
    if not loads and isinstance(place, Stack):
        for index, register in enumerate(registers):
            after.store(place.offset + 4 * index, after.registers.get(register) if whole else None)
    if back or match[4]:
        if base == "sp":
            assert isinstance(moved, Stack)
            after.sp = moved.offset
            lowest = min(lowest, after.sp)
        else:
            after.assign(base, moved)
    if not loads:
        return Step(after, lowest)
    if registers == ["pc"]:
        return _go_to_loaded(loaded[0], place, condition, instruction, after, lowest)
    if "sp" in registers:
        if not isinstance(loaded[0], Stack):
            raise UnboundedError(f"loads the stack pointer ({instruction.mnemonic} {instruction.operands})")
        after.sp = loaded[0].offset
        return Step(after, lowest)
    for register, value in zip(registers, loaded, strict=True):
        if register in _CORE:
            after.assign(register, value)
    return Step(after, lowest)


def _go_to_loaded(
    value: Value | None,
    place: Value | None,
    condition: str | None,
    instruction: Instruction,
    after: State,
    lowest: int,
) -> Step:
    if isinstance(value, Return):
        _check_return(after)
        return Step(after if condition else None, lowest)
    if isinstance(place, Known) and isinstance(value, Known):
        on = after if condition else None
        return Step(on, lowest, jumps=(value.number & ~1,), jumping=after, slot=place.number)
    raise UnboundedError(f"jumps through a pointer ({instruction.mnemonic} {instruction.operands})")


def _load(state: State, image: Image, place: Value | None) -> Value | None:
    if isinstance(place, Stack):
        return state.slots.get(place.offset)
    if isinstance(place, Known):
        word = image.word(place.number)
        return None if word is None else Known(word)
    return None


def _plus(value: Value | None, number: int) -> Value | None:
    if isinstance(value, Stack):
        return Stack(value.offset + number)
    if isinstance(value, Known):
        return Known((value.number + number) & 0xFFFFFFFF)
    return None


def _arithmetic(operation: str, instruction: Instruction, after: State) -> Step:
    operands = [text.strip() for text in instruction.operands.split(",")]
    target = name(operands[0])
    value = _result(operation, operands, instruction, after)
    if target == "sp":
        if not isinstance(value, Stack):
            raise UnboundedError(
                f"moves the stack pointer by an amount that is known only at run time "
                f"({instruction.mnemonic} {instruction.operands})"
            )
        after.sp = value.offset
        return Step(after, after.sp)
    if target == "pc":
        if isinstance(value, Return):
            _check_return(after)
            return Step(None, after.sp)
        return Step(None, after.sp, table=True)
    after.assign(target, value)
    return Step(after, after.sp)


def _result(operation: str, operands: list[str], instruction: Instruction, state: State) -> Value | None:
    numbers = [_number(text) for text in operands[1:]]
    values = [_value(text, instruction, state) for text in operands[1:]]
    kind = operation.rstrip("sw") if operation not in ("movs", "subs", "sub") else operation.rstrip("s")
    if len(values) == 3 and kind in ("add", "sub") and numbers[1] is not None and numbers[2] is not None:
        values = [values[0], Known(_rotated(numbers[1], numbers[2]))]  # an A32 immediate with its rotation
    if kind in ("add", "sub") and len(values) == 1:
        values = [_value(operands[0], instruction, state), *values]
    match kind, values:
        case "mov", [value]:
            return value
        case "movt", [Known(number)]:
            low = state.registers.get(name(operands[0]))
            return Known(low.number & 0xFFFF | number << 16) if isinstance(low, Known) else None
        case ("mvn", [Known(number)]):
            return Known(~number & 0xFFFFFFFF)
        case "add", [Known(), Known()] if instruction.comment is not None:  # adr, relative to the place of the code
            return Known(instruction.comment)
        case ("add", [value, Known(number)]) | ("add", [Known(number), Stack() as value]):
            return _plus(value, _signed(number))
        case "sub", [value, Known(number)]:
            return _plus(value, -_signed(number))
        case "l", [Known(number), Known(by)]:  # lsl
            return Known(number << by & 0xFFFFFFFF)
        case ("neg", [Known(number)]) | ("rsb", [Known(number), Known(0)]):
            return Known(-number & 0xFFFFFFFF)
    return None


def _rotated(number: int, by: int) -> int:
    return (number >> by | number << (32 - by)) & 0xFFFFFFFF


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number


def _number(text: str) -> int | None:
    match = _NUMBER.fullmatch(text)
    return int(match[1], 0) if match else None


def _value(text: str, instruction: Instruction, state: State) -> Value | None:
    number = _number(text)
    if number is not None:
        return Known(number & 0xFFFFFFFF)
    register = name(text)
    if register == "sp":
        return Stack(state.sp)
    if (
        register == "pc"
    ):  # only A32 code computes with it in ways that matter here: veneers and calls to resolved functions
        return Known(instruction.address + 8)
    return state.registers.get(register)


def _other(instruction: Instruction, state: State) -> Step:
    """An instruction that is nothing but data processing, which may end what is known about registers."""
    if instruction.mnemonic in ("udf", "udf.w", "bkpt", "hlt"):
        return Step(None, state.sp)
    if _OTHER_ORDERS.match(instruction.mnemonic):
        return _load_in_other_order(instruction, state)
    _refuse_unknown_stack_pointer(instruction)
    after = state.copy()
    if not instruction.mnemonic.startswith(("ld", "st", "pld", "nop", "it")):
        after.holds = None
    if not _WRITES_NOTHING.match(instruction.mnemonic):
        results = 1 if _ONE_RESULT.match(instruction.mnemonic) else 2
        _forget(after, [name(text) for text in instruction.operands.split(",")[:results]])
    for written in re.findall(r"\[(\w+)[^\]]*\](?:!|,)|^(\w+)!", instruction.operands):
        _forget(after, [name(written[0] or written[1])])
    return Step(after, state.sp)


def _load_in_other_order(instruction: Instruction, state: State) -> Step:
    """A32's loads of several registers from above the base, or downwards: what they load is not followed."""
    base, _, listed = instruction.operands.partition(",")
    registers = _registers(listed)
    if (name(base.rstrip("!")) == "sp" and base.endswith("!")) or not {"sp", "pc"}.isdisjoint(registers):
        raise UnboundedError(
            f"moves the stack pointer in a way that is not understood ({instruction.mnemonic} {instruction.operands})"
        )
    after = state.copy()
    _forget(after, [*registers, *([name(base[:-1])] if base.endswith("!") else [])])
    return Step(after, state.sp)


def _refuse_unknown_stack_pointer(instruction: Instruction) -> None:
    operands = instruction.operands
    first = name(operands.partition(",")[0])
    writes_first = first == "sp" and not _WRITES_NOTHING.match(instruction.mnemonic)
    if writes_first or re.search(r"\[sp[^\]]*\](!|,)|^sp!", operands):
        raise UnboundedError(
            f"moves the stack pointer in a way that is not understood ({instruction.mnemonic} {operands})"
        )


def _forget(state: State, registers: list[str]) -> None:
    for register in registers:
        state.assign(register, None)


def name(text: str) -> str:
    """The plain name of a register, as r9 for sb; other text as it is."""
    text = text.strip()
    return _NAMES.get(text, text)


def _registers(operands: str) -> list[str]:
    """The registers of a list like {r4-r7, lr}, in the order in which they lie in memory."""
    found = []
    for part in operands[operands.index("{") + 1 : operands.index("}")].split(","):
        first, _, last = (text.strip() for text in part.partition("-"))
        if not last:
            found.append(name(first))
        elif first in _CORE:
            found += _CORE[_CORE.index(name(first)) : _CORE.index(name(last)) + 1]
        else:
            found += [f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]) + 1)]
    return found
