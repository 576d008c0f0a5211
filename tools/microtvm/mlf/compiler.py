"""An archive as generated files: a library around TVM's sources with the API that the compiler's own models have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import jinja2

from tools.microtvm.mlf.archive import Archive, End, read_archive
from tools.sni.compiler import name_problems
from tools.sni.emit.files import render_files
from tools.sni.emit.layers import LayerText, call_text, comment_of
from tools.sni.errors import CompileError, Problem
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType, Graph, Op, Tensor
from tools.sni.lower import select
from tools.sni.memory.arena import Arena, Placement
from tools.sni.operators import Kernel, Scratch
from tools.sni.options import Choices, Options
from tools.sni.pipeline import Pipeline, bind
from tools.sni.program import Engine, Program, steps_of
from tools.sni.version import VERSION

_ALIGNMENT = 16
_TVM_ALIGNMENT = 16
"""Of workspaces and of each piece of them, as TVM's own allocator for its C runtime has it."""

_WORKSPACE = "workspace"


@dataclass(frozen=True)
class ArchiveOptions(Choices):
    """There is nothing to choose: whoever made the archive did."""

    @property
    def named(self) -> Mapping[str, str]:
        return {"mlf": "7"}


@dataclass(frozen=True)
class Files:
    """generated: as of every model. sources, headers: what of the archive is compiled, by path."""

    generated: Mapping[str, str]
    sources: Mapping[str, bytes]
    headers: Mapping[str, bytes]


def compile_archive(
    data: bytes,
    source: str,
    options: ArchiveOptions,
    pipeline: Pipeline | None = None,
    model: tuple[bytes, str] | None = None,
) -> Files:
    """source: the archive's file name. model: the `.tflite` that it was made from, and its name.

    Raises CompileError with everything that is wrong.
    """
    problems = name_problems(options.name)
    archive, graph = None, None
    try:
        archive = read_archive(data, source)
    except CompileError as error:
        problems += error.problems
    try:
        graph = read_tflite(*model) if model else None
    except CompileError as error:
        problems += error.problems
    if archive is None or problems:
        raise CompileError(problems)
    inputs = _tensors(archive.inputs, "input", graph and [graph.tensors[i] for i in graph.inputs], source, problems)
    outputs = _tensors(archive.outputs, "output", graph and [graph.tensors[i] for i in graph.outputs], source, problems)
    if problems:
        raise CompileError(problems)
    bound = bind(pipeline, inputs, outputs) if pipeline else None
    program = replace(_program(archive, inputs, outputs, graph, options, source), pipeline=bound)
    generated = render_files(program, [_layer(program, archive)])
    return Files(generated, archive.sources, {**archive.headers, "crt_config.h": _template("crt_config.h.j2").encode()})


