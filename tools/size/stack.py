"""An upper bound of the stack that functions of a linked program take, with all they call.

The code is followed instruction by instruction along all its paths, with the depth of the stack and what registers
hold of it. So frames count as deep as they are at each call, and functions of libraries count like the program's own.
What has no bound is an error: recursion, calls through pointers, and frames whose size the code does not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from tools.size import arm, x86_64
from tools.size.disassembly import Listing
from tools.size.elf import Image
from tools.size.problem import SizeError
from tools.size.state import State, Step, UnboundedError

_MACHINES: dict[str, ModuleType] = {"EM_ARM": arm, "EM_X86_64": x86_64}
# Where the machine's call itself stores the return address.
_CALL_BYTES = {"EM_ARM": 0, "EM_X86_64": 8}
# Compilers for Armv6-M call these to jump into a table that follows the call.
_TABLE_HELPERS = ("__gnu_thumb1_case_",)
# They end the program where it has gone wrong, as on a division by zero; how deep they get on the way does not count.
_ENDS = frozenset({"abort", "raise", "__assert_fail", "__chk_fail", "__fortify_fail", "__stack_chk_fail"})

# A place in the code, and the condition that is known to hold there.
_States = dict[tuple[int, str | None], State]


@dataclass(frozen=True)
class Bound:
    """bytes: the most that a call takes, return address included. path: the functions that take it, outermost first,
    each with the bytes from the caller's to its own."""

    bytes: int
    path: tuple[tuple[str, int], ...]


