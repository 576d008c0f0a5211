"""Compiles generated C and runs it in this process, through ctypes."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.support import x86
from tools.kit import building
from tools.kit.building import Interface, has_level, interface_of, write
from tools.kit.served import Served, command
from tools.kit.table import Platform, platform
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


PLATFORM = platform(os.environ["SNI_TEST_PLATFORM"]) if os.environ.get("SNI_TEST_PLATFORM") else None
"""The platform that models run on, under its emulator; None: in this process."""

PROFILE = os.environ.get("SNI_TEST_PROFILE") or (PLATFORM.profile if PLATFORM else "c99")
"""The kernels that tests try where they do not say which: with another profile, tests of c99 become tests of that."""

OPTIMISE = os.environ.get("SNI_TEST_OPTIMIZE") or "balanced"


def missing_tools() -> list[str]:
    """What running models takes and this machine lacks."""
    return building.missing_tools(PLATFORM) if PLATFORM else []


EVERY = int(os.environ.get("SNI_TEST_EVERY", "1"))
_ENOUGH = 2
LEFT_OUT: Counter[str] = Counter()
"""How many models need not run with PROFILE, on PLATFORM, by the reason."""
_SEEN: Counter[tuple[str, ...]] = Counter()


def is_left_out(model: bytes) -> bool:
    """Whether a model need not run with PROFILE, on PLATFORM.

    In this process that is so if its C is what c99 makes of it, or for speed what is made with no such wish, since it
    ran as that. On a platform it is if the model has c99's kernels alone; and, with SNI_TEST_EVERY=N, if others with
    the same kernels have run, for all but one model in N, by a hash of its bytes.
    """
    if not PLATFORM:
        others = {("c99", "balanced"), (PROFILE, "balanced" if OPTIMISE == "speed" else OPTIMISE)}
        others.discard((PROFILE, OPTIMISE))
        if alike := any(code_of(model, PROFILE, OPTIMISE) == code_of(model, *other) for other in others):
            LEFT_OUT["whose code another run of these tests has, too"] += 1
        return alike
    kernels = kernels_of(model, PROFILE)
    if PROFILE != "c99" and kernels == kernels_of(model, "c99"):
        LEFT_OUT["for having c99's kernels alone"] += 1
        return True
    if has_others(model, kernels, EVERY):
        LEFT_OUT[f"of those whose kernels {_ENOUGH} others have, for all but one in {EVERY}"] += 1
        return True
    return False


def has_others(model: bytes, kernels: tuple[str, ...], every: int) -> bool:
    """Whether models with the same kernels came before; False for one in `every`, by a hash of its bytes."""
    _SEEN[kernels] += 1
    return _SEEN[kernels] > _ENOUGH and zlib.crc32(model) % every != 0


compiled = functools.lru_cache(maxsize=16)(compile_model)
"""For what asks more than once what is made of a model."""


def kernels_of(model: bytes, profile: str) -> tuple[str, ...]:
    """The kernel of each layer."""
    files = compiled(model, "model.tflite", Options("model", profile, optimise=OPTIMISE))
    return tuple(layer["kernel"] for layer in json.loads(files["model_report.json"])["layers"])


def code_of(model: bytes, profile: str, optimise: str = OPTIMISE) -> list[str]:
    """The lines of a model's C but for those that name what it was made of and with."""
    files = compiled(model, "model.tflite", Options("model", profile, optimise=optimise))
    lines = [line for name in ("model.c", "model.h", "model_weights.h") for line in files[name].splitlines()]
    return [line for line in lines if "MODEL_BUILD" not in line and not line.startswith(" * Made by sni_rules")]


