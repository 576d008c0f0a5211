"""The rest of a program on TensorFlow Lite Micro: the files that every model has, around an interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tools.sni.emit.files import render_files
from tools.sni.errors import CompileError
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import Graph, Op
from tools.sni.lower import select
from tools.sni.memory.arena import Arena
from tools.sni.operators import Kernel
from tools.sni.options import Options
from tools.sni.pipeline import Pipeline, bind
from tools.sni.program import Interpreter, Program, steps_of
from tools.tflm.arena import Found
from tools.tflm.options import TflmOptions
from tools.tflm.sources import bound_of_object, prefix_of


def compile_model(
    data: bytes, source: str, options: TflmOptions, pipeline: Pipeline | None = None, found: Found | None = None
) -> Mapping[str, str]:
    """File names and contents for a `.tflite` model, as tools/sni's.

    source: the model's file name, for messages and comments. found: what the search for the smallest arena found; None
    where it could not run, then the options tell the size. Raises CompileError with everything that is wrong.
    """
    graph = read_tflite(data, source)
    inputs, outputs = ([graph.tensors[i] for i in side] for side in (graph.inputs, graph.outputs))
    bound = bind(pipeline, inputs, outputs) if pipeline else None
    return render_files(replace(_program(graph, len(data), source, options, found), pipeline=bound), [])


def _program(graph: Graph, size: int, source: str, options: TflmOptions, found: Found | None) -> Program:
    # Variables are the interpreter's own business.
    plain = replace(graph, tensors={key: replace(t, variable=False) for key, t in graph.tensors.items()})
    kernels = [Kernel("tflm", macs=_macs(graph, op)) for op in graph.ops]
    bytes_of_object = found.interpreter if found else bound_of_object(graph)
    return Program(
        plain,
        steps_of(plain, kernels, options),
        _arena(options, found),
        options,
        source,
        engine=options.engine,
        notes=_notes(found),
        interpreter=Interpreter(prefix_of(options.name), bytes_of_object, size, found.stack if found else {}),
    )


def _macs(graph: Graph, op: Op) -> int:
    """As for our own code; 0 where we could not compile the operator."""
    try:
        return select(graph, op, Options("model")).macs
    except (CompileError, LookupError, AssertionError):
        return 0


def _arena(options: TflmOptions, found: Found | None) -> Arena:
    """One block of memory: what lies where in it is TFLM's to say, when it starts."""
    needed = found.needed if found else None
    size = options.arena_size if options.arena_size is not None else needed
    assert size is not None, "either the search ran, or the user gave a size"
    return Arena({}, {}, size, needed or size, "by TensorFlow Lite Micro when it starts")


def _notes(found: Found | None) -> tuple[str, ...]:
    if not found:
        return ("the smallest arena is not known: no emulator for this platform; the interpreter's size is a bound",)
    return (f"the smallest arena was found on the target in {found.tries} tries; 16 bytes less do not work",)