class StackAnalysis:
    """Bounds of functions of one program; each is worked out once."""

    def __init__(self, image: Image, listing: Listing) -> None:
        self._image = image
        self._listing = listing
        self._machine = _MACHINES[image.machine]
        self._known: dict[int, Bound] = {}
        self._frames: dict[int, int] = {}
        self._active: list[int] = []

    def bound(self, function: str) -> Bound:
        """The bound of a call of the function. Raises SizeError if it has none or if there is no such function."""
        symbol = self._image.function_named(function)
        if symbol is None:
            raise SizeError(f"{function}: no such function in the program")
        inner = self._bound_at(symbol.address)
        extra = _CALL_BYTES[self._image.machine]
        (name, first), *rest = inner.path
        return Bound(inner.bytes + extra, ((name, first + extra), *rest))

    def frame(self, function: str) -> int:
        """What the function itself takes: how deep it gets without those that it calls or ends in. Raises SizeError."""
        self.bound(function)
        symbol = self._image.function_named(function)
        return self._frames[symbol.address] if symbol else 0

    def _name(self, address: int) -> str:
        function = self._image.function_at(address)
        if function is None:
            return f"the code at 0x{address:x}"
        return function.name if function.address == address else f"{function.name}+0x{address - function.address:x}"

    def _bound_at(self, address: int) -> Bound:
        if address in self._known:
            return self._known[address]
        if address in self._active:
            circle = [*self._active[self._active.index(address) :], address]
            names = " -> ".join(map(self._name, circle))
            raise SizeError(f"{self._name(address)}: calls itself, so its stack has no bound ({names})")
        self._active.append(address)
        bound = self._follow(address)
        self._active.pop()
        self._known[address] = bound
        return bound

    def _follow(self, entry: int) -> Bound:
        """Follows the function from its entry through jumps, tail calls included, to its returns."""
        states: _States = {}
        waiting: list[tuple[int, State]] = [(entry, self._machine.entry_state())]
        tables: list[tuple[int, State]] = []
        own = frame = 0
        deepest = Bound(0, ())
        while waiting or (waiting := self._behind_tables(tables, states)):
            address, state = waiting.pop()
            if not self._enter(entry, address, state, states):
                continue
            state = states[address, state.holds]
            step = self._step(entry, address, state)
            own = min(own, step.lowest)
            if self._image.function_at(address) == self._image.function_at(entry):
                frame = min(frame, step.lowest)
            if any(self._name(callee) in _ENDS for callee in step.calls):
                own = min(own, state.sp - step.call_bytes)
                continue
            chosen = self._chosen_at_start(entry, step)
            for callee in chosen or step.calls:
                inner = self._bound_at(callee)
                depth = step.call_bytes - state.sp
                if depth + inner.bytes > deepest.bytes:
                    here = ((self._name(entry), depth),) if depth or self._image.function_at(entry) else ()
                    deepest = Bound(depth + inner.bytes, (*here, *inner.path))
            if step.table or any(self._name(callee).startswith(_TABLE_HELPERS) for callee in step.calls):
                tables.append((address, state))
            if step.jumping is not None and not chosen:
                waiting += [(to, step.jumping.copy()) for to in step.jumps if self._name(to) not in _ENDS]
            waiting += self._next(address, step)
        self._frames[entry] = -frame
        if -own >= deepest.bytes:
            return Bound(-own, ((self._name(entry), -own),))
        return deepest

    def _enter(self, entry: int, address: int, state: State, states: _States) -> bool:
        """Notes the state in which an instruction is reached; whether there is anything new about it."""
        instruction = self._listing.instructions.get(address)
        if instruction is None:
            raise SizeError(f"{self._name(entry)}: goes on at 0x{address:x}, where there is no code")
        if not instruction.is_code:
            return False  # literals, behind a call that does not return
        before = states.get((address, state.holds))
        if before is None:
            states[address, state.holds] = state
            return True
        if before.sp != state.sp:
            raise SizeError(
                f"{self._name(entry)}: reaches 0x{address:x} with the stack {-before.sp} and {-state.sp} bytes deep, "
                "so its stack has no bound that can be told"
            )
        return before.keep_common(state)

    def _step(self, entry: int, address: int, state: State) -> Step:
        try:
            return self._machine.step(self._listing.instructions[address], state.copy(), self._image)
        except UnboundedError as reason:
            raise SizeError(
                f"{self._name(entry)}: {reason} at 0x{address:x}, so its stack has no bound that can be told"
            ) from None

    def _chosen_at_start(self, entry: int, step: Step) -> list[int]:
        """The functions of which the program's start has chosen one for the slot that an instruction jumps through."""
        if step.slot is None:
            return []
        if step.slot not in self._image.resolvers:
            if not step.jumps:
                raise SizeError(
                    f"{self._name(entry)}: jumps through a pointer, so its stack has no bound that can be told"
                )
            return []
        resolver = self._image.function_at(self._image.resolvers[step.slot])
        choices = self._image.functions_named_in(resolver) - {resolver.address} if resolver else frozenset()
        if not choices:
            raise SizeError(
                f"{self._name(entry)}: is chosen when the program starts, from functions that cannot be told "
                "(link with -Wl,--emit-relocs)"
            )
        return sorted(choices)

    def _next(self, address: int, step: Step) -> list[tuple[int, State]]:
        following = self._listing.following.get(address)
        if following is None:
            return []
        here, there = self._image.function_at(address), self._image.function_at(following)
        if step.calls and here != there:
            return []  # the last instruction of a function is a call that does not return
        return [(following, state) for state in (step.state, step.skipped) if state is not None]

    def _behind_tables(self, tables: Sequence[tuple[int, State]], states: _States) -> list[tuple[int, State]]:
        """Where jumps into tables lead: code of the same function that nothing else reaches. One place at a time, as it
        leads to further ones."""
        reached = {address for address, _ in states}
        for function in {self._image.function_at(address) for address, _ in tables} - {None}:
            at: int | None = function.address
            while at is not None and at < self._image.end_of(function):
                instruction = self._listing.instructions.get(at)
                if instruction and instruction.is_code and at not in reached:
                    # Of several tables of a function it is most likely the one just before; a wrong one is found out
                    # where the function returns.
                    _, state = min(tables, key=lambda table: (table[0] > at, abs(table[0] - at)))
                    return [(at, state.copy())]
                at = self._listing.following.get(at)
        return []
