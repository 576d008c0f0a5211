"""TVM's loop nests as C functions over plain pointers: no packed arguments, no checks, no runtime."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import tvm
from tvm import tirx
from tvm_ffi import structural_map, structural_walk

from tools.microtvm.lowering import TARGET, flat, opaque
from tools.microtvm.schedule import scheduled
from tools.sni.emit.literals import c_float
from tools.sni.errors import CompileError, Problem
from tools.sni.ir import DType

_STACK_BYTES = 256
"""Temporaries of a function that are larger lie in the arena."""

_MATH = re.findall(
    r"\w+",
    """
    acosf asinf atan2f atanf ceilf cosf coshf erff exp2f expf fabsf floorf fmodf log10f log1pf log2f logf nearbyintf
    powf roundf sinf sinhf sqrtf tanf tanhf truncf ceil exp fabs floor fmod log nearbyint pow round sqrt tanh trunc
    """,
)
"""Of <math.h>: all that TVM's C may call."""

_LONGEST_TITLE = 40

_STATEMENTS = ("for", "if", "while", "sizeof", "return")


@dataclass(frozen=True)
class Work:
    """A temporary of a function in the arena: a further parameter."""

    name: str
    dtype: DType
    elements: int


@dataclass(frozen=True)
class Function:
    """One of TVM's functions in C.

    name: TVM's. parameters: C type, `const` where it is only read, and name, in the order of a call's arguments.
    body: lines, without the braces. work: what it needs beside its arguments. macs: multiply-accumulates of a call.
    """

    name: str
    parameters: tuple[str, ...]
    body: str
    work: tuple[Work, ...]
    macs: int

    @property
    def title(self) -> str:
        """The name without the numbers by which TVM tells functions of the same operators apart, and not too long."""
        return re.sub(r"\d+(?=_|$)", "", self.name)[:_LONGEST_TITLE].strip("_")

    @property
    def includes(self) -> tuple[str, ...]:
        return ("math.h",) if any(f"{name}(" in self.body for name in _MATH) or "INFINITY" in self.body else ()


@dataclass(frozen=True)
class _Lowered:
    """A function on its way to C. floats: the literal of each placeholder."""

    function: tirx.PrimFunc
    parameters: tuple[str, ...]
    work: tuple[Work, ...]
    floats: Mapping[str, str]
    macs: int


def functions_of(module: tvm.IRModule, source: str) -> dict[str, Function]:
    """All TIR functions of a module, by name. Raises CompileError for what cannot be C99."""
    originals = {
        variable.name_hint: function
        for variable, function in module.functions.items()
        if isinstance(function, tirx.PrimFunc)
    }
    lowered = {name: _lowered(function) for name, function in sorted(originals.items())}
    texts = _texts({name: entry.function for name, entry in lowered.items()})
    problems: list[Problem] = []
    functions = {}
    for name, entry in lowered.items():
        body = re.sub(r"\bliteral_\d+\b", lambda match, entry=entry: entry.floats[match.group()], texts[name])
        problems += [Problem(f"{source}: TVM's function {name}", message) for message in _foreign(body)]
        functions[name] = Function(name, entry.parameters, body, entry.work, entry.macs)
    if problems:
        raise CompileError(problems)
    return functions


def _lowered(function: tirx.PrimFunc) -> _Lowered:
    macs = _macs(function)
    module = opaque(_module(scheduled(function)))
    unpacked, parameters = _unpacked(module["main"])
    body = _with_math(flat(_module(unpacked))["main"])
    body, work = _without_large_temporaries(body)
    body, floats = _without_floats(body)
    parameters += tuple(f"{entry.dtype.c} *restrict {entry.name}" for entry in work)
    return _Lowered(body, parameters, work, floats, macs)


def _module(function: tirx.PrimFunc, name: str = "main") -> tvm.IRModule:
    return tvm.IRModule({name: function.with_attr("target", TARGET).with_attr("global_symbol", name)})


def _macs(function: tirx.PrimFunc) -> int:
    """Sums of products: the iterations of each block that adds a product to what it has."""
    total = 0

    def visit(block: tirx.SBlock) -> None:
        nonlocal total
        sums = isinstance(block.body, tirx.BufferStore) and isinstance(block.body.value, tirx.Add)
        if sums and isinstance(block.body.value.b, tirx.Mul) and block.init is not None:
            total += math.prod(int(variable.dom.extent) for variable in block.iter_vars)

    structural_walk(function.body, [(tvm.s_tir.SBlock, visit)])
    return total


