"""A compiled model as a running program of a platform, under its emulator: it is started once and serves all runs."""

from __future__ import annotations

import contextlib
import subprocess
import weakref
from collections.abc import Sequence
from pathlib import Path

from tools.kit.building import Interface
from tools.kit.table import Platform


class EndedError(Exception):
    """A program that ended where an answer was expected, with what it said."""


def command(platform: Platform, program: Path, arguments: Sequence[str] = (), words: Sequence[str] = ()) -> list[str]:
    """What runs a program. arguments: further ones of the emulator. words: the program's own."""
    emulator = [*platform.emulator, *arguments]
    if not platform.bare_metal:
        return [*emulator, str(program), *words]
    console = ",".join(["enable=on,target=native", *(f"arg={word}" for word in (program.name, *words))])
    return [*emulator, "-semihosting-config", console, "-kernel", str(program)]


class Served:
    """A running program. It ends when this object is no more."""

    def __init__(self, command: Sequence[str], interface: Interface) -> None:
        self._interface = interface
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(command, **pipes)
        self.end = weakref.finalize(self, _end, self._process)

    def initialise(self, byte: int = 0) -> None:
        """Begins anew, in a state whose bytes all held `byte`."""
        self._send(b"i" + bytes([byte]))

    def run(self, *inputs: bytes) -> tuple[bool, list[bytes]]:
        """One inference: whether the model has written behind its state, and the outputs."""
        assert [len(value) for value in inputs] == [end.bytes for end in self._interface.inputs]
        self._send(b"r" + b"".join(inputs))
        written = self._receive(1) != b"\0"
        return written, [self._receive(end.bytes) for end in self._interface.outputs]

    def count(self, *inputs: bytes) -> int:
        """Instructions of one inference by the board's own counter: on bare metal, with the emulator's exact time."""
        self._send(b"c" + b"".join(inputs))
        return int.from_bytes(self._receive(8), "little")

    def _send(self, data: bytes) -> None:
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            self._fail()

    def _receive(self, count: int) -> bytes:
        data = self._process.stdout.read(count)
        if len(data) < count:
            self._fail()
        return data

    def _fail(self) -> None:
        self._process.stdin.close()
        said = self._process.stderr.read().decode(errors="replace")
        raise EndedError(f"the program ended with status {self._process.wait()}\n{said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    process.stderr.close()
