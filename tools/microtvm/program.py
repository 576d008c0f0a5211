"""TVM's functions and their sequence as a Program of tools/sni, which renders it as it does its own."""

from __future__ import annotations

from collections.abc import Mapping

from tools.microtvm.kernels import Function
from tools.microtvm.options import TvmOptions, engine
from tools.microtvm.sequence import Call, Sequence
from tools.sni.errors import fail
from tools.sni.ir import Graph, Op, Tensor
from tools.sni.memory.arena import Arena, Placement
from tools.sni.memory.planner import Buffer, lower_bound
from tools.sni.operators import Constant, Kernel, Scratch
from tools.sni.program import Program, steps_of

QUANTISED_NOTE = (
    "this TVM imports quantised models as dequantise, float32, quantise: weights are float32, four times the size, "
    "arithmetic is float32, and results differ from TensorFlow Lite's by a few steps of the output's scale"
)


def program_of(
    model: Graph, sequence: Sequence, functions: Mapping[str, Function], options: TvmOptions, source: str
) -> Program:
    """model: the same network as tools/sni reads it, for the names and quantisation of its inputs and outputs."""
    graph = _graph(model, sequence, functions, source)
    kernels = [_kernel(step, functions) for step in sequence.steps]
    steps = steps_of(graph, kernels, options)
    arena = _arena(graph, sequence, kernels)
    quantised = any(tensor.quantisation and tensor.dtype.is_integer for tensor in model.tensors.values())
    notes = (QUANTISED_NOTE,) if quantised else ()
    return Program(graph, steps, arena, options, source, engine=engine(), notes=notes)


def _graph(model: Graph, sequence: Sequence, functions: Mapping[str, Function], source: str) -> Graph:
    tensors = {key: Tensor(v.name, v.dtype, v.shape) for key, v in enumerate(sequence.values)}
    for ours, theirs in ((sequence.inputs, model.inputs), (sequence.outputs, model.outputs)):
        for key, identifier in zip(ours, theirs, strict=True):
            tensor = model.tensors[identifier]
            if (tensor.dtype, tensor.shape) != (tensors[key].dtype, tensors[key].shape):
                raise fail(source, f"TVM imports {tensor} as {tensors[key]}; use sni_model for this network")
            tensors[key] = Tensor(tensor.name, tensor.dtype, tensor.shape, tensor.quantisation)
    ops = []
    for index, step in enumerate(sequence.steps):
        if not isinstance(step, Call):
            ops.append(Op("reshape", (step.input,), (step.output,), index=index))
            continue
        made = [parameter.startswith("const ") for parameter in functions[step.function].parameters]
        places = [(a, const) for a, const in zip(step.arguments, made, strict=False) if isinstance(a, int)]
        reads, writes = ([a for a, const in places if const == wanted] for wanted in (True, False))
        ops.append(Op(functions[step.function].title, tuple(reads), tuple(writes), index=index))
    return Graph(tensors, tuple(ops), sequence.inputs, sequence.outputs, model.sha256)


def _kernel(step: object, functions: Mapping[str, Function]) -> Kernel:
    if not isinstance(step, Call):
        return Kernel("view", view=True)
    function = functions[step.function]
    constants = tuple(
        Constant(f"constant_{position}", argument, f"{step.function}, argument {position}: {list(argument.shape)}")
        for position, argument in enumerate(step.arguments)
        if not isinstance(argument, int)
    )
    scratch = tuple(Scratch(work.name, work.dtype, work.elements) for work in function.work)
    return Kernel("tvm", constants=constants, includes=function.includes, scratch=scratch, macs=function.macs)


def _arena(graph: Graph, sequence: Sequence, kernels: list[Kernel]) -> Arena:
    """Where TVM's plan puts everything; behind it lies what functions need beside their arguments, one at a time."""
    last = len(graph.ops)
    lives = dict.fromkeys(graph.inputs, (-1, -1))
    for step, op in enumerate(graph.ops):
        for key in (*op.inputs, *op.outputs):
            lives[key] = (lives.get(key, (step, step))[0], step)
    for key in graph.outputs:
        lives[key] = (lives[key][0], last)
    placements = {}
    for key, (first, end) in lives.items():
        offset, size = sequence.values[key].offset, graph.tensors[key].bytes
        placements[key] = Placement(offset, size, first, end, room=(offset, offset + size))
    scratch, size = {}, sequence.end
    for step, kernel in enumerate(kernels):
        offset = sequence.end
        for need in kernel.scratch:
            scratch[step, need.name] = Placement(offset, need.bytes, step, step, room=(offset, offset + need.bytes))
            offset += -(-need.bytes // 16) * 16
        size = max(size, offset)
    buffers = [Buffer(max(1, p.size), p.first, p.last) for p in (*placements.values(), *scratch.values())]
    return Arena(placements, scratch, size, min(size, lower_bound(buffers)), "by TVM's StaticPlanBlockMemory")