class Native:
    """A model compiled to C, compiled to machine code, and loaded.

    on: the platform that it runs on; None: in this process. flags: on a platform those that it shares: no sanitizers,
    which its C library lacks, and no processors.
    """

    def __init__(
        self,
        model: bytes,
        *,
        options: Choices | None = None,
        flags: Sequence[str] = ("-O2",),
        compiler: str = "gcc",
        compile: Callable[[bytes, str, Choices], Mapping[str, str]] = compile_model,
        on: Platform | None = PLATFORM,
    ) -> None:
        options = options or Options("model", PROFILE, optimise=OPTIMISE)
        self.files = compile(model, "model.tflite", options)
        graph = read_tflite(model, "model.tflite")
        BUILT.append(frozenset(kind for part in (graph, *graph.subgraphs.values()) for kind in _kinds(part)))
        self.inputs = [graph.tensors[i] for i in graph.inputs]
        self.outputs = [graph.tensors[i] for i in graph.outputs]
        name = options.name
        sizes = ([tensor.bytes for tensor in ends] for ends in (self.inputs, self.outputs))
        interface = interface_of(self.files[f"{name}.h"], name, *sizes)
        key = hashlib.sha256(repr((model, options, flags, compiler, on)).encode()).hexdigest()[:16]
        folder = scratch() / key
        if on:
            program = building.build(on, self.files, interface, folder, [*WARNINGS, *_shared(flags)])
            self._loaded: Served | _Library = Served(command(on, program), interface)
        else:
            library = write(x86.runnable(self.files), folder) / "model.so"
            build([compiler, *WARNINGS, *flags, "-shared", "-fPIC", folder / f"{name}.c", "-lm", "-o", library])
            self._loaded = _Library(library, interface)
        # A program that is served runs the level that its processor has.
        self._has_levels = on is None and not PLATFORM and has_level(self.files[f"{name}.h"])
        self.initialise()

    def initialise(self, byte: int = 0) -> None:
        """Begins anew, in a state whose bytes all held `byte`."""
        self._loaded.initialise(byte)

    def run(self, *values: np.ndarray) -> list[np.ndarray]:
        """One inference. values: an array for each input. On all levels of x86-64 that the machine has, where variants
        for them are in the code: they must give the same integers, and floats within the design's contract.
        """
        for tensor, value in zip(self.inputs, values, strict=True):
            assert value.dtype == tensor.dtype.numpy
            assert value.size == tensor.elements
        if not self._has_levels:
            return self._run(values)
        before, chosen = self._loaded.contents, self.level
        results = []
        for level in (*(level for level in x86.levels() if level != chosen), chosen):
            self._loaded.contents = before
            self.level = level
            results.append((level, self._run(values)))
        for level, result in results:
            for theirs, ours in zip(results[-1][1], result, strict=True):
                near_zero = 1e-5 * np.abs(theirs[np.isfinite(theirs)]).max(initial=0) if ours.dtype.kind == "f" else 0
                np.testing.assert_allclose(ours, theirs, 1e-5 if near_zero else 0, near_zero, err_msg=f"level {level}")
        return results[-1][1]

    @property
    def level(self) -> int:
        """Of the state: which of its variants a layer runs."""
        return int.from_bytes(self._loaded.contents[-8:-4], sys.byteorder)

    @level.setter
    def level(self, level: int) -> None:
        contents = self._loaded.contents
        self._loaded.contents = contents[:-8] + level.to_bytes(4, sys.byteorder) + contents[-4:]

    def _run(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        written, outputs = self._loaded.run(*(value.tobytes() for value in values))
        assert not written, "wrote behind its state"
        return [
            np.frombuffer(raw, tensor.dtype.numpy).reshape(tensor.shape)
            for raw, tensor in zip(outputs, self.outputs, strict=True)
        ]


def _shared(flags: Sequence[str]) -> list[str]:
    """The flags for a platform of its own. Without sanitizers a model is what the rules make of it: at -O3."""
    kept = [flag for flag in flags if not flag.startswith(("-fsanitize", "-fno-sanitize", "-march"))]
    sanitized = any(flag.startswith("-fsanitize") for flag in flags)
    separate = ["-DSNI_SEPARATE_PRODUCTS"] if "-ffp-contract=off" in flags else []
    return [*(flag for flag in kept if not (sanitized and flag.startswith("-O"))), *(["-O3"] * sanitized), *separate]


class _Library:
    """A model in this process: what tools.kit.served.Served is in another."""

    def __init__(self, library: Path, interface: Interface) -> None:
        self._library = ctypes.CDLL(str(library))
        self._interface = interface
        # Behind the state lies what no model may write. Aligned as a C compiler would align the state.
        self._memory = ctypes.create_string_buffer(interface.state + len(_BEHIND) + 64)
        self._state = ctypes.c_void_p((ctypes.addressof(self._memory) + 63) // 64 * 64)

    def initialise(self, byte: int = 0) -> None:
        ctypes.memset(self._state, byte, self._interface.state)
        ctypes.memmove(self._behind, _BEHIND, len(_BEHIND))
        self._call(f"{self._interface.name}_init")

    def run(self, *inputs: bytes) -> tuple[bool, list[bytes]]:
        for end, value in zip(self._interface.inputs, inputs, strict=True):
            ctypes.memmove(self._call(end.function), value, len(value))
        self._call(f"{self._interface.name}_invoke")
        written = ctypes.string_at(self._behind, len(_BEHIND)) != _BEHIND
        return written, [ctypes.string_at(self._call(end.function), end.bytes) for end in self._interface.outputs]

    @property
    def contents(self) -> bytes:
        """Of the state."""
        return ctypes.string_at(self._state, self._interface.state)

    @contents.setter
    def contents(self, contents: bytes) -> None:
        ctypes.memmove(self._state, contents, len(contents))

    def _call(self, name: str) -> int:
        function = getattr(self._library, name)
        function.restype = ctypes.c_void_p
        return function(self._state)

    @property
    def _behind(self) -> int:
        return self._state.value + self._interface.state


_BEHIND = b"behind the state" * 16