def _tensors(
    ends: tuple[End, ...], kind: str, known: list[Tensor] | None, source: str, problems: list[Problem]
) -> list[Tensor]:
    """The model's tensors where it is given; else what the archive tells: names, types and sizes."""
    if not known:
        return [Tensor(end.name, end.dtype, (end.size // end.dtype.size,)) for end in ends]
    if len(known) != len(ends):
        what = (
            f"{len(ends)} {kind}s, where the model has {len(known)}; accepted: the model that the archive was made from"
        )
        problems.append(Problem(source, what))
        return []
    for number, (end, tensor) in enumerate(zip(ends, known, strict=True)):
        if (end.dtype, end.size) != (tensor.dtype, tensor.bytes):
            ours, theirs = f'"{end.name}" {end.dtype.value}, {end.size} bytes', f"{tensor}, {tensor.bytes} bytes"
            what = (
                f"{kind} {number} is {ours}; the model has {theirs}; accepted: the model that the archive was made from"
            )
            problems.append(Problem(source, what))
    return known


def _program(
    archive: Archive, inputs: list[Tensor], outputs: list[Tensor], model: Graph | None, options: Choices, source: str
) -> Program:
    tensors = dict(enumerate([*inputs, *outputs]))
    made = tuple(range(len(inputs), len(tensors)))
    op = Op(f"{archive.prefix}_run", tuple(range(len(inputs))), made)
    graph = Graph(tensors, (op,), tuple(range(len(inputs))), made, model.sha256 if model else archive.sha256)
    kernel = Kernel(
        "mlf",
        includes=("stdlib.h", archive.header, *(("tvm/runtime/crt/platform.h",) if archive.allocates else ())),
        scratch=tuple(Scratch(name, DType.UINT8, size) for name, size in _workspaces(archive).items()),
        macs=_macs(model) if model else 0,
        linked_constants=archive.constants,
    )
    notes = []
    if not model:
        notes.append(
            "the archive tells neither shapes nor quantisation: inputs and outputs are flat, numbers as stored"
        )
    if not archive.allocates and not archive.pools and archive.workspace:
        notes.append(
            f"TVM's code keeps {archive.workspace:,} bytes of workspace in static memory of its own, beside the arena"
        )
    engine = Engine("microtvm", "mlf 7", f"TVM's archive {source} under sni_rules {VERSION}")
    steps = steps_of(graph, [kernel], options)
    return Program(graph, steps, _arena(graph, kernel), options, source, engine=engine, notes=tuple(notes))


def _workspaces(archive: Archive) -> dict[str, int]:
    """What the code needs of us while it runs, with room for TVM's alignment."""
    needs = {f"pool_{name}": size for name, size in archive.pools.items()}
    if archive.allocates:
        needs[_WORKSPACE] = archive.workspace
    return {name: _rounded(size) + _TVM_ALIGNMENT for name, size in needs.items()}


def _rounded(size: int) -> int:
    return -(-size // _TVM_ALIGNMENT) * _TVM_ALIGNMENT


def _macs(model: Graph) -> int:
    """As for our own code; 0 where we could not compile the model."""
    try:
        return sum(select(model, op, Options("model")).macs for op in model.ops)
    except (CompileError, LookupError):
        return 0


def _arena(graph: Graph, kernel: Kernel) -> Arena:
    """Inputs, outputs, then the workspaces: TVM's code runs as one step, with all of them alive."""
    offset = 0
    placements, scratch = {}, {}
    for key, tensor in graph.tensors.items():
        first, last = (-1, 0) if key in graph.inputs else (0, 1)
        placements[key] = Placement(offset, tensor.bytes, first, last, room=(offset, offset + tensor.bytes))
        offset += -(-tensor.bytes // _ALIGNMENT) * _ALIGNMENT
    for need in kernel.scratch:
        scratch[0, need.name] = Placement(offset, need.bytes, 0, 0, room=(offset, offset + need.bytes))
        offset += -(-need.bytes // _ALIGNMENT) * _ALIGNMENT
    used = sum(p.size for p in (*placements.values(), *scratch.values()))
    return Arena(placements, scratch, offset, used, "one after another")


def _layer(program: Program, archive: Archive) -> LayerText:
    name = f"{program.steps[0].name}"
    ends = [(end, key) for end, key in zip((*archive.inputs, *archive.outputs), program.graph.tensors, strict=True)]
    function = _template(
        "run.c.j2",
        name=name,
        archive=archive,
        inputs=[end.member for end in archive.inputs],
        outputs=[end.member for end in archive.outputs],
        pools=list(archive.pools),
        allocates=archive.allocates,
        workspace=_rounded(archive.workspace),
        alignment=_TVM_ALIGNMENT,
    )
    arguments = [f"&arena[{program.arena.placements[key].offset}]" for _, key in ends] + [
        f"&arena[{program.arena.scratch[0, need.name].offset}]" for need in program.steps[0].kernel.scratch
    ]
    return LayerText(comment_of(program, program.steps[0]), function, call_text(f"  {name}", arguments, ";"))


def _template(template: str, **values: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(values)
