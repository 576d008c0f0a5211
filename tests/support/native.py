"""Compiles generated C and runs it in this process, through ctypes."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tools.sni.compiler import compile_model
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType, Graph
from tools.sni.options import Choices, Options

WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
"""What the contract of the generated code names."""


@functools.cache
def scratch() -> Path:
    """A folder for this process, removed at its end."""
    folder = tempfile.TemporaryDirectory(prefix="sni_native_")
    scratch.keep = folder  # type: ignore[attr-defined]  # the folder goes when this does
    return Path(folder.name)


WITH_NARROW_WEIGHTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
"""Operators that have weights of fewer bits than their activations."""

PROMISED = ("gcc", "clang")
"""The C compilers that the generated code is promised to work with."""


def compilers() -> list[str]:
    """Those of the promised C compilers that this machine has."""
    return [name for name in PROMISED if shutil.which(name)]


def build(command: Sequence[str | Path]) -> None:
    """Runs a compiler; its output is the failure's message."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(str(part) for part in command)}\n{done.stderr}"


def write(files: Mapping[str, str], folder: Path) -> Path:
    """Writes generated files into a folder and gives the folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


BUILT: list[frozenset[str]] = []
"""The operator kinds of each model that was compiled in this process, for counting cases.

Also, as `CONV_2D int8 with int4 weights`, those with constant weights of fewer bits than the activations; not of int16,
where they always have.
"""


def _kinds(graph: Graph) -> Iterator[str]:
    widened = {op.outputs[0]: op.inputs[0] for op in graph.ops if op.kind == "DEQUANTIZE"}
    for op in graph.ops:
        yield op.kind
        if op.kind in WITH_NARROW_WEIGHTS:
            position = op.inputs[2] if op.kind == "TRANSPOSE_CONV" else op.inputs[0]
            x, w = graph.tensors[position], graph.tensors[widened.get(op.inputs[1], op.inputs[1])]
            if w.is_constant and w.dtype is not x.dtype and x.dtype is not DType.INT16:
                yield f"{op.kind} {x.dtype.value} with {w.dtype.value} weights"


_BEHIND = b"behind the state" * 16


PROFILE = os.environ.get("SNI_TEST_PROFILE", "c99")
"""The kernels that tests try where they do not say which: with another profile, tests of c99 become tests of that."""

OPTIMISE = os.environ.get("SNI_TEST_OPTIMIZE", "balanced")


class Native:
    """A model compiled to C, compiled to a shared library, and loaded."""

    def __init__(
        self,
        model: bytes,
        *,
        options: Choices | None = None,
        flags: Sequence[str] = ("-O2",),
        compiler: str = "gcc",
        compile: Callable[[bytes, str, Choices], Mapping[str, str]] = compile_model,
    ) -> None:
        options = options or Options("model", PROFILE, optimise=OPTIMISE)
        self.files = compile(model, "model.tflite", options)
        name = options.name
        key = hashlib.sha256(repr((model, options, flags, compiler)).encode()).hexdigest()[:16]
        folder = write(self.files, scratch() / key)
        library = folder / "model.so"
        build([compiler, *WARNINGS, *flags, "-shared", "-fPIC", folder / f"{name}.c", "-lm", "-o", library])
        self._library = ctypes.CDLL(str(library))
        self._name = name
        graph = read_tflite(model, "model.tflite")
        BUILT.append(frozenset(kind for part in (graph, *graph.subgraphs.values()) for kind in _kinds(part)))
        self.inputs = [graph.tensors[i] for i in graph.inputs]
        self.outputs = [graph.tensors[i] for i in graph.outputs]
        # A state is as long as its arena, in whole eights; behind it lies what no model may write.
        self._size = -(-_macro(self.files[f"{name}.h"], f"{name.upper()}_ARENA_BYTES") // 8) * 8
        self._state = ctypes.create_string_buffer(self._size + len(_BEHIND) + 64)
        # Aligned as a C compiler would align the state.
        self._address = (ctypes.addressof(self._state) + 63) // 64 * 64
        self.initialise()

    def initialise(self, byte: int = 0) -> None:
        """Begins anew, in a state whose bytes all held `byte`."""
        ctypes.memset(self._address, byte, self._size)
        ctypes.memmove(self._address + self._size, _BEHIND, len(_BEHIND))
        getattr(self._library, f"{self._name}_init")(ctypes.c_void_p(self._address))

    def run(self, *values: np.ndarray) -> list[np.ndarray]:
        """One inference. values: an array for each input."""
        for index, (tensor, value) in enumerate(zip(self.inputs, values, strict=True)):
            assert value.dtype == tensor.dtype.numpy
            assert value.size == tensor.elements
            data = np.ascontiguousarray(value)
            ctypes.memmove(self._pointer("input", index, len(self.inputs)), data.ctypes.data, data.nbytes)
        getattr(self._library, f"{self._name}_invoke")(ctypes.c_void_p(self._address))
        assert ctypes.string_at(self._address + self._size, len(_BEHIND)) == _BEHIND, "wrote behind its state"
        return [self._read(index, tensor) for index, tensor in enumerate(self.outputs)]

    def _pointer(self, kind: str, index: int, count: int) -> int:
        function = getattr(self._library, f"{self._name}_{kind}" + (f"_{index}" if count > 1 else ""))
        function.restype = ctypes.c_void_p
        return function(ctypes.c_void_p(self._address))

    def _read(self, index: int, tensor: object) -> np.ndarray:
        address = self._pointer("output", index, len(self.outputs))
        raw = ctypes.string_at(address, tensor.bytes)
        return np.frombuffer(raw, tensor.dtype.numpy).reshape(tensor.shape)


def _macro(header: str, name: str) -> int:
    line = next(line for line in header.splitlines() if line.startswith(f"#define {name} "))
    return int(line.split()[2])