def _unpacked(function: tirx.PrimFunc) -> tuple[tirx.PrimFunc, tuple[str, ...]]:
    """Pointers in place of buffers as parameters, and their declarations in C."""
    stored: set[str] = set()
    structural_walk(function.body, [(tirx.BufferStore, lambda store: stored.add(store.buffer.name))])
    pointers, views, declarations = [], [], []
    for buffer in function.params:
        written = buffer.name in stored
        kind = "out" if written else "in"
        name = f"{kind}_{sum(other.startswith(kind) for other in (p.name for p in pointers))}"
        pointer = tirx.Var(name, tvm.ir.PointerType(tvm.ir.PrimType(buffer.dtype)))
        pointers.append(pointer)
        views.append(tirx.DeclBuffer(buffer, data=pointer))
        declarations.append(f"{'' if written else 'const '}{DType(str(buffer.dtype)).c} *restrict {name}")
    body = tirx.SeqStmt([*views, function.body])
    return tirx.PrimFunc(pointers, body, tvm.ir.PrimType("void"), function.attrs), tuple(declarations)


def _with_math(function: tirx.PrimFunc) -> tirx.PrimFunc:
    """TVM's own functions that its C target has no name for, as <math.h> calls them."""

    def named(call: tvm.ir.Call) -> object:
        name = getattr(call.op, "name", "").removeprefix("tirx.") + "f"
        if name not in _MATH or str(call.ty.dtype) != "float32":
            return call
        return tirx.call_pure_extern("float32", name, *call.args)

    return function.with_body(structural_map(function.body, [(tvm.ir.Call, named)]))


def _without_large_temporaries(function: tirx.PrimFunc) -> tuple[tirx.PrimFunc, tuple[Work, ...]]:
    """Temporaries above _STACK_BYTES as further parameters."""
    pointers: list[tirx.Var] = []
    work: list[Work] = []

    def moved(allocation: tirx.AllocBuffer) -> tirx.Stmt:
        buffer = allocation.buffer
        dtype, elements = DType(str(buffer.dtype)), math.prod(int(size) for size in buffer.shape)
        if elements * dtype.size <= _STACK_BYTES:
            return allocation
        pointer = tirx.Var(f"work_{len(work)}", tvm.ir.PointerType(tvm.ir.PrimType(buffer.dtype)))
        pointers.append(pointer)
        work.append(Work(pointer.name, dtype, elements))
        return tirx.DeclBuffer(buffer, data=pointer)

    body = structural_map(function.body, [(tirx.AllocBuffer, moved)])
    return _with(function, pointers, body), tuple(work)


def _without_floats(function: tirx.PrimFunc) -> tuple[tirx.PrimFunc, dict[str, str]]:
    """Float constants as further parameters, whose names give way to exact literals: TVM writes seven digits."""
    literals: dict[str, str] = {}
    variables: list[tirx.Var] = []

    def replaced(number: tirx.FloatImm) -> object:
        if str(number.ty.dtype) != "float32":
            return number
        name = f"literal_{len(literals)}"
        literals[name] = c_float(float(number.value))
        variables.append(tirx.Var(name, "float32"))
        return variables[-1]

    body = structural_map(function.body, [(tirx.FloatImm, replaced)])
    return _with(function, variables, body), literals


def _with(function: tirx.PrimFunc, parameters: list[tirx.Var], body: tirx.Stmt) -> tirx.PrimFunc:
    return tirx.PrimFunc([*function.params, *parameters], body, function.ret_type, function.attrs)


def _texts(functions: Mapping[str, tirx.PrimFunc]) -> dict[str, str]:
    """The body that TVM's C writer gives each function: from its opening brace to the first that ends a line of it."""
    named = {name: function.with_attr("global_symbol", name) for name, function in functions.items()}
    text = tvm.get_global_func("target.build.c")(tvm.IRModule(named), TARGET).inspect_source()
    bodies = {}
    for name in functions:
        found = re.search(rf"^TVM_DLL void {name}\([^{{;]*\) {{\n(.*?)^}}$", text, re.MULTILINE | re.DOTALL)
        assert found, f"TVM writes functions in another form than expected: {text[:2000]}"
        bodies[name] = found.group(1)
    return bodies


def _foreign(body: str) -> list[str]:
    """What in a function is neither C99 nor of <math.h>."""
    called = set(re.findall(r"\b([A-Za-z_]\w*) ?\(", body)) - {*_MATH, *_STATEMENTS}
    messages = [f"calls {name}, which no C library has; use sni_model for this network" for name in sorted(called)]
    if re.search(r"\bhalf\b", body):
        messages.append("computes in float16, which C99 has not; use sni_model for this network")
    return messages
