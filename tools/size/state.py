"""What is known about the registers of a program at one point of its code."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Stack:
    """An address on the stack: `offset` bytes above what the stack pointer was when the function began."""

    offset: int


@dataclass(frozen=True)
class Known:
    """A number that the code itself gives."""

    number: int


@dataclass(frozen=True)
class Return:
    """The address to which the function returns."""


Value = Stack | Known | Return


@dataclass
class State:
    """Values of registers, and of words of the stack by their offset; what is missing is unknown.

    holds: a condition that is known to hold, as instructions have been carried out under it alone.
    """

    sp: int
    registers: dict[str, Value] = field(default_factory=dict)
    slots: dict[int, Value] = field(default_factory=dict)
    holds: str | None = None

    def copy(self) -> State:
        return State(self.sp, dict(self.registers), dict(self.slots), self.holds)

    def assign(self, register: str, value: Value | None) -> None:
        _assign(self.registers, register, value)

    def store(self, offset: int, value: Value | None) -> None:
        _assign(self.slots, offset, value)

    def keep_common(self, other: State) -> bool:
        """Forgets what `other` does not agree with; whether that was anything."""
        before = len(self.registers) + len(self.slots)
        self.registers = {k: v for k, v in self.registers.items() if other.registers.get(k) == v}
        self.slots = {k: v for k, v in self.slots.items() if other.slots.get(k) == v}
        return len(self.registers) + len(self.slots) != before


def _assign(values: dict, key: str | int, value: Value | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value


@dataclass(frozen=True)
class Step:
    """What one instruction does.

    state: after it, or None where control does not go on to the next instruction.
    lowest: the lowest offset that it touches.
    skipped: the other state in which the next instruction is reached, if this one is carried out under a condition and
      moves the stack pointer.
    jumps: addresses at which the same function goes on, in the state `jumping`.
    calls: functions that it calls; the call itself takes `call_bytes` of the stack.
    slot: the address of the pointer that it jumps through.
    table: whether it jumps to places of the same function that a table names.
    """

    state: State | None
    lowest: int
    skipped: State | None = None
    jumps: tuple[int, ...] = ()
    jumping: State | None = None
    calls: tuple[int, ...] = ()
    call_bytes: int = 0
    slot: int | None = None
    table: bool = False


class UnboundedError(Exception):
    """The stack that an instruction takes cannot be told. The message says why; the place is added by the caller."""
